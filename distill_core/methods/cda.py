"""CDA: SRe2L with crops that begin with the whole image.

Zeyuan Yin, Zhiqiang Shen, "Dataset Distillation via Curriculum Data Synthesis in Large Data Era", TMLR 2024,
arXiv 2311.18838.

It changes one thing: the lower bound of the area of the random crops follows a curriculum from 1 down to 0.08 over the
first `milestone` of the iterations, whole image first, local detail later:
s_min(t) = 0.08 + 0.92 · (1 + cos(π t / (milestone · T))) / 2.

Where we depart: everything that `sre2l` departs in; the shape `step` is ours (whole images up to the milestone, then the
full range), since only its name is known to us; the paper works at 64 pixels and more, and crops are for us the view at any size.
"""

from __future__ import annotations

from typing import ClassVar

from ..axis import along
from ..job import Job
from ..method import Ablation, Card, Preset, Stream, again
from ..pieces.family import CDA_PAPER, QUICK, Recovery, recovered
from ..pieces.views import MODES
from ..results import Pictures

_README = "arXiv 2311.18838, authors' readme"
_R18 = {"teacher": "resnet18", "student": "resnet18"}


class CurriculumDataAugmentation(Recovery):
    """Recover with a curriculum of crops."""

    card: ClassVar[Card] = Card(
        name="cda",
        title="Curriculum data augmentation (CDA)",
        idea="Let the network see whole images first and small crops later while the images are dreamt.",
        family="statistics matching",
        paper="Yin, Shen, TMLR 2024, arXiv 2311.18838",
        url="https://arxiv.org/abs/2311.18838",
        learns="pixels, from noise",
        matches="batch-norm statistics and the class, over a curriculum of crops",
        labels="on the fly by the teacher",
        departures=(
            "The teacher labels in eval mode; images are stored without loss; nothing is chosen on test data.",
            "The step curriculum is our reading of its name.",
        ),
        presets=(
            Preset("Quick", {}, {}, QUICK),
            Preset(
                "Tiny-ImageNet recipe (paper)",
                {
                    "iterations": 4000,
                    "lr_img": 0.4,
                    "mean_weight": 0.05,
                    "variance_weight": 0.05,
                    "jitter": 0.0625,
                    "squeeze_recipe": "tiny",
                    "squeeze_epochs": 50,
                },
                {**_R18, "protocol": "sre2l-tiny"},
                _README,
            ),
            Preset(
                "ImageNet-1K recipe (paper)",
                {"iterations": 4000, "jitter": 0.1428571},
                {**_R18, "protocol": "cda-imagenet"},
                _README,
            ),
        ),
        ablations=(
            Ablation(
                "Curriculum",
                (along("augment", "roll", "crop", "curriculum", title="View"),),
                "What do crops bring, and what does it bring to begin with whole images?",
                published=("curriculum",),
                source=CDA_PAPER,
            ),
            Ablation(
                "Milestone",
                (
                    along("curriculum", "cosine", "linear", "step", title="Shape"),
                    along("milestone", 0.25, 0.5, 1.0, title="Milestone"),
                ),
                "How fast should the smallest crop shrink?",
                published=("cosine", "1"),
                source="published pair: the authors' readme; the other values are ours",
            ),
        ),
    )

    augment: MODES = again(Recovery, "augment", "curriculum", source=CDA_PAPER)

    def distill(self, job: Job) -> Stream[Pictures]:
        return (yield from recovered(self, job, protocol="sre2l"))
