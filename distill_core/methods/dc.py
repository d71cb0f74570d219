"""DC: dataset condensation with gradient matching.

Bo Zhao, Konda Reddy Mopuri, Hakan Bilen, "Dataset Condensation with Gradient Matching", ICLR 2021, arXiv 2006.05929.

    min_S  E_θ0 Σ_t Σ_c D( ∇_θ ℓ(S_c; θ_t), ∇_θ ℓ(B_c; θ_t) )

A network with random weights looks at real and synthetic images of a class; the images move until both give it the same
gradient. Between two looks the network is trained a little on the synthetic images; with one image per class it never is.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import Gradients
from ..parts.starts import NoiseStart
from ..search.matching import Matching
from ..search.spaces import AnySpace, Pixels


class DatasetCondensation(Matching):
    """Match gradients under networks with random weights."""

    card: ClassVar[Card] = Card.of(__file__)

    objective: Gradients = Gradients()
    space: AnySpace = Pixels(iterations=100, lr_img=0.1, start=NoiseStart())
    labels: AnyLabels = HardLabels(protocol="dc")
