"""The queue of a home: which runs wait, in which order, and how one joins and leaves."""

from __future__ import annotations

from pathlib import Path

from filelock import Timeout

from ..errors import BadRecord, BadSetting
from ..home import read_json
from ..record.folder import OVER, RunFolder
from . import devices


def join(home: Path, run: RunFolder, by: int = 0) -> None:
    """Put a run that is new or over into the queue, for any worker or for the process `by`."""
    run.request()
    state = run.state()["state"]
    if state == "finished":
        raise BadSetting(
            f"Run {run.id!r} is finished; there is nothing to resume. Start it again with other settings instead."
        )
    if state not in OVER:
        raise BadSetting(f"Run {run.id!r} is {state}; only a stopped, failed or lost run can be resumed.")
    lock = run.lock()
    try:
        lock.acquire(timeout=2)
    except Timeout:
        raise BadSetting(f"Run {run.id!r} is being worked on by another process. Watch it, or stop it first.") from None
    try:
        if run.control()["want"] != "run":
            run.steer(want="run")
        run.set_state(state="queued", message="", by=by)
    finally:
        lock.release()
    (home / "workers" / "knock").touch()


def leave(run: RunFolder) -> None:
    """Take a run that still waits out of the queue."""
    lock = run.lock()
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return  # a worker has just taken it, and will see the request
    try:
        if run.state()["state"] == "queued":
            run.set_state(state="stopped", message="Stopped before it began.")
    finally:
        lock.release()


def queue(home: Path) -> list[RunFolder]:
    """Queued runs, oldest request first; runs that cannot be read are passed over (the library shows them)."""
    found = []
    for path in (home / "runs").glob("[!.]*"):
        run = RunFolder(path)
        try:
            state = read_json(path / "state.json", {}) or {}
            if state.get("state") == "queued":
                found.append((float(run.request().get("created", 0)), run.id, run))
        except (BadRecord, AttributeError, TypeError, ValueError):
            continue
    return [run for _, _, run in sorted(found, key=lambda item: item[:2])]


def device_of(home: Path, run: RunFolder) -> str:
    """The device that a run waits for, spelled as its lock: `cpu`, `cuda-0`."""
    return devices.named(home, str(run.request()["job"].get("device", "auto")))


def place(home: Path, run: RunFolder) -> int:
    """How many runs are before this one on its device, the one that works included: 0 when it is next or waits no longer."""
    device = device_of(home, run)
    same = [one.id for one in queue(home) if device_of(home, one) == device]
    if run.id not in same:
        return 0
    return same.index(run.id) + devices.is_busy(home, device)
