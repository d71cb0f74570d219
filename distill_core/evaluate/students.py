"""One student: a fresh network, trained on a set as a protocol says, as a stream that can be stopped and resumed."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..datasets.real import Split
from ..errors import BadRecord, BadSetting
from ..events import Scalars
from ..loop import check_finite, steps
from ..method import Stream
from ..networks import build, resolve
from ..steps import teach
from ..steps.augment import Augment, Mixed, cutmix, may_flip, mixup
from ..steps.augment import build as build_augment
from .protocols import Protocol

HELD = 500  # validation images that a report looks at


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a student is trained on.

    Args:
        images: (n, c, h, w), float in [0, 1] or uint8.
        labels: (n,) int64.
        soft_labels: (n, classes) logits, one static vector for each image, or None.
        stages: sizes of the parts that are taught one after the other, each for its share of the epochs; () is at once.
    """

    images: Tensor
    labels: Tensor
    soft_labels: Tensor | None = None
    stages: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.stages and (min(self.stages) < 1 or sum(self.stages) != len(self.images)):
            raise BadRecord(
                f"The set's stages {self.stages} do not add up to its {len(self.images)} images. "
                "Each stage has one image or more, and every image is in one stage."
            )

    def __len__(self) -> int:
        return len(self.images)


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


def derive(*parts: object) -> int:
    """A seed of its own for every purpose: 62 bits of a hash of the parts."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest()[:8], "big") >> 2


def train_student(
    lesson: Lesson,
    protocol: Protocol,
    real: RealSet,
    *,
    seed: int,
    student: str = "auto",
    teacher: nn.Module | None = None,
    epochs: int = 0,
    device: torch.device | None = None,
    name: str = "student",
    first: int = 0,
) -> Stream[Trained]:
    """Train one student and return it; yields its loss and its accuracy on a fixed part of the validation images.

    Args:
        real: gives mean and s.d., the validation part and the classes. Its test part is not looked at.
        seed: of the network's weights, the order of the images and every augmentation.
        teacher: labels every augmented and mixed image anew where the protocol says so.
        epochs: instead of the protocol's own; 0 takes those.
        name: `student` gives `student loss` and `student accuracy`.
        first: added to the step numbers of the reports, so that several students follow each other.
    """
    device, epochs = device or torch.device("cpu"), epochs or protocol.epochs
    check(lesson, protocol, real, teacher)
    spec = resolve(student if student != "auto" else protocol.student, channels=real.channels, size=real.size)
    network = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=seed)
    network = network.to(device).to(memory_format=torch.channels_last)
    classroom = Classroom(lesson, protocol, real, teacher, device)
    optimizer = optimizer_of(network, protocol)
    generator = Generator().manual_seed(derive("student", seed))
    order, clock = torch.arange(len(lesson)), torch.zeros((), dtype=torch.float64)
    state = {"network": network, "optimizer": Laid(optimizer), "generator": generator, "order": order, "clock": clock}
    rows = Timetable(len(lesson), epochs, protocol.batch, lesson.stages).rows()
    network.train()
    for step in steps("evaluate", len(rows), state=state):
        began = time.perf_counter()
        epoch, start, end, a, b = rows[step.index]
        if a == 0:
            order[start:end] = start + torch.randperm(end - start, generator=generator)
        for group in optimizer.param_groups:
            group["lr"] = protocol.lr_at(epoch, epochs)
        loss = classroom.loss(network, order[start + a : start + b], generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        clock += time.perf_counter() - began
        if step.due or device.type == "cpu":
            value = loss.item()
            what = f"The loss of a {spec} student under protocol {protocol.name} (learning rate {protocol.lr:g})"
            check_finite(value, what, step, "evaluate", "the learning rate by choosing another protocol")
        if step.due:
            yield Scalars(first + step.index, {f"{name} loss": value, **classroom.held(network, name)})
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


class Classroom:
    """Everything that one student's updates share: the images on the device, the augmentation and the labels."""

    def __init__(
        self, lesson: Lesson, protocol: Protocol, real: RealSet, teacher: nn.Module | None, device: torch.device
    ):
        self.protocol, self.real, self.device = protocol, real, device
        self.images, self.labels = lesson.images.to(device), lesson.labels.to(device)
        soft = lesson.soft_labels if protocol.labels == "static" else None
        self.soft = None if soft is None else soft.to(device)
        self.teacher = labelling(teacher, protocol, device) if protocol.labels == "teacher" else None
        black = real.normalize(torch.zeros(real.channels, 1, 1)).flatten().tolist()
        self.augment: Augment = build_augment(protocol.augment, flip=may_flip(real.name), fill=tuple(black))

    def batch(self, rows: Tensor, generator: Generator) -> Mixed:
        """The images of these rows, normalized, augmented and mixed."""
        x = self.images[rows.to(self.device)]
        x = self.real.normalize(x if x.is_floating_point() else self.real.pixels(x))
        x = self.augment(x, generator)
        if self.protocol.mix == "none":
            return Mixed(x, torch.arange(len(x), device=self.device))
        return (mixup if self.protocol.mix == "mixup" else cutmix)(x, self.protocol.mix_alpha, generator)

    def loss(self, network: nn.Module, rows: Tensor, generator: Generator) -> Tensor:
        """The student's loss on one batch, with the network's own dropout drawn from the generator as well."""
        mixed = self.batch(rows, generator)
        x = doubled(mixed.images).contiguous(memory_format=torch.channels_last)
        autocast = torch.autocast("cuda", torch.bfloat16) if self.device.type == "cuda" else nullcontext()
        with seeded(network, generator, self.device), autocast:
            logits = network(x)
        logits, p = logits[: len(mixed.images)].float(), self.protocol
        if p.labels == "hard":
            own, other = (
                F.cross_entropy(logits, self.labels[rows.to(self.device)][i]) for i in (slice(None), mixed.partner)
            )
            return mixed.share * own + (1 - mixed.share) * other
        return soft_loss(logits, self._wanted(mixed, rows), p.temperature, p.temperature_squared)

    def _wanted(self, mixed: Mixed, rows: Tensor) -> Tensor:
        """Soft labels as logits: the teacher's on the very images, or stored ones mixed as the images were."""
        if self.teacher is not None:
            with torch.no_grad():
                return self.teacher(doubled(mixed.images))[: len(mixed.images)].float()
        assert self.soft is not None, "check() asks for soft labels"
        own = self.soft[rows.to(self.device)]
        return mixed.share * own + (1 - mixed.share) * own[mixed.partner]

    def held(self, network: nn.Module, name: str) -> dict[str, float]:
        """Accuracy on the first validation images, for the reports; nothing where there is no validation part."""
        if len(self.real.val) == 0:
            return {}
        return {f"{name} accuracy": teach.accuracy(network, self.real, self.real.val, self.device, at_most=HELD)}


