"""Squeeze: the trained networks that are inverted, that choose, and that label; one, or several that take turns."""

from __future__ import annotations

from typing import Annotated, Literal

from ..errors import BadSetting
from ..fields import Plain
from ..job import Job
from ..method import Stream, stage
from ..networks import resolve
from ..part import Part, choice, knob
from ..pieces.ensemble import JOIN
from ..pieces.ground import Ground
from ..pieces.library import missing
from ..pieces.teach import RECIPE, RECIPES, SqueezeRecipe, Teacher, squeeze

OWN = "teacher"  # in a list of networks: the job's teacher
EDC = "arXiv 2404.13733, released code"


class OneNetwork(Part):
    """The job's teacher."""

    kind: Literal["one"] = "one"
    epochs: int = knob(
        40,
        "Teacher epochs",
        "How long a teacher is trained; the papers train 200 epochs on CIFAR.",
        ge=1,
        le=1000,
        was="squeeze_epochs",
    )
    recipe: RECIPE = knob(
        "cifar",
        "Teacher recipe",
        "SGD 0.1 with a cosine (SRe2L and DWA on CIFAR); 0.2 with warm-up and resized crops (theirs on Tiny-ImageNet); 0.05 without "
        "schedule and weight decay (G-VBSM and EDC on CIFAR); 0.1 with a cosine, without weight decay (theirs on Tiny-ImageNet).",
        advanced=True,
        source="the papers' released code",
        was="squeeze_recipe",
    )

    def inverted(self, job: Job) -> list[str]:
        """The names of the networks that are inverted."""
        return [job.teacher]

    def why_not(self, job: Job) -> str | None:
        return super().why_not(job) or next(filter(None, map(missing, self.networks(job))), None)

    def networks(self, job: Job) -> list[str]:
        """The specs of all networks that are needed."""
        return [job.teacher]

    def teachers(self, ground: Ground) -> Stream[list[Teacher]]:
        """The networks that are inverted, trained where they are not at hand; the first one draws the maps."""
        return [(yield from self._taught(ground, ground.job.teacher))]

    def labelers(self, ground: Ground, teachers: list[Teacher]) -> Stream[str]:
        """The content keys of the networks whose mean logits are the labels, joined by `+`."""
        return JOIN.join(teacher.key for teacher in teachers)
        yield

    def _taught(self, ground: Ground, network: str) -> Stream[Teacher]:
        recipe = SqueezeRecipe(epochs=self.epochs, **RECIPES[self.recipe])
        return (yield from stage("squeeze", squeeze(ground.real, network, recipe, ground.device)))


class SeveralNetworks(OneNetwork):
    """Networks that take turns, iteration by iteration (G-VBSM, EDC)."""

    kind: Literal["several"] = "several"  # type: ignore[assignment]
    backbones: str = knob(
        "teacher+convnet:depth=2,norm=batch,width=32",
        "Backbones",
        "Networks that take turns, joined by +; `teacher` stands for the job's teacher.",
        source="ours, for two CPU cores; the presets hold the published list",
    )
    by: str = knob(
        "",
        "Networks that label",
        "Whose mean logits are the labels, joined by +; empty: the backbones.",
        auto="",
        advanced=True,
        source=EDC,
        was="labelers",
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        return {"by": "the backbones"}

    def inverted(self, job: Job) -> list[str]:
        return names(self.backbones, job)

    def teachers(self, ground: Ground) -> Stream[list[Teacher]]:
        found = []
        for spec in self.inverted(ground.job):
            found.append((yield from self._taught(ground, spec)))
        return found

    def labelers(self, ground: Ground, teachers: list[Teacher]) -> Stream[str]:
        if not self.by:
            return (yield from super().labelers(ground, teachers))
        keys = []
        for spec in names(self.by, ground.job):
            keys.append((yield from self._taught(ground, spec)).key)
        return JOIN.join(keys)

    def networks(self, job: Job) -> list[str]:
        return names(f"{self.backbones}{JOIN}{self.by}", job)

    def why_not(self, job: Job) -> str | None:
        if not self.inverted(job):
            return "backbones is empty, so nothing can be recovered. Name at least one network, such as teacher."
        for spec in self.networks(job):
            try:
                resolve(spec, channels=3, size=32)
            except BadSetting as error:
                return str(error)
        return super().why_not(job)


def names(text: str, job: Job) -> list[str]:
    """`teacher+resnet18` → the job's teacher and resnet18."""
    return [job.teacher if part.strip() == OWN else part.strip() for part in text.split(JOIN) if part.strip()]


AnySqueeze = Annotated[
    OneNetwork | SeveralNetworks,
    choice("Networks", "One trained network is inverted, or several take turns.", source="arXiv 2311.17950"),
]
