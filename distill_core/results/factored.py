"""A result that is stored in two factors: natural images, and compensators that all classes share (INFER)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from .file import Stored
from .result import Bytes, Shared, wanted


@dataclass(frozen=True, eq=False)
class Factored(Shared):
    """Naturals in groups of one image per class, and for each group one compensator per teacher, added to all its images.

    image(teacher, group, class) = clip(natural(group, class) / 255 + compensator(group, teacher), 0, 1)

    Images come slice-major: first the naturals themselves, group after group, where students see them; then for the first
    teacher group after group, then for the second. A slice has one image of each class, in label order.

    Args:
        naturals: (g, classes, c, h, w) uint8.
        compensators: (g, m, c, h, w) float16, in pixels: what was learned on normalized images, times the s.d.
        naturals_are_shown: whether students see the naturals too, as in the paper.
    """

    kind: ClassVar[str] = "factored"
    naturals: Tensor
    compensators: Tensor
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    naturals_are_shown: bool = True
    labels: Tensor = field(init=False)  # the order says them

    def __post_init__(self) -> None:
        given, added = self.naturals, self.compensators
        fits = given.dtype == torch.uint8 and given.ndim == 5 and given.shape[1] == len(self.classes)
        wanted(fits, f"naturals (g, {len(self.classes)}, c, h, w) uint8", given)
        fits = added.dtype == torch.float16 and added.ndim == 5 and len(added) == len(given)
        wanted(fits and added.shape[2:] == given.shape[2:], f"compensators ({len(given)}, m, c, h, w) float16", added)
        labels = torch.arange(len(self.classes)).repeat(len(self._pairs))
        object.__setattr__(self, "labels", labels)
        self._check()

    @property
    def _pairs(self) -> Tensor:
        """(slices, 2): group and teacher of each slice; teacher -1 is the naturals as they are."""
        groups, teachers = self.compensators.shape[:2]
        first = -1 if self.naturals_are_shown else 0
        return torch.cartesian_prod(torch.arange(first, teachers), torch.arange(groups)).flip(1)

    @property
    def shape(self) -> tuple[int, int, int]:
        c, h, w = self.naturals.shape[2:]
        return c, h, w

    @property
    def bytes(self) -> Bytes:
        """One byte per pixel of a natural, two per number of a compensator."""
        return Bytes(images=self.naturals.numel() + 2 * self.compensators.numel(), labels=self._label_bytes)

    def _images(self, rows: Tensor | slice) -> Tensor:
        rows = torch.arange(len(self.labels))[rows]
        classes = len(self.classes)
        group, teacher = self._pairs[rows // classes].T
        images = self.naturals[group, rows % classes].float() / 255
        summed = teacher >= 0
        images[summed] += self.compensators[group[summed], teacher[summed]].float()
        return images.clamp(0, 1)

    def _tensors(self) -> dict[str, Tensor]:
        return {"naturals": self.naturals, "compensators": self.compensators}

    def _said(self) -> dict[str, object]:
        return {"naturals_are_shown": self.naturals_are_shown}

    @classmethod
    def read(cls, stored: Stored) -> Factored:
        shown = bool(stored.header.get("naturals_are_shown", True))
        return cls(stored["naturals"], stored["compensators"], naturals_are_shown=shown, **stored.shared())
