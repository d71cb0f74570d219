"""Real data sets by name. `load("digits:size=8")` gives a `RealSet`; `known()` lists what can be asked for.

Names: `digits`, `fashion`, `shapes`, `mnist`, `fashion-mnist`, `cifar10`, `cifar100`, `own/<name>` (see `own.add`), and
`folder:/a/path` for a folder or a zip with one sub-folder of pictures per class. Own images take `mirror=yes` or
`mirror=no`, and `constants=imagenet` where they are normalized as ImageNet: `own/letters:mirror=no`,
`folder:constants=imagenet,mirror=no:/a/path`. A folder also takes a size, `folder:size=96:/a/path`; an added set has its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial

from ..errors import BadSetting, nearest
from ..spec import Spec, Value, parse
from . import constants, digits, fashion, own, shapes, vision
from .mirroring import asked_of
from .real import DataInfo, Progress, RealSet, Split

__all__ = ["DataInfo", "Progress", "RealSet", "Split", "known", "load", "shape_of"]

_LOADERS: dict[str, Callable[..., RealSet]] = {
    "digits": digits.load,
    "fashion": fashion.load,
    "shapes": shapes.load,
    **{name: partial(vision.load, name) for name in vision.SOURCES},
}


def known() -> list[DataInfo]:
    """Every data set that can be asked for by name, in menu order; loads none of them."""
    return [digits.INFO, fashion.INFO, shapes.INFO, *vision.infos(), *(own.info(name) for name in own.names())]


def shape_of(spec: str) -> tuple[int, int] | None:
    """Channels and pixels a side, without loading anything; None where only the images themselves say it."""
    asked = parse(spec)
    if asked.name.startswith("own/"):
        infos = [own.info(asked.name.removeprefix("own/"))] if asked.name.removeprefix("own/") in own.names() else []
    else:
        infos = [digits.INFO, fashion.INFO, shapes.INFO, *vision.infos()]
    info = next((one for one in infos if one.name == asked.name), None)
    size = None if info is None else asked.options.get("size", info.size)
    return (
        (info.channels, size) if info is not None and isinstance(size, int) else None
    )  # `load` says what is wrong with it


def load(spec: str, *, progress: Progress | None = None) -> RealSet:
    """A real data set by name.

    Raises `BadSetting` for an unknown name or option (with the nearest one), `BadData` for files that cannot be had
    or read.
    """
    asked = parse(spec)
    name, options = asked.name, asked.options
    if name == "folder":
        if not options["path"]:
            raise BadSetting("folder: needs a path after the colon, such as folder:/home/me/pictures.")
        _no_other_options(name, options, ["constants", "mirror", "path", "size"])
        return own.load_folder(
            str(options["path"]), progress, asked_of(asked), constants.asked_of(asked), size_of(asked)
        )
    if name.startswith("own/"):
        if "size" in options:
            raise BadSetting(
                f"{name}:size={options['size']} cannot work: its pixels were kept at one size. Add the folder again under another "
                f"name, with --size {options['size']}; its options are constants and mirror."
            )
        _no_other_options(name, options, ["constants", "mirror"])
        return own.load(name.removeprefix("own/"), asked_of(asked), constants.asked_of(asked))
    if name not in _LOADERS:
        names = [*_LOADERS, *(f"own/{one}" for one in own.names())]
        raise BadSetting(
            f"There is no data set called {name!r}.{nearest(name, names)} There are {', '.join(names)} and "
            f"folder:/a/path."
        )
    loader = _LOADERS[name]
    _no_other_options(
        name, options, [one for one in inspect.signature(loader).parameters if one not in ("progress", "name")]
    )
    return loader(**options, progress=progress)


def size_of(spec: Spec) -> int | None:
    """The size that a folder is asked for at; `own.add` and `own.load_folder` say which sizes there are."""
    size = spec.options.get("size")
    if size is not None and not isinstance(size, int):
        raise BadSetting(f"{spec.name}:size={size} cannot work: say a whole number of pixels, such as size=64.")
    return size


def _no_other_options(name: str, given: dict[str, Value], has: list[str]) -> None:
    for option in given:
        if option not in has:
            have = f"It has {', '.join(has)}." if has else "It has no options."
            raise BadSetting(f"{name} has no option {option!r}.{nearest(option, has)} {have}")
