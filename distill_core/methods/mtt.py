"""MTT: matching training trajectories.

George Cazenavette, Tongzhou Wang, Antonio Torralba, Alexei A. Efros, Jun-Yan Zhu, "Dataset Distillation by Matching
Training Trajectories", CVPR 2022, arXiv 2203.11932.

Experts are trained on all real data and remembered after every epoch. From a random point of a random expert a student
takes N steps on the synthetic images; the images, and the student's learning rate α, move until it arrives where the expert
was M epochs later.
"""

from __future__ import annotations

from typing import ClassVar

from ..job import Job
from ..method import Card, Method, Stream
from ..parts.curricula import AnyCurriculum, AtOnce
from ..parts.filters import AnyFilter, Everything
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import Trajectories
from ..pieces.ground import Ground
from ..results import Pictures
from ..search.spaces import AnySpace, Pixels


class TrajectoryMatching(Method):
    """Match where training leads."""

    card: ClassVar[Card] = Card.of(__file__)

    objective: Trajectories = Trajectories()
    space: AnySpace = Pixels(lr_img=100.0)
    labels: AnyLabels = HardLabels(protocol="mtt")
    course: AnyCurriculum = AtOnce()
    filter: AnyFilter = Everything()

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = yield from self.filter.kept(Ground.of(job))
        images, about = yield from self.space.found(self.objective, ground)
        return (
            yield from self.labels.result(
                ground, images, about, own=self.objective.students, stages=self.course.stages(ground)
            )
        )
