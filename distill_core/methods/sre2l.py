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

from typing import ClassVar, Literal

from ..job import Job
from ..method import Card, Method, Preset, Stream, knob
from ..steps.family import recovered, refuse_without_batch_norm
from ..steps.recover import Adjust
from ..synthetic import SyntheticSet

_CODE = "arXiv 2306.13092, released code"


class SqueezeRecoverRelabel(Method):
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
            Preset(
                "Quick",
                {},
                {},
                "ours, for two CPU cores: the CIFAR values with 300 iterations and a teacher of 40 epochs",
            ),
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
    )

    iterations: int = knob(
        300,
        "Iterations",
        "Updates of each image (T_syn); the papers make 1,000 on CIFAR.",
        ge=1,
        le=20_000,
        scale="log",
        source="ours, for two CPU cores; the presets hold the published value",
    )
    lr_img: float = knob(
        0.25,
        "Learning rate of the images",
        "Adam's step in normalized pixels; falls to 0 along a cosine.",
        gt=0,
        le=10,
        live=True,
        scale="log",
        source=_CODE,
    )
    mean_weight: float = knob(
        0.01,
        "λ of the mean",
        "Weight of the batch-norm mean mismatch.",
        ge=0,
        le=10,
        live=True,
        scale="log",
        source=_CODE,
    )
    variance_weight: float = knob(
        0.01,
        "λ of the variance",
        "Weight of the batch-norm variance mismatch; SRe2L couples it to the mean's.",
        ge=0,
        le=10,
        live=True,
        scale="log",
        source=_CODE,
    )
    first_layer: float = knob(
        10.0,
        "ω of the first layer",
        "How much more the first batch-norm layer counts.",
        ge=0,
        le=100,
        advanced=True,
        source=_CODE,
    )
    augment: Literal["roll", "crop"] = knob(
        "roll",
        "View",
        "What the teacher sees at each iteration: a circular shift, or a random crop (and flip) with a shift.",
        source=_CODE,
    )
    jitter: float = knob(
        0.125,
        "Largest shift",
        "Circular shift, as a share of the side: 0.125 is 4 of 32 pixels.",
        ge=0,
        le=0.5,
        advanced=True,
        source=_CODE,
    )
    class_block: int = knob(
        100,
        "Classes at once",
        "Classes that share a batch and its statistics.",
        ge=2,
        le=1000,
        advanced=True,
        source=_CODE,
    )
    start: Literal["noise", "real"] = knob("noise", "Start", "Gaussian noise, or the job's real images.", source=_CODE)
    squeeze_epochs: int = knob(
        40, "Teacher epochs", "How long the teacher is trained; the papers train 200 epochs on CIFAR.", ge=1, le=1000
    )

    def why_not(self, job: Job) -> str | None:
        return refuse_without_batch_norm(job.teacher)

    def distill(self, job: Job) -> Stream[SyntheticSet]:
        return (yield from recovered(self, job, Adjust(), protocol="sre2l"))