def soft_loss(student: Tensor, wanted: Tensor, temperature: float, squared: bool = False) -> Tensor:
    """KL( softmax(wanted / τ) ‖ softmax(student / τ) ), summed over classes, mean over images; `squared`: times τ²."""
    p, q = (F.log_softmax(z / temperature, dim=1) for z in (wanted, student))
    return F.kl_div(q, p, reduction="batchmean", log_target=True) * (temperature**2 if squared else 1.0)


def labelling(teacher: nn.Module | None, protocol: Protocol, device: torch.device) -> nn.Module:
    """A copy of the teacher in the mode that the protocol asks for: training mode would move its statistics."""
    assert teacher is not None, "check() asks for a teacher"
    copied = copy.deepcopy(teacher).to(device).to(memory_format=torch.channels_last)
    return copied.requires_grad_(False).train(protocol.teacher_mode == "train")


def doubled(x: Tensor) -> Tensor:
    """A single image is given twice: batch norm cannot take one on a 1×1 map, and the statistics stay the same."""
    return x.repeat(2, 1, 1, 1) if len(x) == 1 else x


@contextmanager
def seeded(network: nn.Module, generator: Generator, device: torch.device) -> Iterator[None]:
    """Draw dropout inside a network from our generator, and leave torch's own as it was."""
    if not any("drop" in type(m).__name__.lower() or "depth" in type(m).__name__.lower() for m in network.modules()):
        yield
        return
    seed = int(torch.randint(2**62, (1,), generator=generator))
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def accuracy(network: nn.Module, split: Split, real: RealSet) -> float:
    """The share of a split that a network gets right, in eval mode, in batches on the network's device."""
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    return teach.accuracy(network, real, split, device)
