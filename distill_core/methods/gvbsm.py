"""G-VBSM: generalized matching of various backbones and statistics.

Shitong Shao, Zeyuan Yin, Muxin Zhou, Xindong Zhang, Zhiqiang Shen, "Generalized Large-Scale Data Condensation via Various
Backbone and Statistical Matching", CVPR 2024, arXiv 2311.17950.

As SRe2L, with four additions: several networks take turns, iteration by iteration; statistics are also matched at what
enters every convolution, whole and at every patch; a batch holds all images of some classes, whose spectrum is kept flat
(data densification); and students learn from the mean logits of all networks by squared error beside the classes.

Where we depart: the memory of the statistics starts with the first ones (switch `memory_from_zero` for the released
behaviour) and is new for every batch; labels are made on the mixed image and are not stored; eigenvalues come from the
symmetric solver; pixels are normalized with one set of constants.
"""

from __future__ import annotations

from typing import ClassVar

from ..axis import Axis, along
from ..job import Job
from ..method import Ablation, Card, Preset, Stream, again
from ..pieces.backbones import GVBSM_CODE, Backbones, rotated
from ..pieces.views import MODES
from ..results import Pictures

_SMALL = "resnet18+convnet:norm=batch,width=128+mobilenetv2+wrn:depth=16,width=2+shufflenet:width=0.5"
_LARGE = "resnet18+mobilenetv2+efficientnetb0+shufflenet:width=0.5"
_PUBLISHED = {"iterations": 4000, "backbones": _SMALL}


class GeneralizedMatching(Backbones):
    """Recover with several networks and statistics at every convolution."""

    card: ClassVar[Card] = Card(
        name="gvbsm",
        title="Various backbones and statistics (G-VBSM)",
        idea="Let several networks take turns, listen at every convolution, and keep a class's images different.",
        family="statistics matching",
        paper="Shao et al., CVPR 2024, arXiv 2311.17950",
        url="https://arxiv.org/abs/2311.17950",
        learns="pixels, from noise",
        matches="batch-norm, convolution and patch statistics, the class, a flat spectrum",
        labels="on the fly by all networks",
        departures=(
            "The memory of the statistics starts with the first ones, not at zero (switch).",
            "Labels are made on the mixed images at every update; the released code stores them.",
        ),
        presets=(
            Preset("Quick", {}, {}, "ours, for two CPU cores: two networks and 300 iterations"),
            Preset(
                "CIFAR-10 (paper)",
                {**_PUBLISHED, "squeeze_recipe": "gvbsm", "squeeze_epochs": 5},
                {"data": "cifar10", "student": "resnet18"},
                GVBSM_CODE,
            ),
            Preset(
                "CIFAR-100 (paper)",
                {**_PUBLISHED, "squeeze_recipe": "gvbsm", "squeeze_epochs": 50},
                {"data": "cifar100", "student": "resnet18", "protocol": "gvbsm-cifar100"},
                GVBSM_CODE,
            ),
            Preset(
                "Tiny-ImageNet recipe (paper)",
                {**_PUBLISHED, "squeeze_epochs": 50, "jitter": 0.5},
                {"student": "resnet18", "protocol": "gvbsm-tiny"},
                GVBSM_CODE,
            ),
            Preset(
                "ImageNet-1K recipe (paper)",
                {
                    "iterations": 4000,
                    "backbones": _LARGE,
                    "lr_img": 0.1,
                    "augment": "crop",
                    "jitter": 0.1428571,
                    "class_block": 80,
                },
                {"student": "resnet18", "protocol": "gvbsm-imagenet"},
                GVBSM_CODE,
            ),
        ),
        ablations=(
            Ablation(
                "Statistics",
                (
                    along("convolutions", True, False, title="Listen at convolutions"),
                    along("spectrum_weight", 0.0, 1.0, title="Data densification"),
                ),
                "What do statistics at convolutions bring, and what does a flat spectrum?",
                published=("yes", "1"),
                source=GVBSM_CODE,
            ),
            Ablation(
                "Backbones",
                (
                    Axis(
                        "Networks",
                        {
                            "one": {"backbones": "teacher"},
                            "two": {"backbones": "teacher+convnet:depth=2,norm=batch,width=32"},
                        },
                    ),
                ),
                "Does a second network help?",
                source="ours: small networks",
            ),
        ),
    )

    augment: MODES = again(Backbones, "augment", "window", source=GVBSM_CODE)
    jitter: float = again(Backbones, "jitter", 1.0, source=GVBSM_CODE)
    drop: float = again(Backbones, "drop", 0.4, source=GVBSM_CODE)
    spectrum_weight: float = again(Backbones, "spectrum_weight", 1.0, source=GVBSM_CODE)

    def distill(self, job: Job) -> Stream[Pictures]:
        return (yield from rotated(self, job, protocol="gvbsm"))
