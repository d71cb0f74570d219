"""G-VBSM: generalized matching of various backbones and statistics.

Shitong Shao, Zeyuan Yin, Muxin Zhou, Xindong Zhang, Zhiqiang Shen, "Generalized Large-Scale Data Condensation via Various
Backbone and Statistical Matching", CVPR 2024, arXiv 2311.17950.

As SRe2L, with four additions: several networks take turns, iteration by iteration; statistics are also matched at what
enters every convolution, whole and at every patch; a batch holds all images of some classes, whose spectrum is kept flat
(data densification); and students learn from the mean logits of all networks by squared error beside the classes.
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
from ..parts.spectra import FlatSpectrum
from ..parts.squeezing import AnySqueeze, SeveralNetworks
from ..parts.starts import AnyStart, NoiseStart
from ..parts.statistics import Everywhere
from ..parts.storing import AnyStorage, Lossless
from ..parts.views import Windowed
from ..pieces.ground import Ground
from ..results import Pictures


class GeneralizedMatching(Method):
    """Recover with several networks and statistics at every convolution."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: AnySqueeze = SeveralNetworks()
    start: AnyStart = NoiseStart()
    recover: AnyRecovery = Inversion(
        lr_img=0.05,
        view=Windowed(jitter=1.0),
        statistics=Everywhere(drop=0.4),
        spectrum=FlatSpectrum(),
        batches=WholeClasses(),
    )
    storage: AnyStorage = Lossless()
    labels: AnyLabels = LiveTeacher(protocol="gvbsm")
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
