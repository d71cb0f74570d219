"""H-GLaD: hierarchical generative latent distillation, through all layers of a generator in turn.

Xinhao Zhong, Hao Fang, Bin Chen, Xulin Gu, Meikang Qiu, Shuhan Qi, Shu-Tao Xia, "Hierarchical Features Matter: A Deep
Exploration of Progressive Parameterization Method for Dataset Distillation", CVPR 2025, arXiv 2406.05704.

    for ℓ = 1 … L − 1:   (w, f_ℓ) ← K steps on  L_base( G_{L−1} ∘ … ∘ G_ℓ (f_ℓ; w), T )
                         f_{ℓ+1} ← clip( G_ℓ(f_ℓ; w), −10, 10 )            from the candidate with the least feature distance
    result: the candidate with the least feature distance of all

Images start from averaged latents (with several per class from one latent each) and are moved inside the generator, first where
a layer decides shapes, last where it decides pixels. Any objective serves; a distance in the features of a classifier says
which candidate to keep.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.objectives import Gradients, Trajectories
from ..parts.views import SiameseView
from ..search.matching import Matching
from ..search.spaces import AllLayers, AnySpace


class HierarchicalPrior(Matching):
    """Match through all layers of a generator."""

    card: ClassVar[Card] = Card.of(__file__)
    offers: ClassVar = {  # settings of the released code: networks are never trained between looks; constant memory
        "objective": (
            Gradients(outer=1, inner=1, batch_real=32, view=SiameseView()),
            Trajectories(memory="constant", lr_lr=1e-6),
        )
    }

    space: AnySpace = AllLayers()
