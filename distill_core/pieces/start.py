"""Where the images start: the same real images for every method that is given the same job and seed."""

from __future__ import annotations

import torch
from torch import Tensor

from ..datasets import RealSet
from ..errors import BadSetting
from ..job import Job


def check_ipc(job: Job, real: RealSet) -> None:
    """Refuse more images per class than the smallest class has."""
    counts = torch.bincount(real.train.labels, minlength=len(real.classes))
    least = int(counts.argmin())
    if job.ipc > counts[least]:
        raise BadSetting(
            f'ipc={job.ipc}, but class "{real.classes[least]}" has {int(counts[least])} training images. '
            "Lower ipc, or choose a larger data set."
        )


def starting_ids(real: RealSet, ipc: int, seed: int) -> Tensor:
    """(ipc, classes) int64: for each class `ipc` different training images, drawn by `seed` alone.

    Row i is a prefix-stable slice: the images of ipc 1 are the first row of those of ipc 10.
    """
    generator = torch.Generator().manual_seed(seed)
    columns = []
    for label in range(len(real.classes)):
        own = real.per_class(label)
        columns.append(own[torch.randperm(len(own), generator=generator)[:ipc]])
    return torch.stack(columns, dim=1)


def starting_images(real: RealSet, ipc: int, seed: int) -> tuple[Tensor, Tensor]:
    """Images (ipc, classes, c, h, w) float32 in [0, 1] and their ids (ipc, classes)."""
    ids = starting_ids(real, ipc, seed)
    return real.pixels(real.train.images[ids.flatten()]).unflatten(0, ids.shape), ids


def slice_labels(ipc: int, classes: int) -> Tensor:
    """(ipc * classes,) int64: 0 … classes-1, once for each slice."""
    return torch.arange(classes).repeat(ipc)
