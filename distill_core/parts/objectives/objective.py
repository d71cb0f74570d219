"""What all objectives have: the change that both sides see, and rates that fit their scale."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Generator, Tensor

from ...loop import Live, Step
from ...method import Stream
from ...networks import Network
from ...part import Part, knob
from ...pieces.ground import Ground
from ...pieces.match import Match, Pull, Rates, random_network, real_batch
from ..views import AnyPairView, SiameseView, seen_by_class


class Objective(Part):
    """Base of the objectives."""

    students: ClassVar[str] = "hard"  # the protocol by which its papers train students
    usual: ClassVar[Rates] = Rates(1e-4, 0.01, 1.0)  # rates that fit its gradients: in our generator, and at pixels

    view: AnyPairView = SiameseView()

    def match(self, ground: Ground) -> Stream[Match]:
        """What compares images with real data in a run; what must be trained first is trained in a stage of its own."""
        raise NotImplementedError


class FromRealBatches(Objective):
    """Base of those that look at a real batch at every step."""

    batch_real: int = knob(
        32,
        "Real images at each step",
        "Real images of each class at a step; the papers take 256.",
        ge=1,
        le=4096,
        scale="log",
        source="ours, for two CPU cores",
    )


class Compared(NamedTuple):
    """What a look at both sides found.

    Args:
        distances: (classes,), with a graph; their sum is the loss.
        parts, scalars: what a report says beside them.
    """

    distances: Tensor
    parts: dict[str, dict[str, float]]
    scalars: dict[str, float]


class BatchMatch(Match):
    """Compares real and synthetic images of all classes in one pass of a network with fresh random weights at every step."""

    def __init__(self, settings: FromRealBatches, ground: Ground):
        self.settings, self.ground, self.view = settings, ground, settings.view.pair(ground.real)
        self.generator = Generator().manual_seed(ground.job.seed + 1)

    def compared(self, network: Network, theirs: Tensor, ours: Tensor, step: Step) -> Compared:
        """Real and synthetic images, one of each class after the other; `step.due` asks for what a report says."""
        raise NotImplementedError

    def pull(self, x: Tensor, step: Step) -> Pull:
        real, device, x = self.ground.real, self.ground.device, x.requires_grad_(True)
        ids = real_batch(real, self.settings.batch_real, self.generator)
        batch = real.normalize(real.pixels(real.train.images[ids.flatten()].to(device)))
        seed = int(torch.randint(2**31 - 3, (1,), generator=self.generator))
        network = random_network(self.ground.job, real, seed).to(device)
        pair = seen_by_class(self.view, batch, x, self.ground.classes, self.generator)
        theirs, ours = (
            side.transpose(0, 1).flatten(0, 1) for side in pair
        )  # slice-major again: one pass for all classes
        found = self.compared(network, theirs, ours, step)
        loss = found.distances.sum()
        (gradient,) = torch.autograd.grad(loss, x)
        return Pull(gradient, loss, found.distances, found.parts, found.scalars, seen=ids.numel())

    def state(self) -> dict[str, Live]:
        return {"generator": self.generator}
