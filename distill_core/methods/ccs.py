"""CCS: drop the hardest, then cover all degrees of difficulty.

Haizhong Zheng, Rui Liu, Fan Lai, Atul Prakash, "Coverage-centric Coreset Selection for High Pruning Rates", ICLR 2023, arXiv
2210.15809, algorithm 1: the share β of the hardest images is dropped; the range of the scores that are left is cut into k strata
of equal width; the budget is shared among them from the smallest stratum on, each giving all it has or an equal part of what
is left of the budget; which images of a stratum is drawn.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Generator, Tensor

from ..errors import BadSetting
from ..method import Card
from ..part import knob
from ..parts.scoring import Scoring
from ..pieces.difficulty import SCORE, area_under_margin, forgotten, stratified, young_errors
from ..pieces.dynamics import Record

CODE = "arXiv 2210.15809, released code"


class CoverageCentric(Scoring):
    """Keep real images of all degrees of difficulty but the highest."""

    card: ClassVar[Card] = Card.of(__file__)
    quantity: ClassVar[str] = "hardness"

    by: SCORE = knob(
        "aum",
        "Difficulty",
        "The score that says how hard an image is: its margin over the training, how often it is forgotten, or the error after a "
        "tenth of the training.",
        source=CODE,
    )
    beta: float = knob(
        0.3,
        "β, dropped",
        "Share of the images of each class that is dropped first, the hardest. The paper finds it by the budget; this is its value "
        "where a tenth of CIFAR-10 is kept.",
        ge=0,
        le=0.95,
        source=CODE,
    )
    strata: int = knob(
        50, "k, strata", "Into how many ranges the scores of a class are cut.", ge=1, le=500, source=CODE
    )

    def score(self, records: list[Record]) -> Tensor:
        """Higher is harder; an image that is never learned counts as often forgotten as there are epochs (the released code)."""
        if self.by == "aum":
            return -area_under_margin(records)
        epochs = len(records[0].error)
        if self.by == "forgetting":
            return forgotten(records).clamp(max=epochs)
        return young_errors(records, max(1, epochs // 10))

    def chosen(self, scores: Tensor, ipc: int, generator: Generator) -> Tensor:
        dropped = int(self.beta * len(scores))
        if ipc > len(scores) - dropped:
            raise BadSetting(
                f"β={self.beta:g} leaves {len(scores) - dropped} of the {len(scores)} images of a class, but ipc={ipc}. "
                "Lower β or ipc."
            )
        places = stratified(scores.double(), ipc, dropped, self.strata, generator)
        return places[torch.randperm(len(places), generator=generator)]
