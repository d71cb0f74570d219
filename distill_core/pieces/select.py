"""Selections of real images: the features they are chosen by, and the set that comes out."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..datasets import RealSet
from ..events import Images, Scalars
from ..loop import saw, steps
from ..method import Stream, stage
from ..networks import Network
from ..results import Pictures
from .ground import Ground
from .show import place, reference, show
from .teach import embed

Pick = Callable[[Tensor, list[int]], int]


def selected(real: RealSet, ids: Tensor) -> Pictures:
    """The set of these training images, (n,) ids."""
    images, labels = real.pixels(real.train.images[ids]), real.train.labels[ids]
    return Pictures(images, labels, real.classes, real.mean, real.std, ids=ids)


def show_selected(step: int, real: RealSet, ids: Tensor) -> Images:
    """The chosen images; their ids are their places in the training part."""
    return show(step, real.pixels(real.train.images[ids]), real.train.labels[ids], ids=ids)


def select_by_features(ground: Ground, network: Network, pick: Pick) -> Stream[Pictures]:
    """Embed each class by the network, and choose `ipc` images one after the other with `pick`.

    Args:
        pick: from the features of a class (n, f), float64, and the places chosen so far, the place of the next one.
    """
    real, device = ground.real, ground.device
    yield from reference(real, network, device)
    own = [real.per_class(label) for label in range(ground.classes)]
    features = [embed(network, real, ids, device).double() for ids in own]
    saw(sum(len(ids) for ids in own))
    chosen = torch.zeros(ground.job.ipc, len(own), dtype=torch.long)
    yield from stage("select", _select(ground, network, own, features, chosen, pick), ground.job.ipc)
    return selected(real, own_ids(own, chosen))


def own_ids(own: list[Tensor], chosen: Tensor) -> Tensor:
    """Places within classes (ipc, classes) → training ids, slice by slice."""
    return torch.stack([ids[chosen[:, c]] for c, ids in enumerate(own)], dim=1).flatten()


def _select(
    ground: Ground, network: Network, own: list[Tensor], features: list[Tensor], chosen: Tensor, pick: Pick
) -> Stream[None]:
    real, device = ground.real, ground.device
    centers = torch.stack([f.mean(0) for f in features])
    for step in steps("select", len(chosen), state={"chosen": chosen}):
        for c, of_class in enumerate(features):
            chosen[step.index, c] = pick(of_class, chosen[: step.index, c].tolist())
        if step.due:
            ids = own_ids(own, chosen[: step.index + 1])
            yield show_selected(step.index, real, ids)
            normalized = real.normalize(real.pixels(real.train.images[ids].to(device)))
            yield place(step.index, network, normalized, real.train.labels[ids])
            means = torch.stack([f[chosen[: step.index + 1, c]].mean(0) for c, f in enumerate(features)])
            yield Scalars(step.index, {"class-mean-distance": float((means - centers).norm(dim=1).mean())})
