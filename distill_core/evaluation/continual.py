"""Continual learning with a synthetic set as memory: classes come task after task, and only their synthetic images are kept.

After task t a fresh student is trained on the synthetic images of all classes seen so far, with labels for these classes only,
and tested on the real test images of these classes (DWA: five tasks on CIFAR-100, 20 images per class, 5 class orders;
the paper's own backbone and class order are not stated). As many random real images stand beside it in every task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from ..datasets import RealSet
from ..datasets.real import Split
from ..errors import BadSetting
from ..events import Note, Scalars
from ..job import Job
from ..loop import steps
from ..method import Stream, stage
from ..pieces.device import device_of
from ..quantities import variant
from ..record.passport import Passport
from ..results import Adapted, Lesson, Result, Teaches
from .choosing import as_taught, protocol_of, student_of
from .control import control_of
from .dense import densely, labeler_of
from .passports import brings, written
from .protocol import Protocol
from .seeds import derive
from .students import accuracy, check, lesson_at, timetable, train_student

SUBJECTS = ("distilled", "random")


@dataclass(frozen=True)
class Plan:
    """Which classes come when: `tasks` near-equal parts of one or several class orders."""

    tasks: int = 5
    orders: int = 5
    seed: int = 0
    order: tuple[int, ...] = ()  # one order, named class by class, instead of drawn ones

    def drawn(self, classes: int) -> list[list[int]]:
        """The class orders; drawn by the seed, each from its own generator, so that a further one leaves the others as they are."""
        if not 1 <= self.tasks <= classes:
            raise BadSetting(
                f"tasks={self.tasks} cannot work with {classes} classes: choose a number from 1 to {classes}."
            )
        if self.order:
            if sorted(self.order) != list(range(classes)):
                raise BadSetting(
                    f"The class order names {len(self.order)} classes; every number from 0 to {classes - 1} is wanted once."
                )
            return [list(self.order)]
        makers = [torch.Generator().manual_seed(derive("class order", self.seed, i)) for i in range(self.orders)]
        return [torch.randperm(classes, generator=one).tolist() for one in makers]

    def seen(self, order: Sequence[int]) -> list[list[int]]:
        """The classes seen after each task, in the order in which they came."""
        sizes = [len(part) for part in torch.arange(len(order)).tensor_split(self.tasks)]
        return [list(order[: sum(sizes[: t + 1])]) for t in range(self.tasks)]


class Restricted(nn.Module):
    """A teacher whose logits are those of some classes only: it knows them all, and says nothing of the others."""

    def __init__(self, teacher: nn.Module, classes: Sequence[int]):
        super().__init__()
        self.teacher = teacher
        self.register_buffer("classes", torch.tensor(classes))

    def forward(self, x: Tensor) -> Tensor:
        """(n, seen classes) logits."""
        logits = self.teacher(x)
        return logits[:, self.classes.to(logits.device)]


def only(real: RealSet, classes: Sequence[int]) -> RealSet:
    """The real set of some classes, numbered anew in this order; mean and s.d. stay those of the whole."""
    renumber = torch.full((len(real.classes),), -1)
    renumber[torch.tensor(classes)] = torch.arange(len(classes))

    def part(split: Split) -> Split:
        labels = renumber[split.labels]
        return Split(split.images[labels >= 0], labels[labels >= 0])

    names = tuple(real.classes[one] for one in classes)
    named = f"{real.fingerprint} classes {list(classes)}"
    parts = part(real.train), part(real.val), part(real.test)
    return replace(real, classes=names, fingerprint=named, train=parts[0], val=parts[1], test=parts[2])


def of_classes(lesson: Lesson, *, classes: Sequence[int]) -> Lesson:
    """The images of some classes with their labels numbered anew; soft labels keep these classes' logits only,
    dense ones their shares among these classes."""
    wanted = torch.tensor(classes)
    where = (lesson.labels[:, None] == wanted).any(1)
    labels = (lesson.labels[where][:, None] == wanted).int().argmax(1)
    soft = None if lesson.soft_labels is None else lesson.soft_labels[where][:, wanted]
    stages = tuple(n for part in where.split(list(lesson.stages)) if (n := int(part.sum()))) if lesson.stages else ()
    dense = lesson.dense
    if dense is not None:
        kept = dense.labels[where][..., wanted].float()
        shares = kept / kept.sum(2, keepdim=True).clamp(min=1e-12)
        dense = replace(dense, labels=shares.to(dense.labels.dtype))
    return Lesson(lesson.images[where], labels, soft, stages, dense)


@dataclass(frozen=True, eq=False)
class Memory:
    """Everything that the students of one question share."""

    job: Job
    real: RealSet
    sources: dict[str, Teaches]  # by subject, all classes
    lesson: Lesson  # the first of the result, for what all have in common
    teacher: nn.Module | None
    protocol: Protocol
    student: str
    own: bool = False  # the set brings the labels that it is taught with

    @classmethod
    def of(cls, result: Result, job: Job, real: RealSet, teacher: nn.Module | None, control: int) -> Memory:
        """`control` is the seed of the random real images."""
        protocol = protocol_of(job, result)
        static = protocol.labels == "static"
        if protocol.labels in ("static", "stored") and teacher is None:
            raise BadSetting(
                f"Protocol {protocol.name!r} needs labels for the random real images too, and no teacher is at hand to make "
                "them. Choose hard."
            )
        source = as_taught(result, protocol, real, teacher)
        lesson = lesson_at(source, job.seed, 0)
        check(lesson, protocol, real, teacher, source.steady)
        beside = control_of(source, lesson, real, control, teacher if static else None)
        if lesson.dense is not None and protocol.dense_weight:
            labeler = labeler_of(lesson.dense, real, device_of(job.device))
            if labeler is None:
                raise BadSetting(
                    "The network that made the set's dense labels is not at hand, so the random real images can have none. Make the "
                    "labels again with `distill-studio relabel`, or examine the set that they were made for."
                )
            beside = densely(beside, lesson.dense, labeler, real)
        student = student_of(job, protocol, real)
        own = result.soft_labels is not None and brings(protocol, result, teacher)
        return cls(job, real, {"distilled": source, "random": beside}, lesson, teacher, protocol, student, own)

    def point(self, subject: str, classes: Sequence[int], seed: int) -> Stream[float]:
        """One student: trained on what is remembered of these classes, tested on them. A fraction."""
        real = only(self.real, classes)
        source = Adapted(self.sources[subject], partial(of_classes, classes=classes))
        teacher = None if self.teacher is None else Restricted(self.teacher, classes)
        device, whose = device_of(self.job.device), "" if subject == "distilled" else subject
        trained = yield from train_student(
            source, self.protocol, real, seed=seed, student=self.student, teacher=teacher, device=device, whose=whose
        )
        return accuracy(trained.network, real.test, real)

    def passport(self) -> Passport:
        """How the numbers of students of all classes come about."""
        protocol = self.protocol.settled(self.student, len(self.lesson), len(self.real.classes))
        return written(protocol, self.real, self.lesson, self.student, self.teacher, self.own)

    def updates(self, classes: Sequence[int]) -> int:
        """How many updates such a student takes, the same for both subjects."""
        lesson = of_classes(self.lesson, classes=classes)
        protocol = self.protocol.settled(self.student, len(lesson), len(classes))
        return len(timetable(lesson, protocol, protocol.epochs).rows())


def continual(memory: Memory, plan: Plan) -> Stream[dict[str, object]]:
    """Every order, task and subject in turn; returns plain values: the orders, and a curve per order and subject.

    `{"orders": [[class, …]], "sizes": [classes seen after each task], "distilled": [[fraction per task] per order], "random": …}`

    The student after task t of order i has the same first weights and draws for both subjects.
    """
    orders = plan.drawn(len(memory.real.classes))
    cells = [
        (i, t, subject, seen)
        for i, o in enumerate(orders)
        for t, seen in enumerate(plan.seen(o))
        for subject in SUBJECTS
    ]
    found = torch.full((len(cells),), -1.0, dtype=torch.float64)
    for step in steps("continual", len(cells), state={"found": found}, quiet=True):
        i, t, subject, seen = cells[step.index]
        student = memory.point(subject, seen, derive("continual", memory.job.seed, i, t))
        got = yield from stage("continual", student, memory.updates(seen), step.index, len(cells))
        found[step.index] = got
        yield Scalars(
            memory.updates(seen) - 1, {variant("seen-accuracy", "" if subject == "distilled" else subject): got}
        )
        yield Note(f"Order {i + 1}, task {t + 1} of {plan.tasks}, {len(seen)} classes, {subject}: {got:.1%}.")
    curves = found.view(len(orders), plan.tasks, len(SUBJECTS)).permute(2, 0, 1).tolist()
    sizes = [len(seen) for seen in plan.seen(orders[0])]
    return {"orders": orders, "sizes": sizes, **dict(zip(SUBJECTS, curves, strict=True))}
