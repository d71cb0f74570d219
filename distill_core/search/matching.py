"""Matching as one composition: an objective pulls at images in a space. Its members choose the two."""

from __future__ import annotations

from ..job import Job
from ..method import Method, Stream
from ..parts.curricula import AnyCurriculum, AtOnce
from ..parts.filters import AnyFilter, Everything
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import AnyObjective, MeanFeatures
from ..pieces.ground import Ground
from ..results import Pictures
from .spaces import AnySpace, Pixels


class Matching(Method):
    """Move images in the space until the objective is content; a member's fields are what differs."""

    objective: AnyObjective = MeanFeatures()
    space: AnySpace = Pixels()
    labels: AnyLabels = HardLabels(protocol="auto")
    course: AnyCurriculum = AtOnce()
    filter: AnyFilter = Everything()

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = yield from self.filter.kept(Ground.of(job))
        images, about = yield from self.space.found(self.objective, ground)
        own, stages = self.objective.students, self.course.stages(ground)
        return (yield from self.labels.result(ground, images, about, own=own, stages=stages))
