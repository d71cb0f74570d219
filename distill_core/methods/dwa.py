"""DWA: diversity-driven synthesis by directed weight adjustment.

Jiawei Du, Xin Zhang, Juncheng Hu, Wenxin Huang, Joey Tianyi Zhou, "Diversity-Driven Synthesis: Enhancing Dataset
Distillation through Directed Weight Adjustment", NeurIPS 2024 (spotlight), arXiv 2409.17612.

Images that are all optimized against one frozen teacher come out alike. Before each batch DWA takes K small normalized
gradient-ascent steps on the teacher's weights, on the real images that this batch starts from: the shifted teacher has
partly forgotten them and behaves as if it had been trained on everything else, another large part of the data for every
batch. And the variance part of the batch-norm loss gets a larger weight of its own, since it spreads features while the
mean part pulls them to one center.

Where we depart from the released code: (1) every batch starts again from the trained teacher (the ImageNet code lets the
shifts of a slice's blocks pile up, with stale gradients); (2) the first image gradient is clean (switch: `first_gradient`);
(3) weights are frozen after the K steps, with the same result; (4) the teacher labels in eval mode (train mode: protocol
`dwa-as-released`); (5) one set of normalization constants; (6) images are stored without loss and rounded; (7) seeds are
set, nothing is chosen on test data; (8) the quick defaults make 300 iterations, the presets hold the published values. The paper's summary speaks of descent; the code ascends, and so do we.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from ..job import Job
from ..method import Card, Method, Preset, Stream, knob
from ..steps.family import recovered, refuse_without_batch_norm
from ..steps.recover import WEIGHTS, Adjust
from ..synthetic import SyntheticSet

_CODE = "arXiv 2409.17612, released code"


class DirectedWeightAdjustment(Method):
    """Invert a teacher that is shifted anew for every batch."""

    card: ClassVar[Card] = Card(
        name="dwa",
        title="Directed weight adjustment (DWA)",
        idea="Give every batch of images its own slightly shifted teacher, so that the images do not all turn out alike.",
        family="statistics matching",
        paper="Du et al., NeurIPS 2024, arXiv 2409.17612",
        url="https://arxiv.org/abs/2409.17612",
        learns="pixels, from real images",
        matches="batch-norm mean and variance, decoupled, and the class",
        labels="on the fly by the teacher",
        departures=(
            "Every batch starts again from the trained teacher; the released ImageNet code lets shifts pile up.",
            "The first image gradient is clean (as released: a switch).",
            "The teacher labels in eval mode (train mode: protocol dwa-as-released).",
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
                "CIFAR-10 (paper)",
                {"iterations": 1000, "squeeze_epochs": 200},
                {"data": "cifar10", "teacher": "resnet18", "student": "resnet18"},
                _CODE,
            ),
            Preset(
                "CIFAR-100 (paper)",
                {"iterations": 1000, "squeeze_epochs": 200},
                {"data": "cifar100", "teacher": "resnet18", "student": "resnet18"},
                _CODE,
            ),
            Preset(
                "CIFAR, as released",
                {"iterations": 1000, "squeeze_epochs": 200, "first_gradient": "as_released"},
                {"teacher": "resnet18", "student": "resnet18", "protocol": "dwa-as-released"},
                _CODE,
            ),
            Preset(
                "Tiny-ImageNet recipe (paper)",
                {
                    "iterations": 2000,
                    "lr_img": 0.1,
                    "augment": "crop",
                    "jitter": 0.0625,
                    "class_block": 200,
                    "squeeze_epochs": 100,
                },
                {"teacher": "resnet18", "student": "resnet18", "protocol": "dwa-tiny"},
                _CODE,
            ),
            Preset(
                "ImageNet-1K recipe (paper)",
                {
                    "iterations": 2000,
                    "variance_weight": 0.02,
                    "ascent_steps": 15,
                    "augment": "crop",
                    "jitter": 0.1428571,
                },
                {"teacher": "resnet18", "student": "resnet18", "protocol": "dwa-imagenet"},
                _CODE,
            ),
        ),
    )

    weights: WEIGHTS = knob(
        "directed", "Weight adjustment", "None, a random shift of the same length, or the directed one.", source=_CODE
    )
    rho: float = knob(
        0.015, "ρ", "Length of the shift of the teacher's weights.", ge=0, le=1, scale="log", source=_CODE
    )
    ascent_steps: int = knob(
        12, "K", "Ascent steps in which the shift is made; 0 makes none.", ge=0, le=200, source=_CODE
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
        "Weight of the batch-norm mean mismatch (λ_BN).",
        ge=0,
        le=10,
        live=True,
        scale="log",
        source=_CODE,
    )
    variance_weight: float = knob(
        0.11,
        "λ of the variance",
        "Weight of the batch-norm variance mismatch; equal to the mean's it is the coupled loss.",
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
    first_gradient: Literal["clean", "as_released"] = knob(
        "clean",
        "First image gradient",
        "As released, the K passes leave their gradients at the images for the first update.",
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
        "Classes that share a batch, its statistics and its teacher.",
        ge=2,
        le=1000,
        advanced=True,
        source=_CODE,
    )
    start: Literal["real", "noise"] = knob("real", "Start", "The job's real images, or Gaussian noise.", source=_CODE)
    squeeze_epochs: int = knob(
        40, "Teacher epochs", "How long the teacher is trained; the paper trains 200 epochs on CIFAR.", ge=1, le=1000
    )

    def why_not(self, job: Job) -> str | None:
        return refuse_without_batch_norm(job.teacher)

    def distill(self, job: Job) -> Stream[SyntheticSet]:
        adjust = Adjust(self.weights, self.rho, self.ascent_steps, self.first_gradient)
        return (yield from recovered(self, job, adjust, protocol="dwa"))
