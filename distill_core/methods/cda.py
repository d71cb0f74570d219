"""CDA: SRe2L with crops that begin with the whole image.

Zeyuan Yin, Zhiqiang Shen, "Dataset Distillation via Curriculum Data Synthesis in Large Data Era", TMLR 2024,
arXiv 2311.18838.

It changes one thing: the lower bound of the area of the random crops follows a curriculum from 1 down to 0.08 over the
first `milestone` of the iterations, whole image first, local detail later:
s_min(t) = 0.08 + 0.92 · (1 + cos(π t / (milestone · T))) / 2.
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
from ..parts.starts import AnyStart, NoiseStart
from ..parts.storing import AnyStorage, Lossless
from ..parts.views import Curriculum
from ..pieces.ground import Ground
from ..results import Pictures


class CurriculumDataAugmentation(Method):
    """Recover with a curriculum of crops."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: AnySqueeze = OneNetwork()
    start: AnyStart = NoiseStart()
    recover: AnyRecovery = Inversion(view=Curriculum())
    storage: AnyStorage = Lossless()
    labels: AnyLabels = LiveTeacher(protocol="sre2l")
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
