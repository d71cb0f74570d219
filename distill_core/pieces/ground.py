"""What every method stands on: the job, its real set, the device, and the labels of the images to come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..datasets import RealSet, load
from ..events import Note
from ..job import Job
from .device import device_of
from .start import check_ipc, slice_labels


def noted(real: RealSet) -> Iterator[Note]:
    """What was done to the real images on their way in, for the record of a run."""
    yield from (Note(sentence) for sentence in real.notes)


@dataclass(frozen=True, eq=False)
class Ground:
    """Real data on the CPU; `labels` (ipc · classes,) in slice-major order: image i of class c at i · classes + c."""

    job: Job
    real: RealSet
    device: torch.device
    labels: Tensor

    @classmethod
    def of(cls, job: Job) -> Ground:
        """Raises `BadSetting` or `BadData` for what cannot be had, or more images per class than a class has."""
        real = load(job.data)
        check_ipc(job, real)
        return cls(job, real, device_of(job.device), slice_labels(job.ipc, len(real.classes)))

    @property
    def classes(self) -> int:
        return len(self.real.classes)

    @property
    def shape(self) -> tuple[int, ...]:
        """(ipc, classes, c, h, w)."""
        return (self.job.ipc, self.classes, self.real.channels, self.real.size, self.real.size)

    def range(self, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
        """Black and white, normalized: the valid range of pixels, channel by channel, (1, c, 1, 1) each."""
        black, white = (torch.full((1, self.real.channels, 1, 1), v, device=device or self.device) for v in (0.0, 1.0))
        return self.real.normalize(black), self.real.normalize(white)
