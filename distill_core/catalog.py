"""What the engine can do, as plain data: cards, presets and field schemas of the registry, read without torch.

    {"schema": 2,
     "methods":   [{"name", "title", "idea", "family", "paper", "url", "learns", "matches", "labels", "by_rule", "departures",
                    "presets", "ablations", "beside", "fields"}: see `entries.py`],
     "departures": [where all methods depart alike from the papers' code],
     "studies":   [the same for what is queued and distills nothing: a teacher, other students, class after class],
     "job":       [a field for each value of the job],
     "data", "networks", "protocols": [plain values],
     "devices":   ["cpu", "cuda:0", …], "versions": {package: version},
     "guests":    for which methods of other packages it was written: see `installed`}

A field is a `fields.Field`: its name is its path among the parts, and it says under which choices it means anything.
A worker writes the home's catalog when it warms up; until then the one that was shipped is shown.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeGuard

from .entries import Catalog, Entry
from .errors import BadRecord, BadSetting, nearest
from .fields import Values, flat
from .fields import read as read_settings
from .home import ASSETS, read_json
from .record import guests
from .record.asked import Asked

SCHEMA = 2
GROUP = "distill_core.methods"  # entry points of methods in other people's packages
LOOK = 10.0  # seconds after which what is installed is looked at again in any case


@cache
def package_version() -> str:
    """Ours, or "" where the project is run from its folder without being installed."""
    try:
        return version("distill-studio")
    except PackageNotFoundError:
        return ""


def installed() -> list[list[str]]:
    """Methods that other packages bring: name, place (`package.module:Class`), version, and when that file was changed.

    Nothing of theirs is imported. A catalog says for which of them it was written, and is not shown where others are there.
    """
    places = tuple((one, Path(one).stat().st_mtime_ns) for one in sys.path if Path(one).is_dir())
    return [[*one, _changed(one[1])] for one in _entries(places, int(time.monotonic() / LOOK))]


@lru_cache(maxsize=4)
def _entries(places: tuple[tuple[str, int], ...], moment: int) -> list[tuple[str, str, str]]:
    return sorted((one.name, one.value, one.dist.version if one.dist else "") for one in entry_points(group=GROUP))


def _changed(place: str) -> str:
    """When the file of `package.module:Class` was last written; "" where it cannot be found."""
    top, *inner = place.partition(":")[0].split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return ""
    roots = [Path(one).joinpath(*inner) for one in (spec.submodule_search_locations or ())] if spec else []
    files = [root.with_suffix(".py") for root in roots if inner] + [root / "__init__.py" for root in roots]
    files += [Path(spec.origin)] if spec and spec.origin and not inner else []
    return next((str(one.stat().st_mtime_ns) for one in files if one.is_file()), "")


def read(home: Path) -> Catalog:
    """The home's catalog if it was written by this version for what is installed now, else the shipped one if that fits; and
    the methods that this home was given as files."""
    now = installed()
    for path in (home / "catalog.json", ASSETS / "catalog.json"):
        found = written(path)
        own = path.parent == ASSETS or (found or {}).get("versions", {}).get("distill-studio") == package_version()
        if _fits(found) and own and found.get("guests", []) == now:
            return _with_files(home, found)
    raise BadRecord(
        "The catalog of methods is not there yet. A worker writes it when it has warmed up; wait a few seconds."
    )


def written(path: Path) -> Any:
    """What a catalog's file holds, parsed once until it changes (not to be changed by who reads it); None where it is absent
    or damaged: a worker writes it anew, the shipped one serves until then."""
    try:
        stat = path.stat()
        return _parsed(path, stat.st_mtime_ns, stat.st_size)
    except (OSError, BadRecord):
        return None


@lru_cache(maxsize=4)
def _parsed(path: Path, changed: int, size: int) -> Any:
    return read_json(path)


def _with_files(home: Path, found: Catalog) -> Catalog:
    names = {one["name"] for one in found["methods"]}
    own = [one["entry"] for name, one in guests.known(home).items() if name not in names]
    return {**found, "methods": [*found["methods"], *own]} if own else found


def _fits(found: object) -> TypeGuard[Catalog]:
    parts = {"methods", "job", "data", "networks", "protocols", "devices", "versions"}
    return isinstance(found, dict) and found.get("schema") == SCHEMA and parts <= found.keys()


def method(catalog: Catalog, name: str) -> Entry:
    """The method with this name; `BadSetting` with the nearest one."""
    return among(catalog["methods"], name)


def among(entries: Iterable[Entry], name: str) -> Entry:
    """The entry with this name; `BadSetting` with the nearest one."""
    known = {one["name"]: one for one in entries}
    if name not in known:
        raise BadSetting(
            f"There is no method called {name!r}.{nearest(name, list(known))} There are: {', '.join(known)}."
        )
    return known[name]


def settings(entry: Entry, said: Mapping[str, object]) -> Values:
    """The complete settings of a method or study by path, from those that a run was saved with; see `fields.read`."""
    return read_settings(entry["fields"], said, saved=True)


def settings_of_run(home: Path, asked: Asked) -> Values:
    """The complete settings of a run by path, whichever version saved them; as they were saved where no method or study that
    is known here reads them."""
    try:
        known = read(home)
        return settings(among([*known["methods"], *known["studies"]], asked["method"]), asked["settings"])
    except (BadRecord, BadSetting):
        return flat(asked["settings"])
