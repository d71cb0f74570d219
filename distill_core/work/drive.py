"""The `Drive` of a run folder: records, control, live knobs, checkpoints and resume.

Resume runs the whole stream again from its start. Loops that have a checkpoint jump to it, everything said before is not
recorded twice, and from the newest checkpoint on the run is the one that it would have been.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadRecord, BadSetting
from ..events import Event, KnobMoved, Note, Resumed
from ..fields import resolve
from ..job import Move
from ..loop import Save, Saved, StopRun
from ..method import Method
from ..part import fields_of, settings_of
from ..record.folder import Recorder, RunFolder
from ..where import Where
from . import checkpoint
from .pulse import Pulse

FIRST = 3.0  # seconds until a loop's first checkpoint
EVERY = 10.0  # seconds between two
SHARE = 0.03  # of the time may go into checkpoints
WORTH = 2.0  # seconds a loop must have taken for its end to be kept
POLL = 0.1  # seconds between two looks at control.json
STEPS_VARIABLE = "DISTILL_STUDIO_CHECKPOINT_STEPS"  # for tests: a checkpoint every so many steps


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
        self.folder, self.recorder, self.pulse, self.method, self.watch = folder, recorder, pulse, method, watch
        self.every_steps = int(os.environ.get(STEPS_VARIABLE, "0"))
        self.loops: list[_Loop] = []
        self.where = Where()
        self.in_force: dict[str, float] = {}
        self.settings = settings_of(method)
        self._saved, self._cost = time.perf_counter() - EVERY + FIRST, 0.0
        self._looked, self._stamp = 0.0, -1
        self.control = folder.control()
        self._find_checkpoints()
        self._schedule(moves)
        earlier = recorder.count > 0
        self.taken_steps = int(self.control["steps"]) if earlier else 0
        self.silent = earlier  # what is said again on the way to the newest checkpoint is not recorded
        self.held: list[Event] = []

    def _find_checkpoints(self) -> None:
        self.found: dict[str, tuple[Path, checkpoint.About]] = {}
        self.newest, self.serial = "", 0
        self.unreadable: list[str] = []
        self.outdated: list[Path] = []
        for path in sorted((self.folder.path / "checkpoints").glob("*.safetensors")):
            try:
                about = checkpoint.about(path)
                self.found[about["key"]] = (path, about)
            except checkpoint.OtherVersion:
                self.outdated.append(path)
            except (BadRecord, KeyError) as error:
                self.unreadable.append(str(error))
        if self.found:
            self.newest, (_, about) = max(self.found.items(), key=lambda item: item[1][1]["serial"])
            self.serial, self.before = int(about["serial"]), frozenset(about["opened"])

    def _schedule(self, moves: Iterable[Move]) -> None:
        """Moves that were asked for or were made in an earlier sitting happen again at exactly their step."""
        self.moves: dict[str, dict[int, dict[str, float]]] = {}
        self.recorded: dict[tuple[str, str], int] = {}  # (loop, knob) → the last step at which it was moved before
        self.taken: dict[str, float] = {}
        known = fields_of(type(self.method))
        for move in moves:
            path = resolve(known, move.name, self.settings)
            self.moves.setdefault(move.stage, {}).setdefault(move.step, {})[path] = move.value
        for record in self.recorder.earlier_moves():
            key, step, value = record["stage"], record["step"], record["value"]
            name = resolve(known, record["name"], self.settings)
            self.moves.setdefault(key, {}).setdefault(step, {})[name] = value
            self.recorded[key, name] = max(step, self.recorded.get((key, name), 0))
            self.taken[name] = value

    # ── what the stream says ────────────────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Before the stream: a run that has no checkpoint starts over."""
        if self.silent and not self.newest:
            self._speak(0)
        if not self.silent:
            self._warn()

    def _warn(self) -> None:
        """Say which checkpoints are of no use; those of another version are taken away."""
        sentences, self.unreadable = self.unreadable, []
        if self.outdated:
            then = "." if self.newest else ": the run begins anew."
            sentences.append(f"Checkpoints of another version of the studio are not used{then}")
        for path in self.outdated:
            path.unlink(missing_ok=True)
        self.outdated.clear()
        for sentence in sentences:
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
        self.recorder.write(event)
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
        for key in sorted(self.moves.keys() - set(self.where.opened)):
            self.record(Note(f"A knob was to be moved in {key!r}, but this run has no such loop.", "warning"))

    def _speak(self, keep: int) -> None:
        self.silent = False
        self.held.clear()
        self.record(Resumed(keep))
        self._warn()

    def _say_anew(self) -> None:
        held = list(self.held)
        self.found.clear()  # a loop that jumped ahead now would leave a hole in the record
        self._speak(0)
        self.recorder.stage = ""  # as at the start: what was said before the first stage stands in none
        for event in held:
            self.record(event)

    # ── what a loop asks ────────────────────────────────────────────────────────────────────────────────────────────

    def enter(self, key: str, live: bool) -> None:
        self.loops.append(_Loop(key, live, time.perf_counter()))

    def restore(self, key: str) -> tuple[int, Saved] | None:
        if key not in self.found:
            if self.silent and self.found and key not in self.before:
                self._say_anew()  # we are past the newest checkpoint without having met it
            return None
        path, about = self.found[key]
        try:
            state, _ = checkpoint.load(path)
        except BadRecord as error:
            if self.silent and key == self.newest:
                self._say_anew()
            self.record(Note(str(error), "warning"))
            return None
        self.in_force = {**self.in_force, **about["knobs"]}
        self.loops[-1].complete = about["step"] >= about["total"]
        if self.silent and key == self.newest:
            self.recorder.seen = int(about["seen"])
            self._speak(int(about["keep"]))
        return int(about["step"]), state

    def at_step(self, key: str, stage: str, index: int, total: int, save: Save) -> tuple[dict[str, float], bool]:
        loop = self.loops[-1]
        self.pulse.stage, self.pulse.step, self.pulse.steps = stage, index, total
        if self.pulse.problem is not None:
            raise self.pulse.problem
        if not self.silent and self._is_time(index):
            self._keep(key, index, total, save)
        asked = self._obey(key, index, total, save)
        for name, value in self.moves.get(key, {}).get(index, {}).items():
            self._move(key, index, name, value)
        if loop.live and not self.silent:
            self._take_wants(key, index)
        return self.in_force, asked

    def done(self, key: str, total: int, save: Save) -> None:
        loop = self.loops[-1]
        took = time.perf_counter() - loop.started
        self.pulse.step = total
        if not self.silent and not loop.complete and (took > WORTH or self.every_steps):
            self._keep(key, total, total, save)

    def leave(self, key: str) -> None:
        while self.loops and self.loops.pop().key != key:
            pass

    def saw(self, images: int) -> None:
        self.recorder.seen += images

    # ── checkpoints ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _is_time(self, index: int) -> bool:
        if self.every_steps:
            return index > 0 and index % self.every_steps == 0
        return time.perf_counter() - self._saved >= max(EVERY, self._cost / SHARE)

    def _keep(self, key: str, index: int, total: int, save: Save) -> None:
        began = time.perf_counter()
        state = save()
        if checkpoint.is_sound(state):  # resuming from a NaN would help nobody
            self.serial += 1
            about: checkpoint.About = {
                "key": key,
                "step": index,
                "total": total,
                "serial": self.serial,
                "keep": self.recorder.count,
                "seen": self.recorder.seen,
                "knobs": self.in_force,
                "opened": self.where.opened,
            }
            checkpoint.save(self.folder.path / "checkpoints" / file_name(key), state, about)
        self._saved = time.perf_counter()
        self._cost = self._saved - began

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

    # ── live knobs ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _take_wants(self, key: str, index: int) -> None:
        for name, value in self.control["knobs"].items():
            waiting = (
                self.recorded.get((key, name), -1) > index
            )  # first the moves of the earlier sitting, then new ones
            if waiting or self.taken.get(name) == value:
                continue
            self.taken[name] = value
            try:
                moved = self.method.moved({**self.in_force, name: value})
            except BadSetting as error:
                self.record(Note(f"The knob was not moved: {error}", "warning"))
                continue
            path = resolve(fields_of(type(moved)), name, settings_of(moved))
            self._move(key, index, path, float(settings_of(moved)[path]))  # type: ignore[arg-type]

    def _move(self, key: str, index: int, name: str, value: float) -> None:
        if self.in_force.get(name, self.settings.get(name)) == value:
            return
        self.in_force = {**self.in_force, name: value}
        self.record(KnobMoved(key, index, name, value))


def file_name(key: str) -> str:
    """A loop's key as a file name: readable, and different for different keys."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-")[-60:]
    return f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.safetensors"
