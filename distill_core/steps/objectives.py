"""The objective by name, for methods that leave it open: mean features, gradients or trajectories, inside a prior.

Settings are those of GLaD's and H-GLaD's released code: gradients are matched under networks that are never trained, whatever
the images per class; trajectories with constant memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..job import Job
from ..method import Stream, stage
from .augment import Augment, Nothing, Siamese, may_flip
from .condense import student_view
from .features import MeanFeatures
from .gradients import Gradients
from .match import Ground, Objective, random_network
from .trajectory import ExpertRecipe, Trajectories, expert_paths
from .views import siamese_view

OBJECTIVE = Literal["dm", "dc", "mtt"]
PROTOCOL = {"dm": "dm", "dc": "dsa", "mtt": "mtt"}


@dataclass(frozen=True)
class Rates:
    """Learning rates of w, of a feature map and of the pixels in a last stage."""

    w: float
    f: float
    lr_img: float


RELEASED = {"dm": Rates(1e-2, 10.0, 1.0), "dc": Rates(1e-3, 1.0, 0.1), "mtt": Rates(10.0, 1e4, 100.0)}
OURS = {"dm": Rates(1e-4, 0.01, 1.0), "dc": Rates(1e-4, 0.01, 0.1), "mtt": Rates(1e-2, 1.0, 100.0)}


def objective_for(method: Any, job: Job, ground: Ground) -> Stream[Objective]:
    """What the method's field `objective` asks for; experts are trained in a stage of their own."""
    real = ground.real
    if method.objective == "dm":
        return MeanFeatures(job, ground, method.batch_real, siamese_view(real, method.augment))
    if method.objective == "dc":
        views = siamese_view(real, method.augment), student_view(real.name, method.augment)
        return Gradients(job, ground, method.batch_real, *views, outer=1, inner=1)
    siamese = Siamese(shared=False)
    view: Augment = siamese if may_flip(real.name) else siamese.without("flip")
    view = view if method.augment == "siamese" else Nothing()
    recipe = ExpertRecipe(
        method.experts, method.train_epochs, method.lr_expert, method.batch_expert, method.augment == "siamese"
    )
    spec = random_network(job, real, 0).spec
    paths = yield from stage("experts", expert_paths(job, real, spec, recipe, view, ground.device))
    return Trajectories(
        job,
        ground,
        paths,
        view,
        inner_steps=method.inner_steps,
        expert_epochs=method.expert_epochs,
        last_start=method.last_start,
        batch=0,
        first_lr=method.first_lr,
        constant_memory=True,
    )
