"""GLaD: generative latent distillation, at one layer of a generator.

George Cazenavette, Tongzhou Wang, Antonio Torralba, Alexei A. Efros, Jun-Yan Zhu, "Generalizing Dataset Distillation via
Deep Generative Prior", CVPR 2023, arXiv 2305.01649.

    min_{w, f}  L_base( G_{L−1} ∘ … ∘ G_n (f; w), T )

Images are not moved pixel by pixel but inside a generator, at its layer n: early layers keep them realistic, late ones leave
them free. Any objective serves: what it pulls at the pixels is pushed back into w and f, a few images at a time.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.objectives import Gradients, Trajectories
from ..parts.views import SiameseView
from ..search.matching import Matching
from ..search.spaces import AnySpace, OneLayer


class GenerativeLatent(Matching):
    """Match at one layer of a generator."""

    card: ClassVar[Card] = Card.of(__file__)
    offers: ClassVar = {  # settings of the released code: networks are never trained between looks; constant memory
        "objective": (
            Gradients(outer=1, inner=1, batch_real=32, view=SiameseView()),
            Trajectories(memory="constant", lr_lr=1e-6),
        )
    }

    space: AnySpace = OneLayer()
