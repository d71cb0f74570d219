"""What DC and DSA share: their settings, and the run that matches gradients in pixels."""

from __future__ import annotations

from typing import Any, Literal

from ..job import Job
from ..method import Method, Stream, knob
from ..results import Pictures
from .gradients import KIND, Gradients, loops_for
from .match import Ground, in_pixels, prepared
from .views import siamese_view, student_view

CODE = "arXiv 2006.05929 and 2102.08259, released code"
QUICK = "ours, for two CPU cores: fewer iterations, smaller real batches"


class Condensation(Method):
    """Settings of gradient matching."""

    iterations: int = knob(
        100,
        "Iterations",
        "Networks that are drawn, one after the other; the papers draw 1,000.",
        ge=1,
        le=100_000,
        scale="log",
        source=QUICK,
    )
    outer: int = knob(
        0,
        "Looks at each network",
        "Updates of the images before the next network (outer loop); 0 takes the papers' number for the images per class.",
        ge=0,
        le=100,
        source=CODE,
    )
    inner: int = knob(
        0,
        "Training between looks",
        "Epochs that the network is trained on the images between two looks (inner loop); 0 takes the papers' number.",
        ge=0,
        le=200,
        source=CODE,
    )
    lr_img: float = knob(
        0.1,
        "Learning rate of the images",
        "SGD's step in normalized pixels.",
        gt=0,
        le=1000,
        live=True,
        scale="log",
        source=CODE,
    )
    momentum: float = knob(0.5, "Momentum", "Of the images' SGD.", ge=0, le=0.99, advanced=True, source=CODE)
    lr_net: float = knob(
        0.01,
        "Learning rate of the network",
        "SGD's step, without momentum, while it is trained on the images.",
        gt=0,
        le=10,
        scale="log",
        advanced=True,
        source=CODE,
    )
    batch_real: int = knob(
        64,
        "Real batch",
        "Real images of each class at a step; the papers take 256.",
        ge=1,
        le=4096,
        scale="log",
        source=QUICK,
    )
    batch_train: int = knob(
        256,
        "Training batch",
        "Synthetic images in an update of the network.",
        ge=1,
        le=4096,
        advanced=True,
        source=CODE,
    )
    distance: KIND = knob(
        "rows",
        "Distance",
        "One minus the cosine for every output channel, summed; squared length of the difference; or one cosine.",
        advanced=True,
        source=CODE,
    )
    classes_at_once: int = knob(
        0,
        "Classes at once",
        "Classes whose gradients are taken together; 0 takes all, fewer take less memory.",
        ge=0,
        le=1000,
        advanced=True,
        source="ours: it changes the time, not the formula",
    )
    augment: Literal["siamese", "none"] = knob(
        "none", "Augmentation", "The same random change on both sides, or none.", source=CODE
    )
    start: Literal["real", "noise"] = knob("noise", "Start", "The job's real images, or Gaussian noise.", source=CODE)

    def loops(self, ipc: int) -> tuple[int, int]:
        """(outer, inner) in force."""
        outer, inner = loops_for(ipc)
        return self.outer or outer, self.inner or inner


def condensed(method: Any, job: Job, protocol: str) -> Stream[Pictures]:
    """Run gradient matching in pixels."""
    ground = yield from prepared(job, method.start)
    objective = objective_of(method, job, ground)
    return (yield from in_pixels(method, ground, objective, method.iterations * objective.outer, protocol))


def objective_of(method: Any, job: Job, ground: Ground) -> Gradients:
    """Gradient matching as the settings say."""
    outer, inner = method.loops(job.ipc)
    return Gradients(
        job,
        ground,
        method.batch_real,
        siamese_view(ground.real, method.augment),
        student_view(ground.real, method.augment),
        outer=outer,
        inner=inner,
        lr_net=method.lr_net,
        batch_train=method.batch_train,
        kind=method.distance,
        classes_at_once=method.classes_at_once,
    )
