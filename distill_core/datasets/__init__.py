"""Real data sets by name. `load("digits:size=8")` gives a `RealSet`; `known()` lists what can be asked for."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from ..errors import BadSetting, nearest
from ..spec import parse
from . import digits, shapes
from .real import DataInfo, Progress, RealSet, Split

__all__ = ["DataInfo", "Progress", "RealSet", "Split", "known", "load"]

_LOADERS: dict[str, tuple[DataInfo, Callable[..., RealSet]]] = {
    "digits": (digits.INFO, digits.load),
    "shapes": (shapes.INFO, shapes.load),
}


def known() -> list[DataInfo]:
    """Every data set that can be asked for by name, in menu order; loads none of them."""
    return [info for info, _ in _LOADERS.values()]


def load(spec: str, *, progress: Progress | None = None) -> RealSet:
    """A real data set by name."""
    name, options = parse(spec)
    if name not in _LOADERS:
        raise BadSetting(f"There is no data set called {name!r}.{nearest(name, list(_LOADERS))}")
    info, loader = _LOADERS[name]
    return loader(**options, progress=progress)
