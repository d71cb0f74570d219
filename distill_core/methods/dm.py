"""DM: distribution matching.

Bo Zhao, Hakan Bilen, "Dataset Condensation with Distribution Matching", WACV 2023, arXiv 2110.04181.

    min_S  E_θ Σ_c ‖ mean_{x∈B_c} ψ_θ(A_ω(x)) − mean_{s∈S_c} ψ_θ(A_ω(s)) ‖²

ψ_θ are the last features of a network with fresh random weights at every step, A_ω one augmentation drawn for both sides.
No network is trained and no second derivative is taken.

Where we depart: (1) the classes of a batch go through the network together (the same numbers without batch norm, faster);
with batch norm one pass per side mixes the classes, as the released code does; (2) pixels are kept in the valid range after
each update, so that the set is one of real pictures; (3) the quick defaults are smaller than the paper's 20,000 iterations.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from ..job import Job
from ..method import Card, Method, Preset, Stream, knob
from ..pieces.features import MeanFeatures
from ..pieces.match import in_pixels, prepared
from ..pieces.views import siamese_view
from ..results import Pictures

_CODE = "arXiv 2110.04181, released code"


class DistributionMatching(Method):
    """Match mean features under random networks."""

    card: ClassVar[Card] = Card(
        name="dm",
        title="Distribution matching (DM)",
        idea="Make a few images whose average features agree with those of the real class, whatever random network looks.",
        family="distribution matching",
        paper="Zhao and Bilen, WACV 2023, arXiv 2110.04181",
        url="https://arxiv.org/abs/2110.04181",
        learns="pixels, from real images",
        matches="mean features of each class",
        labels="hard",
        departures=("All classes pass the network together.", "Pixels stay in the valid range after each update."),
        presets=(
            Preset("Quick", {}, {}, "ours, for two CPU cores"),
            Preset(
                "CIFAR, ipc 1–50 (paper)",
                {"iterations": 20_000, "batch_real": 256},
                {"teacher": "convnet:norm=instance,width=128", "student": "convnet:norm=instance,width=128"},
                _CODE,
            ),
            Preset(
                "CIFAR-10, ipc ≥ 100 (paper)",
                {"iterations": 20_000, "batch_real": 256, "lr_img": 10.0},
                {"teacher": "convnet:norm=instance,width=128", "student": "convnet:norm=instance,width=128"},
                _CODE,
            ),
        ),
    )

    iterations: int = knob(
        200, "Iterations", "Updates of the images; the paper makes 20,000.", ge=1, le=100_000, scale="log"
    )
    lr_img: float = knob(
        1.0,
        "Learning rate of the images",
        "SGD's step in normalized pixels.",
        gt=0,
        le=1000,
        live=True,
        scale="log",
        source=_CODE,
    )
    momentum: float = knob(0.5, "Momentum", "Of the images' SGD.", ge=0, le=0.99, advanced=True, source=_CODE)
    batch_real: int = knob(
        32, "Real batch", "Real images of each class at a step; the paper takes 256.", ge=1, le=4096, scale="log"
    )
    augment: Literal["siamese", "none"] = knob(
        "siamese", "Augmentation", "The same random change on both sides, or none.", source=_CODE
    )
    start: Literal["real", "noise"] = knob("real", "Start", "The job's real images, or Gaussian noise.", source=_CODE)

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = yield from prepared(job, self.start)
        objective = MeanFeatures(job, ground, self.batch_real, siamese_view(ground.real, self.augment))
        return (yield from in_pixels(self, ground, objective, self.iterations, protocol="dsa"))
