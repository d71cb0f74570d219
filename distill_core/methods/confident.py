"""The most confident real images: RDED's rule without its mosaics, and without its crops.

Peng Sun, Bei Shi, Daiwei Yu, Tao Lin, "On the Diversity and Realism of Distilled Dataset: An Efficient Dataset Distillation
Paradigm", CVPR 2024, arXiv 2312.03526, section 3.3: of a random pool of a class's images those are kept on which the teacher's
cross-entropy is lowest. What RDED adds to it is the cutting and pasting.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..events import PerClass
from ..job import Job
from ..loop import Live, saw, steps
from ..method import Card, Method, Stream, stage
from ..networks import Network
from ..part import knob
from ..parts.labels import AnyLabels, HardLabels
from ..parts.squeezing import OneNetwork
from ..pieces.ground import Ground
from ..pieces.patches import CHOICE, ranked
from ..pieces.select import selected, show_selected
from ..pieces.show import logits_of, place, reference
from ..results import Pictures


class Confident(Method):
    """Keep the real images that a teacher finds easiest."""

    card: ClassVar[Card] = Card.of(__file__)

    pool: int = knob(
        300,
        "Images looked at",
        "Random images of each class among which is chosen; a smaller class gives all it has.",
        ge=1,
        le=100_000,
        source="arXiv 2312.03526, released code",
    )
    keep: CHOICE = knob(
        "easiest",
        "Kept",
        "Those with the lowest cross-entropy, or those around the middle.",
        source="arXiv 2312.03526, released code",
    )
    squeeze: OneNetwork = OneNetwork()
    labels: AnyLabels = HardLabels()

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = Ground.of(job)
        teachers = yield from self.squeeze.teachers(ground)
        chosen = torch.zeros(job.ipc, ground.classes, dtype=torch.long)
        choosing = self._select(ground, teachers[0].network, chosen)
        yield from stage("select", choosing, ground.classes)
        return self.labels.dressed(ground, selected(ground.real, chosen.flatten()))

    def _select(self, ground: Ground, network: Network, chosen: Tensor) -> Stream[None]:
        """Fill chosen (ipc, classes) with training ids, the easiest first."""
        real, ipc = ground.real, ground.job.ipc
        yield from reference(real, network, ground.device)
        generator, means = Generator().manual_seed(ground.job.seed), torch.zeros(ground.classes, dtype=torch.float64)
        state: dict[str, Live] = {"chosen": chosen, "means": means, "generator": generator}
        for step in steps("select", ground.classes, state=state):
            own = real.per_class(step.index)
            ids = own[torch.randperm(len(own), generator=generator)[: max(self.pool, ipc)]]
            losses = cross_entropies(ground, network, ids)
            order = ranked(losses, self.keep)[:ipc]
            chosen[:, step.index], means[step.index] = ids[order], losses[order].double().mean()
            saw(len(ids))
            if step.due:
                found = chosen[:, : step.index + 1].flatten()
                yield show_selected(step.index, real, found)
                normalized = real.normalize(real.pixels(real.train.images[found].to(ground.device)))
                yield place(step.index, network, normalized, real.train.labels[found])
        yield PerClass(ground.classes, "chosen-cross-entropy-by-class", means.numpy())


def cross_entropies(ground: Ground, network: Network, ids: Tensor) -> Tensor:
    """ℓ(φ_T(x), y) of real training images, (n,) on the CPU."""
    real = ground.real
    logits = logits_of(network, real.normalize(real.pixels(real.train.images[ids].to(ground.device))))
    return F.cross_entropy(logits, real.train.labels[ids], reduction="none")
