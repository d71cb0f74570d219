"""What judges the candidates of a walk, with the networks that it needs."""

from __future__ import annotations

from typing import Annotated, Literal

from ..datasets import shape_of
from ..fields import Plain
from ..job import Job
from ..measures.probes import fixed_probes
from ..measures.relevance import BriefAccuracy, ClassRelevant, LayerwiseRandom, Loss, Measure
from ..method import Stream, stage
from ..networks import resolve
from ..part import Part, choice, knob
from ..parts.objectives import Objective
from ..pieces.ground import Ground
from ..pieces.match import random_network
from ..pieces.teach import SqueezeRecipe, squeeze


class BaseLoss(Part):
    """The objective's own loss."""

    kind: Literal["loss"] = "loss"

    def measure(self, objective: Objective, ground: Ground) -> Stream[Measure]:
        """What measures; a classifier that it needs is trained first, in a stage of its own."""
        return Loss(ground.classes)
        yield


class CamWeighted(BaseLoss):
    """Feature maps of a trained classifier, weighted by their class (our reconstruction of the paper's distance)."""

    kind: Literal["cam_weighted"] = "cam_weighted"  # type: ignore[assignment]
    network: str = knob(
        "auto",
        "Network of the distance",
        "A classifier trained on the real data: auto, resnet18.",
        auto="auto",
        advanced=True,
        source="ours",
        was="judge",
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        shape = shape_of(job.data)
        return {"network": resolve("auto", channels=shape[0], size=shape[1])} if shape else {}

    def measure(self, objective: Objective, ground: Ground) -> Stream[Measure]:
        training = squeeze(ground.real, self.network, SqueezeRecipe(), ground.device)
        teacher = yield from stage("squeeze", training)
        summed = isinstance(self, CamMap)
        return ClassRelevant(teacher.network, ground.real, summed=summed, device=ground.device)


class CamMap(CamWeighted):
    """Their sum over channels: class activation maps."""

    kind: Literal["cam_map"] = "cam_map"  # type: ignore[assignment]


class RandomNetworks(BaseLoss):
    """Layer by layer under networks with random weights, as in the released code."""

    kind: Literal["layerwise_random"] = "layerwise_random"  # type: ignore[assignment]

    def measure(self, objective: Objective, ground: Ground) -> Stream[Measure]:
        job, real, view = ground.job, ground.real, objective.view.pair(ground.real)
        return LayerwiseRandom(
            real,
            lambda seed: random_network(job, real, seed),
            lambda x, g: view(x, x, g)[1],
            job.seed + 2,
            ground.device,
        )
        yield


class FixedNetworks(BaseLoss):
    """Mean features under the same few random networks at every look, against all training images: dm's loss without its chance."""

    kind: Literal["fixed_probes"] = "fixed_probes"  # type: ignore[assignment]
    probes: int = knob(
        5,
        "Fixed networks",
        "More of them say more; each looks at all training images once.",
        ge=1,
        le=100,
        source="ours",
    )

    def measure(self, objective: Objective, ground: Ground) -> Stream[Measure]:
        job, real = ground.job, ground.real
        return (yield from fixed_probes(real, lambda seed: random_network(job, real, seed), self.probes, ground.device))


class BriefStudents(BaseLoss):
    """The error of a student that is trained briefly on the candidate."""

    kind: Literal["accuracy"] = "accuracy"  # type: ignore[assignment]

    def measure(self, objective: Objective, ground: Ground) -> Stream[Measure]:
        job, real = ground.job, ground.real
        return BriefAccuracy(real, lambda seed: random_network(job, real, seed), job.seed + 3, ground.device)
        yield


AnyMeasure = Annotated[
    CamWeighted | CamMap | FixedNetworks | RandomNetworks | BaseLoss | BriefStudents,
    choice(
        "Distance",
        "Class-weighted feature maps, their sum, fixed networks, random ones (as released), the loss, or a brief student's error.",
        source="ours, after class activation maps: the paper's formula was not to be had",
        was="metric",
    ),
]
