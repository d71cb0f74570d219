"""How images were seen when a teacher labelled them, image by image: its part, its mirroring, what was mixed into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Generator, Tensor


@dataclass(frozen=True, eq=False)
class Crops:
    """Which part of each image is seen.

    Args:
        box: (n, 4) float32, top, left, height and width as fractions of the image; a shifted window may reach outside.
        flip: (n,) bool, mirrored afterwards.
        order: (n, side²) int64, where the tiles of a mosaic are shuffled first.
    """

    box: Tensor
    flip: Tensor
    order: Tensor | None = None

    def __getitem__(self, rows: Tensor) -> Crops:
        return Crops(self.box[rows], self.flip[rows], None if self.order is None else self.order[rows])


@dataclass(frozen=True, eq=False)
class Views:
    """One view of each of n images, and what the teacher said of it. On the CPU.

    Args:
        own: (n,) int64, which images.
        crops: how they are seen.
        partner: (n,) int64, which images are mixed into them; `others` is how those are seen. None: nothing is mixed.
        share: (n,) float32, what is left of the own image.
        box: (n, 4) int64, top, left, bottom and right of what was pasted in (CutMix); None: the two are added up (mixup).
        logits: (n, classes) float32, from half precision.
    """

    own: Tensor
    crops: Crops
    partner: Tensor | None = None
    others: Crops | None = None
    share: Tensor | None = None
    box: Tensor | None = None
    logits: Tensor | None = None


class StoredViews(Protocol):
    """Views that were drawn once and are kept with their labels. A lesson may bring them."""

    @property
    def augment(self) -> str:
        """By name, what the boxes are boxes of (`pieces.by_name`)."""

    @property
    def mix(self) -> str:
        """`none`, `mixup` or `cutmix`."""

    def seen(self, epoch: int, rows: Tensor, generator: Generator) -> Views:
        """How a student sees these images (n,) in this epoch: it walks through what is stored of each."""
