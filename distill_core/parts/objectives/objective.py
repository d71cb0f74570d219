"""What all objectives have: the change that both sides see, and rates that fit their scale."""

from __future__ import annotations

from typing import ClassVar

from ...method import Stream
from ...part import Part, knob
from ...pieces.ground import Ground
from ...pieces.match import Match, Rates
from ..views import AnyPairView, SiameseView


class Objective(Part):
    """Base of the objectives."""

    students: ClassVar[str] = "hard"  # the protocol by which its papers train students
    usual: ClassVar[Rates] = Rates(1e-4, 0.01, 1.0)  # rates that fit its gradients: in our generator, and at pixels

    view: AnyPairView = SiameseView()

    def match(self, ground: Ground) -> Stream[Match]:
        """What compares images with real data in a run; what must be trained first is trained in a stage of its own."""
        raise NotImplementedError


class FromRealBatches(Objective):
    """Base of those that look at a real batch at every step."""

    batch_real: int = knob(
        32,
        "Real images at each step",
        "Real images of each class at a step; the papers take 256.",
        ge=1,
        le=4096,
        scale="log",
        source="ours, for two CPU cores",
    )
