"""DM: distribution matching.

Bo Zhao, Hakan Bilen, "Dataset Condensation with Distribution Matching", WACV 2023, arXiv 2110.04181.

    min_S  E_θ Σ_c ‖ mean_{x∈B_c} ψ_θ(A_ω(x)) − mean_{s∈S_c} ψ_θ(A_ω(s)) ‖²

ψ_θ are the last features of a network with fresh random weights at every step, A_ω one augmentation drawn for both sides.
No network is trained and no second derivative is taken.
"""

from __future__ import annotations

from typing import ClassVar

from ..job import Job
from ..method import Card, Method, Stream
from ..parts.curricula import AnyCurriculum, AtOnce
from ..parts.filters import AnyFilter, Everything
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import MeanFeatures
from ..pieces.ground import Ground
from ..results import Pictures
from ..search.spaces import AnySpace, Pixels


class DistributionMatching(Method):
    """Match mean features under random networks."""

    card: ClassVar[Card] = Card.of(__file__)

    objective: MeanFeatures = MeanFeatures()
    space: AnySpace = Pixels(lr_img=1.0)
    labels: AnyLabels = HardLabels(protocol="dsa")
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
