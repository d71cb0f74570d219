"""Classes that a teacher calls by each other's names: found by what it answers, whatever its accuracy is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..datasets import RealSet
from ..datasets.real import Split

FEWEST = 5  # images of a class in the validation part; with fewer the training part is asked
MOSTLY = 0.5  # of a class called by one other name: more than this is no weakness


@torch.no_grad()
def confusion(network: nn.Module, real: RealSet, split: Split, device: torch.device) -> Tensor:
    """(classes, classes) int64: how many images of a class (row) are called by each name (column), in eval mode."""
    classes, was = len(real.classes), network.training
    found = torch.zeros(classes, classes, dtype=torch.int64)
    network.eval()
    for images, labels in zip(split.images.split(1000), split.labels.split(1000), strict=True):
        answers = network(real.normalize(real.pixels(images.to(device)))).argmax(1).cpu()
        found += (labels * classes + answers).bincount(minlength=classes**2).view(classes, classes)
    network.train(was)
    return found


def asked_part(real: RealSet) -> Split:
    """The images to ask about: those held out, where each class has a few."""
    counts = real.val.labels.bincount(minlength=len(real.classes))
    return real.val if len(real.val) and int(counts.min()) >= FEWEST else real.train


def reordered(counts: Tensor, classes: Sequence[str]) -> str:
    """A sentence where classes trade names, "" where none do.

    A ring of classes counts (3 → 5 → 3, or longer): most images of each are called by the next one's name. One class that is often
    taken for another, which keeps its own name, is a weakness and no exchange.
    """
    share = counts / counts.sum(1, keepdim=True).clamp(min=1)
    top, called = share.max(1)
    moved = {i: int(called[i]) for i in range(len(classes)) if int(called[i]) != i and float(top[i]) > MOSTLY}
    ring = next((found for first in moved if (found := _ring(first, moved))), [])
    if not ring:
        return ""
    said = [
        f"{100 * float(top[i]):.0f} % of {_name(i, classes)} are called {_name(moved[i], classes)}" for i in ring[:3]
    ]
    more = len(moved) - 3
    listed = " and ".join(said) if len(said) < 3 else f"{said[0]}, {said[1]} and {said[2]}"
    rest = f", and {more} more" if more > 0 else ""
    what = f"classes {ring[0]} and {ring[1]} look swapped" if len(ring) == 2 else f"{len(ring)} classes look reordered"
    others = " among others" if len(ring) == 2 and len(moved) > 2 else ""
    return f"{what}{others}: {listed}{rest}."


def _ring(first: int, moved: dict[int, int]) -> list[int]:
    """The classes from this one on until it comes again; [] where it does not."""
    ring, at = [first], moved[first]
    while at in moved and at not in ring:
        ring.append(at)
        at = moved[at]
    return ring if at == first else []


def _name(label: int, classes: Sequence[str]) -> str:
    return f"class {label}" if classes[label] == str(label) else f"{classes[label]!r} ({label})"
