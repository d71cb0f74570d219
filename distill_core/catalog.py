"""What the engine can do, as plain data: cards, presets and field schemas of the registry, read without torch.

    {"schema": 1,
     "methods":   [{"name", "title", "idea", "family", "paper", "url", "learns", "matches", "labels", "departures", "presets", "ablations", "fields"}],
     "studies":   [the same for what is queued and distills nothing: a teacher, other students, class after class],
     "job":       [a field for each value of the job],
     "data", "networks", "protocols": [plain values],
     "devices":   ["cpu", "cuda:0", …], "versions": {package: version}}

A field is a `fields.Field`: its name is its path among the parts, and it says under which choices it means anything. A worker writes the home's catalog when it warms
up; until then the one that was shipped is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .errors import BadRecord, BadSetting, nearest
from .fields import Values
from .fields import read as read_settings
from .home import ASSETS, read_json

SCHEMA = 2


@cache
def package_version() -> str:
    """Ours, or "" where the project is run from its folder without being installed."""
    try:
        return version("distill-studio")
    except PackageNotFoundError:
        return ""


def read(home: Path) -> dict[str, Any]:
    """The home's catalog if it was written by this version, else the shipped one."""
    for path in (home / "catalog.json", ASSETS / "catalog.json"):
        try:
            found = read_json(path)
        except BadRecord:
            continue  # damaged: a worker writes it anew, the shipped one serves until then
        if _fits(found) and (path.parent == ASSETS or found["versions"].get("distill-studio") == package_version()):
            return found
    raise BadRecord(
        "The catalog of methods is not there yet. A worker writes it when it has warmed up; wait a few seconds."
    )


def _fits(found: Any) -> bool:
    parts = {"methods", "job", "data", "networks", "protocols", "devices", "versions"}
    return isinstance(found, dict) and found.get("schema") == SCHEMA and parts <= found.keys()


def method(catalog: dict[str, Any], name: str) -> dict[str, Any]:
    """The method with this name; `BadSetting` with the nearest one."""
    known = {one["name"]: one for one in catalog["methods"]}
    if name not in known:
        raise BadSetting(
            f"There is no method called {name!r}.{nearest(name, list(known))} There are: {', '.join(known)}."
        )
    return known[name]


def settings(entry: dict[str, Any], said: Mapping[str, object]) -> Values:
    """The complete settings of a method or study by path, from those that a run was saved with; see `fields.read`."""
    return read_settings(entry["fields"], said, saved=True)
