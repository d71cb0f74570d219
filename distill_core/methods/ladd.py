"""LADD: label-augmented dataset distillation.

Seoungyoon Kang, Youngsun Lim, Hyunjung Shim, WACV 2025, arXiv 2409.16239.

    L = CE( f(A(x)), y ) + (1 / |K|) Σ_{k ∈ K} H( y^d_k, f(A(S_k(x))) )

A finished set keeps its images and its labels. A labeler that was trained on the real data sees each image's N × N fixed
sub-images S_k(x) and gives each a soft label y^d_k, which is stored; students learn from both. Nothing is distilled again.
There is no public code: what the card names as ours could not be read anywhere.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Generator

from ..events import StageStarted
from ..fields import Plain
from ..job import Job
from ..method import Card, Method, Stream
from ..part import Part, knob
from ..parts.dense import DenseLabels
from ..parts.given import refusal, set_of
from ..parts.squeezing import OneNetwork
from ..pieces.ground import Ground
from ..pieces.select import selected
from ..pieces.show import show
from ..pieces.start import starting_ids
from ..results import Result


class LabelAugmented(Method):
    """Add soft labels of sub-images to a set that is there."""

    card: ClassVar[Card] = Card.of(__file__)

    run: str = knob(
        "",
        "Finished run",
        "The id of the run whose set gets the labels; empty takes the job's random real images.",
        auto="",
    )
    dense: DenseLabels = DenseLabels()
    squeeze: OneNetwork = OneNetwork()

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        return {"run": "random real images"}

    def why_not(self, job: Job) -> str | None:
        return super().why_not(job) or (refusal(self.run, job) if self.run else None)

    def distill(self, job: Job) -> Stream[Result]:
        ground = Ground.of(job)
        yield StageStarted("select", 1)
        given = self._given(ground)
        seen = given.lesson(0, Generator().manual_seed(0))
        yield show(0, seen.images, seen.labels)
        [teacher] = yield from self.squeeze.teachers(ground)
        dense = yield from self.dense.made(ground, seen.images, seen.labels, teacher.network, teacher.key)
        return given.with_(dense=dense, about={**given.about, "set_of": self.run})

    def _given(self, ground: Ground) -> Result:
        if self.run:
            return set_of(self.run, ground.real)
        return selected(ground.real, starting_ids(ground.real, ground.job.ipc, ground.job.seed).flatten())
