"""Three regimes, one picture: sets, random real images and coresets under hard labels, one fixed soft label, and a live teacher.

Same student, same updates, same augmentation, same teacher: nothing but the labels differs. A cell is one set in one regime, known by its
content; coresets that stand beside several runs are worked on once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from torch import nn

from .. import store
from ..errors import BadSetting, nearest
from ..evaluation.choosing import protocol_of, student_of
from ..evaluation.exam import Exam
from ..evaluation.prices import price_of
from ..evaluation.students import train_student
from ..evaluation.transfer import Source
from ..evaluation.whole import CHEAP, known_whole, measure_whole, whole_seconds
from ..events import Note, Scored
from ..home import studio_home, write_json
from ..job import Job
from ..measures.budget import network_bytes
from ..method import Card, Method, Preset, Stream, drained, stage
from ..methods import registry
from ..part import knob
from ..pieces.device import device_of
from ..pieces.ensemble import names_of
from ..pieces.teach import SqueezeRecipe, squeeze
from ..quantities.sizes import say_bytes
from ..record import findings
from ..record.folder import RunFolder
from ..results import Result
from ..where import within
from .source import source_of
from .study import Findings, Study

REGIMES = ("hard", "static", "teacher")
BARE = {"augment": "none", "mix": "none", "pixels": "none"}
OWN = "set"  # the subject that is the run's own
FORM = 1


@dataclass(frozen=True, eq=False)
class Subject:
    """A set that is examined: a run's own, or a selection of real images of the same data, as many per class."""

    name: str
    title: str
    mark: dict[str, object]  # what tells it from others, without making it
    method: Method | None = None  # of a coreset

    def made(self, source: Source, job: Job) -> Stream[Result]:
        """The set; a coreset is chosen now."""
        if self.method is None:
            return source.result
        return (yield from self.method.distill(job)).with_(soft_labels=None, teacher="")


@dataclass(frozen=True, eq=False)
class Cell:
    """One set in one regime, as asked; `dial` is what differs from the protocol."""

    subject: Subject
    regime: str
    bare: bool
    dial: dict[str, object]
    asked: dict[str, object]


