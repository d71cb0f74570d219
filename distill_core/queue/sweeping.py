"""Sweeps in a home: `sweeps/<id>.json` holds the plan and which run belongs to which cell.

The runs themselves go through the queue, one at a time for every device; whoever waits for work calls `feed`, which queues the
next. So a sweep of ten thousand runs lays no ten thousand folders into the queue, and a home that was killed in the middle
goes on with the next worker: a run that was lost is resumed once by itself, and what is finished is never made again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import BadRecord, StudioError, nearest
from ..home import read_json, write_json
from ..record import index
from ..record.folder import OVER, RunFolder
from . import launch
from .known import WORKING, known_runs, state_of
from .sweep import Planned, Sweep, read_plan

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


# ── the files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _path(home: Path, sweep: str) -> Path:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,120}", sweep):
        raise BadRecord(f"{sweep!r} is no sweep's id. `distill-studio sweeps` lists them.")
    return home / "sweeps" / f"{sweep}.json"


def _lock(home: Path, sweep: str) -> FileLock:
    return FileLock(home / "sweeps" / f".{sweep}.lock", timeout=10)


def read(home: Path, sweep: str) -> Record:
    """The sweep with this id; `BadRecord` where there is none or its file cannot be read."""
    found = read_json(_path(home, sweep))
    if found is None:
        known = [path.stem for path in (home / "sweeps").glob("[!.]*.json")]
        raise BadRecord(
            f"There is no sweep called {sweep!r}.{nearest(sweep, known)} `distill-studio sweeps` lists them."
        )
    if not isinstance(found, dict) or int(found.get("schema", 0)) != SCHEMA:
        raise BadRecord(f"Sweep {sweep!r} has no readable file. Delete sweeps/{sweep}.json, or put it back.")
    values = {name: found[name] for name in ("state", "created", "runs", "open", "again") if name in found}
    return Record(read_plan(found.get("plan")), **values)


def _write(home: Path, one: Record) -> None:
    values = {name: getattr(one, name) for name in ("state", "created", "runs", "open", "again")}
    path = _path(home, one.id)
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


# ── start, stop, go on ──────────────────────────────────────────────────────────────────────────────────────────────────


def start(home: Path, plan: Sweep) -> Record:
    """Keep the sweep and let it go; the same plan again goes on with what is there. The cells must have been looked at."""
    (home / "sweeps").mkdir(exist_ok=True)
    path = _path(home, plan.id)
    with _lock(home, plan.id):
        if not path.exists():
            one = Record(plan, created=time.time())
            one.runs = known_runs(home, plan)
            one.open = [key for key, run in one.runs.items() if state_of(home, run) not in OVER]
            _write(home, one)
    return go_on(home, plan.id)


def go_on(home: Path, sweep: str) -> Record:
    """Let a stopped sweep go on: what was stopped, lost or failed is queued again, what is gone or missing is made."""
    with _lock(home, sweep):
        one = read(home, sweep)
        one.runs = {**known_runs(home, one.plan), **{k: run for k, run in one.runs.items() if state_of(home, run)}}
        for run in one.runs.values():
            if state_of(home, run) in ("stopped", "failed", "lost"):
                _requeue(home, run)
        one.open = [key for key, run in one.runs.items() if state_of(home, run) not in OVER]
        one.again = []
        one.state = "going" if one.open or one.to_go() else "done"
        _write(home, one)
    feed(home)
    launch.ensure_worker(home)
    return read(home, sweep)


def stop(home: Path, sweep: str) -> Record:
    """Queue no more of it, and stop what works; everything is kept."""
    with _lock(home, sweep):
        one = read(home, sweep)
        one.state = "stopped" if one.open or one.to_go() else one.state
        _write(home, one)
    for key in one.open:
        if state_of(home, one.runs[key]) in WORKING:
            launch.stop(home, one.runs[key])
    return one


def forget(home: Path, sweep: str) -> None:
    """Take the sweep off the list; its runs stay."""
    stop(home, sweep)
    with _lock(home, sweep):
        _path(home, sweep).unlink(missing_ok=True)


def tend(home: Path) -> None:
    """See to it that somebody waits for work while a sweep goes on (after a kill nobody does)."""
    if any(one.state == "going" for one in list_sweeps(home)):
        launch.ensure_worker(home)


def _requeue(home: Path, run: str) -> None:
    try:
        launch.requeue(home, run)
    except StudioError:
        return  # somebody else has just taken it


# ── feeding the queue ───────────────────────────────────────────────────────────────────────────────────────────────────


def feed(home: Path, waiting: Iterable[RunFolder] | None = None) -> bool:
    """Queue the next run of the oldest sweep for every device that has none waiting; returns whether any sweep goes on.

    `waiting` are the queued runs, where the caller knows them. Safe when many call at once.
    """
    if not (home / "sweeps").is_dir():
        return False
    going = [one for one in list_sweeps(home)[::-1] if one.state == "going"]
    if not going:
        return False
    try:
        with FileLock(home / "sweeps" / ".feed.lock", timeout=0):
            queued = [run for run in (launch.queue(home) if waiting is None else waiting) if _is_queued(run)]
            fed = {launch.device_of(home, run) for run in queued}
            for one in going:
                _feed_one(home, one.id, fed)
    except Timeout:
        pass  # another process does it just now
    return True


def _is_queued(run: RunFolder) -> bool:
    try:
        return run.state()["state"] == "queued"
    except BadRecord:
        return False


def _feed_one(home: Path, sweep: str, fed: set[str]) -> None:
    with _lock(home, sweep):
        one = read(home, sweep)
        if one.state != "going":
            return
        before = (len(one.runs), list(one.open), list(one.again))
        _look(home, one)
        rest = (key for key in one.plan.keys() if key not in one.runs)  # noqa: SIM118 (a method, not a mapping)
        for device in devices(home, one.plan):
            if _spelled(home, device) not in fed and (key := next(rest, None)):
                one.runs[key] = _queue_one(home, one, one.plan.planned(key), device)
                one.open.append(key)
                fed.add(_spelled(home, device))
        if not one.open and not one.to_go():
            one.state = "done"
        if one.state == "done" or before != (len(one.runs), one.open, one.again):
            _write(home, one)


def _look(home: Path, one: Record) -> None:
    """What is over leaves the open ones; what was lost is resumed, once."""
    for key in list(one.open):
        state = state_of(home, one.runs[key])
        if state == "lost" and key not in one.again:
            one.again.append(key)
            _requeue(home, one.runs[key])
        elif state in (*OVER, ""):
            one.open.remove(key)


def _queue_one(home: Path, one: Record, run: Planned, device: str) -> str:
    """The run that is there already for this key, else a new one, queued."""
    found = known_runs(home, one.plan, {run.key})
    if found:
        return found[run.key]
    job = {**run.cell.job, "seed": run.seed, "device": device, "moves": []}
    name, preset = one.plan.name(run), one.plan.preset
    folder = RunFolder.create(home, one.plan.method, run.cell.settings, job, name=name, preset=preset)
    index.set_tags(folder, [f"sweep {one.id.rpartition('-')[2]}"])
    return folder.id


def devices(home: Path, plan: Sweep) -> list[str]:
    """Where its runs may work at the same time: the device that was asked for, or all accelerators of this machine."""
    named = str(plan.job.get("device", "auto"))
    if named != "auto":
        return [named]
    catalog = read_json(home / "catalog.json", {}) or {}
    return [one for one in catalog.get("devices", ()) if one.startswith("cuda")] or ["auto"]


def _spelled(home: Path, device: str) -> str:
    return launch.device_named(home, device)
