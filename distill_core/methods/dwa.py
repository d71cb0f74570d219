"""DWA: diversity-driven synthesis by directed weight adjustment.

Jiawei Du, Xin Zhang, Juncheng Hu, Wenxin Huang, Joey Tianyi Zhou, "Diversity-Driven Synthesis: Enhancing Dataset
Distillation through Directed Weight Adjustment", NeurIPS 2024 (spotlight), arXiv 2409.17612.

Images that are all optimized against one frozen teacher come out alike. Before each batch DWA takes K small normalized
gradient-ascent steps on the teacher's weights, on the real images that this batch starts from: the shifted teacher has
partly forgotten them and behaves as if it had been trained on everything else, another large part of the data for every
batch. And the variance part of the batch-norm loss gets a larger weight of its own, since it spreads features while the
mean part pulls them to one center.
"""

from __future__ import annotations

from typing import ClassVar

from ..job import Job
from ..method import Card, Method, Stream
from ..parts.adjustments import DirectedShift
from ..parts.curricula import AnyCurriculum, AtOnce
from ..parts.filters import AnyFilter, Everything
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovery import AnyRecovery, Inversion
from ..parts.squeezing import AnySqueeze, OneNetwork
from ..parts.starts import AnyStart, RealStart
from ..parts.statistics import AtBatchNorm
from ..parts.storing import AnyStorage, Lossless
from ..pieces.ground import Ground
from ..results import Pictures


class DirectedWeightAdjustment(Method):
    """Invert a teacher that is shifted anew for every batch."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: AnySqueeze = OneNetwork()
    start: AnyStart = RealStart()
    recover: AnyRecovery = Inversion(adjustment=DirectedShift(), statistics=AtBatchNorm(variance_weight=0.11))
    storage: AnyStorage = Lossless()
    labels: AnyLabels = LiveTeacher(protocol="dwa")
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
