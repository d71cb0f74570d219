"""A teacher that is moved away from where training left it, and what the move does to it, in units that travel.

ρ is a length in weight space: what it does depends on the network. How much the loss on the starting images rises, ρ over
the length of all weights, and how many held-out images the moved teacher still gets right mean the same on every network.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .ground import Ground

HARDLY = 0.05  # nats: the right class loses 5 % of its probability
HELD, BATCH = 500, 100  # held-out images that are looked at; at once


def global_norm(tensors: list[Tensor]) -> Tensor:
    """‖·‖₂ of all tensors taken as one vector."""
    return torch.stack(torch._foreach_norm(tensors)).norm()


@dataclass(frozen=True)
class HeldOut:
    """Images that a teacher never learned from: (n, c, h, w), normalized, and their labels (n,), on the device."""

    images: Tensor
    labels: Tensor
    classes: int

    @classmethod
    def of(cls, ground: Ground) -> HeldOut | None:
        """The first images of the validation part, with the classes in turn; None where there is none."""
        real = ground.real
        if not len(real.val):
            return None
        some = real.val.take(_in_turn(real.val.labels)[:HELD])
        images = real.normalize(real.pixels(some.images)).to(ground.device)
        return cls(images, some.labels.to(ground.device), ground.classes)

    @torch.no_grad()
    def __call__(self, network: nn.Module) -> float:
        """The share that it gets right, in [0, 1]."""
        found = [
            network(x).argmax(1) == y for x, y in zip(self.images.split(BATCH), self.labels.split(BATCH), strict=True)
        ]
        return float(torch.cat(found).float().mean())

    @property
    def guess(self) -> float:
        """The share that guessing gets right at most: chance and two of its standard deviations."""
        chance = 1 / self.classes
        return chance + 2 * math.sqrt(chance * (1 - chance) / len(self.labels))


def _in_turn(labels: Tensor) -> Tensor:
    """Indices of the first of every class, then of the second of every class, and so on."""
    order = labels.argsort(stable=True)
    counts = torch.bincount(labels)
    rank = torch.cat([torch.arange(int(count)) for count in counts])  # the how-many-eth of its class, in that order
    return order[rank.argsort(stable=True)]


class Moving:
    """One network at θ_T + Δθ, for one batch.

    Args:
        network: in eval mode and at θ_T now; its weights are moved in place, its buffers never.
        look: gives the start of this batch under its first view, normalized (n, c, h, w); the same at every call.
        labels: (n,) int64, on the device.
        held: images that it never learned from; None where there are none.
    """

    def __init__(
        self,
        network: nn.Module,
        look: Callable[[], Tensor],
        labels: Tensor,
        held: HeldOut | None = None,
    ):
        self.network, self.look, self.labels, self.held = network, look, labels, held
        self.origin = {name: weight.detach().clone() for name, weight in network.named_parameters()}
        for weight in network.parameters():
            weight.requires_grad_(True)
        self.before = self._entropy()
        self.whole = float(global_norm(list(self.origin.values())))  # ‖θ_T‖
        self.did: dict[str, float] = {}  # what the shift did, by quantity, once it was made

    def rise(self) -> float:
        """How much more cross-entropy the start has than at θ_T, in nats."""
        return self._entropy() - self.before

    def back(self) -> None:
        """To θ_T."""
        with torch.no_grad():
            for name, weight in self.network.named_parameters():
                weight.copy_(self.origin[name])

    @torch.no_grad()
    def _entropy(self) -> float:
        return float(F.cross_entropy(self.network(self.look()), self.labels))

    @torch.no_grad()
    def shifts(self) -> tuple[float, dict[str, float]]:
        """‖Δθ‖ and, for each layer (weight and bias together), ‖Δθ_l‖ / ‖θ_l‖."""
        moved: dict[str, list[float]] = {}
        for name, weight in self.network.named_parameters():
            sums = moved.setdefault(name.rpartition(".")[0], [0.0, 0.0])
            sums[0] += float((weight - self.origin[name]).double().square().sum())
            sums[1] += float(self.origin[name].double().square().sum())
        total = sum(s[0] for s in moved.values()) ** 0.5
        return total, {layer: (s[0] / s[1]) ** 0.5 if s[1] else 0.0 for layer, s in moved.items()}

    def felt(self, length: float) -> dict[str, float]:
        """What the shift of this length, as the network stands, does; by quantity."""
        self.did = {"start-rise": self.rise(), "shift-relative": length / self.whole}
        if self.held is not None:
            self.did["shifted-accuracy"] = self.held(self.network)
        return self.did

    def doubts(self) -> list[str]:
        """Why the shift, as the network stands, may say nothing, as sentences: it is not felt, or the teacher guesses."""
        did = self.did or self.felt(self.shifts()[0])  # a run that goes on finds its teacher moved already
        rise, right, found = did["start-rise"], did.get("shifted-accuracy", 1.0), list[str]()
        if abs(rise) < HARDLY:
            found.append(
                f"The shift is hardly felt: the teacher's loss on the starting images goes from {self.before:.3g} to "
                f"{self.before + rise:.3g}. Below a rise of {HARDLY} images come out as without it; a longer ρ, or a shift "
                "that is asked for by its rise, would show what it does."
            )
        if self.held is not None and right <= self.held.guess:
            found.append(
                f"The shifted teacher gets {right:.1%} of the held-out images right, no better than "
                "chance: it tells the images nothing of their classes any more. The run goes on; a shorter ρ keeps it a teacher."
            )
        return found
