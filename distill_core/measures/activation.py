"""Class activation maps (Zhou et al., CVPR 2016, arXiv 1512.04150): where a classifier finds its evidence for a class.

    M_c(x) = Σ_k w^c_k F_k(x)          F: last feature map (K, h, w) of a classifier trained on the real set

w^c is the classifier's row for class c: one number for each channel after a global average, one for each channel and place
where the map is flattened. The logit of class c without its bias is the sum of M_c over places where the map is flattened, and
its mean after a global average. The mean over a class's images is taken of real and of synthetic ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..datasets import RealSet
from ..errors import BadRecord
from ..networks import Network
from .relevance import evenly, weighted_maps

CHUNK = 256  # images that the network sees at once


@dataclass(frozen=True, eq=False)
class Means:
    """Means over the images of every class; NaN for a class without images.

    Args:
        maps: (classes, h, w) float32, the mean of M_c over images of class c.
        evidence: (classes,) float32, the mean logit of class c without its bias.
        images: (classes, c, H, W) float32 in [0, 1].
        counts: (classes,) int64, images of each class.
    """

    maps: Tensor
    evidence: Tensor
    images: Tensor
    counts: Tensor


@torch.no_grad()
def class_maps(network: Network, normalized: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """M_y(x) of every image for its own class, (n, h, w), and the logit of that class without its bias, (n,).

    Args:
        normalized: (n, c, H, W), as networks see them.

    Raises:
        BadRecord: for a network whose classifier sees no map (a perceptron, a transformer).
    """
    weighted = weighted_maps(network, normalized, labels)
    maps = weighted.sum(1)
    if maps[0].numel() < 2:
        raise BadRecord(
            f"{network.spec} has no feature map that its classifier weights, so it has no class activation map. Train a teacher "
            "with convolutions on these data: distill-studio teacher train --network auto."
        )
    flattened = weighted[0].numel() == network.classifier.in_features
    return maps, maps.flatten(1).sum(1) if flattened else maps.flatten(1).mean(1)


@torch.no_grad()
def means(network: Network, real: RealSet, images: Tensor, labels: Tensor) -> Means:
    """Of images (n, c, H, W) in [0, 1] with labels (n,)."""
    classes = len(real.classes)
    counts = torch.bincount(labels, minlength=classes)
    normalized = real.normalize(images)
    parts = [class_maps(network, x, y) for x, y in zip(normalized.split(CHUNK), labels.split(CHUNK), strict=True)]
    maps, said = (torch.cat(column) for column in zip(*parts, strict=True))
    maps, said, pictures = (_by_class(values, labels, counts) for values in (maps, said, images))
    return Means(maps, said, pictures, counts)


def means_of_real(network: Network, real: RealSet) -> Means:
    """Of the real training images, class after class: at most `relevance.MOST` of each, evenly spaced, without augmentation."""
    found = []
    for label in range(len(real.classes)):
        ids = evenly(real, label)
        one = means(network, real, real.pixels(real.train.images[ids]), torch.full((len(ids),), label))
        found.append([one.maps[label], one.evidence[label], one.images[label], one.counts[label]])
    return Means(*(torch.stack(column) for column in zip(*found, strict=True)))


def _by_class(values: Tensor, labels: Tensor, counts: Tensor) -> Tensor:
    total = torch.zeros(len(counts), *values.shape[1:], dtype=torch.float64)
    total.index_add_(0, labels, values.double())
    return (total / counts.view(-1, *[1] * (values.ndim - 1))).float()
