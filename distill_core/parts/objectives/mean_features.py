"""Distribution matching as an objective (DM, arXiv 2110.04181): mean features under networks with random weights."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from ...loop import Live, Step
from ...method import Stream
from ...networks import Network
from ...pieces.ground import Ground
from ...pieces.match import Match, Pull, Rates, random_network, real_batch
from ..views import seen_by_class
from .objective import FromRealBatches


class MeanFeatures(FromRealBatches):
    """Mean features of each class: Σ_c ‖ mean ψ_θ(A_ω(B_c)) − mean ψ_θ(A_ω(S_c)) ‖², θ drawn anew at every step, ω for each class in it."""

    kind: Literal["dm"] = "dm"
    students: ClassVar[str] = "dm"
    usual: ClassVar[Rates] = Rates(1e-4, 0.01, 1.0)

    def match(self, ground: Ground) -> Stream[Match]:
        return FeatureMatch(self, ground)
        yield


class FeatureMatch(Match):
    """The objective in a run."""

    what = "feature-mean-distance-by-class"

    def __init__(self, settings: MeanFeatures, ground: Ground):
        self.settings, self.ground, self.view = settings, ground, settings.view.pair(ground.real)
        self.generator = Generator().manual_seed(ground.job.seed + 1)

    def pull(self, x: Tensor, step: Step) -> Pull:
        real, device, x = self.ground.real, self.ground.device, x.requires_grad_(True)
        ids = real_batch(real, self.settings.batch_real, self.generator)
        batch = real.normalize(real.pixels(real.train.images[ids.flatten()].to(device)))
        seed = int(torch.randint(2**31 - 3, (1,), generator=self.generator))
        network = random_network(self.ground.job, real, seed).to(device)
        classes = self.ground.classes
        pair = seen_by_class(self.view, batch, x, classes, self.generator)
        theirs, ours = (
            side.transpose(0, 1).flatten(0, 1) for side in pair
        )  # slice-major again: one pass for all classes
        distances = class_distances(network, theirs, ours, classes)
        loss = distances.sum()
        (gradient,) = torch.autograd.grad(loss, x)
        return Pull(gradient, loss, distances, seen=ids.numel())

    def state(self) -> dict[str, Live]:
        return {"generator": self.generator}


def class_distances(network: Network, real_images: Tensor, synthetic: Tensor, classes: int) -> Tensor:
    """(classes,) squared distances of mean features. Both batches hold one image of each class after the other."""
    with torch.no_grad():
        wanted = network.features(real_images).unflatten(0, (-1, classes)).mean(0)
    given = network.features(synthetic).unflatten(0, (-1, classes)).mean(0)
    return (wanted - given).square().sum(1)
