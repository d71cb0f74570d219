"""What pulls images toward real data: mean features, attention, gradients, or the way that training goes. Each works in every space."""

from __future__ import annotations

from typing import Annotated

from ...part import choice
from .attention import MixedAttention, SpatialAttention
from .gradients import Gradients
from .mean_features import MeanFeatures
from .objective import Objective
from .trajectories import Trajectories

__all__ = [
    "AnyObjective",
    "Gradients",
    "MeanFeatures",
    "MixedAttention",
    "Objective",
    "SpatialAttention",
    "Trajectories",
]

AnyObjective = Annotated[
    MeanFeatures | Gradients | Trajectories | SpatialAttention | MixedAttention,
    choice(
        "Objective",
        "Mean features (dm), gradients (dc), trajectories (mtt) or attention (datadam; atom: over channels too) are matched.",
        source="arXiv 2305.01649 and 2406.05704, released code",
        was="objective",
    ),
]
