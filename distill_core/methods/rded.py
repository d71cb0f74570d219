"""RDED: keep the most realistic crops of real images, and paste them into mosaics.

Peng Sun, Bei Shi, Daiwei Yu, Tao Lin, "On the Diversity and Realism of Distilled Dataset: An Efficient Dataset
Distillation Paradigm", CVPR 2024, arXiv 2312.03526.

Nothing is optimized: of many random crops of many images of a class, those are kept that the teacher (the "observer")
finds easiest, at most one from each image, and φ × φ of them share an image (see `steps/patches.py`).

As a member of the family it has all its settings: with `iterations` above 0 the mosaics are recovered further, with an
adjusted teacher or a curriculum of crops where those are chosen.

Where we depart: one set of normalization constants per data set (the code takes ImageNet's everywhere); images are stored
without loss (switch `storage`); the student's batch passes once per update (the code passes it twice and updates its
batch-norm buffers twice); the last epoch counts, on images as they are (the code takes the best of the last fifth).
"""

from __future__ import annotations

from typing import ClassVar

from ..axis import along
from ..job import Job
from ..method import Ablation, Card, Preset, Stream, again
from ..pieces.family import RDED_CODE, START, Recovery, recovered
from ..results import Pictures

_R18 = {"teacher": "resnet18", "student": "resnet18"}


class RealisticDiverse(Recovery):
    """Select patches of real images by a teacher."""

    card: ClassVar[Card] = Card(
        name="rded",
        title="Realistic, diverse, efficient (RDED)",
        idea="Cut the pieces that a trained network finds most typical out of real images, and paste them together.",
        family="selection",
        paper="Sun et al., CVPR 2024, arXiv 2312.03526",
        url="https://arxiv.org/abs/2312.03526",
        learns="nothing",
        matches="the class, as the teacher sees it",
        labels="on the fly by the teacher",
        departures=(
            "One set of normalization constants per data set; the code takes ImageNet's everywhere.",
            "A student's batch passes once per update; the code passes it twice.",
            "Images are stored without loss; last-epoch accuracy; nothing is chosen on test data.",
        ),
        presets=(
            Preset("Quick", {}, {}, "the published values, with a teacher of 40 epochs"),
            Preset("CIFAR-10 (paper)", {"squeeze_epochs": 200}, {"data": "cifar10", **_R18}, RDED_CODE),
            Preset("CIFAR-100 (paper)", {"squeeze_epochs": 200}, {"data": "cifar100", **_R18}, RDED_CODE),
            Preset("Tiny-ImageNet recipe (paper)", {"squeeze_epochs": 100}, _R18, RDED_CODE),
            Preset("ImageNet-1K recipe (paper)", {"factor": 2}, {**_R18, "protocol": "rded-mosaic"}, RDED_CODE),
        ),
        ablations=(
            Ablation(
                "Candidates",
                (along("pool", 10, 50, 300, title="Images looked at"), along("crops", 1, 5, 20, title="Crops of each")),
                "How many candidates does the selection need?",
                published=("300", "5"),
                source="published pair: released code; the other values are ours",
            ),
            Ablation(
                "Easiest or in the middle",
                (along("patch_choice", "easiest", "medium", title="Patches kept"),),
                "Are the patches that the teacher finds easiest the ones that teach most?",
                published=("easiest",),
                source=RDED_CODE,
            ),
            Ablation(
                "Recovered further",
                (
                    along("iterations", 0, 100, 300, title="Iterations"),
                    along("weights", "none", "directed", title="Weight adjustment"),
                ),
                "What does optimizing the mosaics bring, with and without an adjusted teacher?",
                published=("0", "none"),
                source="published pair: released code; the others combine it with arXiv 2409.17612",
            ),
        ),
    )

    iterations: int = again(Recovery, "iterations", 0, source=RDED_CODE)
    start: START = again(Recovery, "start", "patches", source=RDED_CODE)

    def distill(self, job: Job) -> Stream[Pictures]:
        return (yield from recovered(self, job, protocol="rded"))
