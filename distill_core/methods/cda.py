"""CDA: SRe2L with crops that begin with the whole image.

Zeyuan Yin, Zhiqiang Shen, "Dataset Distillation via Curriculum Data Synthesis in Large Data Era", TMLR 2024,
arXiv 2311.18838.

It changes one thing: the lower bound of the area of the random crops follows a curriculum from 1 down to 0.08 over the
first `milestone` of the iterations, whole image first, local detail later:
s_min(t) = 0.08 + 0.92 · (1 + cos(π t / (milestone · T))) / 2.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovering import Recovering
from ..parts.recovery import AnyRecovery, Inversion
from ..parts.views import Curriculum


class CurriculumDataAugmentation(Recovering):
    """Recover with a curriculum of crops."""

    card: ClassVar[Card] = Card.of(__file__)

    recover: AnyRecovery = Inversion(view=Curriculum())
    labels: AnyLabels = LiveTeacher(protocol="sre2l")
