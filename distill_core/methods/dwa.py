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

from typing import ClassVar

from ..axis import Axis, along
from ..job import Job
from ..method import Ablation, Card, Preset, Stream, again
from ..pieces.family import QUICK, START, Recovery, recovered
from ..pieces.recover import WEIGHTS
from ..results import Pictures

_CODE = "arXiv 2409.17612, released code"


class DirectedWeightAdjustment(Recovery):
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
            Preset("Quick", {}, {}, QUICK),
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
                {"iterations": 1000, "squeeze_epochs": 200, "first_gradient": "as_released", "storage": "jpeg"},
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
                    "squeeze_recipe": "tiny",
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
        ablations=(
            Ablation(
                "Weight adjustment",
                (along("weights", "none", "random", "directed", title="Adjustment"),),
                "Does the directed shift help, or does any shift of the same length?",
                published=("directed",),
                source="the paper's table (✗ ○ ✓); its law of the random shift is not known, ours has the same length",
            ),
            Ablation(
                "K × ρ",
                (
                    along("ascent_steps", 1, 4, 8, 12, 16, 20, title="K"),
                    along("rho", 0.005, 0.01, 0.015, 0.02, 0.03, title="ρ"),
                ),
                "How far should the teacher be shifted, and in how many steps?",
                published=("12", "0.015"),
                source="optimum: the paper's heat map and released code; the values on the axes are ours",
            ),
            Ablation(
                "λ of the variance, decoupled",
                (
                    Axis(
                        "λ of mean, variance",
                        {
                            "0.01, 0.11 (decoupled)": {"mean_weight": 0.01, "variance_weight": 0.11},
                            "0.01, 0.01 (coupled)": {"mean_weight": 0.01, "variance_weight": 0.01},
                            "0.11, 0.11 (coupled)": {"mean_weight": 0.11, "variance_weight": 0.11},
                        },
                    ),
                ),
                "Is it the decoupling that helps, or just a larger weight?",
                published=("0.01, 0.11 (decoupled)",),
                source=_CODE,
            ),
            Ablation(
                "Loss coefficients",
                (
                    along("mean_weight", 0.0, 0.01, 0.05, 0.11, title="λ of the mean"),
                    along("variance_weight", 0.0, 0.01, 0.05, 0.11, 0.2, title="λ of the variance"),
                ),
                "How much should the mean and the variance of the batch-norm layers count?",
                published=("0.01", "0.11"),
                source="published pair: released code; the values on the axes are ours",
            ),
            Ablation(
                "Start",
                (along("start", "noise", "real", title="Start"),),
                "What do real images as the start bring by themselves?",
                published=("real",),
                source=_CODE,
            ),
            Ablation(
                "Label policy",
                (along("protocol", "hard", "static", "dwa", title="Students"),),
                "How much of the score is the images, and how much the labels that the teacher gives on the fly?",
                published=("dwa",),
                source=_CODE,
            ),
            Ablation(
                "Teacher's batch norm while labeling",
                (
                    Axis(
                        "Batch norm",
                        {"running statistics": {"protocol": "dwa"}, "the batch's own": {"protocol": "dwa-as-released"}},
                    ),
                ),
                "The released code leaves the labeling teacher in training mode: does it matter?",
                published=("the batch's own",),
                source=_CODE,
            ),
        ),
    )

    weights: WEIGHTS = again(Recovery, "weights", "directed")
    variance_weight: float = again(Recovery, "variance_weight", 0.11, source=_CODE)
    start: START = again(Recovery, "start", "real", source=_CODE)

    def distill(self, job: Job) -> Stream[Pictures]:
        return (yield from recovered(self, job, protocol="dwa"))
