"""One student: a fresh network, trained on a set as a protocol says, as a stream that can be stopped and resumed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..datasets.real import Split
from ..errors import BadSetting
from ..events import Scalars
from ..loop import Live, Step, check_finite, steps
from ..method import Stream
from ..networks import build, resolve
from ..pieces import teach
from ..quantities import variant
from ..results import Adapted, Lesson, Teaches
from .check import check
from .classroom import Classroom
from .optimizer import Average, Laid, optimizer_of
from .protocol import Protocol
from .seeds import derive
from .stored import stored_views
from .timetable import Row, timetable


@dataclass(frozen=True, eq=False)
class Trained:
    """A student after its last epoch, in eval mode, and what it took."""

    network: nn.Module
    steps: int
    seconds: float
    seen: int  # images shown to it, repeats counted
    looked: tuple[float, ...] = ()  # its test accuracy after each epoch that was looked at, as fractions


def lesson_at(source: Teaches, seed: int, epoch: int) -> Lesson:
    """What the student with this seed sees in an epoch; drawn from a generator of its own, so that it can be asked for again."""
    return source.lesson(epoch, Generator().manual_seed(derive("lesson", seed, epoch)))


def train_student(
    source: Teaches,
    protocol: Protocol,
    real: RealSet,
    *,
    seed: int,
    student: str = "auto",
    teacher: nn.Module | None = None,
    epochs: int = 0,
    device: torch.device | None = None,
    whose: str = "",
    first: int = 0,
    looks: Sequence[int] = (),
) -> Stream[Trained]:
    """Train one student and return it; yields its loss and its accuracy on a fixed part of the validation images.

    Args:
        source: a result, a control, or one lesson for all epochs; it is asked at every epoch.
        real: gives mean and s.d., the validation part and the classes. Its test part is not looked at but for `looks`.
        seed: of the network's weights, the order of the images and every augmentation.
        teacher: labels every augmented and mixed image anew where the protocol says so.
        epochs: instead of the protocol's own; 0 takes those.
        whose: the qualifier of what it reports: "random" gives `student-loss@random`.
        first: added to the step numbers of the reports, so that several students follow each other.
        looks: epochs (from 0) after which its test accuracy is kept; nothing depends on it.
    """
    if protocol.lr_grid:
        raise BadSetting(
            f"Protocol {protocol.name!r} tries {len(protocol.lr_grid)} learning rates, and this question trains one student each. Choose "
            "another protocol here; a run's own scores and `evaluate` try them all."
        )
    device, epochs = device or torch.device("cpu"), epochs or protocol.epochs
    lesson = lesson_at(source, seed, 0)
    check(lesson, protocol, real, teacher, source.steady)
    spec = resolve(student if student != "auto" else protocol.student, channels=real.channels, size=real.size)
    network = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=seed)
    network = network.to(device).to(memory_format=torch.channels_last)
    protocol = protocol.settled(spec, len(lesson), len(real.classes))
    if protocol.labels == "stored":
        source = yield from with_views(source, lesson, protocol, real, teacher, epochs, device)
        lesson = lesson_at(source, seed, 0)
    classroom = Classroom(lesson, protocol, real, teacher, device, epochs)
    rows = timetable(lesson, protocol, epochs).rows()
    training = _Training(network, classroom, protocol, source, len(lesson), rows, epochs, seed, looks)
    what = f"The loss of a {spec} student under protocol {protocol.name} (learning rate {protocol.lr:g})"
    network.train()
    for step in steps("evaluate", len(rows), state=training.state()):
        loss = training.update(step)
        training.look(step, real)
        if step.due or device.type == "cpu":
            value = loss.item()
            check_finite(value, what, step, "evaluate", "the learning rate by choosing another protocol")
        if step.due:
            yield Scalars(first + step.index, {variant("student-loss", whose): value, **classroom.held(network, whose)})
    return training.ended()


def with_views(
    source: Teaches,
    lesson: Lesson,
    protocol: Protocol,
    real: RealSet,
    teacher: nn.Module | None,
    epochs: int,
    device: torch.device,
) -> Stream[Teaches]:
    """The same lessons with stored labels: those that they bring, or made by the teacher."""
    if lesson.views is not None:
        return source
    assert teacher is not None, "check() asks for a teacher"
    views = yield from stored_views(lesson, protocol, real, teacher, epochs, device)
    return Adapted(source, lambda one: replace(one, views=views))


class _Training:
    """A student on its way: its network, what moves it, and the order in which it is shown the images."""

    def __init__(
        self, network: nn.Module, classroom: Classroom, protocol: Protocol, source: Teaches, images: int, rows: list[Row],
        epochs: int, seed: int, looks: Sequence[int] = (),
    ):  # fmt: skip
        self.network, self.classroom, self.protocol, self.source = network, classroom, protocol, source
        self.rows, self.epochs, self.seed, self.taught = rows, epochs, seed, 0
        self.optimizer = optimizer_of(network, protocol)
        self.generator = Generator().manual_seed(derive("student", seed))
        self.order, self.clock = torch.arange(images), torch.zeros((), dtype=torch.float64)
        self.looks, self.looked = tuple(looks), torch.full((len(looks),), torch.nan, dtype=torch.float64)
        self.average = Average(network, protocol.average, protocol.average_ramp) if protocol.average else None

    def state(self) -> dict[str, Live]:
        state: dict[str, Live] = {"network": self.network, "optimizer": Laid(self.optimizer)}
        state |= {"generator": self.generator, "order": self.order, "clock": self.clock}
        state |= {"looked": self.looked} if self.looks else {}
        return {**state, "average": self.average} if self.average else state

    def update(self, step: Step) -> Tensor:
        """One update, and the epoch's lesson, order and learning rate before its first; returns the loss."""
        began = time.perf_counter()
        epoch, start, end, a, b = self.rows[step.index]
        if epoch != self.taught:
            self.classroom.teach(lesson_at(self.source, self.seed, epoch))
            self.taught = epoch
        if a == 0:
            self.order[start:end] = start + torch.randperm(end - start, generator=self.generator)
        for group in self.optimizer.param_groups:
            group["lr"] = self.protocol.lr_at(epoch, self.epochs)
        loss = self.classroom.loss(self.network, self.order[start + a : start + b], self.generator, epoch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if self.average and (self.protocol.average_each == "update" or self._ends(step)):
            self.average.follow(self.network)
        self.clock += time.perf_counter() - began
        return loss

    def _ends(self, step: Step) -> bool:
        """Whether its epoch is over with this update."""
        return step.last or self.rows[step.index + 1][0] != self.rows[step.index][0]

    def look(self, step: Step, real: RealSet) -> None:
        """The test accuracy after this update, where it ends an epoch that is looked at: of what would be tested if it were the last."""
        if self.rows[step.index][0] not in self.looks or not self._ends(step):
            return
        shown = self.network
        if self.average:
            shown = deepcopy(self.network)
            self.average.into(shown)
        self.looked[self.looks.index(self.rows[step.index][0])] = accuracy(shown, real.test, real)

    def ended(self) -> Trained:
        if self.average:
            self.average.into(self.network)
        self.network.eval()
        seen = sum(b - a for *_, a, b in self.rows)
        return Trained(self.network, len(self.rows), float(self.clock), seen, tuple(self.looked.tolist()))


def accuracy(network: nn.Module, split: Split, real: RealSet) -> float:
    """The share of a split that a network gets right, in eval mode, in batches on the network's device."""
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    return teach.accuracy(network, real, split, device)
