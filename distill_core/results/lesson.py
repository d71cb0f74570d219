"""What a student sees: images and labels for one epoch, from anything that can teach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from torch import Generator, Tensor

from ..errors import BadRecord
from .dense import Dense
from .views import StoredViews


def add_up(stages: tuple[int, ...], images: int) -> None:
    """Refuse stages that leave images out, or have more than there are."""
    if stages and (min(stages) < 1 or sum(stages) != images):
        raise BadRecord(
            f"The set's stages {stages} do not add up to its {images} images. Each stage has one image or more, and every image is in "
            "one stage."
        )


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a student is trained on in one epoch. Taken by itself it teaches the same in every epoch.

    Args:
        images: (n, c, h, w), float in [0, 1] or uint8.
        labels: (n,) int64.
        soft_labels: (n, classes) logits, one static vector for each image, or None.
        stages: sizes of the parts that are taught one after the other, each for its share of the epochs; () is at once.
        dense: soft labels of sub-images of each image, or None.
        views: labels that are stored with the views that they were made on, or None.
    """

    steady: ClassVar[bool] = True
    images: Tensor
    labels: Tensor
    soft_labels: Tensor | None = None
    stages: tuple[int, ...] = ()
    dense: Dense | None = None
    views: StoredViews | None = None

    def __post_init__(self) -> None:
        if self.dense is not None and len(self.dense) != len(self.images):
            raise BadRecord(
                f"Its dense labels are of {len(self.dense)} images, and it has {len(self.images)}. Make them again."
            )
        add_up(self.stages, len(self.images))

    def __len__(self) -> int:
        return len(self.images)

    def lesson(self, epoch: int, generator: Generator) -> Lesson:
        return self


class Teaches(Protocol):
    """What students know of where their images come from."""

    @property
    def steady(self) -> bool:
        """Whether every epoch has the same lesson."""

    def lesson(self, epoch: int, generator: Generator) -> Lesson:
        """What a student sees in this epoch. What is drawn for it comes from `generator`, which the student seeds for the
        epoch: a training that is resumed sees the same. All lessons have as many images, in the same stages."""


@dataclass(eq=False)
class Adapted:
    """Every lesson of `source` passed through `change`: labelled by a teacher, or cut down to some classes."""

    source: Teaches
    change: Callable[[Lesson], Lesson]
    _last: tuple[Lesson, Lesson] | None = field(default=None, init=False, repr=False)

    @property
    def steady(self) -> bool:
        return self.source.steady

    def lesson(self, epoch: int, generator: Generator) -> Lesson:
        """As the source's; a lesson that is the one before is not changed again."""
        given = self.source.lesson(epoch, generator)
        if self._last is None or self._last[0] is not given:
            self._last = given, self.change(given)
        return self._last[1]
