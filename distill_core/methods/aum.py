"""AUM: keep real images by the area under their margin, over a whole training.

Geoff Pleiss, Tianyi Zhang, Ethan R. Elenberg, Kilian Q. Weinberger, "Identifying Mislabeled Data using the Area Under the
Margin Ranking", NeurIPS 2020, arXiv 2001.10528. AUM(x, y) = 1/T Σ_t ( z_y − max_{k ≠ y} z_k ), the logits z at the moment when
the batch of x is seen; a low one is hard, or wrongly labeled. The paper removes the low ones.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..method import Card
from ..part import again
from ..parts.scoring import KEEP, OneEnd
from ..pieces.difficulty import area_under_margin
from ..pieces.dynamics import Record


class AreaUnderMargin(OneEnd):
    """Keep real images by their margin over a training."""

    card: ClassVar[Card] = Card.of(__file__)
    quantity: ClassVar[str] = "aum"
    rises: ClassVar[bool] = False

    keep: KEEP = again(OneEnd, "keep", "easiest", source="arXiv 2001.10528, which removes the lowest")

    def score(self, records: list[Record]) -> Tensor:
        return area_under_margin(records)
