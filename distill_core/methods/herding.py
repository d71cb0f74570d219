"""Herding: choose real images one by one so that the mean of the chosen stays close to the mean of the class.

Welling, ICML 2009; used for exemplars by iCaRL (Rebuffi et al., CVPR 2017, arXiv 1611.07725), whose greedy rule this is:
with φ the teacher's last features, p_k = argmin_x ‖ μ − (φ(x) + Σ_{j<k} φ(p_j)) / k ‖.

Departures: iCaRL normalizes φ to length one; here that is a setting. The features are those of our squeezed teacher.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from ..job import Job
from ..method import Card, Method, Stream, knob
from ..pieces.select import select_by_features
from ..pieces.teach import SqueezeRecipe
from ..results import SyntheticSet


def next_of_herd(features: Tensor, chosen: list[int]) -> int:
    """The place of the next image: features (n, f), places chosen so far."""
    mean, total = features.mean(0), features[chosen].sum(0)
    distance = (mean - (features + total) / (len(chosen) + 1)).norm(dim=1)
    distance[chosen] = torch.inf
    return int(distance.argmin())


class Herding(Method):
    """Keep the real images whose mean follows the class mean."""

    card: ClassVar[Card] = Card(
        name="herding",
        title="Herding",
        idea="Keep the real images whose average stays closest to the average of their class.",
        family="selection",
        paper="Welling, ICML 2009; Rebuffi et al., CVPR 2017, arXiv 1611.07725",
        url="https://arxiv.org/abs/1611.07725",
        learns="nothing",
        matches="the mean feature of each class",
        labels="hard",
        by_rule=True,
        departures=("The features are those of the squeezed teacher.",),
    )

    unit_length: bool = knob(True, "Unit length", "Scale every feature vector to length one, as iCaRL does.")
    squeeze_epochs: int = knob(
        40, "Teacher epochs", "How long the network that gives the features is trained.", ge=1, le=1000
    )

    def distill(self, job: Job) -> Stream[SyntheticSet]:
        def pick(features: Tensor, chosen: list[int]) -> int:
            return next_of_herd(
                torch.nn.functional.normalize(features, dim=1) if self.unit_length else features, chosen
            )

        return (yield from select_by_features(job, SqueezeRecipe(epochs=self.squeeze_epochs), pick))
