"""SRe2L++: SRe2L from real patches, with crops, and with labels that depend on the batch.

Defined in Jiacheng Cui et al., "Dataset Distillation via Committee Voting" (CV-DD), arXiv 2501.07575, as its stronger
SRe2L: (1) images start from patches of real images of medium difficulty, (2) random crop, flip and shift at every size,
(3) one setting for all data, 4,000 iterations, (4) the labelling teacher stays in training mode, so that a label depends
on the half-batch that it is made with, (5) students take small batches of 16 for 300 epochs.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovering import Recovering
from ..parts.recovery import AnyRecovery, Inversion
from ..parts.starts import AnyStart, PatchStart
from ..parts.views import Cropped


class SqueezeRecoverRelabelPlus(Recovering):
    """Recover from real patches, with batch-specific soft labels."""

    card: ClassVar[Card] = Card.of(__file__)

    start: AnyStart = PatchStart(patches="medium")
    recover: AnyRecovery = Inversion(view=Cropped())
    labels: AnyLabels = LiveTeacher(protocol="sre2lpp")
