"""Dense labels of a set: the grid of sub-images, how exactly the labels are kept, and how students use them (LADD, arXiv 2409.16239)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from ..datasets import shape_of
from ..events import Note, Parts, Scalars
from ..job import Job
from ..method import Stream, stage
from ..part import Part, knob
from ..pieces.crops import labelling
from ..pieces.ground import Ground
from ..results import Dense, Grid
from ..results.dense import PRECISIONS

OURS = "ours; the paper's value is not verified"


class DenseLabels(Part):
    """One soft label for each of N × N sub-images, and a second term of the students' loss."""

    across: int = knob(5, "Sub-images across", "N: there are N × N overlapping sub-images.", ge=1, le=16, source=OURS)
    ratio: float = knob(
        0.625, "Ratio", "Side of a sub-image, as a share of the image's (R); 1 is all of it.", gt=0, le=1, source=OURS
    )
    precision: Literal["fp16", "fp32"] = knob("fp16", "Precision", "Two or four bytes a number.", source="ours")
    weight: float = knob(
        1.0,
        "Weight",
        "Of the loss on sub-images, beside that on the whole image; 0 trains students as without dense labels.",
        ge=0,
        le=100,
        source=OURS,
    )
    views: int = knob(
        1,
        "Sub-images a step",
        "How many are drawn of each image at every update of a student.",
        ge=1,
        le=256,
        source=OURS,
    )

    @property
    def grid(self) -> Grid:
        return Grid(self.across, self.ratio)

    def why_not(self, job: Job) -> str | None:
        if self.views > self.grid.cells:
            return f"views={self.views}, but across={self.across} makes {self.grid.cells} sub-images. Lower views to {self.grid.cells}."
        shape = shape_of(job.data)
        return self.grid.refuses(shape[1]) if shape else None

    def caution(self, job: Job) -> str | None:
        shape = shape_of(job.data)
        room = shape[1] - self.grid.side(shape[1]) if shape else self.across
        if self.across - 1 <= room:
            return None
        return (
            f"across={self.across}, but sub-images can stand at {room + 1} places along a side: some are the same, and their labels are "
            f"stored twice. across={room + 1} stores each once."
        )

    def made(self, ground: Ground, images: Tensor, labels: Tensor, labeler: nn.Module, key: str) -> Stream[Dense]:
        """The labels of images (n, c, h, w) in [0, 1], and what they say beside the images' classes (n,).

        Args:
            key: content key of the labeler.
        """
        grid = self.grid.fitting(ground.real.size)
        work = labelling(labeler, ground.real, images, grid, PRECISIONS[self.precision])
        found = yield from stage("relabel", work)
        dense = Dense(found, grid, key, self.weight, self.views)
        yield from told(dense, labels)
        return dense


def told(dense: Dense, labels: Tensor) -> Stream[None]:
    """How often the arg-max is the image's class, and cell by cell how sure the labeler is of it and at all."""
    shares = dense.labels.float()
    own = shares.gather(2, labels[:, None, None].expand(-1, shares.shape[1], 1)).mean((0, 2))
    entropy = -(shares * shares.clamp(min=1e-12).log()).sum(2).mean(0)
    agreement, across = dense.agreement(labels), dense.grid.across
    for name, values in (("dense-true", own), ("dense-entropy", entropy)):
        yield Parts(0, name, {f"{k // across + 1},{k % across + 1}": float(value) for k, value in enumerate(values)})
    yield Scalars(0, {"dense-agreement": agreement})
    text = f"In {agreement:.1%} of {shares.shape[0] * shares.shape[1]:,} sub-images the labeler sees the class of the image"
    if agreement >= 0.5:
        yield Note(f"{text}. The labels take {dense.bytes:,} bytes.")
        return
    yield Note(
        f"{text}: it disagrees with most labels, and students are taught two things at once. Larger sub-images, or a labeler that "
        "was trained longer, may help.",
        "warning",
    )
