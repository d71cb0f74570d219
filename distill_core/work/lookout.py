"""What a worker looks for: a run that waits for a device that is free."""

from __future__ import annotations

import time
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import BadRecord
from ..queue import devices, waiting, workers
from ..record.folder import RunFolder

RESCAN = 5.0  # seconds after which the whole queue is read again in any case


class Lookout:
    """Finds the next run to work on without reading every run ten times a second."""

    def __init__(self, home: Path):
        self.home, self.waiting = home, list[RunFolder]()
        self._stamps, self._scanned = (0, 0), 0.0

    def claim(self) -> tuple[RunFolder, FileLock] | None:
        """The oldest queued run whose device is free, and the lock of that device, held."""
        self._scan()
        busy = set[str]()
        for run in self.waiting:
            try:
                state, device = run.state(), waiting.device_of(self.home, run)
            except BadRecord:
                continue
            if state["state"] != "queued" or device in busy:
                continue
            busy.add(device)  # first come, first served on each device
            if not workers.is_process(int(state.get("by") or 0)):  # else a terminal works on it itself
                lock = take(self.home, run, device)
                if lock is not None:
                    return run, lock
        return None

    def _scan(self) -> None:
        knock = self.home / "workers" / "knock"
        stamps = ((self.home / "runs").stat().st_mtime_ns, knock.stat().st_mtime_ns if knock.exists() else 0)
        if stamps != self._stamps or time.monotonic() - self._scanned > RESCAN:
            self._stamps, self._scanned = stamps, time.monotonic()
            self.waiting = waiting.queue(self.home)


def take(home: Path, run: RunFolder, device: str) -> FileLock | None:
    """The device's lock, if it is free and the run still waits for it."""
    lock = devices.lock(home, device)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    if run.state()["state"] == "queued" and not run.is_held():
        return lock
    lock.release()
    return None
