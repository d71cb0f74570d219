"""Selections by a score of difficulty that comes from watching a network learn; its members say which score."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from ..datasets import RealSet
from ..events import Parts, PerClass, StageStarted
from ..job import Job
from ..method import Method, Stream
from ..part import knob
from ..pieces.dynamics import Record
from ..pieces.ground import Ground
from ..pieces.select import selected, show_selected
from ..quantities import variant
from ..results import Pictures
from .dynamics import Dynamics
from .labels import AnyLabels, HardLabels

KEEP = Literal["hardest", "easiest"]
FEW = 50  # images per class: a hundredth of CIFAR-10's
BINS = 10


class Scoring(Method):
    """Watch how every real image is learned, score it, keep some of each class."""

    dynamics: Dynamics = Dynamics()
    labels: AnyLabels = HardLabels()
    quantity: ClassVar[str]  # the score, as `quantities` knows it

    def score(self, records: list[Record]) -> Tensor:
        """(n,) of all real training images, as the paper defines it."""
        raise NotImplementedError

    def chosen(self, scores: Tensor, ipc: int, generator: Generator) -> Tensor:
        """The places of `ipc` images of one class, from their scores (n,); the first one first."""
        raise NotImplementedError

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = Ground.of(job)
        real, scores = ground.real, self.score((yield from self.dynamics.records(ground)))
        yield StageStarted("select", 1)
        generator = Generator().manual_seed(job.seed)
        columns = []
        for label in range(ground.classes):
            own = real.per_class(label)
            columns.append(own[self.chosen(scores[own], job.ipc, generator)])
        ids = torch.stack(columns, dim=1).flatten()
        yield from told(self.quantity, scores, real, ids)
        yield show_selected(0, real, ids)
        return self.labels.dressed(ground, selected(real, ids))


class OneEnd(Scoring):
    """Those that keep one end of the order, the hardest or the easiest of each class."""

    keep: KEEP = knob(
        "hardest",
        "Kept",
        "Which end of the order is kept in each class. Where few images stay, the hardest teach less than random ones (CCS, arXiv "
        "2210.15809), and where data are scarce the easiest are better kept (Sorscher et al., NeurIPS 2022, arXiv 2206.14486).",
        source="the paper",
    )
    rises: ClassVar[bool] = True  # whether a higher score is a harder image

    def caution(self, job: Job) -> str | None:
        if self.keep == "hardest" and job.ipc <= FEW:
            return (
                f"The hardest images of each class are kept, as in the paper, which keeps many; with ipc={job.ipc} they "
                "often teach less than random ones. Choose the easiest to see the other end."
            )
        return super().caution(job)

    def chosen(self, scores: Tensor, ipc: int, generator: Generator) -> Tensor:
        """Equal scores come in an order that the seed draws."""
        mixed = torch.randperm(len(scores), generator=generator)
        down = self.rises == (self.keep == "hardest")
        return mixed[scores[mixed].argsort(descending=down, stable=True)[:ipc]]


def told(quantity: str, scores: Tensor, real: RealSet, ids: Tensor) -> Stream[None]:
    """Say the scores of all images and of the chosen: the mean of each class, and how many lie where."""
    finite = scores[scores.isfinite()].double()
    top = float(finite.max()) if len(finite) else 0.0
    low = float(finite.min()) if len(finite) else 0.0
    for qualifier, which in (("", torch.arange(len(scores))), ("chosen", ids)):
        held, labels = scores[which].double().clamp(max=top), real.train.labels[which]
        means = [float(held[labels == label].mean()) for label in range(len(real.classes))]
        yield PerClass(0, variant(f"{quantity}-by-class", qualifier), torch.tensor(means).double().numpy())
        yield Parts(0, variant(f"{quantity}-counts", qualifier), counts(scores[which].double(), low, top))


def counts(scores: Tensor, low: float, top: float) -> dict[str, float]:
    """How many scores lie in each of ten ranges between `low` and `top`, by the range; those without end by themselves."""
    finite = scores[scores.isfinite()]
    width = (top - low) / BINS or 1.0
    places = ((finite - low) / width).long().clamp(0, BINS - 1).bincount(minlength=BINS)
    found = {f"{low + i * width:.3g} to {low + (i + 1) * width:.3g}": float(n) for i, n in enumerate(places)}
    return {**found, "never learned": float(len(scores) - len(finite))} if len(finite) < len(scores) else found
