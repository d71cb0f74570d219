"""RDED: keep the most realistic crops of real images, and paste them into mosaics.

Peng Sun, Bei Shi, Daiwei Yu, Tao Lin, "On the Diversity and Realism of Distilled Dataset: An Efficient Dataset
Distillation Paradigm", CVPR 2024, arXiv 2312.03526.

Nothing is optimized: of many random crops of many images of a class, those are kept that the teacher (the "observer")
finds easiest, at most one from each image, and φ × φ of them share an image (see `pieces/patches.py`).

As a member of the family it has all its settings: with `recover` set to `inversion` the mosaics are recovered further,
with an adjusted teacher or a curriculum of crops where those are chosen.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovering import Recovering
from ..parts.recovery import AnyRecovery, AsStarted
from ..parts.starts import AnyStart, PatchStart


class RealisticDiverse(Recovering):
    """Select patches of real images by a teacher."""

    card: ClassVar[Card] = Card.of(__file__)

    start: AnyStart = PatchStart()
    recover: AnyRecovery = AsStarted()
    labels: AnyLabels = LiveTeacher(protocol="rded")
