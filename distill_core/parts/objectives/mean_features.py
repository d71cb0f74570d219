"""Distribution matching as an objective (DM, arXiv 2110.04181): mean features under networks with random weights."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from ...loop import Step
from ...method import Stream
from ...networks import Network
from ...pieces.ground import Ground
from ...pieces.match import Match, Rates
from .objective import BatchMatch, Compared, FromRealBatches


class MeanFeatures(FromRealBatches):
    """Mean features of each class: Σ_c ‖ mean ψ_θ(A_ω(B_c)) − mean ψ_θ(A_ω(S_c)) ‖², θ drawn anew at every step, ω for each class in it."""

    kind: Literal["dm"] = "dm"
    students: ClassVar[str] = "dm"
    usual: ClassVar[Rates] = Rates(1e-4, 0.01, 1.0)

    def match(self, ground: Ground) -> Stream[Match]:
        return FeatureMatch(self, ground)
        yield


class FeatureMatch(BatchMatch):
    """The objective in a run."""

    what = "feature-mean-distance-by-class"

    def compared(self, network: Network, theirs: Tensor, ours: Tensor, step: Step) -> Compared:
        return Compared(class_distances(network, theirs, ours, self.ground.classes), {}, {})


def class_distances(network: Network, real_images: Tensor, synthetic: Tensor, classes: int) -> Tensor:
    """(classes,) squared distances of mean features. Both batches hold one image of each class after the other."""
    with torch.no_grad():
        wanted = network.features(real_images).unflatten(0, (-1, classes)).mean(0)
    given = network.features(synthetic).unflatten(0, (-1, classes)).mean(0)
    return (wanted - given).square().sum(1)
