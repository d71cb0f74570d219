"""RDED: keep the most realistic crops of real images, and paste them into mosaics.

Peng Sun, Bei Shi, Daiwei Yu, Tao Lin, "On the Diversity and Realism of Distilled Dataset: An Efficient Dataset
Distillation Paradigm", CVPR 2024, arXiv 2312.03526.

Nothing is optimized: of many random crops of many images of a class, those are kept that the teacher (the "observer")
finds easiest, at most one from each image, and φ × φ of them share an image (see `steps/patches.py`).

As a member of the family it has all its settings: with `iterations` above 0 the mosaics are recovered further, with an
adjusted teacher or a curriculum of crops where those are chosen.
"""

from __future__ import annotations

from typing import ClassVar

from ..job import Job
from ..method import Card, Method, Stream
from ..parts.curricula import AnyCurriculum, AtOnce
from ..parts.filters import AnyFilter, Everything
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovery import AnyRecovery, AsStarted
from ..parts.squeezing import AnySqueeze, OneNetwork
from ..parts.starts import AnyStart, PatchStart
from ..parts.storing import AnyStorage, Lossless
from ..pieces.ground import Ground
from ..results import Pictures


class RealisticDiverse(Method):
    """Select patches of real images by a teacher."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: AnySqueeze = OneNetwork()
    start: AnyStart = PatchStart()
    recover: AnyRecovery = AsStarted()
    storage: AnyStorage = Lossless()
    labels: AnyLabels = LiveTeacher(protocol="rded")
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
