"""EDC: the design space of statistics matching, gone through choice by choice.

Shitong Shao, Zikai Zhou, Huanran Chen, Zhiqiang Shen, "Elucidating the Design Space of Dataset Condensation", NeurIPS 2024,
arXiv 2404.13733.

As G-VBSM, with other choices: images start from real ones; half of the mismatch is to the statistics of the classes in
the batch; crops are mild and nothing is rolled; no densification, no dropped terms; students take small batches, a
smoothed learning rate, and the average of their weights is tested.
"""

from __future__ import annotations

from typing import ClassVar

from ..job import Job
from ..method import Card, Method, Stream
from ..parts.batches import WholeClasses
from ..parts.curricula import AnyCurriculum, AtOnce
from ..parts.filters import AnyFilter, Everything
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovery import AnyRecovery, Inversion
from ..parts.squeezing import AnySqueeze, SeveralNetworks
from ..parts.starts import AnyStart, RealStart
from ..parts.statistics import Everywhere
from ..parts.storing import AnyStorage, Lossless
from ..parts.views import Cropped
from ..pieces.ground import Ground
from ..results import Pictures


class DesignSpace(Method):
    """Recover from real images with class statistics and mild crops."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: AnySqueeze = SeveralNetworks()
    start: AnyStart = RealStart()
    recover: AnyRecovery = Inversion(
        lr_img=0.05,
        view=Cropped(low=0.5, jitter=0.0),
        statistics=Everywhere(class_share=0.5),
        batches=WholeClasses(),
    )
    storage: AnyStorage = Lossless()
    labels: AnyLabels = LiveTeacher(protocol="edc")
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
