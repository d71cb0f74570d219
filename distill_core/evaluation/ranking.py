"""Ranking: how well each distance orders the candidates of a search, against students that are trained on each of them.

All candidates are judged by the same students: the same first weights and draws. Accuracy is that of the real test part,
which no distance has seen; the distance by brief students looks at validation images.
"""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import torch
from torch import Tensor

from ..datasets import RealSet
from ..errors import BadRecord
from ..events import Images, Note, Parts, Scalars
from ..loop import Live, steps
from ..measures.ranking import ranking
from ..measures.relevance import Measure
from ..method import Stream, stage
from ..quantities import variant
from .continual import Memory
from .students import derive


@dataclass(frozen=True, eq=False)
class Entrant:
    """One candidate: what it is called, its images (n, h, w, c) uint8, their labels, the loss that the run said of it."""

    name: str
    layer: str
    pixels: np.ndarray
    labels: np.ndarray
    loss: float | None

    def images(self, real: RealSet) -> tuple[Tensor, Tensor]:
        """(n, c, h, w) in [0, 1] and labels, slice-major: one image of each class, then the next of each."""
        labels, classes = torch.from_numpy(np.asarray(self.labels, np.int64)), len(real.classes)
        counts = labels.bincount(minlength=classes)
        if len(counts) > classes or int(counts.min()) < 1 or int(counts.min()) != int(counts.max()):
            raise BadRecord(
                f"The images at {self.name} are not as many of each of the {classes} classes of {real.name}, which the "
                "distances need. Choose a run that shows all of its images."
            )
        order = labels.argsort(stable=True).view(classes, -1).T.flatten()
        x = torch.from_numpy(np.ascontiguousarray(self.pixels.transpose(0, 3, 1, 2)))
        return real.pixels(x[order]), labels[order]


def mark_of(entrants: Sequence[Entrant]) -> str:
    """What tells these entrants from others: a search that went on in the meantime is ranked anew."""
    return hashlib.sha256("|".join(one.name for one in entrants).encode()).hexdigest()[:8]


def distances(
    entrants: Sequence[Entrant], measures: Mapping[str, Measure], real: RealSet, device: torch.device
) -> Stream[dict[str, list[float]]]:
    """Every measure's distance of every entrant; the entry `loss` is what the run itself said, NaN where it said nothing."""
    found = torch.full((len(entrants), len(measures)), torch.nan, dtype=torch.float64)
    state: dict[str, Live] = {"found": found}
    for measure in measures.values():
        state |= measure.state()
    for step in steps("distances", len(entrants), state=state, quiet=True):
        one = entrants[step.index]
        images, labels = one.images(real)
        x = real.normalize(images.to(device))
        for column, measure in enumerate(measures.values()):
            found[step.index, column] = measure(x, torch.tensor(torch.nan), None).sum().item()
        said = dict(zip(measures, found[step.index].tolist(), strict=True))
        yield Scalars(step.index, {variant("candidate-distance", name): value for name, value in said.items()})
        shown = np.arange(len(labels))
        yield Images(step.index, one.pixels, np.asarray(one.labels), shown, one.layer)
    losses = [float("nan") if one.loss is None else float(one.loss) for one in entrants]
    return {**{name: found[:, i].tolist() for i, name in enumerate(measures)}, "loss": losses}


def accuracies(entrants: Sequence[Entrant], memories: Sequence[Memory], students: int) -> Stream[list[list[float]]]:
    """Test accuracy of `students` students on each entrant, as fractions; the same seeds for all of them."""
    cells = [(c, i) for c in range(len(entrants)) for i in range(students)]
    found = torch.full((len(entrants), students), -1.0, dtype=torch.float64)
    for step in steps("rank", len(cells), state={"found": found}, quiet=True):
        c, i = cells[step.index]
        memory = memories[c]
        every = range(len(memory.real.classes))
        student = memory.point("distilled", every, derive(memory.job.seed, i))
        found[c, i] = yield from stage("rank", student, memory.updates(every), step.index, len(cells))
        if i == students - 1:
            yield Note(f"{entrants[c].name}: {found[c].mean():.1%} of the test images, {students} students.")
    return found.tolist()


class Metric(TypedDict):
    """How a distance ranks the candidates (see `measures.ranking.Ranking`), and the accuracy of the one that it would pick."""

    rho: float | None
    low: float | None
    high: float | None
    n: int
    picked: int | None
    accuracy: float | None


class Compared(TypedDict):
    """All distances by name, and what the candidates reach: the best, and the mean."""

    metrics: dict[str, Metric]
    best: float
    mean: float


def compared(distance: Mapping[str, Sequence[float]], accuracy: Sequence[Sequence[float]]) -> Compared:
    """For each metric ρ with its interval and n, and the accuracy of the candidate that it would pick; the best and the mean."""
    means = [statistics.fmean(one) for one in accuracy]
    metrics: dict[str, Metric] = {}
    for name, values in distance.items():
        found = ranking(values, means)
        metrics[name] = {
            "rho": found.rho,
            "low": found.low,
            "high": found.high,
            "n": found.n,
            "picked": found.picked,
            "accuracy": None if found.picked is None else means[found.picked],
        }
    return {"metrics": metrics, "best": max(means), "mean": statistics.fmean(means)}


def said(found: Compared, last: int) -> Stream[None]:
    """What came out, as events of the study's own run."""
    known = {name: one["rho"] for name, one in found["metrics"].items() if one["rho"] is not None}
    if known:
        yield Parts(last, "rank-correlation", known)
    for name, one in found["metrics"].items():
        if one["rho"] is not None and one["accuracy"] is not None:
            interval = "" if one["low"] is None else f" ({one['low']:.2f} … {one['high']:.2f})"
            yield Note(
                f"{name}: ρ = {one['rho']:.2f}{interval}, n = {one['n']}; picks {one['accuracy']:.1%}, best "
                f"{found['best']:.1%}, mean {found['mean']:.1%}."
            )
