"""Herding: choose real images one by one so that the mean of the chosen stays close to the mean of the class.

Welling, ICML 2009; used for exemplars by iCaRL (Rebuffi et al., CVPR 2017, arXiv 1611.07725), whose greedy rule this is:
with φ the teacher's last features, p_k = argmin_x ‖ μ − (φ(x) + Σ_{j<k} φ(p_j)) / k ‖.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..job import Job
from ..method import Card, Method, Stream
from ..part import knob
from ..parts.labels import AnyLabels, HardLabels
from ..parts.squeezing import OneNetwork
from ..pieces.ground import Ground
from ..pieces.select import select_by_features
from ..results import Pictures


def next_of_herd(features: Tensor, chosen: list[int]) -> int:
    """The place of the next image: features (n, f), places chosen so far."""
    mean, total = features.mean(0), features[chosen].sum(0)
    distance = (mean - (features + total) / (len(chosen) + 1)).norm(dim=1)
    distance[chosen] = torch.inf
    return int(distance.argmin())


class Herding(Method):
    """Keep the real images whose mean follows the class mean."""

    card: ClassVar[Card] = Card.of(__file__)

    unit_length: bool = knob(True, "Unit length", "Scale every feature vector to length one, as iCaRL does.")
    squeeze: OneNetwork = OneNetwork()
    labels: AnyLabels = HardLabels()

    def next(self, features: Tensor, chosen: list[int]) -> int:
        """The place of the next image, from the features of its class and the places chosen so far."""
        return next_of_herd(normalize(features, dim=1) if self.unit_length else features, chosen)

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = Ground.of(job)
        teachers = yield from self.squeeze.teachers(ground)
        chosen = yield from select_by_features(ground, teachers[0].network, self.next)
        return self.labels.dressed(ground, chosen)
