"""Whether experts know the named data set, and in which pixels: their last snapshot is asked about validation images."""

from __future__ import annotations

import torch
from torch import Tensor

from ...datasets import RealSet
from ...errors import BadRecord
from ...networks import Network
from ...pieces.trajectory import named
from .space import judging
from .zca import MOST

LOOKED_AT = 1000  # validation images


@torch.no_grad()
def recognizes(network: Network, path: Tensor, real: RealSet, space: str) -> float:
    """The share of validation images that the last snapshot gets right, where it was trained on pixels of this space."""
    part = real.val.take(torch.arange(min(LOOKED_AT, len(real.val))))
    images = judging(real.pixels(part.images), space, real)
    weights = named(path[-1], network)
    found = torch.func.functional_call(network.eval(), weights, (images,)).argmax(1)
    return float((found == part.labels).float().mean())


def known_share(path: Tensor, said: str, network: Network, real: RealSet) -> float:
    """What an expert's last snapshot recognizes in normalized images; `BadRecord` where that is chance, or less than in others."""
    small = real.channels * real.size**2 <= MOST
    spaces = ("normalized", "unit", *(["zca"] if small else []))
    seen = {space: recognizes(network, path, real, space) for space in spaces}
    count, chance = min(LOOKED_AT, len(real.val)), 1 / len(real.classes)
    enough = chance + 3 * (chance * (1 - chance) / count) ** 0.5
    best = max(seen, key=lambda space: seen[space])
    shown = ", ".join(f"{100 * share:.0f} % as {space}" for space, share in seen.items())
    if seen[best] <= enough:
        raise BadRecord(
            f"{said} Their last snapshot is at chance on {real.title} ({shown}; chance is {100 * chance:.0f} %): they know other "
            "images or other classes. They were not brought in."
        )
    if best != "normalized" and seen[best] > seen["normalized"] + 0.1:
        raise BadRecord(
            f"{said} They were trained on {best} pixels of {real.title} ({shown}), and our trajectories train on normalized ones: "
            "they lead elsewhere. They were not brought in."
        )
    return seen["normalized"]
