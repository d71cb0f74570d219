"""SRe2L++: SRe2L from real patches, with crops, and with labels that depend on the batch.

Defined in Jiacheng Cui et al., "Dataset Distillation via Committee Voting" (CV-DD), arXiv 2501.07575, as its stronger
SRe2L: (1) images start from patches of real images of medium difficulty, (2) random crop, flip and shift at every size,
(3) one setting for all data, 4,000 iterations, (4) the labelling teacher stays in training mode, so that a label depends
on the half-batch that it is made with, (5) students take small batches of 16 for 300 epochs.

Where we depart: the patches are a download there, here they are cut by the patch selection of `rded` around the middle
cross-entropy (how the authors call a patch medium is not known to us); labels are made anew instead of stored; the last
epoch counts.
"""

from __future__ import annotations

from typing import ClassVar

from ..job import Job
from ..method import Card, Preset, Stream, again
from ..pieces.family import OURS, START, Recovery, recovered
from ..pieces.patches import CHOICE
from ..pieces.views import MODES
from ..results import Pictures

_CODE = "arXiv 2501.07575, released code"
_R18 = {"teacher": "resnet18", "student": "resnet18"}


class SqueezeRecoverRelabelPlus(Recovery):
    """Recover from real patches, with batch-specific soft labels."""

    card: ClassVar[Card] = Card(
        name="sre2lpp",
        title="SRe2L++",
        idea="Start the dream from pieces of real images, and let the labels depend on the company an image keeps.",
        family="statistics matching",
        paper="Cui et al., arXiv 2501.07575",
        url="https://arxiv.org/abs/2501.07575",
        learns="pixels, from real patches",
        matches="batch-norm statistics and the class",
        labels="on the fly by the teacher in training mode",
        departures=(
            "Patches are cut here, around the middle cross-entropy; the authors' are a download.",
            "Labels are made anew at every update instead of stored.",
            "The smoothing of the learning rate is 1; the authors choose 1 or 2 for each data set and student.",
        ),
        presets=(
            Preset("Quick", {}, {}, "ours, for two CPU cores: the published values with 300 iterations"),
            Preset(
                "CIFAR-100 (paper)",
                {"iterations": 4000, "squeeze_epochs": 200},
                {"data": "cifar100", **_R18},
                _CODE,
            ),
            Preset("CIFAR-10 (paper)", {"iterations": 4000, "squeeze_epochs": 200}, {"data": "cifar10", **_R18}, _CODE),
            Preset("Tiny-ImageNet recipe (paper)", {"iterations": 4000, "squeeze_epochs": 50}, _R18, _CODE),
            Preset(
                "ImageNet-1K recipe (paper)",
                {"iterations": 4000, "factor": 2, "jitter": 0.1428571},
                _R18,
                _CODE,
            ),
        ),
    )

    augment: MODES = again(Recovery, "augment", "crop", source=_CODE)
    start: START = again(Recovery, "start", "patches", source=_CODE)
    patch_choice: CHOICE = again(Recovery, "patch_choice", "medium", source=OURS)

    def distill(self, job: Job) -> Stream[Pictures]:
        return (yield from recovered(self, job, protocol="sre2lpp"))
