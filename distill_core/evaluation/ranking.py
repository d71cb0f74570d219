"""Ranking: how well each distance orders candidates, against students that are trained on each of them.

All candidates are judged by the same students: the same first weights and draws. Accuracy is that of the real test part,
which no distance has seen; the distance by brief students looks at validation images. What students make of a candidate is
kept by its content, so that a ranking that grows trains on the new ones only.
"""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .. import store
from ..datasets import RealSet
from ..errors import BadRecord
from ..events import Images, Note, Scalars
from ..home import write_json
from ..loop import Live, steps
from ..measures.relevance import Measure
from ..method import Stream, stage
from ..quantities import variant
from .continual import Memory
from .seeds import derive


@dataclass(frozen=True, eq=False)
class Entrant:
    """One candidate: what it is called, its images (n, h, w, c) uint8, their labels, the loss that the run said of it.

    Args:
        layer: of the generator, or what it is else (random real, class mean, pixels).
        step: of its layer's search.
        roles: what it is there for: entry, kept, draw 2.
        walk: it is of the one walk; the others stand beside.
    """

    name: str
    layer: str
    pixels: np.ndarray
    labels: np.ndarray
    loss: float | None
    step: int = 0
    roles: tuple[str, ...] = ()
    walk: bool = True

    @cached_property
    def mark(self) -> str:
        """Of its pixels and labels alone."""
        content = np.ascontiguousarray(self.pixels).tobytes() + np.asarray(self.labels, np.int64).tobytes()
        return hashlib.sha256(content).hexdigest()

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
    found = []
    for c, (one, memory) in enumerate(zip(entrants, memories, strict=True)):
        right = yield from _judged(one, memory, students, c * students, len(entrants) * students)
        yield Note(f"{one.name}: {statistics.fmean(right):.1%} of the test images, {students} students.")
        found.append(right)
    return found


def _judged(one: Entrant, memory: Memory, students: int, first: int, total: int) -> Stream[list[float]]:
    """What so many students make of it: kept, or trained and kept. `first` and `total` are for the progress."""
    protocol = memory.protocol.asked()
    content = {"form": 1, "images": one.mark, "data": memory.real.fingerprint, "student": memory.student}
    content |= {"protocol": protocol, "seed": memory.job.seed, "teacher": _weights(memory.teacher)}

    def make(file: Path) -> Stream[None]:
        right = torch.full((students,), -1.0, dtype=torch.float64)
        every = range(len(memory.real.classes))
        for step in steps("rank", students, state={"right": right}, quiet=True):
            student = memory.point("distilled", every, derive(memory.job.seed, step.index))
            at, updates = first + step.index, memory.updates(every)
            right[step.index] = yield from stage("rank", student, updates, at, total)
        write_json(file, {"accuracy": right.tolist()})

    def read(path: Path) -> list[float] | None:
        found = json.loads(path.read_text(encoding="utf-8"))["accuracy"]
        return list(found[:students]) if len(found) >= students else None

    return (yield from store.made("judged", store.key_of(content), make, read, ".json"))


def _weights(teacher: nn.Module | None) -> str:
    """What tells the teacher that labels from others."""
    if teacher is None:
        return ""
    found = hashlib.sha256()
    for name, tensor in sorted(teacher.state_dict().items()):
        found.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()
