"""The `Drive` of a run folder: records, control, live knobs, checkpoints and resume.

Resume runs the whole stream again from its start. Loops that have a checkpoint jump to it, everything said before is not
recorded twice, and from the newest checkpoint on the run is the one that it would have been.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from ..errors import BadRecord
from ..events import Event, KnobMoved, Note, Resumed
from ..job import Move
from ..loop import Save, Saved, StopRun
from ..method import Method
from ..record.folder import RunFolder
from ..record.lines import Line
from ..record.log import Recorder, Timeline
from ..record.vitals import Vitals
from ..where import Where
from . import checkpoint
from .kept import Kept, Now
from .knobs import Knobs
from .pulse import Pulse

POLL = 0.1  # seconds between two looks at control.json


@dataclass
class _Loop:
    """A loop that is open."""

    key: str
    live: bool
    started: float
    complete: bool = False  # restored at its end: there is nothing to save


class RunDrive:
    """Drives one run folder; `watch` is told every event that is recorded (a progress bar)."""

    def __init__(
        self, folder: RunFolder, recorder: Recorder, pulse: Pulse, method: Method, moves: Iterable[Move] = (),
        *, watch: Callable[[Event], None] | None = None,
    ):  # fmt: skip
        self.folder, self.recorder, self.pulse, self.watch = folder, recorder, pulse, watch
        self.loops: list[_Loop] = []
        self.where = Where()
        self.kept = Kept(folder)
        before = (KnobMoved(one["stage"], one["step"], one["name"], one["value"]) for one in recorder.earlier_moves())
        self.vitals = Vitals.again(folder, ())
        self.knobs = Knobs(method, moves, before)
        self._looked, self._stamp = 0.0, -1
        self.control = folder.control()
        earlier = recorder.count > 0
        self.taken_steps = int(self.control["steps"]) if earlier else 0
        self.silent = earlier  # what is said again on the way to the newest checkpoint is not recorded
        self.held: list[Event] = []

    # ── what the stream says ────────────────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Before the stream: a run that has no checkpoint starts over."""
        if self.silent and not self.kept.newest:
            self._speak(0)
        if not self.silent:
            self._warn()

    def _warn(self) -> None:
        """Say which checkpoints are of no use; those of another version are taken away."""
        for sentence in self.kept.useless():
            self.record(Note(sentence, "warning"))

    def record(self, event: Event) -> None:
        """Record an event, unless an earlier sitting recorded it already."""
        if event.kind == "stage":
            self.pulse.part, self.pulse.parts = event.part, event.parts  # type: ignore[union-attr]
            self.pulse.stage, self.pulse.step, self.pulse.steps = event.stage, 0, event.steps  # type: ignore[union-attr]
            self.recorder.stage = event.stage  # type: ignore[union-attr]
        if self.silent:
            self.held.append(event)
            return
        record = self.recorder.write(event)
        self.vitals.take(cast(Line, record), event.pixels if event.kind == "images" else None)  # type: ignore[union-attr]
        self.pulse.health = self.vitals.signs()
        if self.watch is not None:
            self.watch(event)

    def between(self) -> None:
        """Between two events: a stop is obeyed here too, for parts of a run that are no loops."""
        self._look()
        if self.control["want"] == "stop":
            raise StopRun

    def finish(self) -> None:
        """The stream ended. If the newest checkpoint was not needed (a cache made its loop unnecessary), say all anew."""
        if self.silent:
            self._say_anew()
        for key in sorted(self.knobs.moves.keys() - set(self.where.opened)):
            self.record(Note(f"A knob was to be moved in {key!r}, but this run has no such loop.", "warning"))

    def _speak(self, keep: int) -> None:
        self.silent = False
        self.held.clear()
        self.record(Resumed(keep))
        self.vitals = Vitals.again(self.folder, Timeline.all(self.folder))
        self._warn()

    def _say_anew(self) -> None:
        held = list(self.held)
        self.kept.found.clear()  # a loop that jumped ahead now would leave a hole in the record
        self._speak(0)
        self.recorder.stage = ""  # as at the start: what was said before the first stage stands in none
        for event in held:
            self.record(event)

    # ── what a loop asks ────────────────────────────────────────────────────────────────────────────────────────────

    def enter(self, key: str, live: bool) -> None:
        self.loops.append(_Loop(key, live, time.perf_counter()))

    def restore(self, key: str) -> tuple[int, Saved] | None:
        if key not in self.kept.found:
            if self.silent and self.kept.found and key not in self.kept.before:
                self._say_anew()  # we are past the newest checkpoint without having met it
            return None
        path, about = self.kept.found[key]
        try:
            state, _ = checkpoint.load(path)
        except BadRecord as error:
            if self.silent and key == self.kept.newest:
                self._say_anew()
            self.record(Note(str(error), "warning"))
            return None
        self.knobs.in_force = {**self.knobs.in_force, **about["knobs"]}
        self.loops[-1].complete = about["step"] >= about["total"]
        if self.silent and key == self.kept.newest:
            self.recorder.seen = int(about["seen"])
            self._speak(int(about["keep"]))
        return int(about["step"]), state

    def at_step(self, key: str, stage: str, index: int, total: int, save: Save) -> tuple[dict[str, float], bool]:
        loop = self.loops[-1]
        self.pulse.stage, self.pulse.step, self.pulse.steps = stage, index, total
        if self.pulse.problem is not None:
            raise self.pulse.problem
        if not self.silent and self.kept.is_time(index):
            self._keep(key, index, total, save)
        asked = self._obey(key, index, total, save)
        for moved in self.knobs.planned(key, index):
            self.record(moved)
        if loop.live and not self.silent:
            for said in self.knobs.wanted(key, index, self.control["knobs"]):
                self.record(said)
        return self.knobs.in_force, asked

    def done(self, key: str, total: int, save: Save) -> None:
        loop = self.loops[-1]
        took = time.perf_counter() - loop.started
        self.pulse.step = total
        if not self.silent and not loop.complete and self.kept.is_worth(took):
            self._keep(key, total, total, save)

    def leave(self, key: str) -> None:
        while self.loops and self.loops.pop().key != key:
            pass

    def saw(self, images: int) -> None:
        self.recorder.seen += images

    def _keep(self, key: str, index: int, total: int, save: Save) -> None:
        now = Now(self.recorder.count, self.recorder.seen, self.knobs.in_force, self.where.opened)
        self.kept.keep(key, index, total, save, now)

    # ── control ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _look(self) -> None:
        """Read control.json when it changed; look at most ten times a second."""
        now = time.perf_counter()
        if now - self._looked < POLL:
            return
        self._looked = now
        try:
            stamp = os.stat(self.folder.path / "control.json").st_mtime_ns
        except FileNotFoundError:
            return
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self.control = self.folder.control()
            except BadRecord as error:  # edited by hand while we work: go on as before, and say so
                self.record(Note(str(error), "warning"))

    def _obey(self, key: str, index: int, total: int, save: Save) -> bool:
        """Stop, pause and single steps; returns whether this step was asked for one by one."""
        self._look()
        if self.silent:
            if self.control["want"] == "stop":
                raise StopRun
            return False
        if self.control["want"] == "pause" and self.control["steps"] <= self.taken_steps:
            self._wait()
        if self.control["want"] == "stop":
            self._keep(key, index, total, save)
            raise StopRun
        if self.control["want"] == "pause":
            self.taken_steps += 1
            return True
        self.taken_steps = int(self.control["steps"])
        return False

    def _wait(self) -> None:
        began = time.perf_counter()
        self.pulse.paused = True
        self.pulse.tell(state="paused")
        while self.control["want"] == "pause" and self.control["steps"] <= self.taken_steps:
            time.sleep(POLL / 2)
            self._look()
        self.pulse.paused = False
        self.recorder.offset -= time.perf_counter() - began  # waiting is no work
        if self.control["want"] != "pause":
            self.pulse.tell(state="running")
