"""DM: distribution matching.

Bo Zhao, Hakan Bilen, "Dataset Condensation with Distribution Matching", WACV 2023, arXiv 2110.04181.

    min_S  E_θ Σ_c ‖ mean_{x∈B_c} ψ_θ(A_ω(x)) − mean_{s∈S_c} ψ_θ(A_ω(s)) ‖²

ψ_θ are the last features of a network with fresh random weights at every step, A_ω one augmentation, drawn for each class and
the same on both sides.
No network is trained and no second derivative is taken.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import MeanFeatures
from ..search.matching import Matching
from ..search.spaces import AnySpace, Pixels


class DistributionMatching(Matching):
    """Match mean features under random networks."""

    card: ClassVar[Card] = Card.of(__file__)

    objective: MeanFeatures = MeanFeatures()
    space: AnySpace = Pixels(lr_img=1.0)
    labels: AnyLabels = HardLabels(protocol="dsa")
