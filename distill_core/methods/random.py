"""Random real images: the control that every method has to beat.

For each class `ipc` training images are drawn by the job's seed: the very images from which the other methods start.
"""

from __future__ import annotations

from typing import ClassVar

from ..events import StageStarted
from ..job import Job
from ..method import Card, Method, Stream
from ..parts.labels import AnyLabels, HardLabels
from ..pieces.ground import Ground
from ..pieces.select import selected, show_selected
from ..pieces.start import starting_ids
from ..results import Pictures


class RandomReal(Method):
    """Keep random real images."""

    card: ClassVar[Card] = Card.of(__file__)

    labels: AnyLabels = HardLabels()

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = Ground.of(job)
        real = ground.real
        yield StageStarted("select", 1)
        ids = starting_ids(real, job.ipc, job.seed).flatten()
        yield show_selected(0, real, ids)
        return self.labels.dressed(ground, selected(real, ids))
