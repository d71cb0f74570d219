"""The executor of this machine: runs wait in the home, and worker processes (or the process that asks) take them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Protocol

from filelock import Timeout

from ..record.folder import RunFolder
from . import devices, waiting, workers

LOOK = 0.1  # seconds between two looks whether it is our turn
LONGEST_LOG = 20_000  # characters


class Here(Protocol):
    """A process that works itself on what it starts: a terminal."""

    def waits(self, run: RunFolder, place: int) -> None:
        """So many runs are before it; told whenever that changes."""

    def works(self, run: RunFolder) -> None:
        """It is its turn and the device is ours: work on it until it is over."""


class LocalExecutor:
    """Runs on this machine, all of one home; see `Executor` for the verbs."""

    def __init__(self, home: Path, here: Here | None = None):
        self.home, self.here = home, here

    def start(self, run: RunFolder) -> None:
        waiting.join(self.home, run, by=os.getpid() if self.here else 0)
        if self.here:
            self._work(run, self.here)
        else:
            self.get_ready()

    def _work(self, run: RunFolder, here: Here) -> None:
        """Wait for the device and work on the run, unless it is asked to stop before its turn."""
        lock, told = devices.lock(self.home, waiting.device_of(self.home, run)), -1
        while run.control()["want"] != "stop":
            place = self.place(run)
            if place == 0:
                try:
                    with lock.acquire(timeout=0):
                        return here.works(run)
                except Timeout:
                    place = 1
            if place != told:
                told = place
                here.waits(run, place)
            time.sleep(LOOK)
        return waiting.leave(run)

    def stop(self, run: RunFolder) -> None:
        run.steer(want="stop")
        if run.state()["state"] == "queued":
            waiting.leave(run)

    def is_alive(self, run: RunFolder) -> bool:
        return run.is_held()

    def logs(self, run: RunFolder) -> str:
        path = run.path / "log.txt"
        return path.read_text(encoding="utf-8", errors="replace")[-LONGEST_LOG:] if path.exists() else ""

    def place(self, run: RunFolder) -> int:
        return waiting.place(self.home, run)

    def devices(self) -> list[str]:
        return devices.known(self.home)

    def get_ready(self) -> None:
        workers.ensure_worker(self.home)
