"""The scores of a run: students on the synthetic set, on several draws of as many random real images, and on all real data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import torch
from torch import nn

from ..datasets import RealSet
from ..errors import BadSetting
from ..events import Note, Scored
from ..job import Job
from ..measures.memory import Meter
from ..method import Stream, stage
from ..pieces.device import device_of
from ..results import Adapted, Lesson, Result, Teaches
from .accounts import ledger_of
from .choosing import as_taught, protocol_of, student_of
from .control import control_of, draws_of, seed_of
from .dense import densely, labeler_of
from .kept import Sat, control_key, kept
from .looks import looks_of
from .passports import passport_of
from .protocols import Protocol
from .seeds import derive
from .sitting import Sitting
from .stored import LabelStore, as_held, belongs
from .students import accuracy, check, lesson_at, timetable, train_student
from .whole import CHEAP, known_whole, measure_whole, whole_seconds


def score(
    result: Result,
    job: Job,
    real: RealSet,
    *,
    teacher: nn.Module | None = None,
    views: LabelStore | None = None,
    meter: Meter | None = None,
) -> Stream[list[Scored]]:
    """Train `job.students` students on the set, as many on as many random real images, one on each of some other draws of those
    (`job.draws`); return the final scores.

    A `Scored` comes after every student with the accuracies so far: the last one of a subject and its labels holds.
    Accuracy is measured once for each student, on the real test part, after the last epoch; nothing is chosen by it.

    Args:
        teacher: labels images on the fly, or makes the static or stored labels of the random control.
        views: stored labels of this very set, from a file; without them the teacher makes some where they are wanted.
        meter: knows what this process held before its work began; None begins here.

    Raises:
        BadSetting: the protocol needs a teacher or soft labels that are not there, or is not known.
        BadRecord: the set does not belong to this data set, or holds numbers that are not finite.
    """
    if job.students == 0:
        return []
    exam = Exam.of(result, job, real, teacher, views, meter)
    return (yield from stage("evaluate", exam.hold(), steps=exam.steps))


@dataclass
class Exam:
    """All students of one set, in the order in which they are trained."""

    job: Job
    real: RealSet
    lesson: Lesson  # the first, for what all have in common: how many, how large
    stored: Result
    source: Teaches
    control: Callable[[int], Teaches]  # of the seed of a draw
    teacher: nn.Module | None
    student: str
    device: torch.device
    sittings: tuple[Sitting, ...]
    given: bool = False  # soft labels came with the set
    labeler: nn.Module | None = None  # of dense labels
    note: str = ""
    meter: Meter = field(default_factory=lambda: Meter(torch.device("cpu")))

    @classmethod
    def of(
        cls,
        result: Result,
        job: Job,
        real: RealSet,
        teacher: nn.Module | None,
        views: LabelStore | None = None,
        meter: Meter | None = None,
    ) -> Exam:
        protocol, device = protocol_of(job, result), device_of(job.device)
        learned = float(result.about["student_lr"]) if protocol.learned_lr and "student_lr" in result.about else 0.0
        protocol = protocol.with_(lr=learned) if learned else protocol
        static, source = protocol.labels == "static", as_taught(result, protocol, real, teacher)
        if views is not None:
            belongs(views, lesson_at(source, job.seed, 0), protocol, real)
            protocol = as_held(protocol, views)
            source = Adapted(source, lambda one: replace(one, views=views))
        lesson = lesson_at(source, job.seed, 0)
        check(lesson, protocol, real, teacher, source.steady)
        if protocol.lr_grid and protocol.choice == "validation" and not len(real.val):
            raise BadSetting(
                f"Protocol {protocol.name!r} chooses a learning rate on validation images, and {real.name} has none. Choose a protocol with "
                "one rate, such as dsa or hard."
            )
        labels = teacher if static else None
        student = student_of(job, protocol, real)
        protocol = protocol.settled(student, len(lesson), len(real.classes))
        own = protocol.with_(lr_grid=()) if learned else protocol  # what a set brings need not be looked for
        sittings, note = [Sitting("distilled", own), Sitting("random", protocol)], ""
        if (static or protocol.labels == "stored") and teacher is None:
            hard = protocol.with_(labels="hard")
            sittings = [Sitting("distilled", hard), Sitting("random", hard), Sitting("distilled", protocol)]
            note = (
                "The set brings soft labels but no teacher is at hand, so random real images cannot get such labels: "
            )
            note += "the random control stands beside the set with hard labels."
        dense = lesson.dense if protocol.dense_weight else None
        labeler = labeler_of(dense, real, device)
        if dense is not None and labeler is None:
            hard = protocol.with_(dense_weight=0.0)
            sittings = [Sitting("distilled", hard), Sitting("random", hard), Sitting("distilled", protocol)]
            note = (
                "The network that made the set's dense labels is not at hand, so random real images cannot get such labels: the random "
                "control stands beside the set without them."
            )

        @lru_cache(maxsize=1)  # one draw after the other
        def beside(seed: int) -> Teaches:
            plain = control_of(source, lesson, real, seed, labels)
            return plain if dense is None or labeler is None else densely(plain, dense, labeler, real)

        meter = meter or Meter(device)
        rows = tuple(sittings)
        given = result.soft_labels is not None or views is not None
        return cls(
            job, real, lesson, result, source, beside, teacher, student, device, rows, given, labeler, note, meter
        )

    @property
    def seats(self) -> list[tuple[int, int, int]]:
        """Every student as (row, draw, index of the student on that draw), in the order in which they are trained.

        First those of all rows in turn, the control's on the first draw; then one for each other draw. Where a result draws
        its images anew at every epoch, so does each student of its control, and each is a draw of its own.
        """
        paired = [(row, 0, index) for index in range(self.job.students) for row in range(len(self.sittings))]
        rows = [row for row, one in enumerate(self.sittings) if one.subject == "random" and self.source.steady]
        return paired + [(row, n, 0) for row in rows for n in range(1, draws_of(self.job, self.sittings[row].protocol))]

    @property
    def steps(self) -> int:
        """Updates of all students, without those of the full real set."""
        rates = [len(s.protocol.lr_grid) or 1 for s in self.sittings]
        one = [
            n * len(timetable(self.lesson, s.protocol, s.protocol.epochs).rows())
            for n, s in zip(rates, self.sittings, strict=True)
        ]
        return sum(one[row] for row, _, _ in self.seats)

    def hold(self) -> Stream[list[Scored]]:
        """Train and score: what is known first, then the students in turn, then the full real set where it is cheap."""
        if self.note:
            yield Note(self.note)
        whole = known_whole(self.real, self.student)
        if whole is not None:
            yield whole
        final, first = yield from self.taught()
        if whole is None:
            whole = yield from self._whole(first)
        return [*final.values(), *([whole] if whole else [])]

    def taught(self) -> Stream[tuple[dict[int, Scored], int]]:
        """The students in turn: the last score of each row, and how many updates all of them took."""
        final: dict[int, Scored] = {}
        first = 0
        for row, draw, index in self.seats:
            sat = yield from self._sat(self.sittings[row], draw, index, first)
            first += sat["steps"]
            self.sittings[row].add(sat, draw if self.source.steady else index)
            final[row] = self._mark(self.sittings[row], sat)
            yield final[row]
        return final, first

    def _sat(self, sitting: Sitting, draw: int, index: int, first: int) -> Stream[Sat]:
        """One student; the control's are taken from the cache. The same index has the same first weights and the same draws
        for a set and the first draw of its control."""
        image_seed = seed_of(self.job, draw)
        seed, p = derive(image_seed, index), sitting.protocol
        if sitting.subject == "distilled":
            return (yield from self._train(self.source, p, seed, first))
        drawn = image_seed if self.source.steady else None
        key = control_key(self.real, self.lesson, p, self.teacher, self.student, self.device, drawn, seed)
        return (yield from kept(key, lambda: self._train(self.control(image_seed), p, seed, first, "random")))

    def _train(self, source: Teaches, protocol: Protocol, seed: int, first: int, whose: str = "") -> Stream[Sat]:
        """One student; of a grid of learning rates one for each, and the one that `choice` takes."""
        sats: list[tuple[float, Sat]] = []
        for lr in protocol.lr_grid or (0.0,):
            one = protocol.with_(lr=lr, lr_grid=()) if lr else protocol
            sats.append(
                (yield from self._one(source, one, seed, first + sum(sat["steps"] for _, sat in sats), whose, lr))
            )
        _, chosen = max(sats, key=lambda pair: pair[0])  # of equal ones the first, the smallest rate
        spent = [sat for _, sat in sats]
        whole = {"steps": sum(one["steps"] for one in spent), "seconds": sum(one["seconds"] for one in spent)}
        best = max(one["best"] for one in spent)
        return {**chosen, **whole, "seen": sum(one["seen"] for one in spent), "best": best}  # type: ignore[typeddict-item]

    def _one(
        self, source: Teaches, protocol: Protocol, seed: int, first: int, whose: str, lr: float
    ) -> Stream[tuple[float, Sat]]:
        """One student with one learning rate; and what it is chosen by, where there are several."""
        self.meter.start()
        looks = looks_of(timetable(self.lesson, protocol, protocol.epochs), protocol, len(self.real.test))
        trained = yield from train_student(
            source,
            protocol,
            self.real,
            seed=seed,
            student=self.student,
            teacher=self.teacher,
            device=self.device,
            whose=whose,
            first=first,
            looks=looks,
        )
        peak = self.meter.peak()
        last = accuracy(trained.network, self.real.test, self.real)
        best = max(last, *trained.looked) if looks else last
        by_test = protocol.choice == "test"
        held = best if by_test else accuracy(trained.network, self.real.val, self.real) if lr else 0.0
        return held, {
            "accuracy": best if by_test else last,
            "steps": trained.steps,
            "seconds": trained.seconds,
            "seen": trained.seen,
            "peak": peak,
            "best": best,
            "looks": len(looks) + 1 if looks else 0,
            "lr": lr,
        }

    def _mark(self, sitting: Sitting, last: Sat) -> Scored:
        """The score of a subject so far."""
        p, ledger = sitting.protocol, ledger_of(self, sitting, last).plain()
        found, draws = tuple(sitting.found), tuple(sitting.draws)
        best, looks = (tuple(sitting.best), sitting.looks) if sitting.looks else ((), 0)
        return Scored(
            sitting.subject,
            self.student,
            p.name,
            found,
            p.labels_said,
            ledger,
            draws,
            best,
            looks,
            passport_of(self, sitting).plain(),
        )

    def _whole(self, first: int) -> Stream[Scored | None]:
        """The full real set, where it takes less than `CHEAP` seconds and less than twice what the students took."""
        spent = sum(sum(one.took[: self.job.students]) for one in self.sittings)
        one = whole_seconds(self.real, self.student, self.device)
        students = min(self.job.students, int(min(CHEAP, 2 * spent) / one))
        if students == 0:
            yield Note(
                f"All real data is left out: {self.student} on {len(self.real.train):,} images would take about "
                f"{say_seconds(one)} here. `distill_core.evaluation.measure_whole` trains it once, and every later run "
                "then shows it."
            )
            return None
        return (
            yield from measure_whole(
                self.real, self.student, students, seed=self.job.seed, device=self.device, first=first
            )
        )


def say_seconds(seconds: float) -> str:
    """`8 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
