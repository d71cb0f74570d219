"""EL2N: keep real images by how wrong young networks are about them.

Mansheej Paul, Surya Ganguli, Gintare Karolina Dziugaite, "Deep Learning on a Data Diet: Finding Important Examples Early in
Training", NeurIPS 2021, arXiv 2107.07075. The score of (x, y) is E ‖p(w_t, x) − y‖₂, the expectation over networks that were
trained for t epochs from different weights; the paper keeps the highest scores.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..job import Job
from ..method import Card
from ..part import knob
from ..parts.dynamics import Dynamics
from ..parts.scoring import OneEnd
from ..pieces.difficulty import young_errors
from ..pieces.dynamics import Record


class ErrorNorm(OneEnd):
    """Keep real images by the error of young networks."""

    card: ClassVar[Card] = Card.of(__file__)
    quantity: ClassVar[str] = "el2n"

    dynamics: Dynamics = Dynamics(networks=3)
    early: int = knob(
        4,
        "Scored after",
        "Epochs of training after which the error is taken: the paper takes it after a tenth of the training.",
        ge=1,
        le=1000,
        source="the paper's share of the training (20 of 200 epochs)",
    )

    def why_not(self, job: Job) -> str | None:
        if self.early > self.dynamics.epochs:
            return f"early={self.early}, but training lasts {self.dynamics.epochs} epochs. Lower early, or train for longer."
        return super().why_not(job)

    def score(self, records: list[Record]) -> Tensor:
        return young_errors(records, self.early)
