"""Sweeps at work: started, stopped, and fed to the executor; what is known of one is in `sweeps.py`.

The runs themselves wait in the queue, one at a time for every device; whoever waits for work calls `feed`, which starts the
next. So a sweep of ten thousand runs lays no ten thousand folders into the queue, and a home that was killed in the middle
goes on with the next worker: a run that was lost is resumed once by itself, and what is finished is never made again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import BadRecord, StudioError
from ..record import rows
from ..record.folder import OVER, RunFolder
from . import devices as spelled
from . import waiting as line
from .executor import executor_of
from .known import WORKING, known_runs, state_of
from .sweep import Planned, Sweep
from .sweeps import Record, list_sweeps, lock_of, path_of, read, write

# ── start, stop, go on ──────────────────────────────────────────────────────────────────────────────────────────────────


def start(home: Path, plan: Sweep) -> Record:
    """Keep the sweep and let it go; the same plan again goes on with what is there. The cells must have been looked at."""
    (home / "sweeps").mkdir(exist_ok=True)
    path = path_of(home, plan.id)
    with lock_of(home, plan.id):
        if not path.exists():
            one = Record(plan, created=time.time())
            one.runs = known_runs(home, plan)
            one.open = [key for key, run in one.runs.items() if state_of(home, run) not in OVER]
            write(home, one)
    return go_on(home, plan.id)


def go_on(home: Path, sweep: str) -> Record:
    """Let a stopped sweep go on: what was stopped, lost or failed is queued again, what is gone or missing is made."""
    with lock_of(home, sweep):
        one = read(home, sweep)
        one.runs = {**known_runs(home, one.plan), **{k: run for k, run in one.runs.items() if state_of(home, run)}}
        for run in one.runs.values():
            if state_of(home, run) in ("stopped", "failed", "lost"):
                _resume(home, run)
        one.open = [key for key, run in one.runs.items() if state_of(home, run) not in OVER]
        one.again = []
        one.state = "going" if one.open or one.to_go() else "done"
        write(home, one)
    feed(home)
    executor_of(home).get_ready()
    return read(home, sweep)


def stop(home: Path, sweep: str) -> Record:
    """Queue no more of it, and stop what works; everything is kept."""
    with lock_of(home, sweep):
        one = read(home, sweep)
        one.state = "stopped" if one.open or one.to_go() else one.state
        write(home, one)
    for key in one.open:
        if state_of(home, one.runs[key]) in WORKING:
            executor_of(home).stop(RunFolder.find(home, one.runs[key]))
    return one


def forget(home: Path, sweep: str) -> None:
    """Take the sweep off the list; its runs stay."""
    stop(home, sweep)
    with lock_of(home, sweep):
        path_of(home, sweep).unlink(missing_ok=True)


def tend(home: Path) -> None:
    """See to it that somebody waits for work while a sweep goes on (after a kill nobody does)."""
    if any(one.state == "going" for one in list_sweeps(home)):
        executor_of(home).get_ready()


def _resume(home: Path, run: str) -> None:
    with contextlib.suppress(StudioError):  # somebody else has just taken it
        executor_of(home).start(RunFolder.find(home, run))


# ── feeding the queue ───────────────────────────────────────────────────────────────────────────────────────────────────


def feed(home: Path, waiting: Iterable[RunFolder] | None = None) -> bool:
    """Start the next run of the oldest sweep for every device that has none waiting; returns whether any sweep goes on.

    `waiting` are the queued runs, where the caller knows them. Safe when many call at once.
    """
    if not (home / "sweeps").is_dir():
        return False
    going = [one for one in list_sweeps(home)[::-1] if one.state == "going"]
    if not going:
        return False
    try:
        with FileLock(home / "sweeps" / ".feed.lock", timeout=0):
            queued = [run for run in (line.queue(home) if waiting is None else waiting) if _is_queued(run)]
            fed = {line.device_of(home, run) for run in queued}
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
    with lock_of(home, sweep):
        one = read(home, sweep)
        if one.state != "going":
            return
        before = (len(one.runs), list(one.open), list(one.again))
        _look(home, one)
        rest = (key for key in one.plan.keys() if key not in one.runs)  # noqa: SIM118 (a method, not a mapping)
        for device in devices(home, one.plan):
            if spelled.named(home, device) not in fed and (key := next(rest, None)):
                one.runs[key] = _start_one(home, one, one.plan.planned(key), device)
                one.open.append(key)
                fed.add(spelled.named(home, device))
        if not one.open and not one.to_go():
            one.state = "done"
        if one.state == "done" or before != (len(one.runs), one.open, one.again):
            write(home, one)


def _look(home: Path, one: Record) -> None:
    """What is over leaves the open ones; what was lost is resumed, once."""
    for key in list(one.open):
        state = state_of(home, one.runs[key])
        if state == "lost" and key not in one.again:
            one.again.append(key)
            _resume(home, one.runs[key])
        elif state in (*OVER, ""):
            one.open.remove(key)


def _start_one(home: Path, one: Record, run: Planned, device: str) -> str:
    """The run that is there already for this key, else a new one, started."""
    found = known_runs(home, one.plan, {run.key})
    if found:
        return found[run.key]
    job: dict[str, object] = {**run.cell.job, "seed": run.seed, "device": device, "moves": []}
    name, preset = one.plan.name(run), one.plan.preset
    folder = RunFolder.create(home, one.plan.method, one.plan.nested(run.cell), job, name=name, preset=preset)
    rows.set_tags(folder, [f"sweep {one.id.rpartition('-')[2]}"])
    executor_of(home).start(folder)
    return folder.id


def devices(home: Path, plan: Sweep) -> list[str]:
    """Where its runs may work at the same time: the device that was asked for, or all accelerators of this machine."""
    named = str(plan.job.get("device", "auto"))
    if named != "auto":
        return [named]
    return [one for one in executor_of(home).devices() if one.startswith("cuda")] or ["auto"]
