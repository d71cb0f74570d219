"""A method in a file of the user's own: `my/first.py:FirstImages`. The file is code, and loading it runs it."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from ..errors import BadSetting, nearest
from ..method import Card, Method
from ..record.asked import Asked


def from_file(place: str) -> type[Method]:
    """The class that `file.py:Class` names; a file that was changed is loaded anew.

    Raises `BadSetting` with a sentence for a file that is gone, does not run, or holds no such method.
    """
    file, _, name = place.rpartition(":")
    if not file or not name.isidentifier():
        raise BadSetting(f"{place!r} names no method. Write the file and the class: path/to/file.py:Class.")
    path = Path(file).expanduser().resolve()
    if not path.is_file():
        raise BadSetting(
            f"The method {name} is in {file}, and that file is not there. Put it back, or say where it is now: "
            f"distill-studio run --method FILE.py:{name}."
        )
    module = _loaded(path, path.stat().st_mtime_ns)
    kinds = {
        n: one for n, one in vars(module).items() if isinstance(one, type) and issubclass(one, Method) and one != Method
    }
    if name not in kinds:
        listed = f" It has {', '.join(kinds)}." if kinds else " A method is a class that inherits from Method."
        raise BadSetting(f"{path.name} has no method {name!r}.{listed}")
    if not isinstance(getattr(kinds[name], "card", None), Card):
        raise BadSetting(f'The method {name} in {path.name} has no card. Give it one: card = Card(name="…", …).')
    return kinds[name]


def method_of(asked: Asked, methods: Mapping[str, type[Method]]) -> type[Method]:
    """The method that a run asks for: one of `methods`, or the class in the file that the run names."""
    name, file = asked["method"], asked.get("file", "")
    if file and not Path(file).is_absolute():
        raise BadSetting(
            f"This run came from another machine and was made by a method in a file there ({file}). It can be watched; to run it, "
            f"start it again with a file of yours: distill-studio run --method FILE.py:CLASS."
        )
    if file:
        return from_file(file)
    if name not in methods:
        raise BadSetting(
            f"There is no method called {name!r}.{nearest(name, list(methods))} Known: {', '.join(methods)}."
        )
    return methods[name]


@lru_cache(maxsize=32)
def _loaded(path: Path, changed: int) -> ModuleType:
    """The module in a file, under a name that no other has (its classes look their annotations up there)."""
    name = f"distill_studio_own_{path.stem}_{hashlib.sha256(f'{path} {changed}'.encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadSetting(f"{path} is no Python file. A method is a class in a .py file: path/to/file.py:Class.")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever is wrong with somebody's file is a sentence, not our crash
        del sys.modules[name]
        raise BadSetting(f"{path} could not be run: {type(error).__name__}: {error}") from error
    return module
