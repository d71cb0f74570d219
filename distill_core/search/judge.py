"""The measures of candidates by name, with the networks that they need."""

from __future__ import annotations

from typing import Any

import torch

from ..datasets import RealSet
from ..job import Job
from ..measures.relevance import METRIC, BriefAccuracy, ClassRelevant, LayerwiseRandom, Loss, Measure
from ..method import Stream, stage
from ..pieces.match import random_network
from ..pieces.teach import SqueezeRecipe, squeeze
from ..pieces.views import siamese_view


def measure_of(
    metric: METRIC, job: Job, real: RealSet, device: torch.device, *, judge: str = "auto", augment: str = "siamese"
) -> Stream[Measure]:
    """A measure; the class-relevant ones train their classifier first, in a stage of its own.

    Args:
        judge: the classifier of the class-relevant distances.
        augment: of both sides under random networks.
    """
    if metric in ("cam_weighted", "cam_map"):
        teacher = yield from stage("squeeze", squeeze(real, judge, SqueezeRecipe(), device))
        network: Any = teacher.network
        return ClassRelevant(network, real, summed=metric == "cam_map", device=device)
    if metric == "layerwise_random":
        view = siamese_view(real, augment)
        return LayerwiseRandom(
            real, lambda seed: random_network(job, real, seed), lambda x, g: view(x, x, g)[1], job.seed + 2, device
        )
    if metric == "accuracy":
        return BriefAccuracy(real, lambda seed: random_network(job, real, seed), job.seed + 3, device)
    return Loss(len(real.classes))
