"""SRe2L: squeeze, recover, relabel.

Zeyuan Yin, Eric Xing, Zhiqiang Shen, "Squeeze, Recover and Relabel", NeurIPS 2023, arXiv 2306.13092.

A network is trained on all data (squeeze). Images that start from noise are optimized until this frozen network recognizes
them and its batch-norm layers see the statistics that they remember (recover). Students then learn from the network's own
answers on every augmented view (relabel).
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovering import Recovering


class SqueezeRecoverRelabel(Recovering):
    """Invert a trained network from noise."""

    card: ClassVar[Card] = Card.of(__file__)

    labels: AnyLabels = LiveTeacher(protocol="sre2l")
