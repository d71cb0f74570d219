"""One student: a fresh network, trained on a set as a protocol says, as a stream that can be stopped and resumed."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..datasets.real import Split
from ..errors import BadRecord, BadSetting
from ..events import Scalars
from ..loop import Live, check_finite, steps
from ..method import Stream
from ..networks import build, resolve
from ..pieces import teach
from ..quantities import variant
from ..results import Lesson, Teaches
from .classroom import Classroom
from .protocols import Protocol


@dataclass(frozen=True, eq=False)
class Trained:
    """A student after its last epoch, in eval mode, and what it took."""

    network: nn.Module
    steps: int
    seconds: float
    seen: int  # images shown to it, repeats counted


@dataclass(frozen=True)
class Timetable:
    """Which images every update takes: stages share the epochs, and a single image is never left over as a batch."""

    n: int
    epochs: int
    batch: int
    stages: tuple[int, ...] = ()

    @property
    def _parts(self) -> tuple[int, ...]:
        return self.stages or (self.n,)

    def rows(self) -> list[tuple[int, int, int, int, int]]:
        """For every batch: (epoch, start of its part, end of its part, its first in the order, its last + 1)."""
        rows, start = [], 0
        for i, part in enumerate(self._parts):
            first, last = (self.epochs * j // len(self._parts) for j in (i, i + 1))
            cuts = [*range(0, part, self.batch), part]
            if self.batch > 1 and len(cuts) > 2 and part - cuts[-2] == 1:
                del cuts[-2]
            for epoch in range(first, last):
                rows += [(epoch, start, start + part, a, b) for a, b in pairwise(cuts)]
            start += part
        return rows


def timetable(lesson: Lesson, protocol: Protocol, real: RealSet, epochs: int) -> Timetable:
    """The updates of a student on a set under a protocol."""
    return Timetable(len(lesson), epochs, protocol.batch_for(len(lesson), len(real.classes)), lesson.stages)


COUNT = "times followed"


class Average:
    """A running average of a network's weights and buffers: what is tested where a protocol says so (EDC, GLaD).

    With `ramp` the decay is (k − 1) / k at the k-th time until it is reached, as in ema_pytorch with power 1.
    """

    def __init__(self, network: nn.Module, decay: float, ramp: bool = False):
        self.decay, self.kept = decay, {name: t.detach().clone() for name, t in network.state_dict().items()}
        self.ramp, self.count = ramp, 0

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        self.count += 1
        decay = min(self.decay, (self.count - 1) / self.count) if self.ramp else self.decay
        for name, now in network.state_dict().items():
            if now.is_floating_point():
                self.kept[name].lerp_(now, 1 - decay)
            else:
                self.kept[name].copy_(now)

    def into(self, network: nn.Module) -> None:
        network.load_state_dict(self.kept)

    def state_dict(self) -> dict[str, Tensor]:
        return {COUNT: torch.tensor(self.count), **{name: t.cpu().clone() for name, t in self.kept.items()}}

    def load_state_dict(self, saved: dict[str, Tensor]) -> None:
        self.count = int(saved.get(COUNT, 0))
        for name in self.kept:
            self.kept[name].copy_(saved[name])


def derive(*parts: object) -> int:
    """A seed of its own for every purpose: 62 bits of a hash of the parts."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest()[:8], "big") >> 2


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
) -> Stream[Trained]:
    """Train one student and return it; yields its loss and its accuracy on a fixed part of the validation images.

    Args:
        source: a result, a control, or one lesson for all epochs; it is asked at every epoch.
        real: gives mean and s.d., the validation part and the classes. Its test part is not looked at.
        seed: of the network's weights, the order of the images and every augmentation.
        teacher: labels every augmented and mixed image anew where the protocol says so.
        epochs: instead of the protocol's own; 0 takes those.
        whose: the qualifier of what it reports: "random" gives `student-loss@random`.
        first: added to the step numbers of the reports, so that several students follow each other.
    """
    device, epochs = device or torch.device("cpu"), epochs or protocol.epochs
    lesson, seen = lesson_at(source, seed, 0), 0
    check(lesson, protocol, real, teacher)
    spec = resolve(student if student != "auto" else protocol.student, channels=real.channels, size=real.size)
    network = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=seed)
    network = network.to(device).to(memory_format=torch.channels_last)
    protocol = protocol.for_student(spec)
    classroom = Classroom(lesson, protocol, real, teacher, device)
    optimizer = optimizer_of(network, protocol)
    generator = Generator().manual_seed(derive("student", seed))
    order, clock = torch.arange(len(lesson)), torch.zeros((), dtype=torch.float64)
    state: dict[str, Live] = {
        "network": network,
        "optimizer": Laid(optimizer),
        "generator": generator,
        "order": order,
        "clock": clock,
    }
    average = Average(network, protocol.average, protocol.average_ramp) if protocol.average else None
    if average:
        state["average"] = average
    rows = timetable(lesson, protocol, real, epochs).rows()
    network.train()
    for step in steps("evaluate", len(rows), state=state):
        began = time.perf_counter()
        epoch, start, end, a, b = rows[step.index]
        if epoch != seen:
            classroom.teach(lesson_at(source, seed, epoch))
            seen = epoch
        if a == 0:
            order[start:end] = start + torch.randperm(end - start, generator=generator)
        for group in optimizer.param_groups:
            group["lr"] = protocol.lr_at(epoch, epochs)
        loss = classroom.loss(network, order[start + a : start + b], generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if average and (protocol.average_each == "update" or step.last or rows[step.index + 1][0] != epoch):
            average.follow(network)
        clock += time.perf_counter() - began
        if step.due or device.type == "cpu":
            value = loss.item()
            what = f"The loss of a {spec} student under protocol {protocol.name} (learning rate {protocol.lr:g})"
            check_finite(value, what, step, "evaluate", "the learning rate by choosing another protocol")
        if step.due:
            yield Scalars(first + step.index, {variant("student-loss", whose): value, **classroom.held(network, whose)})
    if average:
        average.into(network)
    network.eval()
    return Trained(network, len(rows), float(clock), sum(b - a for *_, a, b in rows))


def check(lesson: Lesson, protocol: Protocol, real: RealSet, teacher: nn.Module | None) -> None:
    """Refuse what cannot work, with a sentence."""
    shape = (real.channels, real.size, real.size)
    if len(lesson) == 0:
        raise BadRecord("The set has no images. Distill it again, or choose another one.")
    if tuple(lesson.images.shape[1:]) != shape:
        found, wanted = ("×".join(map(str, s)) for s in (lesson.images.shape[1:], shape))
        raise BadRecord(
            f"The set has images of {found}, but {real.name} has {wanted}. Choose the data set that it was made from."
        )
    if lesson.images.is_floating_point() and not bool(torch.isfinite(lesson.images).all()):
        raise BadRecord(
            "The set holds pixels that are not finite numbers. Distill it again with a lower learning rate."
        )
    if int(lesson.labels.min()) < 0 or int(lesson.labels.max()) >= len(real.classes):
        raise BadRecord(
            f"The set has labels outside the {len(real.classes)} classes of {real.name}. Choose its own data set."
        )
    if protocol.labels == "teacher" and teacher is None:
        raise BadSetting(
            f"Protocol {protocol.name!r} lets a teacher label every image, but no teacher was given. "
            "Choose a teacher, or a protocol with labels of its own such as hard."
        )
    if protocol.labels == "static" and lesson.soft_labels is None:
        raise BadSetting(
            f"Protocol {protocol.name!r} needs one soft label for each image, and the set has none. Choose hard."
        )


def optimizer_of(network: nn.Module, protocol: Protocol) -> torch.optim.Optimizer:
    """The protocol's optimizer; its learning rate is set again at every step."""
    spared = [p for p in network.parameters() if protocol.decay == "matrices" and p.ndim < 2]
    rest = [p for p in network.parameters() if not (protocol.decay == "matrices" and p.ndim < 2)]
    groups = [{"params": rest, "weight_decay": protocol.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    groups = [g for g in groups if g["params"]]
    if protocol.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=protocol.lr, momentum=protocol.momentum)
    return torch.optim.AdamW(groups, lr=protocol.lr, fused=True)


class Laid:
    """An optimizer whose restored state lies in memory as its parameters do.

    Networks train with channels last (on the CPU a ConvNet then takes two thirds of the time), files hold plain order,
    and a fused update walks both in memory order.
    """

    def __init__(self, optimizer: torch.optim.Optimizer):
        self.optimizer = optimizer

    def state_dict(self) -> dict[str, Any]:
        return self.optimizer.state_dict()

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self.optimizer.load_state_dict(saved)
        for parameter, state in self.optimizer.state.items():
            for name, value in state.items():
                if isinstance(value, Tensor) and value.shape == parameter.shape:
                    state[name] = torch.empty_like(parameter).copy_(value)


def accuracy(network: nn.Module, split: Split, real: RealSet) -> float:
    """The share of a split that a network gets right, in eval mode, in batches on the network's device."""
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    return teach.accuracy(network, real, split, device)
