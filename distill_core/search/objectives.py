"""The objective by name, for methods that leave it open: mean features, gradients or trajectories, inside a prior.

Settings are those of GLaD's and H-GLaD's released code: gradients are matched under networks that are never trained, whatever
the images per class; trajectories with constant memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..job import Job
from ..method import Stream
from ..pieces.features import MeanFeatures
from ..pieces.gradients import Gradients
from ..pieces.match import Ground, Objective
from ..pieces.trajectory import trajectories_of
from ..pieces.views import siamese_view, student_view

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
        views = siamese_view(real, method.augment), student_view(real, method.augment)
        return Gradients(job, ground, method.batch_real, *views, outer=1, inner=1)
    return (yield from trajectories_of(method, job, ground, batch=0, constant_memory=True))
