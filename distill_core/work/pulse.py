"""How a run stands, said once a second: heartbeat, stage, step, rate, time left, memory."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Unpack

import torch

from ..record.asked import Sign, State
from ..record.folder import RunFolder
from ..record.log import Recorder

BEAT = 1.0  # seconds between two heartbeats


class Pulse:
    """The only writer of a working run's state.json; a thread of its own, so that a long step does not look like silence."""

    def __init__(self, folder: RunFolder, recorder: Recorder):
        self.folder, self.recorder = folder, recorder
        self.stage, self.step, self.steps = "", 0, 0  # set by the drive at every step, read here
        self.part, self.parts = 0, 1
        self.paused = False
        self.health: list[Sign] = []  # what the drive sees so far
        self.problem: OSError | None = None  # a state that could not be written: told to the drive at its next step
        self._rate, self._last = 0.0, ("", 0, time.perf_counter())
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def tell(self, **changes: Unpack[State]) -> None:
        """Write these values, and how far the run is, now."""
        with self._lock:
            now: State = {**self._progress(), **changes}
            self.folder.set_state(**now)

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            try:
                self.tell()
            except OSError as error:
                self.problem = error

    def _progress(self) -> State:
        rate = self._measure()
        left = (self.steps - self.step) / rate if rate > 0 and self.steps else None
        now: State = {
            "stage": self.stage,
            "step": self.step,
            "steps": self.steps,
            "part": self.part,
            "parts": self.parts,
        }
        now |= {"rate": round(rate, 3), "left_s": None if left is None else round(left, 1)}
        return {**now, "seconds": round(self.recorder.seconds(), 2), "memory": memory_bytes(), "health": self.health}

    def _measure(self) -> float:
        """Steps per second of the present stage, smoothed over a few heartbeats; a pause does not lower it."""
        now, (stage, step, at) = time.perf_counter(), self._last
        if stage != self.stage or self.step < step:
            self._rate = 0.0
        elif self.paused or now - at < BEAT / 2:
            return self._rate
        elif self.step > step:
            fresh = (self.step - step) / (now - at)
            self._rate = 0.6 * self._rate + 0.4 * fresh if self._rate else fresh
        else:
            return self._rate  # a step that takes longer than a heartbeat: wait until it is counted
        self._last = (self.stage, self.step, now)
        return self._rate


def memory_bytes() -> int:
    """Resident memory of this process plus what it holds on CUDA devices; 0 where the system does not say."""
    status = Path("/proc/self/statm")
    resident = int(status.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        resident += sum(torch.cuda.memory_reserved(i) for i in range(torch.cuda.device_count()))
    return resident
