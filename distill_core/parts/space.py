"""What is optimized: pixels here; the inside of a generator in `search`."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ..fields import Plain
from ..job import Job
from ..loop import Step
from ..method import Stream, stage
from ..part import Part, knob
from ..pieces.ground import Ground
from ..pieces.match import PixelSpace, Rates, matched, probe_of
from ..pieces.show import quantize
from .objectives import Objective
from .starts import PlainStart, RealStart

Found = tuple[
    Tensor, dict[str, str | int | float]
]  # images (n, c, h, w) in [0, 1], rounded, on the CPU; what is said of them


class Space(Part):
    """Base of the spaces."""

    def found(self, objective: Objective, ground: Ground) -> Stream[Found]:
        """Move images until the objective is content."""
        raise NotImplementedError


class Pixels(Space):
    """The images themselves."""

    kind: Literal["pixels"] = "pixels"
    iterations: int = knob(
        200,
        "Iterations",
        "Updates of the images (of gradient matching: networks that are drawn, one after the other); the papers make 1,000 to "
        "20,000.",
        ge=1,
        le=100_000,
        scale="log",
        source="ours, for two CPU cores",
    )
    lr_img: float = knob(
        0.0,
        "Learning rate of the images",
        "SGD's step in normalized pixels; 0 takes the objective's own (dm 1, dc 0.1, mtt 100, datadam and atom 0.01).",
        auto=0.0,
        ge=0,
        le=1e6,
        live=True,
        scale="log",
        source="the objectives' own papers",
    )
    momentum: float = knob(
        0.5, "Momentum", "Of the images' SGD.", ge=0, le=0.99, advanced=True, source="the papers' released code"
    )
    start: PlainStart = RealStart()

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        objective = whole.parts().get("objective")
        return {"lr_img": objective.usual.pixels} if isinstance(objective, Objective) else {}

    def found(self, objective: Objective, ground: Ground) -> Stream[Found]:
        first = self.start.first(ground).flatten(0, 1)
        yield from self.start.glance(ground)
        probe = yield from probe_of(ground)
        match = yield from objective.match(ground)
        space, total = PixelSpace(first, ground, self.momentum), self.iterations * match.looks

        def rates(step: Step) -> Rates:
            return Rates(0.0, 0.0, step.now(self).lr_img or objective.usual.pixels)

        yield from stage("match", matched(ground, space, match, probe, rates, total), total)
        images = quantize(ground.real.denormalize(space.images())).cpu()
        return images, {**match.about(match.learned())}
