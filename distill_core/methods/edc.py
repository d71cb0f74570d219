"""EDC: the design space of statistics matching, gone through choice by choice.

Shitong Shao, Zikai Zhou, Huanran Chen, Zhiqiang Shen, "Elucidating the Design Space of Dataset Condensation", NeurIPS 2024,
arXiv 2404.13733.

As G-VBSM, with other choices: images start from real ones; half of the mismatch is to the statistics of the classes in
the batch; crops are mild and nothing is rolled; no densification, no dropped terms; students take small batches, a
smoothed learning rate, and the average of their weights is tested.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.batches import WholeClasses
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovering import Recovering
from ..parts.recovery import AnyRecovery, Inversion
from ..parts.squeezing import AnySqueeze, SeveralNetworks
from ..parts.starts import AnyStart, RealStart
from ..parts.statistics import Everywhere
from ..parts.views import Cropped


class DesignSpace(Recovering):
    """Recover from real images with class statistics and mild crops."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: AnySqueeze = SeveralNetworks()
    start: AnyStart = RealStart()
    recover: AnyRecovery = Inversion(
        lr_img=0.05,
        view=Cropped(low=0.5, jitter=0.0),
        statistics=Everywhere(class_share=0.5),
        batches=WholeClasses(),
    )
    labels: AnyLabels = LiveTeacher(protocol="edc")
