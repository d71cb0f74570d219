"""k-center: choose real images so that no image of the class is far from a chosen one.

Sener and Savarese, ICLR 2018, arXiv 1708.00489: the greedy 2-approximation. The first center is the image nearest to the
class mean; then always the image farthest from all centers so far, in the teacher's last features.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from ..job import Job
from ..method import Card, Method, Stream
from ..parts.labels import AnyLabels, HardLabels
from ..parts.squeezing import OneNetwork
from ..pieces.ground import Ground
from ..pieces.select import select_by_features
from ..results import Pictures


def next_center(features: Tensor, chosen: list[int]) -> int:
    """The place of the next center: features (n, f), places chosen so far."""
    if not chosen:
        return int((features - features.mean(0)).norm(dim=1).argmin())
    nearest = torch.cdist(features, features[chosen]).amin(1)
    nearest[chosen] = -1.0
    return int(nearest.argmax())


class KCenter(Method):
    """Keep the real images that cover the class."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: OneNetwork = OneNetwork()
    labels: AnyLabels = HardLabels()

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = Ground.of(job)
        teachers = yield from self.squeeze.teachers(ground)
        chosen = yield from select_by_features(ground, teachers[0].network, next_center)
        return self.labels.dressed(ground, chosen)
