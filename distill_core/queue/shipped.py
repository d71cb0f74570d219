"""Sweeps that ship with the studio, so that an answer can be looked at before anything was computed here.

`assets/sweeps/<id>.json` is a sweep's file with the rows of its runs beside it: {"schema", "id", "plan", "runs", "rows", "made"}.
The runs themselves lie in `assets/examples` where they ship too.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TypedDict

from ..errors import BadRecord
from ..home import ASSETS, read_json
from ..record.rows import Row
from .sweep import read_plan
from .sweeps import Record

SHELF, RUNS = ASSETS / "sweeps", ASSETS / "examples"


class Made(TypedDict):
    """Where and by what a recorded sweep was computed, and what it does not say."""

    command: str
    machine: str
    versions: dict[str, str]
    about: str


class Shipped(TypedDict):
    """A recorded sweep: its file, the rows of its runs, how it was made."""

    sweep: Record
    rows: list[Row]
    made: Made


def shipped() -> dict[str, Shipped]:
    """By id, the first that was made first."""
    found = {path.stem: _read(path) for path in sorted(SHELF.glob("*.json"))}
    return dict(sorted(found.items(), key=lambda one: one[1]["sweep"].created))


@cache
def _read(path: Path) -> Shipped:
    found = read_json(path)
    if not isinstance(found, dict) or found.get("id") != path.stem:
        raise BadRecord(f"The recorded sweep {path.name} has no readable file. Install the studio again.")
    one = Record(read_plan(found["plan"]), "done", found["created"], found["runs"])
    return {"sweep": one, "rows": found["rows"], "made": found["made"]}


def runs_of(one: Shipped) -> list[str]:
    """Those of its runs that ship whole."""
    return [run for run in one["sweep"].runs.values() if (RUNS / run).is_dir()]
