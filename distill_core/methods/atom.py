"""ATOM: attention mixer.

Samir Khaki, Ahmad Sajedi, Kai Wang, Lucy Z. Liu, Yuri A. Lawryshyn, Konstantinos N. Plataniotis, "ATOM: Attention Mixer for Efficient
Dataset Distillation", CVPR Workshops 2024, arXiv 2405.01373.

    min_S  E_θ Σ_c [ Σ_{l<L} ( ‖ Δ mean z_s^l ‖² + ‖ Δ mean z_c^l ‖² ) + λ ‖ Δ mean ψ_θ ‖² ]
    A_s(f) = Σ_i |f_i|^p over channels,   A_c(f) = Σ_xy |f(:, x, y)|^p over places,   z = A / ‖A‖₂

DataDAM's attention over places tells where a network looks; attention over channels tells what it finds there. Both are matched, each
can be left out, and without channels it is DataDAM byte for byte.

ATOM's code is not public. That both kinds of attention and the mean features are matched stands in its text; its powers, weights and
the place in a block could not be read: they are DataDAM's here where it has them, and settings all.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import MixedAttention
from ..search.matching import Matching
from ..search.spaces import AnySpace, Pixels


class AttentionMixer(Matching):
    """Match attention over places and over channels, and mean features."""

    card: ClassVar[Card] = Card.of(__file__)

    objective: MixedAttention = MixedAttention()
    space: AnySpace = Pixels(lr_img=0.01)
    labels: AnyLabels = HardLabels(protocol="datadam")
