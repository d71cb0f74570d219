"""What pulls images toward real data: mean features, gradients, or the way that training goes. Each works in every space."""

from __future__ import annotations

from typing import Annotated

from ...part import choice
from .gradients import Gradients
from .mean_features import MeanFeatures
from .objective import Objective
from .trajectories import Trajectories

__all__ = ["AnyObjective", "Gradients", "MeanFeatures", "Objective", "Trajectories"]

AnyObjective = Annotated[
    MeanFeatures | Gradients | Trajectories,
    choice(
        "Objective",
        "Mean features (dm), gradients (dc) or trajectories (mtt) are matched.",
        source="arXiv 2305.01649 and 2406.05704, released code",
        was="objective",
    ),
]
