"""Distribution matching as an objective (DM, arXiv 2110.04181): mean features under networks with random weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from ..job import Job
from .match import Ground, Pull, random_network, real_batch
from .views import PairView


class MeanFeatures:
    """Σ_c ‖ mean ψ_θ(A_ω(B_c)) − mean ψ_θ(A_ω(S_c)) ‖², θ and ω drawn anew at every step."""

    what, remedy = "feature-mean-distance-by-class", "Lower lr_img."

    def __init__(self, job: Job, ground: Ground, batch_real: int, view: PairView):
        self.job, self.ground, self.batch_real, self.view = job, ground, batch_real, view
        self.generator = Generator().manual_seed(job.seed + 1)

    def pull(self, x: Tensor, now: Any, due: bool) -> Pull:
        real, device, x = self.ground.real, self.ground.device, x.requires_grad_(True)
        ids = real_batch(real, self.batch_real, self.generator)
        batch = real.normalize(real.pixels(real.train.images[ids.flatten()].to(device)))
        seed = int(torch.randint(2**31 - 3, (1,), generator=self.generator))
        network = random_network(self.job, real, seed).to(device)
        distances = class_distances(network, *self.view(batch, x, self.generator), len(real.classes))
        loss = distances.sum()
        (gradient,) = torch.autograd.grad(loss, x)
        return Pull(gradient, loss, distances, seen=ids.numel())

    def after(self, x: Tensor) -> None:
        """No network is trained."""

    def state(self) -> dict[str, Any]:
        return {"generator": self.generator}


def class_distances(network: Any, real_images: Tensor, synthetic: Tensor, classes: int) -> Tensor:
    """(classes,) squared distances of mean features. Both batches hold one image of each class after the other."""
    with torch.no_grad():
        wanted = network.features(real_images).unflatten(0, (-1, classes)).mean(0)
    given = network.features(synthetic).unflatten(0, (-1, classes)).mean(0)
    return (wanted - given).square().sum(1)
