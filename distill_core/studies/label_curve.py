"""Accuracy against the bytes of labels: the same set, and its random control, under a ladder of kinds of labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from ..errors import BadSetting
from ..evaluation.choosing import protocol_of
from ..evaluation.exam import Exam
from ..evaluation.prices import Price, price_of
from ..evaluation.stored.plan import unfit
from ..evaluation.students import train_student
from ..evaluation.transfer import Source
from ..events import Note, Scored
from ..home import studio_home
from ..job import Job
from ..measures.budget import network_bytes
from ..method import Card, Preset, Stream, drained, stage
from ..part import knob
from ..parts.labels import labels_of
from ..quantities.sizes import say_bytes
from ..record import findings
from ..results import Result
from ..where import within
from .source import labeler_of, source_of
from .study import Findings, Study

LADDER = ("hard", "static", "stored:stored=1", "stored:stored=2", "stored:stored=4", "stored:stored=8", "teacher")
CUTS = tuple(f"stored:stored=4,top={top}" for top in (1, 2, 5))


@dataclass(frozen=True, eq=False)
class Rung:
    """One kind of labels: the set under it, what it costs, and what names the question."""

    kind: str
    result: Result
    price: Price
    asked: dict[str, object]


class LabelCurve(Study):
    """Train students on a finished set and on random real images under one kind of labels after the other."""

    card: ClassVar[Card] = Card(
        name="label_curve",
        title="Accuracy against label bytes",
        idea="How much of a score is the images, and how much the labels: the same set and its random control under labels of every "
        "price.",
        family="evaluation",
        paper="the question of LPLD (arXiv 2410.15919) and of DD-Ranking (arXiv 2505.13300); the ladder is ours",
        departures=(
            "Every kind is taught for as many updates, under one protocol; what a live teacher costs is its own bytes.",
            "The random control gets the same kind of labels, made by the same teacher on its own images.",
        ),
        presets=(
            Preset("From hard labels to a live teacher", {"ladder": LADDER}, source="ours"),
            Preset(
                "Fewer logits of four epochs", {"ladder": ("hard", *CUTS, "stored:stored=4", "teacher")}, source="ours"
            ),
        ),
    )
    run: str = knob("", "Run", "The finished run whose set is examined.")
    ladder: tuple[str, ...] = knob(LADDER, "Labels", "Kinds with their options, one for each point.")

    def hold(self, job: Job) -> Stream[Findings]:
        """Every point is kept as soon as it is there."""
        source, teacher, rungs = yield from self._rungs(job)
        yield Note(self.said(source, rungs, job))
        for rung in rungs:
            if findings.known(studio_home(), self.run, self.card.name, rung.asked) is not None:
                yield Note(f"{rung.price.labels}: found before.")
                continue
            exam = Exam.of(rung.result, job, source.real, teacher)
            with within(findings.key_of(rung.asked)):
                final, _ = yield from stage("evaluate", exam.taught(), steps=exam.steps)
            found = self._point(rung, exam, list(final.values()))
            findings.keep(studio_home(), self.run, self.card.name, rung.asked, found)
        return Findings()

    def samples(self, job: Job) -> Iterable[tuple[Stream[object], int]]:
        """A student of each kind; stored labels are made by what is timed, and stay."""
        source, teacher, rungs = drained(self._rungs(job))
        for rung in rungs:
            if findings.known(studio_home(), self.run, self.card.name, rung.asked) is None:
                exam = Exam.of(rung.result, job, source.real, teacher)
                p = exam.sittings[0].protocol.with_(lr_grid=())
                student = train_student(
                    exam.source,
                    p,
                    source.real,
                    seed=job.seed,
                    student=exam.student,
                    teacher=teacher,
                    device=exam.device,
                )
                yield student, exam.steps

    @staticmethod
    def said(source: Source, rungs: list[Rung], job: Job) -> str:
        """What the whole ladder costs: the bytes of each point, and all updates."""
        each = "; ".join(f"{one.price.labels} {say_bytes(one.price.bytes)}" for one in rungs)
        students = sum(2 * job.students + one.price.draws - 1 for one in rungs)
        steps = sum((2 * job.students + one.price.draws - 1) * one.price.steps for one in rungs)
        kept = sum(one.price.label_bytes * (1 + one.price.draws) for one in rungs if "stored" in one.price.labels)
        disk = f" Stored labels of set and controls take {say_bytes(kept)} of disk." if kept else ""
        images = say_bytes(source.result.bytes.images)
        return f"Labels beside {images} of images: {each}. {students} students, {steps:,} updates.{disk}"

    def _rungs(self, job: Job) -> Stream[tuple[Source, nn.Module | None, list[Rung]]]:
        if not job.students:
            raise BadSetting("students=0 leaves nothing to train. Choose 1 or more.")
        if not self.ladder or len(set(self.ladder)) < len(self.ladder):
            raise BadSetting("Name at least one kind of labels, and each of them once.")
        source = yield from source_of(self.run, job)
        dials = {kind: labels_of(kind).asked() for kind in self.ladder}
        for kind, dial in dials.items():
            protocol = protocol_of(job, source.result, dial)
            if protocol.labels == "stored" and (reason := unfit(protocol)):
                raise BadSetting(
                    f"{reason} Leave out {kind!r}, or choose a protocol that crops and mirrors, such as dwa."
                )
        soft = any(dial["labels"] != "hard" for dial in dials.values())
        teacher = source.teacher
        if soft and teacher is None:
            teacher = yield from labeler_of(source, job)
        size = network_bytes(teacher) if teacher is not None else 0
        return source, teacher, [self._rung(kind, dial, source, job, size) for kind, dial in dials.items()]

    def _rung(self, kind: str, dial: dict[str, object], source: Source, job: Job, teacher: int) -> Rung:
        result = source.result.with_(dial=dial, stored_bytes=0)
        protocol = protocol_of(job, result, dial)
        asked = {
            "protocol": protocol.asked(),
            "student": job.student,
            "students": job.students,
            "draws": job.draws,
            "seed": job.seed,
        }
        return Rung(kind, result, price_of(result, dial, job, source.real, teacher), asked)

    def _point(self, rung: Rung, exam: Exam, scores: list[Scored]) -> dict[str, object]:
        """What is kept of a point: bytes, and the accuracies of set and control."""
        ours, beside = (next(one for one in scores if one.subject == subject) for subject in ("distilled", "random"))
        said = {"spec": rung.kind, "labels": ours.labels, "protocol": ours.protocol, "student": ours.student}
        costs = {
            name: ours.budget[name]
            for name in ("image_bytes", "label_bytes", "teacher_bytes", "student_steps", "seconds")
        }
        accuracies = {"distilled": list(ours.accuracy), "random": list(beside.accuracy), "draws": list(beside.draws)}
        return {
            **said,
            "epochs": exam.sittings[0].protocol.epochs,
            **costs,
            **accuracies,
            "passport": dict(ours.passport),
        }
