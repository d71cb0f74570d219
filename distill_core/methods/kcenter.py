"""k-center: choose real images so that no image of the class is far from a chosen one.

Sener and Savarese, ICLR 2018, arXiv 1708.00489: the greedy 2-approximation. The first center is the image nearest to the
class mean; then always the image farthest from all centers so far, in the teacher's last features.

Departures: the paper starts from an existing pool; with an empty one the first center has to be chosen, and we take the
image nearest to the mean (the rule used in the field's comparisons is not stated in the paper).
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


def next_center(features: Tensor, chosen: list[int]) -> int:
    """The place of the next center: features (n, f), places chosen so far."""
    if not chosen:
        return int((features - features.mean(0)).norm(dim=1).argmin())
    nearest = torch.cdist(features, features[chosen]).amin(1)
    nearest[chosen] = -1.0
    return int(nearest.argmax())


class KCenter(Method):
    """Keep the real images that cover the class."""

    card: ClassVar[Card] = Card(
        name="kcenter",
        title="k-center",
        idea="Keep the real images that leave no image of their class far away.",
        family="selection",
        paper="Sener and Savarese, ICLR 2018, arXiv 1708.00489",
        url="https://arxiv.org/abs/1708.00489",
        learns="nothing",
        matches="the spread of each class",
        labels="hard",
        by_rule=True,
        departures=(
            "The first center is the image nearest to the class mean.",
            "The features are those of the squeezed teacher.",
        ),
    )

    squeeze_epochs: int = knob(
        40, "Teacher epochs", "How long the network that gives the features is trained.", ge=1, le=1000
    )

    def distill(self, job: Job) -> Stream[SyntheticSet]:
        return (yield from select_by_features(job, SqueezeRecipe(epochs=self.squeeze_epochs), next_center))
