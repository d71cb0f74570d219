"""GLaD: generative latent distillation, at one layer of a generator.

George Cazenavette, Tongzhou Wang, Antonio Torralba, Alexei A. Efros, Jun-Yan Zhu, "Generalizing Dataset Distillation via
Deep Generative Prior", CVPR 2023, arXiv 2305.01649.

    min_{w, f}  L_base( G_{L−1} ∘ … ∘ G_n (f; w), T )

Images are not moved pixel by pixel but inside a generator, at its layer n: early layers keep them realistic, late ones leave
them free. Any objective serves: what it pulls at the pixels is pushed back into w and f, a few images at a time.
"""

from __future__ import annotations

from typing import ClassVar

from ..job import Job
from ..method import Card, Method, Stream
from ..parts.curricula import AnyCurriculum, AtOnce
from ..parts.filters import AnyFilter, Everything
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import AnyObjective, Gradients, MeanFeatures, Trajectories
from ..parts.views import SiameseView
from ..pieces.ground import Ground
from ..results import Pictures
from ..search.spaces import AnySpace, OneLayer


class GenerativeLatent(Method):
    """Match at one layer of a generator."""

    card: ClassVar[Card] = Card.of(__file__)
    offers: ClassVar = {  # settings of the released code: networks are never trained between looks; constant memory
        "objective": (
            Gradients(outer=1, inner=1, batch_real=32, view=SiameseView()),
            Trajectories(memory="constant", lr_lr=1e-6),
        )
    }

    objective: AnyObjective = MeanFeatures()
    space: AnySpace = OneLayer()
    labels: AnyLabels = HardLabels(protocol="auto")
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
