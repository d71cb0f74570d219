"""In which order students are taught the images: all at once, or one part after the other."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from ..job import Job
from ..part import Part, choice, knob
from ..pieces.ground import Ground


class AtOnce(Part):
    """Every image in every epoch."""

    kind: Literal["at_once"] = "at_once"

    def stages(self, ground: Ground) -> tuple[int, ...]:
        """Sizes of the parts that are taught in turn, each for its share of the epochs; () is all at once."""
        return ()


class InParts(AtOnce):
    """Part after part of each class's images, each for its share of the epochs."""

    kind: Literal["in_parts"] = "in_parts"  # type: ignore[assignment]
    parts_in_turn: int = knob(
        2,
        "Parts",
        "How many; the images of a class are dealt out among them in their order.",
        ge=2,
        le=100,
        source="ours",
    )

    def stages(self, ground: Ground) -> tuple[int, ...]:
        cuts = [ground.job.ipc * i // self.parts_in_turn for i in range(self.parts_in_turn + 1)]
        return tuple(ground.classes * (end - start) for start, end in itertools.pairwise(cuts))

    def why_not(self, job: Job) -> str | None:
        if job.ipc < self.parts_in_turn:
            return f"{self.parts_in_turn} parts need as many images of each class, and ipc={job.ipc}. Raise ipc, or take fewer parts."
        return None


AnyCurriculum = Annotated[
    AtOnce | InParts,
    choice(
        "Curriculum",
        "Students see every image from the start, or one part after the other.",
        advanced=True,
        source="ours",
    ),
]
