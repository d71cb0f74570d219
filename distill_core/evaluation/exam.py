"""The scores of a run: students on the synthetic set, on as many random real images, and on all real data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import nn

from ..datasets import RealSet
from ..events import Note, Scored, Subject
from ..job import Job
from ..measures.budget import Ledger, network_bytes, on_the_fly
from ..method import Stream, stage
from ..networks import resolve
from ..pieces.device import device_of
from ..results import SyntheticSet
from .control import random_lesson, teacher_labels
from .protocols import Protocol, find
from .students import Lesson, Trained, accuracy, check, derive, timetable, train_student
from .whole import CHEAP, known_whole, measure_whole, whole_seconds


def chosen_protocol(job: Job, own: str) -> Protocol:
    """The job's protocol, or the method's `own` where the job says `auto`, with the job's number of epochs."""
    protocol = find(own if job.protocol == "auto" else job.protocol)
    return protocol.with_(epochs=job.epochs) if job.epochs else protocol


def score(result: SyntheticSet, job: Job, real: RealSet, *, teacher: nn.Module | None = None) -> Stream[list[Scored]]:
    """Train `job.students` students on the set and as many on random real images; return the final scores.

    A `Scored` comes after every student with the accuracies so far: the last one of a subject and its labels holds.
    Accuracy is measured once for each student, on the real test part, after the last epoch; nothing is chosen by it.

    Args:
        teacher: labels images on the fly, or makes the static labels of the random control.

    Raises:
        BadSetting: the protocol needs a teacher or soft labels that are not there, or is not known.
        BadRecord: the set does not belong to this data set, or holds numbers that are not finite.
    """
    if job.students == 0:
        return []
    exam = Exam.of(result, job, real, teacher)
    return (yield from stage("evaluate", exam.hold(), steps=exam.steps))


@dataclass
class Sitting:
    """One row of the score table: a subject under one protocol, and its students so far."""

    subject: Subject
    protocol: Protocol
    found: list[float] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Exam:
    """All students of one set, in the order in which they are trained."""

    job: Job
    real: RealSet
    lesson: Lesson
    stored: SyntheticSet
    teacher: nn.Module | None
    student: str
    device: torch.device
    sittings: tuple[Sitting, ...]
    note: str = ""

    @classmethod
    def of(cls, result: SyntheticSet, job: Job, real: RealSet, teacher: nn.Module | None) -> Exam:
        protocol, device = chosen_protocol(job, result.protocol), device_of(job.device)
        if protocol.learned_lr and "student_lr" in result.about:
            protocol = protocol.with_(lr=float(result.about["student_lr"]))
        lesson = Lesson(result.images, result.labels, result.soft_labels, result.stages)
        if protocol.labels == "static" and lesson.soft_labels is None and teacher is not None:
            lesson = replace(lesson, soft_labels=teacher_labels(teacher, real, lesson.images))
        check(lesson, protocol, real, teacher)
        wanted = protocol.student if job.student == "auto" else job.student
        student = resolve(wanted, channels=real.channels, size=real.size)
        sittings, note = [Sitting("distilled", protocol), Sitting("random", protocol)], ""
        if protocol.labels == "static" and teacher is None:
            hard = protocol.with_(labels="hard")
            sittings = [Sitting("distilled", hard), Sitting("random", hard), Sitting("distilled", protocol)]
            note = (
                "The set brings soft labels but no teacher is at hand, so random real images cannot get such labels: "
            )
            note += "the random control stands beside the set with hard labels."
        return cls(job, real, lesson, result, teacher, student, device, tuple(sittings), note)

    @property
    def steps(self) -> int:
        """Updates of all students, without those of the full real set."""
        one = (timetable(self.lesson, s.protocol, self.real, s.protocol.epochs) for s in self.sittings)
        return self.job.students * sum(len(t.rows()) for t in one)

    def hold(self) -> Stream[list[Scored]]:
        """Train and score: what is known first, then the students in turn, then the full real set where it is cheap."""
        if self.note:
            yield Note(self.note)
        whole = known_whole(self.real, self.student)
        if whole is not None:
            yield whole
        final: dict[int, Scored] = {}
        first = 0
        for index in range(self.job.students):
            for row, sitting in enumerate(self.sittings):
                trained = yield from self._train(sitting, index, first)
                first += trained.steps
                final[row] = self._mark(sitting, trained)
                yield final[row]
        if whole is None:
            whole = yield from self._whole(first)
        return [*final.values(), *([whole] if whole else [])]

    def _train(self, sitting: Sitting, index: int, first: int) -> Stream[Trained]:
        """One student. The same index has the same first weights and the same draws for every subject."""
        lesson, whose = self.lesson, ""
        if sitting.subject == "random":
            labeller = self.teacher if sitting.protocol.labels == "static" else None
            lesson, whose = random_lesson(self.real, lesson, self.job.seed, labeller), "random"
        seed = derive(self.job.seed, index)
        stream = train_student(
            lesson,
            sitting.protocol,
            self.real,
            seed=seed,
            student=self.student,
            teacher=self.teacher,
            device=self.device,
            whose=whose,
            first=first,
        )
        return (yield from stream)

    def _mark(self, sitting: Sitting, trained: Trained) -> Scored:
        """The score of a subject with one more student."""
        sitting.found.append(accuracy(trained.network, self.real.test, self.real))
        sitting.seconds += trained.seconds
        ledger = self._ledger(sitting, trained, sitting.seconds / len(sitting.found)).plain()
        p = sitting.protocol
        return Scored(sitting.subject, self.student, p.name, tuple(sitting.found), p.labels, ledger)

    def _ledger(self, sitting: Sitting, trained: Trained, seconds: float) -> Ledger:
        p, n, classes = sitting.protocol, len(self.lesson), len(self.real.classes)
        distilled, taught = sitting.subject == "distilled", p.labels == "teacher"
        return Ledger(
            images=n,
            image_bytes=self.stored.image_bytes if distilled else self.lesson.images.numel(),
            label_bytes=2 * n * classes if p.labels == "static" else 0,
            label_bytes_on_the_fly=on_the_fly(trained.seen, classes, mixed=p.mix != "none") if taught else 0,
            teacher_bytes=network_bytes(self.teacher) if taught and self.teacher is not None else 0,
            student_steps=trained.steps,
            seconds=seconds,
            real_images_seen=0 if distilled else trained.seen,
        )

    def _whole(self, first: int) -> Stream[Scored | None]:
        """The full real set, where it takes less than `CHEAP` seconds and less than twice what the students took."""
        spent = sum(s.seconds for s in self.sittings)
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
