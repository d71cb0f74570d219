"""GLaD: generative latent distillation, at one layer of a generator.

George Cazenavette, Tongzhou Wang, Antonio Torralba, Alexei A. Efros, Jun-Yan Zhu, "Generalizing Dataset Distillation via
Deep Generative Prior", CVPR 2023, arXiv 2305.01649.

    min_{w, f}  L_base( G_{L−1} ∘ … ∘ G_n (f; w), T )

Images are not moved pixel by pixel but inside a generator, at its layer n: early layers keep them realistic, late ones leave
them free. Any objective serves: what it pulls at the pixels is pushed back into w and f, a few images at a time.

Where we depart: our own small generator takes StyleGAN-XL's place, with rates for its scale; synthetic and real images are
normalized with the same constants (the released code takes another data set's); with several images per class each averages
latents of its own; the objective sees images in the valid range; the generator's own weights stay as they are; where a number
breaks, the search ends at its last finite state.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, ClassVar

from ..axis import along
from ..datasets import load
from ..errors import BadSetting, StudioError
from ..events import Scalars
from ..job import Job
from ..method import Ablation, Beside, Card, Preset, Stream, knob, stage
from ..pieces.match import matched
from ..pieces.show import quantize
from ..priors import cuts_for
from ..priors.prior import PIXELS, Cut, cut_named
from ..results import SyntheticSet
from ..search.inside import high_frequencies, sizes, space_at
from ..search.objectives import PROTOCOL
from ..search.prior_settings import AVERAGED_START, CODE, FIVE, PRIORS, QUICK, InPrior, begun, released


class GenerativeLatent(InPrior):
    """Match at one layer of a generator."""

    card: ClassVar[Card] = Card(
        name="glad",
        title="Deep generative prior (GLaD)",
        idea="Move the images inside a generator, at one of its layers, so that they stay images and teach other networks too.",
        family="generative prior",
        paper="Cazenavette et al., CVPR 2023, arXiv 2305.01649",
        url="https://arxiv.org/abs/2305.01649",
        learns="w of every layer and the feature map at one",
        matches="mean features, gradients or trajectories, as chosen",
        labels="hard",
        departures=(
            "Our own small generator takes the place of StyleGAN-XL, unless one is imported.",
            "Both sides are normalized with the same constants.",
            "The objective sees images in the valid range.",
        ),
        beside=(
            Beside("pixels", {"prior": "pixels", "layer": ""}),
            Beside("all layers in turn", {}, "hglad"),
            Beside("an untrained generator", {"prior": "untrained"}),
        ),
        presets=(
            Preset("Quick", {}, {}, QUICK),
            Preset("Gradients (released settings)", released("dc", iterations=1000), FIVE, CODE),
            Preset("Mean features (released settings)", released("dm", iterations=1000), FIVE, CODE),
            Preset("Trajectories (released settings)", released("mtt", iterations=1000), FIVE, CODE),
        ),
        ablations=(
            Ablation(
                "Layer",
                (along("layer", "latent", "layer1", "layer2", "layer3", "pixels", title="Layer"),),
                "How deep inside the generator should images be moved?",
            ),
            AVERAGED_START,
            PRIORS,
        ),
    )

    layer: str = knob(
        "",
        "Layer",
        "Where the feature map is learned: latent (w alone), layer1, layer2, … or pixels; empty takes the middle one.",
        source="GLaD's readme: 12 to 20 of 26",
    )
    iterations: int = knob(
        100, "Iterations", "Updates of w and the feature map; the released code makes 1,000.", ge=1, le=100_000, scale="log",
        source=QUICK,
    )  # fmt: skip

    def place(self, cuts: tuple[Cut, ...]) -> int:
        """Which cut; one past the last means pixels."""
        if not self.layer:
            return len(cuts) // 2
        if len(cuts) == 1:
            return cut_named(self.layer, cuts)
        return cut_named(self.layer, (*cuts, Cut(PIXELS, cuts[0].shape)))

    def why_not(self, job: Job) -> str | None:
        if reason := super().why_not(job):
            return reason
        real = load(job.data)
        try:
            self.place(cuts_for(self.prior, real.channels, real.size))
        except BadSetting as error:
            return str(error)
        return None

    def distill(self, job: Job) -> Stream[SyntheticSet]:
        start = yield from begun(self, job)
        ground, real, at = start.ground, start.ground.real, self.place(start.prior.cuts)
        f = start.map_at(at, self.at_once(start.prior, 0))
        space = space_at(start.prior, ground, at, start.w, f, **self.decoding(start.prior, at))
        if start.prior.rows:
            yield sizes(start.prior, len(ground.labels))
        search = matched(self, ground, space, start.objective, self.iterations, returns=True)
        yield from stage("match", search, self.iterations)
        images = quantize(real.denormalize(space.images())).cpu()
        yield Scalars(self.iterations, {"high-frequencies": high_frequencies(images)})
        about: dict[str, Any] = {"layer": space.name}
        if self.objective == "mtt":
            about["student_lr"] = rate = float(start.objective.alpha.detach())  # type: ignore[attr-defined]
            if not isfinite(rate):
                raise StudioError("The learned rate α is no number any more. Lower lr_lr, then start again.")
        return SyntheticSet(
            images, ground.labels, real.classes, real.mean, real.std, protocol=PROTOCOL[self.objective], about=about
        )
