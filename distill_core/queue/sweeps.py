"""Sweeps on disk: `sweeps/<id>.json` holds the plan, how it stands, and which run belongs to which cell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from ..errors import BadRecord, nearest
from ..home import read_json, write_json
from .sweep import Sweep, read_plan

SCHEMA = 1


@dataclass
class Record:
    """A sweep's file: the plan, how it stands (`going`, `stopped`, `done`), and its runs by key."""

    plan: Sweep
    state: str = "going"
    created: float = 0.0
    runs: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)  # keys of runs that were not over when we last looked
    again: list[str] = field(default_factory=list)  # keys of runs that were lost and resumed by themselves

    @property
    def id(self) -> str:
        return self.plan.id

    def to_go(self) -> int:
        """Runs that are neither over nor under way."""
        return len(self.plan) - len(self.runs)


def path_of(home: Path, sweep: str) -> Path:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,120}", sweep):
        raise BadRecord(f"{sweep!r} is no sweep's id. `distill-studio sweeps` lists them.")
    return home / "sweeps" / f"{sweep}.json"


def lock_of(home: Path, sweep: str) -> FileLock:
    return FileLock(home / "sweeps" / f".{sweep}.lock", timeout=10)


def read(home: Path, sweep: str) -> Record:
    """The sweep with this id; `BadRecord` where there is none or its file cannot be read."""
    found = read_json(path_of(home, sweep))
    if found is None:
        known = [path.stem for path in (home / "sweeps").glob("[!.]*.json")]
        raise BadRecord(
            f"There is no sweep called {sweep!r}.{nearest(sweep, known)} `distill-studio sweeps` lists them."
        )
    if not isinstance(found, dict) or int(found.get("schema", 0)) != SCHEMA:
        raise BadRecord(f"Sweep {sweep!r} has no readable file. Delete sweeps/{sweep}.json, or put it back.")
    values = {name: found[name] for name in ("state", "created", "runs", "open", "again") if name in found}
    return Record(read_plan(found.get("plan")), **values)


def write(home: Path, one: Record) -> None:
    values = {name: getattr(one, name) for name in ("state", "created", "runs", "open", "again")}
    path = path_of(home, one.id)
    write_json(path, {"schema": SCHEMA, "id": one.id, "plan": one.plan.model_dump(mode="json"), **values})


def list_sweeps(home: Path) -> list[Record]:
    """All sweeps that can be read, the newest first."""
    found = []
    for path in (home / "sweeps").glob("[!.]*.json"):
        try:
            found.append(read(home, path.stem))
        except (BadRecord, TypeError, ValueError):
            continue
    return sorted(found, key=lambda one: one.created, reverse=True)
