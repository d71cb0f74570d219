"""Forgetting events: keep the real images that a network learns and loses again.

Mariya Toneva, Alessandro Sordoni, Remi Tachet des Combes, Adam Trischler, Yoshua Bengio, Geoffrey J. Gordon, "An Empirical
Study of Example Forgetting during Deep Neural Network Learning", ICLR 2019, arXiv 1812.05159. An event is an image that was
right when its batch was last seen and is wrong now; one that was never right has infinitely many.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ..method import Card
from ..parts.scoring import OneEnd
from ..pieces.difficulty import forgotten
from ..pieces.dynamics import Record


class Forgetting(OneEnd):
    """Keep real images by how often they are forgotten."""

    card: ClassVar[Card] = Card.of(__file__)
    quantity: ClassVar[str] = "forgetting"

    def score(self, records: list[Record]) -> Tensor:
        return forgotten(records)
