"""The random control: as many random real images as the set has, class by class, under the same protocol and labels.

One draw says little of others, so there are several. The first is what the run starts from, and
as many students see it as see the set, with the same first weights and draws; one student sees each of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..job import Job
from ..results import Adapted, Lesson, Teaches
from .protocols import Protocol
from .seeds import derive

DRAWS, TAUGHT = 5, 3  # draws by default, and where a teacher labels every image in many views, which is dear


def draws_of(job: Job, protocol: Protocol) -> int:
    """How many draws stand beside a set under this protocol."""
    return job.draws or (TAUGHT if protocol.labels in ("teacher", "stored") else DRAWS)


def seed_of(job: Job, draw: int) -> int:
    """The seed of a draw's images and of its students: the job's own for the first one. Seeds of a job share no other draw."""
    return derive("control", job.seed, draw) if draw else job.seed


def random_rows(real: RealSet, labels: Tensor, seed: int) -> Tensor:
    """(n,) int64: for every label a random training image of its class.

    These are the images that the method `random` keeps for this seed, and from which the other methods start: one set of
    images stands beside one set of images, and the difference is what distilling them brought. No image comes twice
    unless a class has fewer than are asked for.
    """
    counts = torch.bincount(labels, minlength=len(real.classes))
    rows = torch.empty(len(labels), dtype=torch.int64)
    generator = Generator().manual_seed(seed)
    for label, count in enumerate(counts.tolist()):
        own = real.per_class(label)
        order = own[torch.randperm(len(own), generator=generator)]  # as in `pieces.start.starting_ids`
        rows[labels == label] = order.repeat(-(-count // len(own)))[:count] if count else order[:0]
    return rows


def random_lesson(real: RealSet, like: Lesson, seed: int, teacher: nn.Module | None = None) -> Lesson:
    """Random real images in place of the synthetic ones, with the same labels in the same order and the same stages.

    With a teacher they get static labels, made by it on these images.
    """
    images = real.train.images[random_rows(real, like.labels, seed)]
    soft = None if teacher is None else teacher_labels(teacher, real, images)
    return Lesson(images, like.labels, soft, like.stages)


@dataclass(frozen=True, eq=False)
class RandomAnew:
    """Other random real images at every epoch, beside a result that draws its own anew."""

    steady: ClassVar[bool] = False
    real: RealSet
    like: Lesson
    teacher: nn.Module | None = None

    def lesson(self, epoch: int, generator: Generator) -> Lesson:
        seed = int(torch.randint(2**62, (1,), generator=generator))
        return random_lesson(self.real, self.like, seed, self.teacher)


def control_of(source: Teaches, first: Lesson, real: RealSet, seed: int, teacher: nn.Module | None) -> Teaches:
    """The control in the form of what it stands beside: as many real images as the student sees, with labels of the same kind.

    Args:
        first: a lesson of `source`.
        teacher: makes static labels for the real images; None where the students need none.
    """
    return random_lesson(real, first, seed, teacher) if source.steady else RandomAnew(real, first, teacher)


def labelled(source: Teaches, teacher: nn.Module, real: RealSet) -> Teaches:
    """The same images with static labels that a teacher makes on them."""
    return Adapted(source, lambda one: replace(one, soft_labels=teacher_labels(teacher, real, one.images)))


@torch.no_grad()
def teacher_labels(teacher: nn.Module, real: RealSet, images: Tensor) -> Tensor:
    """(n, classes) float32 logits of a teacher in eval mode on plain images, uint8 or float in [0, 1], on the CPU."""
    device = next(teacher.parameters()).device
    was = teacher.training
    teacher.eval()
    parts = []
    for part in images.split(500):
        x = part.to(device)
        parts.append(teacher(real.normalize(x if x.is_floating_point() else real.pixels(x))).float().cpu())
    teacher.train(was)
    return torch.cat(parts)
