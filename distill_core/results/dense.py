"""Dense labels: for every image one soft label per sub-image, on a grid of sub-images that is the same for all (LADD).

Kang, Lim and Shim, "Label-Augmented Dataset Distillation", WACV 2025, arXiv 2409.16239. The grid needs no storing: side and
stride say it. What a label costs is N² · classes numbers an image.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from ..errors import BadRecord, BadSetting
from .header import believed

PRECISIONS = {"fp16": torch.float16, "fp32": torch.float32}
SMALLEST = 4  # pixels a side of a sub-image


@dataclass(frozen=True)
class Grid:
    """N × N overlapping squares of an image, of side r = round(R · H), with a fixed stride (H − r) / (N − 1).

    Python's `round` is meant: a half goes to the even side.

    Args:
        across: N.
        ratio: R, in (0, 1].
    """

    across: int
    ratio: float

    def __post_init__(self) -> None:
        if self.across < 1 or not 0 < self.ratio <= 1:
            raise BadSetting(
                f"across={self.across}, ratio={self.ratio:g} make no grid of sub-images. Choose across=1 or more, and a ratio above 0 "
                "and up to 1."
            )

    @property
    def cells(self) -> int:
        return self.across**2

    def side(self, size: int) -> int:
        """r, in pixels, of images of `size` × `size`."""
        return round(self.ratio * size)

    def corners(self, size: int) -> Tensor:
        """(N², 2) int64: top and left of sub-image k = a · N + b, at (round(a · s), round(b · s)); N = 1 is the center."""
        room = size - self.side(size)
        at = [room // 2] if self.across == 1 else [round(i * room / (self.across - 1)) for i in range(self.across)]
        return torch.cartesian_prod(torch.tensor(at), torch.tensor(at)).view(-1, 2)

    def refuses(self, size: int) -> str | None:
        """Why images of `size` × `size` have no such sub-images, or None."""
        if (side := self.side(size)) >= SMALLEST:
            return None
        least = -(-SMALLEST * 1000 // size) / 1000
        return (
            f"ratio={self.ratio:g} makes sub-images of {side}×{side} pixels of images of {size}×{size}; {SMALLEST}×{SMALLEST} is the "
            f"least that says anything. Choose a ratio of {least:g} or more, or larger images."
        )

    def fitting(self, size: int) -> Grid:
        """Itself; `BadSetting` where it does not fit."""
        if reason := self.refuses(size):
            raise BadSetting(reason)
        return self


@dataclass(frozen=True, eq=False)
class Dense:
    """The dense labels of a set, who made them, and how a student uses them.

    Args:
        labels: (n, N², classes) probabilities, float16 or float32, on the CPU.
        labeler: content keys of the network that made them, joined by +; "" where that is not known.
        weight: of the sub-images' loss, beside that of the whole image.
        views: sub-images that are drawn of each image at an update.
    """

    labels: Tensor
    grid: Grid
    labeler: str = ""
    weight: float = 1.0
    views: int = 1

    def __post_init__(self) -> None:
        shape = tuple(self.labels.shape)
        if self.labels.dtype not in PRECISIONS.values() or len(shape) != 3 or shape[1] != self.grid.cells:
            raise BadRecord(
                f"Dense labels (n, {self.grid.cells}, classes), float16 or float32, were wanted; {shape}, "
                f"{str(self.labels.dtype).removeprefix('torch.')}, was given."
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def bytes(self) -> int:
        """n · N² · classes numbers."""
        return self.labels.numel() * self.labels.element_size()

    def agreement(self, labels: Tensor) -> float:
        """The share of sub-images whose dense label has the image's class (n,) as its arg-max."""
        return float((self.labels.argmax(2) == labels[:, None]).float().mean())

    def said(self) -> dict[str, object]:
        """What a file says of it beside the tensor."""
        return {**asdict(self.grid), "labeler": self.labeler, "weight": self.weight, "views": self.views}

    def written(self, size: int) -> dict[str, object]:
        """The same, and for readers without an engine where the sub-images of images of `size` × `size` lie."""
        return {**self.said(), "side": self.grid.side(size), "corners": self.grid.corners(size).tolist()}

    @classmethod
    def read(cls, labels: Tensor, said: object) -> Dense:
        """From a file's tensor and what it says beside it."""
        one = believed(_Said, said, "What is said of its dense labels")
        return cls(labels, Grid(one.across, one.ratio), one.labeler, one.weight, one.views)


class _Said(BaseModel):
    """What a file says of dense labels, where `Dense.said` wrote it."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)
    across: int = Field(ge=1)
    ratio: float = Field(gt=0, le=1)
    labeler: str
    weight: float
    views: int = Field(ge=1)
