"""Networks that are trained on all real images to see how each of them is learned."""

from __future__ import annotations

from typing import Literal

from ..job import Job
from ..method import Stream, stage
from ..networks import resolve
from ..part import Part, knob
from ..pieces.dynamics import Record, recorded
from ..pieces.ground import Ground
from ..pieces.teach import RECIPE, RECIPES, SqueezeRecipe
from ..spec import parse


class Dynamics(Part):
    """Networks of the teacher's kind, trained from different weights; each training is kept, and serves all such scores."""

    kind: Literal["dynamics"] = "dynamics"
    networks: int = knob(
        1, "Networks", "How many are trained from different weights; scores are averaged over them.", ge=1, le=50
    )
    epochs: int = knob(
        40,
        "Epochs of training",
        "How long each of them is trained; the papers train 200 epochs on CIFAR.",
        ge=1,
        le=1000,
    )
    recipe: RECIPE = knob(
        "cifar",
        "Recipe of training",
        "As a teacher's: SGD 0.1 with a cosine; 0.2 with warm-up and resized crops; 0.05 without schedule and weight decay; 0.1 "
        "with a cosine, without weight decay.",
        advanced=True,
        source="SRe2L's, DWA's and G-VBSM's released code",
    )

    def why_not(self, job: Job) -> str | None:
        asked = parse(job.teacher)
        if asked.weights:
            return (
                f"teacher={job.teacher!r} names trained weights, but here it is watched how a network learns. "
                f"Leave @{asked.weights} out."
            )
        return super().why_not(job)

    def records(self, ground: Ground) -> Stream[list[Record]]:
        """How every real training image was learned, once for each network."""
        real, found = ground.real, []
        spec = resolve(ground.job.teacher, channels=real.channels, size=real.size)
        for number in range(self.networks):
            recipe = SqueezeRecipe(epochs=self.epochs, seed=number, **RECIPES[self.recipe])
            made = recorded(real, spec, recipe, ground.device)
            found.append((yield from stage("dynamics", made, part=number, parts=self.networks)))
        return found