class Regimes(Study):
    """Sets, coresets and random real images under hard, fixed and live labels."""

    card: ClassVar[Card] = Card(
        name="regimes",
        title="Three regimes",
        idea="At equal bytes, updates and labels: is this set better than random real images, or than a good choice of real ones? "
        "Answered under hard labels, one fixed soft label and a live teacher.",
        family="evaluation",
        paper="the question of arXiv 2502.06434, 2509.19743 and 2606.18209; HLR, IOR, LRS and ARS of DD-Ranking (arXiv 2505.13300)",
        departures=(
            "All sets are taught by one teacher under one protocol (auto is `regimes`); a set that brings soft labels of its own keeps "
            "them in the fixed regime, and its passport says so.",
            "All real data, for HLR, is the recipe `real`, where it is known or cheap.",
        ),
        presets=(
            Preset("Three regimes", {"regimes": REGIMES}, source="ours"),
            Preset("With and without augmentation", {"bare": True}, source="DD-Ranking, ARS"),
        ),
    )
    runs: tuple[str, ...] = knob((), "Runs", "The finished runs whose sets are examined, imported ones too.")
    coresets: tuple[str, ...] = knob(
        ("herding", "kcenter"),
        "Coresets",
        "Selections of real images that stand beside them, by the names of their methods.",
    )
    regimes: tuple[str, ...] = knob(REGIMES, "Regimes", "hard, static (one fixed soft label), teacher (a live one).")
    bare: bool = knob(
        False, "Without augmentation too", "Every cell a second time without augmentation and mixing, for ARS."
    )

    def hold(self, job: Job) -> Stream[Findings]:
        """Every cell is kept as soon as it is there."""
        job = self._job(job)
        for run in self.runs:
            source = yield from source_of(run, job)
            own = job.model_copy(
                update={"data": source.real.name, "ipc": max(1, len(source.result) // len(source.real.classes))}
            )
            teacher = yield from self._teacher(source, own)
            yield Note(self._priced(source, teacher, own))
            real = yield from self._whole(source, own)
            for cell in self._cells(source, teacher, own):
                if findings.known(studio_home(), run, self.card.name, cell.asked) is not None:
                    yield Note(f"{cell.subject.title}, {said(cell)}: found before.")
                    continue
                with within(findings.key_of(cell.asked)):
                    found = yield from self._kept(cell, source, teacher, own)
                findings.keep(studio_home(), run, self.card.name, cell.asked, {**found, "real": real})
        return Findings()

    def samples(self, job: Job) -> Iterable[tuple[Stream[object], int]]:
        """A student of each regime; the coresets' students are like those of the set."""
        job = self._job(job)
        for run in self.runs:
            source = drained(source_of(run, job))
            teacher = drained(self._teacher(source, job))
            for regime in self.regimes:
                cells = [one for one in self._cells(source, teacher, job) if one.regime == regime]
                todo = [one for one in cells if findings.known(studio_home(), run, self.card.name, one.asked) is None]
                if todo:
                    exam = Exam.of(source.result.with_(dial=todo[0].dial), job, source.real, teacher)
                    student = train_student(
                        exam.source, exam.sittings[0].protocol, source.real, seed=job.seed, student=exam.student, teacher=teacher,
                        device=exam.device,
                    )  # fmt: skip
                    yield student, exam.steps // 2 * (len(todo) + 1)  # the control's students are those of all

    def _job(self, job: Job) -> Job:
        """The job with its protocol resolved; refuses now what could not be trained an hour later."""
        if not self.runs or len(set(self.runs)) < len(self.runs):
            raise BadSetting("Name at least one finished run, and each of them once.")
        if not job.students:
            raise BadSetting("students=0 leaves nothing to train. Choose 1 or more.")
        for regime in self.regimes:
            if regime not in REGIMES:
                raise BadSetting(
                    f"There is no regime {regime!r}.{nearest(regime, REGIMES)} There are {', '.join(REGIMES)}."
                )
        for name in self.coresets:
            if name not in registry():
                raise BadSetting(f"There is no method {name!r} to choose real images.{nearest(name, list(registry()))}")
        return job.model_copy(update={"protocol": "regimes"}) if job.protocol == "auto" else job

    def _teacher(self, source: Source, job: Job) -> Stream[nn.Module | None]:
        """The one teacher of all soft labels."""
        if set(self.regimes) == {"hard"}:
            return None
        device = device_of(job.device)
        teacher = yield from stage("squeeze", squeeze(source.real, job.teacher, SqueezeRecipe(), device))
        return teacher.network

    def _subjects(self, source: Source, job: Job) -> Iterator[Subject]:
        folder = RunFolder.find(studio_home(), source.run)
        content = sha256((folder.path / "set.safetensors").read_bytes()).hexdigest()
        yield Subject(OWN, str(folder.request().get("name") or source.run), {"set": content})
        for name in self.coresets:
            method = registry()[name].build({})
            mark = {"method": name, "settings": method.plain(), "data": source.real.fingerprint, "teacher": job.teacher}
            yield Subject(name, method.card.title, {**mark, "ipc": job.ipc, "seed": job.seed}, method)

    def _cells(self, source: Source, teacher: nn.Module | None, job: Job) -> Iterator[Cell]:
        for subject in self._subjects(source, job):
            for regime in self.regimes:
                for bare in (False, True) if self.bare else (False,):
                    dial: dict[str, object] = {"labels": regime, **(BARE if bare else {})}
                    protocol = protocol_of(job, source.result, dial)
                    by = names_of(teacher) if teacher is not None and regime != "hard" else ""
                    asked = {
                        "form": FORM, "subject": subject.mark, "protocol": protocol.asked(), "teacher": by,
                        "student": student_of(job, protocol, source.real), "students": job.students, "draws": job.draws,
                        "seed": job.seed, "data": source.real.fingerprint,
                    }  # fmt: skip
                    yield Cell(subject, regime, bare, dial, asked)

    def _priced(self, source: Source, teacher: nn.Module | None, job: Job) -> str:
        """What all of it takes, before any of it is begun."""
        size = network_bytes(teacher) if teacher is not None else 0
        cells = list(self._cells(source, teacher, job))
        prices = {
            regime: price_of(source.result, {"labels": regime}, job, source.real, size) for regime in self.regimes
        }
        known = sum(findings.known(studio_home(), source.run, self.card.name, one.asked) is not None for one in cells)
        students = {r: job.students * (len(self.coresets) + 2) + p.draws - 1 for r, p in prices.items()}
        updates = sum(students[regime] * price.steps for regime, price in prices.items()) * (2 if self.bare else 1)
        each = "; ".join(f"{regime} labels {say_bytes(price.bytes)}" for regime, price in prices.items())
        return (
            f"{len(cells)} cells, {known} of them found before. At most {sum(students.values()) * (2 if self.bare else 1)} students and "
            f"{updates:,} updates. Beside {say_bytes(source.result.bytes.images)} of images: {each}."
        )

    def _whole(self, source: Source, job: Job) -> Stream[list[float]]:
        """Accuracies with all real data and hard labels: known, or measured where that is cheap; else none."""
        student = student_of(job, protocol_of(job, source.result), source.real)
        found, device = known_whole(source.real, student), device_of(job.device)
        if found is None and whole_seconds(source.real, student, device) < CHEAP:
            found = yield from stage("evaluate", measure_whole(source.real, student, seed=job.seed, device=device))
        if found is None:
            yield Note(f"All real data is not known for {student}, and dear: HLR and LRS are left out.")
        return list(found.accuracy) if found is not None else []

    def _kept(self, cell: Cell, source: Source, teacher: nn.Module | None, job: Job) -> Stream[dict[str, object]]:
        """What was found of a cell, here or beside another run; worked on where it was not."""

        def make(file: Path) -> Stream[None]:
            result = (yield from cell.subject.made(source, job)).with_(
                dial=cell.dial, stored_bytes=0, protocol=job.protocol
            )
            exam = Exam.of(result, job, source.real, teacher)
            final, _ = yield from stage("evaluate", exam.taught(), steps=exam.steps)
            write_json(file, _found(cell, exam, list(final.values())))

        def read(path: Path) -> dict[str, object]:
            return dict(json.loads(path.read_text(encoding="utf-8")))

        found = yield from store.made("regime", store.key_of(cell.asked), make, read, ".json")
        return {**found, "title": cell.subject.title}


def said(cell: Cell) -> str:
    """`static labels, without augmentation`."""
    return f"{cell.regime} labels" + (", without augmentation" if cell.bare else "")


def _found(cell: Cell, exam: Exam, scores: list[Scored]) -> dict[str, object]:
    """A cell as plain values: accuracies of the set and of random real images, what they cost, how they came about."""
    ours, beside = (next(one for one in scores if one.subject == subject) for subject in ("distilled", "random"))
    return {
        "subject": cell.subject.name, "regime": cell.regime, "bare": cell.bare, "student": ours.student, "protocol": ours.protocol,
        "labels": ours.labels, "epochs": exam.sittings[0].protocol.epochs, "budget": dict(ours.budget),
        "distilled": list(ours.accuracy), "random": list(beside.accuracy), "draws": list(beside.draws),
        "best": list(ours.best), "random_best": list(beside.best), "looks": ours.looks, "passport": dict(ours.passport),
        "random_budget": dict(beside.budget), "random_passport": dict(beside.passport),
    }  # fmt: skip
