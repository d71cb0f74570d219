"""What is added to real images: one compensator that all classes share for every teacher (INFER, arXiv 2408.06927), or another choice.

n = ⌊ ipc / (1 + M / C) ⌋       naturals of each class, where M compensators of C classes each take the place of an image
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Generator, Tensor

from ..evaluation.students import derive
from ..fields import Plain
from ..job import Job
from ..method import Stream
from ..part import Part, again, choice, knob
from ..pieces.ground import Ground
from ..pieces.show import quantize
from ..pieces.sums import Sums
from ..pieces.teach import Teacher
from ..results import Factored, Pictures, Result
from .compensating import Learning
from .statistics import AtBatchNorm, without_batch_norm
from .views import AnyView, Rolled

INFER = "arXiv 2408.06927, released code"
OURS = "ours: an ablation"
COUNT = Literal["beside", "ipc"]
_BESIDE = "as many as beside shared compensators"


class Compensators(Part):
    """Base: how many compensators a group has, what they are, and what is stored."""

    apart: ClassVar[bool] = False  # whether every class has its own

    def each(self, networks: int) -> int:
        """Compensators of a group."""
        return networks

    def naturals(self, ipc: int, networks: int, classes: int) -> int:
        """Natural images of each class."""
        return shared(ipc, self.each(networks), classes)

    def unfit(self, network: str) -> str | None:
        """Why a network of this name cannot teach compensators, or None."""
        return None

    def learned(self, ground: Ground, teachers: Sequence[Teacher], sums: Sums) -> Stream[None]:
        """Fill in the compensators."""
        yield from ()

    def result(self, ground: Ground, sums: Sums) -> Result:
        """What is stored, still without labels: every image by itself."""
        real, images = ground.real, quantize(sums.seen()).flatten(0, 2).cpu()
        labels = torch.arange(ground.classes).repeat(len(images) // ground.classes)
        return Pictures(images, labels, real.classes, real.mean, real.std, about=about(sums))


class NaturalsOnly(Compensators):
    """Real images as they are: what compensators have to beat."""

    kind: Literal["none"] = "none"
    count: COUNT = knob(
        "beside",
        "Naturals",
        f"`beside`: {_BESIDE} within ipc, so that only these are missing; `ipc`: all that ipc allows.",
        source=OURS,
    )

    def each(self, networks: int) -> int:
        return 0

    def naturals(self, ipc: int, networks: int, classes: int) -> int:
        return ipc if self.count == "ipc" else shared(ipc, networks, classes)


class OnePerTeacher(Compensators):
    """A compensator for every group and teacher, shared by all classes (INFER)."""

    kind: Literal["per_teacher"] = "per_teacher"
    iterations: int = knob(
        150,
        "Iterations",
        "Updates of each compensator; 1,000 on CIFAR and 2,000 on ImageNet in the paper. 0 leaves them at zero: every natural image "
        "then comes several times.",
        ge=0,
        le=20_000,
        scale="log",
        source="ours, for two CPU cores; the presets hold the published value",
    )
    lr: float = knob(
        0.25,
        "Learning rate",
        "Adam's step of the compensators in normalized pixels; falls to 0 along a cosine.",
        gt=0,
        le=10,
        live=True,
        scale="log",
        source=INFER,
    )
    alpha: float = knob(
        1.0,
        "α of the statistics",
        "Weight of the mismatch of means and variances at the batch-norm layers.",
        ge=0,
        le=10,
        live=True,
        scale="log",
        source=INFER,
    )
    first_layer: float = again(AtBatchNorm, "first_layer", 10.0, source=INFER)
    view: AnyView = Rolled()
    groups_at_once: int = knob(
        0,
        "Groups at once",
        "Groups (one image of each class) whose compensators are learned together; 0 takes as many as are quick on this device.",
        auto=0,
        ge=0,
        le=1000,
        advanced=True,
        cost=True,
        source="ours",
    )
    images_at_once: int = knob(
        0,
        "Images at once",
        "Images of a group that pass a teacher together: fewer take less memory and twice as many passes, and the statistics stay "
        "those of the whole group. 0: all of them.",
        auto=0,
        ge=0,
        le=10_000,
        advanced=True,
        cost=True,
        source="ours",
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        return {"groups_at_once": "as many as are quick here", "images_at_once": "all"}

    def turns(self, networks: int) -> list[tuple[int, list[int]]]:
        """Which compensator of a group is learned with which teachers, one after the other."""
        return [(one, [one]) for one in range(networks)]

    def unfit(self, network: str) -> str | None:
        return without_batch_norm(network)

    def learned(self, ground: Ground, teachers: Sequence[Teacher], sums: Sums) -> Stream[None]:
        if self.iterations:
            yield from Learning(self, ground, teachers, sums).go()

    def result(self, ground: Ground, sums: Sums) -> Result:
        real, stored = ground.real, sums.pixels_of(sums.learned[:, :, 0]).half().cpu()
        return Factored(sums.pixels, stored, real.classes, real.mean, real.std, about=about(sums))


class Joint(OnePerTeacher):
    """One compensator for every group, learned with all teachers at once; as many updates as one of several has."""

    kind: Literal["joint"] = "joint"  # type: ignore[assignment]

    def each(self, networks: int) -> int:
        return 1

    def turns(self, networks: int) -> list[tuple[int, list[int]]]:
        return [(0, list(range(networks)))]


class PerImage(OnePerTeacher):
    """Every image of a group is moved by itself, for every teacher; nothing is shared, so all sums are stored."""

    kind: Literal["per_image"] = "per_image"  # type: ignore[assignment]
    apart: ClassVar[bool] = True
    count: COUNT = knob(
        "beside",
        "Naturals",
        f"`beside`: {_BESIDE}, so that only sharing differs; the set then stores more than ipc images. `ipc`: so few that all sums fit.",
        source=OURS,
    )

    def naturals(self, ipc: int, networks: int, classes: int) -> int:
        return ipc // (1 + networks) if self.count == "ipc" else shared(ipc, networks, classes)

    def result(self, ground: Ground, sums: Sums) -> Result:
        return Compensators.result(self, ground, sums)


class Noise(OnePerTeacher):
    """Random noise in place of the compensators, each as long as the one that was learned."""

    kind: Literal["noise"] = "noise"  # type: ignore[assignment]

    def learned(self, ground: Ground, teachers: Sequence[Teacher], sums: Sums) -> Stream[None]:
        yield from super().learned(ground, teachers, sums)
        draw = Generator().manual_seed(derive("noise", ground.job.seed))
        noise = torch.randn(sums.learned.shape, generator=draw).to(sums.learned.device)
        sums.learned.copy_(noise * (lengths(sums.learned) / lengths(noise)))


def shared(ipc: int, each: int, classes: int) -> int:
    """n = ⌊ipc / (1 + M / C)⌋, exactly: M compensators of a group cost M images, and so does nothing else but its C naturals."""
    return ipc * classes // (classes + each)


def lengths(learned: Tensor) -> Tensor:
    """‖u‖₂ of every compensator, to be multiplied with: (g, m, k, 1, 1, 1)."""
    return learned.flatten(3).norm(dim=3)[..., None, None, None]


def about(sums: Sums) -> dict[str, int]:
    """Of how many images of the lesson one natural is the origin."""
    return {"copies": 1 + sums.learned.shape[1]}


def too_few(kind: Compensators, job: Job, networks: int, classes: int) -> str | None:
    """Why ipc leaves no natural image beside the compensators, with the ipc and the number of networks that would work; or None."""
    if kind.naturals(job.ipc, networks, classes):
        return None
    enough = next(ipc for ipc in range(1, 10_000) if kind.naturals(ipc, networks, classes))
    fewer = next((m for m in range(networks - 1, 0, -1) if kind.naturals(job.ipc, m, classes)), 0)
    other = (
        f", or take {fewer} network{'s' * (fewer > 1)} (backbones)"
        if fewer
        else f", with any number of networks: ipc={job.ipc} is too few"
    )
    return (
        f"ipc={job.ipc} leaves no natural image: beside {kind.each(networks)} compensators for {classes} classes "
        f"n = ⌊ipc / (1 + M/C)⌋ is 0. Take ipc={enough}{other}."
    )


AnyCompensators = Annotated[
    OnePerTeacher | Joint | PerImage | Noise | NaturalsOnly,
    choice(
        "Compensators",
        "One for every teacher; one for all of them; none shared; noise as long as they are; or none at all.",
        source=INFER,
    ),
]
