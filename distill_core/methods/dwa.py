"""DWA: diversity-driven synthesis by directed weight adjustment.

Jiawei Du, Xin Zhang, Juncheng Hu, Wenxin Huang, Joey Tianyi Zhou, "Diversity-Driven Synthesis: Enhancing Dataset
Distillation through Directed Weight Adjustment", NeurIPS 2024 (spotlight), arXiv 2409.17612.

Images that are all optimized against one frozen teacher come out alike. Before each batch DWA takes K small normalized
gradient-ascent steps on the teacher's weights, on the real images that this batch starts from: the shifted teacher has
partly forgotten them and behaves as if it had been trained on everything else, another large part of the data for every
batch. And the variance part of the batch-norm loss gets a larger weight of its own, since it spreads features while the
mean part pulls them to one center.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.adjustments import DirectedShift
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovering import Recovering
from ..parts.recovery import AnyRecovery, Inversion
from ..parts.starts import AnyStart, RealStart
from ..parts.statistics import AtBatchNorm


class DirectedWeightAdjustment(Recovering):
    """Invert a teacher that is shifted anew for every batch."""

    card: ClassVar[Card] = Card.of(__file__)

    start: AnyStart = RealStart()
    recover: AnyRecovery = Inversion(adjustment=DirectedShift(), statistics=AtBatchNorm(variance_weight=0.11))
    labels: AnyLabels = LiveTeacher(protocol="dwa")
