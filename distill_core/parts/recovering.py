"""The SRe2L family as one composition: squeeze, recover, relabel. Its members choose the parts."""

from __future__ import annotations

from ..job import Job
from ..method import Method, Stream
from ..pieces.ground import Ground
from ..results import Pictures
from .curricula import AnyCurriculum, AtOnce
from .filters import AnyFilter, Everything
from .labels import AnyLabels, LiveTeacher
from .recovery import AnyRecovery, Inversion
from .squeezing import AnySqueeze, OneNetwork
from .starts import AnyStart, NoiseStart
from .storing import AnyStorage, Lossless


class Recovering(Method):
    """Train networks on real data, move a start until they recognize it, let them label; a member's fields are what differs."""

    squeeze: AnySqueeze = OneNetwork()
    start: AnyStart = NoiseStart()
    recover: AnyRecovery = Inversion()
    storage: AnyStorage = Lossless()
    labels: AnyLabels = LiveTeacher()
    course: AnyCurriculum = AtOnce()
    filter: AnyFilter = Everything()

    def why_not(self, job: Job) -> str | None:
        """The parts' reasons, and whether every network that is inverted has what it is inverted by."""
        if reason := super().why_not(job):
            return reason
        return next((reason for one in self.squeeze.inverted(job) if (reason := self.recover.unfit(one))), None)

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = yield from self.filter.kept(Ground.of(job))
        yield from self.start.glance(ground)
        teachers = yield from self.squeeze.teachers(ground)
        start = yield from self.start.images(ground, teachers[0].network)
        images = yield from self.recover.images(ground, teachers, start)
        stored, about = yield from self.storage.stored(images.flatten(0, 1))
        labelers, stages = (yield from self.squeeze.labelers(ground, teachers)), self.course.stages(ground)
        return (yield from self.labels.result(ground, stored, about, teacher=labelers, stages=stages))
