"""SRe2L: squeeze, recover, relabel.

Zeyuan Yin, Eric Xing, Zhiqiang Shen, "Squeeze, Recover and Relabel", NeurIPS 2023, arXiv 2306.13092.

A network is trained on all data (squeeze). Images that start from noise are optimized until this frozen network recognizes
them and its batch-norm layers see the statistics that they remember (recover). Students then learn from the network's own
answers on every augmented view (relabel).

Where we depart: (1) no image is chosen or scored on test data and the last epoch counts; (2) the teacher answers in eval
mode (the CIFAR code leaves it in train mode: protocol `sre2l-as-released`); (3) one set of normalization constants per data
set (the code takes CIFAR-10's for CIFAR-100 too); (4) images are stored without loss and rounded, not truncated;
(5) on sets smaller than 32 pixels the circular shift scales with the side; (6) our quick defaults make 300
iterations and train the teacher for 40 epochs; the presets hold the published values.
"""

from __future__ import annotations

from typing import ClassVar

from ..axis import Axis, along
from ..job import Job
from ..method import Ablation, Card, Preset, Stream
from ..pieces.family import QUICK, Recovery, recovered
from ..results import Pictures

_CODE = "arXiv 2306.13092, released code"


class SqueezeRecoverRelabel(Recovery):
    """Invert a trained network from noise."""

    card: ClassVar[Card] = Card(
        name="sre2l",
        title="Squeeze, recover, relabel (SRe2L)",
        idea="Dream images out of a trained network, then let the network label every view of them.",
        family="statistics matching",
        paper="Yin, Xing, Shen, NeurIPS 2023, arXiv 2306.13092",
        url="https://arxiv.org/abs/2306.13092",
        learns="pixels, from noise",
        matches="batch-norm statistics and the class",
        labels="on the fly by the teacher",
        departures=(
            "The teacher labels in eval mode (train mode: protocol sre2l-as-released).",
            "One set of normalization constants per data set.",
            "Images are stored without loss; last-epoch accuracy; nothing is chosen on test data.",
        ),
        presets=(
            Preset("Quick", {}, {}, QUICK),
            Preset(
                "CIFAR-100 (paper)",
                {"iterations": 1000, "squeeze_epochs": 200},
                {"data": "cifar100", "teacher": "resnet18", "student": "resnet18"},
                _CODE,
            ),
            Preset(
                "Tiny-ImageNet recipe (paper)",
                {
                    "iterations": 4000,
                    "lr_img": 0.1,
                    "mean_weight": 1.0,
                    "variance_weight": 1.0,
                    "augment": "crop",
                    "squeeze_recipe": "tiny",
                    "squeeze_epochs": 50,
                },
                {"teacher": "resnet18", "student": "resnet18", "protocol": "sre2l-tiny"},
                _CODE,
            ),
            Preset(
                "ImageNet-1K recipe (paper)",
                {"iterations": 4000, "augment": "crop", "jitter": 0.1428571},
                {"teacher": "resnet18", "student": "resnet18", "protocol": "sre2l-imagenet"},
                _CODE,
            ),
        ),
        ablations=(
            Ablation(
                "Start",
                (along("start", "noise", "real", title="Start"),),
                "What do real images as the start bring by themselves?",
                published=("noise",),
                source=_CODE,
            ),
            Ablation(
                "Loss coefficients",
                (
                    along("mean_weight", 0.0, 0.001, 0.01, 0.1, title="λ of the mean"),
                    along("variance_weight", 0.0, 0.001, 0.01, 0.1, title="λ of the variance"),
                ),
                "How much should the mean and the variance of the batch-norm layers count?",
                published=("0.01", "0.01"),
                source="published pair: released CIFAR code; the values on the axes are ours",
            ),
            Ablation(
                "Label policy",
                (along("protocol", "hard", "static", "sre2l", title="Students"),),
                "How much of the score is the images, and how much the labels that the teacher gives on the fly?",
                published=("sre2l",),
                source=_CODE,
            ),
            Ablation(
                "Teacher's batch norm while labeling",
                (
                    Axis(
                        "Batch norm",
                        {
                            "running statistics": {"protocol": "sre2l"},
                            "the batch's own": {"protocol": "sre2l-as-released"},
                        },
                    ),
                ),
                "The released code leaves the labeling teacher in training mode: does it matter?",
                published=("the batch's own",),
                source=_CODE,
            ),
        ),
    )

    def distill(self, job: Job) -> Stream[Pictures]:
        return (yield from recovered(self, job, protocol="sre2l"))
