"""SRe2L++: SRe2L from real patches, with crops, and with labels that depend on the batch.

Defined in Jiacheng Cui et al., "Dataset Distillation via Committee Voting" (CV-DD), arXiv 2501.07575, as its stronger
SRe2L: (1) images start from patches of real images of medium difficulty, (2) random crop, flip and shift at every size,
(3) one setting for all data, 4,000 iterations, (4) the labelling teacher stays in training mode, so that a label depends
on the half-batch that it is made with, (5) students take small batches of 16 for 300 epochs.
"""

from __future__ import annotations

from typing import ClassVar

from ..job import Job
from ..method import Card, Method, Stream
from ..parts.curricula import AnyCurriculum, AtOnce
from ..parts.filters import AnyFilter, Everything
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovery import AnyRecovery, Inversion
from ..parts.squeezing import AnySqueeze, OneNetwork
from ..parts.starts import AnyStart, PatchStart
from ..parts.storing import AnyStorage, Lossless
from ..parts.views import Cropped
from ..pieces.ground import Ground
from ..results import Pictures


class SqueezeRecoverRelabelPlus(Method):
    """Recover from real patches, with batch-specific soft labels."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: AnySqueeze = OneNetwork()
    start: AnyStart = PatchStart(patches="medium")
    recover: AnyRecovery = Inversion(view=Cropped())
    storage: AnyStorage = Lossless()
    labels: AnyLabels = LiveTeacher(protocol="sre2lpp")
    course: AnyCurriculum = AtOnce()
    filter: AnyFilter = Everything()

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = yield from self.filter.kept(Ground.of(job))
        yield from self.start.glance(ground)
        teachers = yield from self.squeeze.teachers(ground)
        start = yield from self.start.images(ground, teachers[0].network)
        images = yield from self.recover.images(ground, teachers, start)
        stored, about = yield from self.storage.stored(images.flatten(0, 1))
        labelers = yield from self.squeeze.labelers(ground, teachers)
        return (
            yield from self.labels.result(ground, stored, about, teacher=labelers, stages=self.course.stages(ground))
        )
