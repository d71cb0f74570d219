"""DSA: gradient matching with differentiable Siamese augmentation.

Bo Zhao, Hakan Bilen, "Dataset Condensation with Differentiable Siamese Augmentation", ICML 2021, arXiv 2102.08259.

    min_S  E_θ0 Σ_t Σ_c D( ∇ℓ(A_ω(S_c); θ_t), ∇ℓ(A_ω(B_c); θ_t) )

As `dc`, with one random augmentation for both sides, drawn anew for every class and look, and with real images to start
from (the reference command; the code's default is noise). Networks between looks and students see it drawn for each image.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import Gradients
from ..parts.views import SiameseView
from ..search.matching import Matching
from ..search.spaces import AnySpace, Pixels


class SiameseCondensation(Matching):
    """Match gradients of images that are augmented alike."""

    card: ClassVar[Card] = Card.of(__file__)

    objective: Gradients = Gradients(view=SiameseView())
    space: AnySpace = Pixels(iterations=100, lr_img=0.1)
    labels: AnyLabels = HardLabels(protocol="dsa")
