"""SRe2L: squeeze, recover, relabel.

Zeyuan Yin, Eric Xing, Zhiqiang Shen, "Squeeze, Recover and Relabel", NeurIPS 2023, arXiv 2306.13092.

A network is trained on all data (squeeze). Images that start from noise are optimized until this frozen network recognizes
them and its batch-norm layers see the statistics that they remember (recover). Students then learn from the network's own
answers on every augmented view (relabel).
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
from ..pieces.ground import Ground
from ..results import Pictures


class SqueezeRecoverRelabel(Method):
    """Invert a trained network from noise."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: AnySqueeze = OneNetwork()
    start: AnyStart = NoiseStart()
    recover: AnyRecovery = Inversion()
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
