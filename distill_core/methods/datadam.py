"""DataDAM: dataset distillation with attention matching.

Ahmad Sajedi, Samir Khaki, Ehsan Amjadian, Lucy Z. Liu, Yuri A. Lawryshyn, Konstantinos N. Plataniotis, "DataDAM: Efficient Dataset
Distillation with Attention Matching", ICCV 2023, arXiv 2310.00093.

    min_S  E_θ Σ_c [ Σ_{l<L} ‖ mean_{B_c} z^l − mean_{S_c} z^l ‖² + λ ‖ mean ψ_θ(B_c) − mean ψ_θ(S_c) ‖² ]
    A^l(x) = Σ_i |f_i^l(x)|^p over the channels i of block l,   z^l = A^l / ‖A^l‖₂

Networks with fresh random weights look at real and synthetic images of a class; the images move until both hold the networks'
attention at the same places, in every block but the last, and have the same mean features behind it. No network is trained.

The released code multiplies all by 100 (`scale`; the formula has 1), takes p = 1 and batch norm by default where its own table says
p = 4 and instance norm (a preset each), and whitens CIFAR first (not here).
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import SpatialAttention
from ..search.matching import Matching
from ..search.spaces import AnySpace, Pixels


class DatasetAttention(Matching):
    """Match attention over places, and mean features."""

    card: ClassVar[Card] = Card.of(__file__)

    objective: SpatialAttention = SpatialAttention()
    space: AnySpace = Pixels(lr_img=0.01)
    labels: AnyLabels = HardLabels(protocol="datadam")
