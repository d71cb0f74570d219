"""The random control: as many random real images as the set has, class by class, under the same protocol and labels."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from .students import Lesson, derive


def random_rows(real: RealSet, labels: Tensor, seed: int, index: int) -> Tensor:
    """(n,) int64: for every label one random training image of its class, anew for every student.

    The draw has a seed of its own, so that it is not the draw that methods start from. No image comes twice unless a
    class has fewer than are asked for.
    """
    generator = Generator().manual_seed(derive("random control", seed, index))
    rows = torch.empty(len(labels), dtype=torch.int64)
    for label in labels.unique().tolist():
        own, places = real.per_class(label), (labels == label).nonzero().flatten()
        order = torch.randperm(len(own), generator=generator)
        rows[places] = own[order.repeat(-(-len(places) // len(own)))[: len(places)]]
    return rows


def random_lesson(real: RealSet, like: Lesson, seed: int, index: int, teacher: nn.Module | None = None) -> Lesson:
    """Random real images in place of the synthetic ones, with the same labels in the same order and the same stages.

    With a teacher they get static labels, made by it on these images.
    """
    images = real.train.images[random_rows(real, like.labels, seed, index)]
    soft = None if teacher is None else teacher_labels(teacher, real, images)
    return Lesson(images, like.labels, soft, like.stages)


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
