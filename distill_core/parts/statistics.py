"""What the images' statistics are held against: what batch norm remembers, or what was measured at every convolution too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

from torch import nn

from ..method import Stream, stage
from ..networks import norm_of
from ..part import Part, choice, knob
from ..pieces.ground import Ground
from ..pieces.realstats import RealStatistics, key_of, measured
from ..pieces.statistics import BatchNormStatistics, Matcher
from ..pieces.teach import Teacher
from ..spec import parse

SRE2L, GVBSM, EDC = (
    "arXiv 2306.13092, released code",
    "arXiv 2311.17950, released code",
    "arXiv 2404.13733, released code",
)
Listener = Callable[[nn.Module], Matcher]  # called once for each batch with the network that is listened to


class AtBatchNorm(Part):
    """What batch norm remembers: λ_mean Σ_l ω_l ‖μ_l − m_l‖₂ + λ_var Σ_l ω_l ‖σ²_l − v_l‖₂ over the batch-norm layers."""

    kind: Literal["batch_norm"] = "batch_norm"
    side_by_side: ClassVar[bool] = True  # whether several batches can be listened to at once
    mean_weight: float = knob(
        0.01,
        "λ of the mean",
        "Weight of the mismatch of means at the layers (λ_BN).",
        ge=0,
        le=10,
        live=True,
        scale="log",
        source=SRE2L,
    )
    variance_weight: float = knob(
        0.01,
        "λ of the variance",
        "Weight of the mismatch of variances; equal to the mean's it is the coupled loss.",
        ge=0,
        le=10,
        live=True,
        scale="log",
        source=SRE2L,
    )
    first_layer: float = knob(
        10.0,
        "ω of the first layer",
        "How much more the first layer counts.",
        ge=0,
        le=100,
        advanced=True,
        source=SRE2L,
    )

    def unfit(self, network: str) -> str | None:
        """Why networks of this name have no such statistics, or None."""
        return without_batch_norm(network)

    def listener(self, ground: Ground, teacher: Teacher) -> Stream[Listener]:
        """What listens to one of the teachers; what has to be measured first is measured in a stage of its own."""
        return BatchNormStatistics
        yield


class Everywhere(AtBatchNorm):
    """The same at what enters every convolution, whole and at every patch, with a memory (G-VBSM), and by class (EDC)."""

    kind: Literal["everywhere"] = "everywhere"  # type: ignore[assignment]
    side_by_side: ClassVar[bool] = False  # a memory belongs to one batch
    convolutions: bool = knob(
        True,
        "Listen at convolutions",
        "Match mean, variance and their values at every patch of what enters each convolution, beside batch norm.",
        source=GVBSM,
    )
    memory: float = knob(
        0.8,
        "Memory of the statistics",
        "α: how much of the statistics of the iterations before is kept.",
        ge=0,
        le=0.99,
        advanced=True,
        source=GVBSM,
    )
    memory_from_zero: bool = knob(
        False,
        "Memory starts at zero",
        "As the released code does: the first statistics are too small.",
        advanced=True,
        source=GVBSM,
    )
    drop: float = knob(
        0.0,
        "Convolutions left out",
        "β: probability with which a convolution's term is skipped.",
        ge=0,
        le=0.95,
        advanced=True,
        source=GVBSM,
    )
    class_share: float = knob(
        0.0,
        "Share of class statistics",
        "How much of the mismatch is to the statistics of the classes in the batch instead of all data.",
        ge=0,
        le=1,
        source=EDC,
    )

    measured_under: Literal["crop_flip", "resized_crop_flip", "none"] = knob(
        "crop_flip",
        "Real images are measured under",
        "What they go through first: shifted crops or resized crops, as teachers are trained, with flips where a mirrored image keeps "
        "its class; or nothing.",
        advanced=True,
        source=GVBSM,
    )

    def unfit(self, network: str) -> str | None:
        if parse(network).name != "mlp":
            return None
        return f"{network!r} has no convolution, so there are no statistics to match. Choose convnet, resnet18 or wrn."

    def listener(self, ground: Ground, teacher: Teacher) -> Stream[Listener]:
        key, per_class, view = key_of(teacher, ground.real), self.class_share > 0, self.measured_under
        measuring = measured(teacher.network, ground.real, key, ground.device, per_class=per_class, view=view)
        targets = yield from stage("measure", measuring)
        settings = {"memory": self.memory, "drop": self.drop, "class_share": self.class_share}
        return lambda network: RealStatistics(
            network, targets, from_zero=self.memory_from_zero, convolutions=self.convolutions, **settings
        )


AnyStatistics = Annotated[
    AtBatchNorm | Everywhere,
    choice(
        "Statistics",
        "Those that batch norm remembers, or those of the real data at every convolution as well.",
        source=GVBSM,
    ),
]


def without_batch_norm(network: str) -> str | None:
    """Why a network cannot be inverted by its batch-norm statistics, or None."""
    if norm_of(network) != "batch":
        return f"{network!r} has no batch norm, so it remembers no statistics to match. Choose convnet:norm=batch or resnet18."
    return None
