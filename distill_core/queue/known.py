"""What a home has already of what a sweep asks: runs are found again by their keys."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from .. import catalog as shelf
from ..errors import BadRecord, BadSetting, StudioError
from ..fields import Field, Values, flat, read
from ..job import Job
from ..record.asked import Asked
from ..record.folder import RunFolder
from ..record.log import Timeline
from .sweep import Cell, Planned, Sweep, key_of

WORKING = ("queued", "running", "paused")


def state_of(home: Path, run: str) -> str:
    """How a run stands; "" where it is gone."""
    try:
        return str(RunFolder.find(home, run).state()["state"])
    except StudioError:
        return ""


def known_runs(home: Path, plan: Sweep, wanted: Iterable[str] = ()) -> dict[str, str]:
    """Key → run, for what the plan asks and the home has."""
    keys = set(wanted) or plan.keys()
    today = {key: key for key in keys} if plan.fields else {key: _today(home, plan, plan.planned(key)) for key in keys}
    there = found(home, plan.method, set(today.values()), plan.known_fields())
    return {key: there[now] for key, now in today.items() if now in there}


def _today(home: Path, plan: Sweep, run: Planned) -> str:
    """The key that a run of a plan of an earlier version has in this one."""
    return key_of(plan.method, by_path(home, plan, run.cell), {**run.cell.job, "seed": run.seed})


def by_path(home: Path, plan: Sweep, cell: Cell) -> Values:
    """The settings of a cell by path; those of a plan of an earlier version are read as those of its runs are."""
    known = [] if plan.fields else _fields(home, plan.method)
    try:
        return read(known, cell.settings, saved=True) if known else cell.settings
    except BadSetting:
        return cell.settings


def found(home: Path, method: str, keys: Container[str], fields: Sequence[Field] = ()) -> dict[str, str]:
    """Key → run, for those of the keys that the home has: finished runs first, else one that waits or works.

    A run whose live knobs were moved by hand is another run. `fields` are the method's where the catalog does not know it.
    """
    there = dict[str, str]()
    known, usual = _fields(home, method) or fields, Job().model_dump(mode="json")
    for path in sorted((home / "runs").glob("[!.]*")):
        asked = _asked(path)
        if not asked or asked["method"] != method:
            continue
        key = _key(method, known, asked, usual)
        state = state_of(home, path.name) if key in keys else ""
        better = state == "finished" and (key not in there or state_of(home, there[key]) != "finished")
        if (better or (state in WORKING and key not in there)) and not _was_moved(RunFolder(path)):
            there[key] = path.name
    return there


def _asked(path: Path) -> Asked | None:
    try:
        stat = (path / "job.json").stat()
        return _request(path, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return None


@lru_cache(maxsize=20_000)
def _request(path: Path, changed: int, size: int) -> Asked | None:
    try:
        return RunFolder(path).request()
    except (StudioError, TypeError, ValueError):
        return None


def _was_moved(run: RunFolder) -> bool:
    return any(one["kind"] == "knob" for one in Timeline.all(run))


def _key(method: str, known: Sequence[Field], asked: Asked, usual: Mapping[str, object]) -> str:
    """The key of a run that is there; "" where its settings are none of this version's. A method that the catalog does not
    know is taken at its word."""
    said = asked["settings"]
    try:
        return key_of(method, read(known, said, saved=True) if known else flat(said), {**usual, **asked["job"]})
    except BadSetting:
        return ""


def _fields(home: Path, method: str) -> list[Field]:
    try:
        return shelf.method(shelf.read(home), method)["fields"]
    except (BadRecord, BadSetting):
        return []
