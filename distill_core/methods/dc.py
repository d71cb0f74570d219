"""DC: dataset condensation with gradient matching.

Bo Zhao, Konda Reddy Mopuri, Hakan Bilen, "Dataset Condensation with Gradient Matching", ICLR 2021, arXiv 2006.05929.

    min_S  E_θ0 Σ_t Σ_c D( ∇_θ ℓ(S_c; θ_t), ∇_θ ℓ(B_c; θ_t) )

A network with random weights looks at real and synthetic images of a class; the images move until both give it the same
gradient. Between two looks the network is trained a little on the synthetic images; with one image per class it never is.

Where we depart: draws come from one generator, so that a seed repeats a run (the released code seeds every network from the
clock); pixels stay in the valid range after each update; images per class outside the released table take its next larger
entry; the quick defaults draw 100 networks instead of 1,000 and look at 64 real images of each class instead of 256.
"""

from __future__ import annotations

from typing import ClassVar

from ..job import Job
from ..method import Card, Preset, Stream
from ..pieces.condense import CODE, QUICK, Condensation, condensed
from ..results import Pictures

_NET = {"teacher": "convnet:norm=instance,width=128", "student": "convnet:norm=instance,width=128"}


class DatasetCondensation(Condensation):
    """Match gradients under networks with random weights."""

    card: ClassVar[Card] = Card(
        name="dc",
        title="Dataset condensation (DC)",
        idea="Make a few images that push a network's weights in the same direction as the real class does.",
        family="gradient matching",
        paper="Zhao, Mopuri, Bilen, ICLR 2021, arXiv 2006.05929",
        url="https://arxiv.org/abs/2006.05929",
        learns="pixels, from noise",
        matches="the gradient of each class",
        labels="hard",
        departures=(
            "One seed repeats a run; the released code seeds every network from the clock.",
            "Pixels stay in the valid range after each update.",
        ),
        presets=(
            Preset("Quick", {}, {}, QUICK),
            Preset("All data sets (paper)", {"iterations": 1000, "batch_real": 256}, _NET, CODE),
            Preset(
                "With a perceptron (readme)",
                {"iterations": 1000, "batch_real": 256, "lr_img": 0.01},
                {"teacher": "mlp"},
                CODE,
            ),
        ),
    )

    def distill(self, job: Job) -> Stream[Pictures]:
        return (yield from condensed(self, job, protocol="dc"))
