"""A result that is its images."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Generator, Tensor

from .file import Stored
from .result import Bytes, Result, Shared, wanted


@dataclass(frozen=True, eq=False)
class Pictures(Shared):
    """Images and their labels. The other fields are those of `Result`.

    Args:
        images: (n, c, h, w) float32 in [0, 1], on the CPU.
        labels: (n,) int64, the class of each image.
        packed: how many of these images are stored as one of their size: tiles of a mosaic, enlarged.
    """

    kind: ClassVar[str] = "pictures"
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    packed: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        fits = self.images.ndim == 4 and self.labels.shape == self.images.shape[:1] and 0 not in self.images.shape[1:]
        wanted(fits, "images (n, c, h, w) and labels (n,)", self.images, self.labels)
        wanted(self.images.dtype == torch.float32, "images as float32 numbers (images.float())", self.images)
        self._check()

    @classmethod
    def of(cls, result: Result) -> Pictures:
        """Any result as the images of its first lesson; what is drawn anew is drawn once."""
        if isinstance(result, Pictures):
            return result
        seen, one = result.lesson(0, Generator().manual_seed(0)), result
        return Pictures(
            seen.images,
            seen.labels,
            one.classes,
            one.mean,
            one.std,
            soft_labels=seen.soft_labels,
            protocol=one.protocol,
            teacher=one.teacher,
            stages=seen.stages,
            ids=one.ids,
            dense=seen.dense,
            about=one.about,
            dial=one.dial,
            stored_bytes=one.bytes.labels if one.dial else 0,
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        c, h, w = self.images.shape[1:]
        return c, h, w

    @property
    def bytes(self) -> Bytes:
        """One byte per stored pixel and channel, as the field counts."""
        return Bytes(images=self.images.numel() // self.packed, labels=self._label_bytes)

    def _images(self, rows: Tensor | slice) -> Tensor:
        return self.images[rows]

    def _said(self) -> dict[str, object]:
        return {"packed": self.packed} if self.packed > 1 else {}

    def _tensors(self) -> dict[str, Tensor]:
        """One byte per pixel where that loses nothing, else the floats that the run ended with."""
        small = (self.images * 255).round().clamp(0, 255).to(torch.uint8)
        images = small if torch.equal(_floats(small), self.images) else self.images
        return {"images": images, "labels": self.labels}

    @classmethod
    def read(cls, stored: Stored) -> Pictures:
        images = stored["images"]
        images = _floats(images) if images.dtype == torch.uint8 else images
        return cls(images, stored["labels"], packed=stored.said.packed, **stored.shared())


def _floats(images: Tensor) -> Tensor:
    """uint8 → float32 in [0, 1]."""
    return images.float() / 255
