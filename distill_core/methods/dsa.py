"""DSA: gradient matching with differentiable Siamese augmentation.

Bo Zhao, Hakan Bilen, "Dataset Condensation with Differentiable Siamese Augmentation", ICML 2021, arXiv 2102.08259.

    min_S  E_θ0 Σ_t Σ_c D( ∇ℓ(A_ω(S_c); θ_t), ∇ℓ(A_ω(B_c); θ_t) )

As `dc`, with one random augmentation for both sides, drawn anew for every class and look, and with real images to start
from (the reference command; the code's default is noise). Networks between looks and students see it drawn for each image.

Where we depart: as `dc`; the augmentation has a generator of its own instead of resetting torch's.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from ..job import Job
from ..method import Card, Preset, Stream, again
from ..pieces.condense import CODE, QUICK, Condensation, condensed
from ..results import Pictures

_NET = {"teacher": "convnet:norm=instance,width=128", "student": "convnet:norm=instance,width=128"}


class SiameseCondensation(Condensation):
    """Match gradients of images that are augmented alike."""

    card: ClassVar[Card] = Card(
        name="dsa",
        title="Differentiable Siamese augmentation (DSA)",
        idea="Match gradients while real and synthetic images are turned, cropped and colored in the same way.",
        family="gradient matching",
        paper="Zhao and Bilen, ICML 2021, arXiv 2102.08259",
        url="https://arxiv.org/abs/2102.08259",
        learns="pixels, from real images",
        matches="the gradient of each class under augmentation",
        labels="hard",
        departures=(
            "One seed repeats a run; the released code seeds networks and augmentations from the clock.",
            "Pixels stay in the valid range after each update.",
        ),
        presets=(
            Preset("Quick", {}, {}, QUICK),
            Preset("All data sets (paper)", {"iterations": 1000, "batch_real": 256}, _NET, CODE),
        ),
    )

    augment: Literal["siamese", "none"] = again(Condensation, "augment", "siamese")
    start: Literal["real", "noise"] = again(Condensation, "start", "real")

    def distill(self, job: Job) -> Stream[Pictures]:
        return (yield from condensed(self, job, protocol="dsa"))
