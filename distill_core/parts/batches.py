"""Which images share a batch, its statistics and its teacher while they are recovered."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import torch
from torch import Tensor

from ..fields import Plain
from ..job import Job
from ..part import Part, choice, knob
from ..pieces.ground import Ground

SMALL = 16_384  # pixels of the slices that are worked on together


class Slices(Part):
    """One image of each class."""

    kind: Literal["slices"] = "slices"
    class_block: int = knob(
        100,
        "Classes at once",
        "Classes that share a batch, its statistics and its teacher.",
        ge=2,
        le=1000,
        advanced=True,
        source="arXiv 2306.13092, released code",
    )
    slices_at_once: int = knob(
        0,
        "Slices at once",
        "Slices (one image of each class) that are worked on together, each with its own teacher and statistics, under the "
        "same views; 0 takes up to five while they are small.",
        auto=0,
        ge=0,
        le=1000,
        advanced=True,
        source="ours",
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        return {"slices_at_once": "up to 5, while they are small"}

    def together(self, ground: Ground) -> list[list[Tensor]]:
        """What is worked on together: groups of batches, each the places of its images in slice-major order."""
        groups = places(ground).split(self._at_once(ground))
        return [
            list(block)
            for group in groups
            for block in zip(*(row.split(self.class_block) for row in group), strict=True)
        ]

    def _at_once(self, ground: Ground) -> int:
        """Up to five while they have no more than 16,384 pixels, unless it is said.

        Measured on one CPU thread: slices of ten 16×16 digits go 1.1 to 1.5 times as fast, of ten 32×32 images no faster.
        """
        images = min(self.class_block, ground.classes)
        return self.slices_at_once or max(1, min(5, SMALL // (images * ground.real.size**2)))


class WholeClasses(Part):
    """All images of some classes."""

    kind: Literal["classes"] = "classes"
    images: int = knob(
        100,
        "Images at once",
        "Images that share a batch; all of a class are in one.",
        ge=2,
        le=1000,
        advanced=True,
        source="arXiv 2311.17950, released code",
        was="class_block",
    )

    def together(self, ground: Ground) -> list[list[Tensor]]:
        at_once = max(1, math.ceil(self.images / ground.job.ipc))
        return [[block.flatten()] for block in places(ground).T.split(at_once)]


def places(ground: Ground) -> Tensor:
    """(ipc, classes): image i of class c is at place i · classes + c."""
    return torch.arange(len(ground.labels)).unflatten(0, ground.shape[:2])


AnyBatches = Annotated[
    Slices | WholeClasses,
    choice(
        "Batches",
        "One image of each class, or all images of some classes.",
        advanced=True,
        source="arXiv 2311.17950",
    ),
]
