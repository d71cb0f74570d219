"""All layers of a generator in turn as the space (H-GLaD, arXiv 2406.05704)."""

from __future__ import annotations

from typing import Annotated, Literal

from ..fields import Plain
from ..job import Job
from ..method import Stream
from ..part import Part, choice, knob
from ..parts.objectives import Objective
from ..parts.space import Found
from ..pieces.ground import Ground
from ..priors import Prior
from .measures import AnyMeasure, CamWeighted
from .prior import CODE, QUICK, InPrior
from .walk import Walk


class NoLastStage(Part):
    """The walk ends at the last layer."""

    kind: Literal["none"] = "none"


class PixelStage(NoLastStage):
    """After the last layer the pixels themselves are moved."""

    kind: Literal["pixels"] = "pixels"  # type: ignore[assignment]
    lr_img: float = knob(
        0.0,
        "Learning rate of pixels",
        "In the last stage; 0 takes the objective's own (dm 1, dc 0.1, mtt 100).",
        auto=0.0,
        ge=0,
        le=1e6,
        live=True,
        scale="log",
        source="the objectives' own papers",
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        objective = whole.parts().get("objective")
        return {"lr_img": objective.usual.pixels} if isinstance(objective, Objective) else {}


AnyLastStage = Annotated[
    NoLastStage | PixelStage,
    choice(
        "Last stage in pixels",
        "After the last layer the pixels themselves are moved, or not.",
        source="the paper's text",
        was="pixel_stage",
    ),
]


class AllLayers(InPrior):
    """Layer after layer, each from the best candidate of the one before; the result is the best candidate of all."""

    kind: Literal["all_layers"] = "all_layers"
    looks: int = knob(
        21,
        "Looks at each layer",
        "Candidates of a layer; between two the images move once. The released code makes 101, with mean features 11.",
        ge=1,
        le=10_000,
        scale="log",
        source=QUICK,
    )
    stride: int = knob(1, "Stride", "1 visits every layer, 2 every second.", ge=1, le=8, source=CODE)
    last: AnyLastStage = NoLastStage()
    select: Literal["distance", "last"] = knob(
        "distance",
        "Keep",
        "The candidate with the least distance, or the last one as the released code does.",
        source="paper",
    )
    measure: AnyMeasure = CamWeighted()

    def pixels(self) -> float:
        return self.last.lr_img if isinstance(self.last, PixelStage) else self.lr_f

    def places(self, prior: Prior) -> list[int]:
        """The cuts that are visited; one past the last cut means pixels."""
        if not prior.rows:
            return [0]
        last = len(prior.cuts) - 1
        return [*range(1, last + 1, self.stride), *([last + 1] if isinstance(self.last, PixelStage) else [])]

    def found(self, objective: Objective, ground: Ground) -> Stream[Found]:
        begun = yield from self.begun(objective, ground)
        measure = yield from self.measure.measure(objective, ground)
        return (yield from Walk(begun, measure, self.places(begun.prior), self.looks, self.select == "last").go())
