"""What one update of a student sees: images as a protocol augments and mixes them, labels as it makes them, its loss."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..errors import BadRecord
from ..pieces import teach
from ..pieces.augment import Augment, randaugment
from ..pieces.by_name import build as build_augment
from ..pieces.mix import Mixed, cutmix, mixup
from ..quantities import variant
from ..results import Lesson
from .protocol import Protocol

HELD = 500  # validation images that a report looks at


class Classroom:
    """Everything that one student's updates share: the images on the device, the augmentation and the labels."""

    def __init__(
        self, lesson: Lesson, protocol: Protocol, real: RealSet, teacher: nn.Module | None, device: torch.device
    ):
        self.protocol, self.real, self.device = protocol, real, device
        self._take(lesson)
        self.teacher = labelling(teacher, protocol, device) if protocol.labels == "teacher" else None
        black = real.normalize(torch.zeros(real.channels, 1, 1)).flatten().tolist()
        self.augment: Augment = build_augment(protocol.augment, flip=real.may_mirror, fill=tuple(black))

    def teach(self, lesson: Lesson) -> None:
        """What is seen from now on. The lesson that is taught already costs nothing."""
        if lesson is self.lesson:
            return
        if (len(lesson), lesson.stages) != (len(self.lesson), self.lesson.stages):
            raise BadRecord(
                f"An epoch brings {len(lesson)} images in stages {lesson.stages}, the one before had {len(self.lesson)} in "
                f"{self.lesson.stages}. A result teaches as many images in every epoch."
            )
        self._take(lesson)

    def _take(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.images, self.labels = lesson.images.to(self.device), lesson.labels.to(self.device)
        soft = lesson.soft_labels if self.protocol.labels == "static" else None
        self.soft = None if soft is None else soft.to(self.device)

    def batch(self, rows: Tensor, generator: Generator) -> Mixed:
        """The images of these rows, normalized, augmented and mixed."""
        x = self.images[rows.to(self.device)]
        x = x if x.is_floating_point() else self.real.pixels(x)
        if self.protocol.pixels == "randaugment":
            x = randaugment(x, generator)
        x = self.augment(self.real.normalize(x), generator)
        if self.protocol.mix == "none":
            return Mixed(x, torch.arange(len(x), device=self.device))
        return (mixup if self.protocol.mix == "mixup" else cutmix)(x, self.protocol.mix_alpha, generator)

    def loss(self, network: nn.Module, rows: Tensor, generator: Generator) -> Tensor:
        """The student's loss on one batch, mixed as a whole; where the protocol says so, its parts pass one after the other."""
        mixed = self.batch(rows, generator)
        size = -(-len(rows) // self.protocol.parts)
        places = [slice(at, min(at + size, len(rows))) for at in range(0, len(rows), size)]
        each = [
            self._loss(network, rows, mixed, part, generator) * ((part.stop - part.start) / len(rows))
            for part in places
        ]
        return torch.stack(each).sum()

    def _loss(self, network: nn.Module, rows: Tensor, mixed: Mixed, part: slice, generator: Generator) -> Tensor:
        """The loss of the images at the places `part`, which pass together; the network's dropout is drawn from the generator."""
        images = mixed.images[part]
        x = doubled(images).contiguous(memory_format=torch.channels_last)
        autocast = torch.autocast("cuda", torch.bfloat16) if self.device.type == "cuda" else nullcontext()
        with seeded(network, generator, self.device), autocast:
            logits = network(x)
        logits, p = logits[: len(images)].float(), self.protocol
        if p.labels == "hard":
            return self._hard(logits, rows, mixed, part)
        wanted = self._wanted(rows, mixed, part)
        if p.loss == "mse":
            beside = p.hard_weight * self._hard(logits, rows, mixed, part) if p.hard_weight else 0
            return F.mse_loss(logits, wanted) + beside
        return soft_loss(logits, wanted, p.temperature, p.temperature_squared)

    def _hard(self, logits: Tensor, rows: Tensor, mixed: Mixed, part: slice) -> Tensor:
        """Cross-entropy with the classes of both images that were mixed, by their shares; or with the first one's alone."""
        labels = self.labels[rows.to(self.device)]
        own = F.cross_entropy(logits, labels[part])
        if self.protocol.hard_classes == "own":
            return own
        return mixed.share * own + (1 - mixed.share) * F.cross_entropy(logits, labels[mixed.partner[part]])

    def _wanted(self, rows: Tensor, mixed: Mixed, part: slice) -> Tensor:
        """Soft labels as logits: the teacher's on the very images, or stored ones mixed as the images were."""
        if self.teacher is not None:
            with torch.no_grad():
                images = mixed.images[part]
                return self.teacher(doubled(images))[: len(images)].float()
        assert self.soft is not None, "check() asks for soft labels"
        own = self.soft[rows.to(self.device)]
        return blended(own[part], own[mixed.partner[part]], mixed.share, self.protocol)

    def held(self, network: nn.Module, whose: str = "") -> dict[str, float]:
        """Accuracy on the first validation images, for the reports; nothing where there is no validation part."""
        if len(self.real.val) == 0:
            return {}
        return {
            variant("student-accuracy", whose): teach.accuracy(
                network, self.real, self.real.val, self.device, at_most=HELD
            )
        }


def blended(own: Tensor, other: Tensor, share: float, protocol: Protocol) -> Tensor:
    """Stored logits of two mixed images as those of the mixture: z̃ = λ z + (1 − λ) z′ (INFER), or such that
    softmax(z̃ / τ) = λ softmax(z / τ) + (1 − λ) softmax(z′ / τ)."""
    if protocol.labels_mixed == "logits":
        return share * own + (1 - share) * other
    p, q = ((z / protocol.temperature).softmax(1) for z in (own, other))
    return protocol.temperature * (share * p + (1 - share) * q).log()


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
