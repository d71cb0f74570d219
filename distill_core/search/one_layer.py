"""One layer of a generator as the space (GLaD, arXiv 2305.01649): w of every layer, and the feature map at one of them."""

from __future__ import annotations

from typing import Literal

from ..datasets import load, shape_of
from ..errors import BadSetting
from ..events import Scalars
from ..fields import Plain
from ..job import Job
from ..method import Stream, stage
from ..part import Part, knob
from ..parts.objectives import Objective
from ..parts.space import Found
from ..pieces.ground import Ground
from ..pieces.match import matched
from ..pieces.show import quantize
from ..priors import cuts_for
from ..priors.prior import PIXELS, Cut, cut_named
from .inside import high_frequencies, sizes
from .prior import QUICK, InPrior


class OneLayer(InPrior):
    """The styles w and the feature map f at one layer n: min_{w, f} L( G_{L−1} ∘ … ∘ G_n (f; w), T )."""

    kind: Literal["one_layer"] = "one_layer"
    layer: str = knob(
        "",
        "Layer",
        "Where the feature map is learned: latent (w alone), layer1, layer2, … or pixels; empty takes the middle one.",
        auto="",
        source="GLaD's readme: 12 to 20 of 26",
    )
    iterations: int = knob(
        100,
        "Iterations",
        "Updates of w and the feature map; the released code makes 1,000.",
        ge=1,
        le=100_000,
        scale="log",
        source=QUICK,
    )

    def place(self, cuts: tuple[Cut, ...]) -> int:
        """Which cut; one past the last means pixels."""
        if not self.layer:
            return len(cuts) // 2
        if len(cuts) == 1:
            return cut_named(self.layer, cuts)
        return cut_named(self.layer, (*cuts, Cut(PIXELS, cuts[0].shape)))

    def in_pixels(self) -> bool:
        return PIXELS in (self.prior, self.layer)

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        found = super().left(job, whole)
        if (shape := shape_of(job.data)) and (cuts := cuts_for(self.prior, *shape)):
            found["layer"] = cuts[len(cuts) // 2].name
        return found

    def why_not(self, job: Job) -> str | None:
        if reason := super().why_not(job):
            return reason
        real = load(job.data)
        try:
            self.place(cuts_for(self.prior, real.channels, real.size))
        except BadSetting as error:
            return str(error)
        return None

    def found(self, objective: Objective, ground: Ground) -> Stream[Found]:
        begun = yield from self.begun(objective, ground)
        match, space = begun.match, begun.space(self.place(begun.prior.cuts))
        if begun.prior.rows:
            yield sizes(begun.prior, len(ground.labels))
        total = self.iterations * match.looks
        search = matched(ground, space, match, begun.probe, begun.rates, total, returns=True)
        yield from stage("match", search, total)
        images = quantize(ground.real.denormalize(space.images())).cpu()
        yield Scalars(total, {"high-frequencies": high_frequencies(images)})
        return images, {"prior": begun.prior.spec, "layer": space.name, **match.about(match.learned())}
