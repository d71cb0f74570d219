"""Which images every update of a student takes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ..results import Lesson
from .protocol import Protocol

Row = tuple[int, int, int, int, int]  # epoch, start and end of the batch's part, its first in the order, its last + 1


@dataclass(frozen=True)
class Timetable:
    """Which images every update takes: stages share the epochs, and a single image is never left over as a batch."""

    n: int
    epochs: int
    batch: int
    stages: tuple[int, ...] = ()

    @property
    def _parts(self) -> tuple[int, ...]:
        return self.stages or (self.n,)

    def rows(self) -> list[Row]:
        """One for every batch."""
        rows, start = [], 0
        for i, part in enumerate(self._parts):
            first, last = (self.epochs * j // len(self._parts) for j in (i, i + 1))
            cuts = [*range(0, part, self.batch), part]
            if self.batch > 1 and len(cuts) > 2 and part - cuts[-2] == 1:
                del cuts[-2]
            for epoch in range(first, last):
                rows += [(epoch, start, start + part, a, b) for a, b in pairwise(cuts)]
            start += part
        return rows


def timetable(lesson: Lesson, protocol: Protocol, epochs: int) -> Timetable:
    """The updates of a student on a set under a settled protocol."""
    return Timetable(len(lesson), epochs, protocol.batch, lesson.stages)
