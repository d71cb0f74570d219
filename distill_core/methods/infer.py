"""INFER: inter-class feature compensators.

Xin Zhang, Jiawei Du, Ping Liu, Joey Tianyi Zhou, "Breaking Class Barriers: Efficient Dataset Distillation via Inter-Class Feature
Compensator", ICLR 2025, arXiv 2408.06927.

Real images stay as they are. What is learned is one image for each group of them (one of every class) and each of M teachers,
which is added to all images of the group: a compensator costs the place of one image and gives as many new ones as there
are classes. Students learn from naturals and sums, each with one stored answer of all teachers that is mixed as the images are.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from ..datasets import load
from ..evaluation.protocols import find
from ..events import Note, Parts, Scalars
from ..job import Job
from ..method import Card, Method, Stream
from ..part import knob
from ..parts.compensating import transfer
from ..parts.compensators import AnyCompensators, OnePerTeacher, too_few
from ..parts.labels import AnyLabels, LiveTeacher, StaticLabels
from ..parts.squeezing import SeveralNetworks
from ..pieces.ensemble import JOIN, named
from ..pieces.ground import Ground
from ..pieces.show import reference
from ..pieces.sums import Sums
from ..pieces.teach import Teacher
from ..quantities import variant
from ..results import Result

SMALL = "teacher+wrn:depth=10,width=1+vgg11:norm=batch,width=4+shufflenetv1:units=2,width=0.2"
SHOWN = 10_000  # images that the end shows at most


class InterclassCompensators(Method):
    """Add to real images what several teachers want of them, the same for all classes."""

    card: ClassVar[Card] = Card.of(__file__)
    offers = {"labels": (LiveTeacher(protocol="infer-dynamic"),)}  # noqa: RUF012 (a ClassVar of the base)

    squeeze: SeveralNetworks = SeveralNetworks(backbones=SMALL)
    compensators: AnyCompensators = OnePerTeacher()
    mean_of: Literal["logits", "probabilities"] = knob(
        "logits",
        "Mean of",
        "What of the teachers' answers is averaged into a label: logits, or the probabilities at the students' temperature.",
        source="arXiv 2408.06927, released code",
    )
    labels: AnyLabels = StaticLabels(protocol="infer")

    def why_not(self, job: Job) -> str | None:
        """The parts' reasons; networks that cannot teach; an ipc that leaves no natural image."""
        if reason := super().why_not(job):
            return reason
        networks = self.squeeze.inverted(job)
        if reason := next(filter(None, map(self.compensators.unfit, networks)), None):
            return reason
        return too_few(self.compensators, job, len(networks), len(load(job.data).classes))

    def caution(self, job: Job) -> str | None:
        """What the parts say; and where nothing is shared, how much more than ipc is stored."""
        kind, networks = self.compensators, len(self.squeeze.inverted(job))
        stored = kind.naturals(job.ipc, networks, len(load(job.data).classes)) * (1 + networks)
        if kind.apart and stored > job.ipc:
            return f"Nothing is shared, so {stored} images of each class are stored where ipc={job.ipc}; count=ipc keeps within it."
        return super().caution(job)

    def distill(self, job: Job) -> Stream[Result]:
        ground, kind, networks = Ground.of(job), self.compensators, len(self.squeeze.inverted(job))
        groups = kind.naturals(job.ipc, networks, ground.classes)
        sums = Sums.of(ground, groups, kind.each(networks), kind.apart)
        watched = sums.watched
        yield sums.picture(0, watched)
        teachers = yield from self.squeeze.teachers(ground)
        yield from reference(ground.real, teachers[0].network, ground.device)
        yield sums.outputs(0, teachers[0].network, watched)
        yield Parts(0, variant("transfer", "start"), transfer(teachers, sums, watched, 0))
        yield from kind.learned(ground, teachers, sums)
        keys = (yield from self.squeeze.labelers(ground, teachers)).split(JOIN)
        by = named(keys, self._temperature(job) if self.mean_of == "probabilities" else 0.0)
        result = yield from self.labels.labelled(ground, kind.result(ground, sums), teacher=by)
        yield Note(
            f"Stored: {sums.pixels.flatten(0, 1).shape[0]:,} naturals and {sums.learned.flatten(0, 2).shape[0]:,} compensators, "
            f"{result.bytes.images:,} bytes; {job.ipc} images of each class are {job.ipc * sums.pixels[0].numel():,}."
        )
        yield from self._end(sums, teachers, result)
        return result

    def _temperature(self, job: Job) -> float:
        """Of the students that are to come."""
        own = "hard" if self.labels.protocol == "auto" else self.labels.protocol
        return find(own if job.protocol == "auto" else job.protocol).temperature

    def _end(self, sums: Sums, teachers: list[Teacher], result: Result) -> Stream[None]:
        """The whole set as it is stored; only what was watched where that is very much."""
        step, watched = getattr(self.compensators, "iterations", 0), sums.watched
        groups = len(sums.naturals) if len(result) <= SHOWN else watched
        if sums.learned.numel():
            yield Scalars(step, {"compensator-scale": sums.scale(watched)})
            yield sums.signed(step, watched)
        yield sums.outputs(step, teachers[0].network, groups)
        yield sums.picture(step, groups)
