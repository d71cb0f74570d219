"""What a run would cost: the whole stream with two steps in each loop, timed, and reckoned up to the full number of steps."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ..job import Job, ask
from ..loop import LeaveLoop, Save, StopRun, driven_by, undriven
from ..method import Stream
from ..queue.planning import Cost
from ..record.folder import RunFolder
from ..record.log import Recorder
from ..record.rows import size_of
from ..where import Where

if TYPE_CHECKING:
    from ..studies.study import Outcome, Study

STEPS = 3  # of each loop: the first warms up, the others are timed
LONGEST = 60.0  # seconds that a trial may take
REPORTS = 100  # about as many as a stage makes


class Tried(Cost):
    """What a run would cost: disk and memory in bytes, seconds by stage; `complete` is False for a lower bound."""

    memory: int
    complete: bool
    stages: dict[str, float]


@dataclass
class _Timed:
    stage: str
    total: int
    began: float
    ticks: list[float]

    def seconds(self) -> float:
        """The first step as it was, all others at the mean of those that were timed."""
        spans = [b - a for a, b in zip(self.ticks, self.ticks[1:], strict=False)]
        if not spans:
            return 0.0
        usual = sum(spans[1:]) / len(spans[1:]) if len(spans) > 1 else spans[0]
        return spans[0] + usual * (self.total - 1)

    def spent(self) -> float:
        return self.ticks[-1] - self.began if self.ticks else 0.0


class TrialDrive:
    """Lets each loop take a few steps and remembers how long they took."""

    def __init__(self, until: float):
        self.until, self.loops, self.open = until, list[_Timed](), list[_Timed]()
        self.where = Where()

    def enter(self, key: str, live: bool) -> None:
        self.loops.append(_Timed(self.where.spots[-1].name, 0, time.perf_counter(), []))
        self.open.append(self.loops[-1])

    def restore(self, key: str) -> None:
        return None

    def at_step(self, key: str, stage: str, index: int, total: int, save: Save) -> tuple[dict[str, float], bool]:
        if time.perf_counter() > self.until:
            raise StopRun
        self.open[-1].total = total
        self.open[-1].ticks.append(time.perf_counter())
        if index >= STEPS:
            raise LeaveLoop
        return {}, False

    def done(self, key: str, total: int, save: Save) -> None:
        if len(self.open[-1].ticks) <= STEPS:
            self.open[-1].ticks.append(time.perf_counter())

    def leave(self, key: str) -> None:
        self.open.pop()

    def saw(self, images: int) -> None:
        """A trial counts no images."""


def estimate(
    home: Path, method: str, settings: Mapping[str, object], job: Mapping[str, object], tell: Callable[..., None]
) -> Tried:
    """`{"seconds", "disk", "memory", "complete", "stages": {stage: seconds}}`, disk and memory in bytes.

    Works in a home of its own, so that nothing half-trained gets into the cache; what the cache has already is used.
    `complete` is False where the trial ran out of time: then it is a lower bound. Raises `StudioError` for what cannot work.
    """
    from ..methods import method_class
    from ..studies import Study, askable, whole

    tell(stage="trial")
    kind = askable().get(method) or method_class(method)
    with tempfile.TemporaryDirectory(prefix="trial-", dir=home / "cache") as temporary:
        side, before = _side_home(home, Path(temporary)), os.environ.get("DISTILL_STUDIO_HOME")
        os.environ["DISTILL_STUDIO_HOME"] = str(side)
        try:
            chosen, wanted = kind.build(settings), ask(**job)
            if isinstance(chosen, Study) and (sampled := _sampled(chosen, wanted)):
                return sampled
            folder = RunFolder.create(side, method, dict(settings), dict(job))
            return _measure(folder, whole(chosen, wanted))
        finally:
            os.environ.pop("DISTILL_STUDIO_HOME")
            if before is not None:
                os.environ["DISTILL_STUDIO_HOME"] = before


def _side_home(home: Path, side: Path) -> Path:
    for part in ("runs", "trash", "workers", "questions", "cache"):
        (side / part).mkdir()
    (side / "data").symlink_to(home / "data", target_is_directory=True)
    for one in (home / "runs").glob("[!.]*/job.json"):  # a study looks at runs that are there
        (side / "runs" / one.parent.name).symlink_to(one.parent, target_is_directory=True)
    for one in (home / "cache").iterdir():
        if one.is_file() and one.suffix != ".lock":
            (side / "cache" / one.name).symlink_to(one)
        elif one.is_dir() and one != side and not one.name.startswith("trial-"):
            shutil.copytree(one, side / "cache" / one.name, symlinks=True, copy_function=_link)
    return side


def _link(source: str, target: str) -> None:
    os.symlink(os.path.realpath(source), target)


def _sampled(study: Study, job: Job) -> Tried | None:
    """A few updates of one student of each kind, reckoned up to the updates of all; None for a study that has no such kinds."""
    drive, seconds, complete, kinds = TrialDrive(time.perf_counter() + LONGEST), 0.0, True, 0
    token = driven_by(drive)
    try:
        for stream, updates in study.samples(job):
            first, kinds = len(drive.loops), kinds + 1
            for _ in stream:
                continue
            timed = [(loop.seconds(), loop.total) for loop in drive.loops[first:] if loop.total]
            seconds += updates * sum(one for one, _ in timed) / max(1, sum(total for _, total in timed))
    except StopRun:
        complete = False
    finally:
        undriven(token)
    if not kinds and complete:
        return None
    stages = {"students": round(seconds, 2)}
    return {"seconds": round(seconds, 2), "disk": 0, "memory": peak_memory(), "complete": complete, "stages": stages}


def _measure(folder: RunFolder, stream: Stream[Outcome]) -> Tried:
    recorder, began = Recorder(folder), time.perf_counter()
    drive, complete = TrialDrive(began + LONGEST), True
    reports: dict[str, int] = {}
    token = driven_by(drive)
    try:
        while True:
            event = next(stream)
            recorder.write(event)
            reports[recorder.stage] = reports.get(recorder.stage, 0) + (event.kind == "images")
    except StopIteration as end:
        set_bytes = 4 * end.value.bytes.total  # at most: pixels may be kept as floats
    except StopRun:
        complete, set_bytes = False, 0
    finally:
        undriven(token)
        stream.close()
        recorder.close()
    return _reckon(folder, drive, time.perf_counter() - began, reports, set_bytes, complete)


def _reckon(
    folder: RunFolder, drive: TrialDrive, wall: float, reports: dict[str, int], set_bytes: int, complete: bool
) -> Tried:
    stages: dict[str, float] = {}
    for loop in drive.loops:
        stages[loop.stage] = stages.get(loop.stage, 0.0) + loop.seconds()
    beside = max(0.0, wall - sum(loop.spent() for loop in drive.loops))
    steps = sum(loop.total for loop in drive.loops)
    taken = max(1, sum(len(loop.ticks) - 1 for loop in drive.loops if loop.ticks))
    grown = min(steps, REPORTS * max(1, len({loop.stage for loop in drive.loops}))) / min(
        taken, max(1, sum(reports.values()) or taken)
    )
    disk = int(size_of(folder.path) * max(1.0, grown)) + set_bytes
    seconds = sum(stages.values()) + beside
    rounded = {name: round(one, 2) for name, one in stages.items()}
    return {
        "seconds": round(seconds, 2),
        "disk": disk,
        "memory": peak_memory(),
        "complete": complete,
        "stages": rounded,
    }


def peak_memory() -> int:
    """The most memory this process has had, in bytes, that on CUDA devices included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        peak += sum(torch.cuda.max_memory_allocated(i) for i in range(torch.cuda.device_count()))
    return peak
