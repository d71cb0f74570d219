"""Beyond clean test images: how well students of a set know what they know, and what noise, blur and small attacks do to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from .. import store
from ..errors import BadSetting, nearest
from ..evaluation.control import seed_of
from ..evaluation.exam import Exam
from ..evaluation.passports import passport_of
from ..evaluation.reliability import Trials, measured
from ..evaluation.seeds import derive
from ..evaluation.students import train_student
from ..evaluation.transfer import Source
from ..events import Note
from ..home import studio_home, write_json
from ..job import Job
from ..method import Card, Stream, drained, stage
from ..part import knob
from ..pieces.corrupt import KINDS
from ..pieces.ensemble import names_of
from ..record import findings
from ..record.folder import RunFolder
from ..where import within
from .source import source_of
from .study import Findings, Study

FORM = 1
MEASURED = ("clean", "ece", "bins", "corruptions", "fgsm", "pgd")


class Reliability(Study):
    """Calibration, corruptions and small adversarial steps of the students of finished sets."""

    card: ClassVar[Card] = Card(
        name="reliability",
        title="Reliability",
        idea="Is a student of the set right as often as it says, and what is left of it under noise, blur, compression and small attacks?",
        family="evaluation",
        paper="calibration: arXiv 1706.04599; corruptions after arXiv 1903.12261, levels of our own; FGSM and PGD: arXiv 1412.6572, 1706.06083",
        departures=("As many random real images stand beside each set, under the same protocol.",),
    )
    runs: tuple[str, ...] = knob((), "Runs", "The finished runs whose sets are examined.")
    corruptions: tuple[str, ...] = knob(KINDS, "Corruptions", "Each at five severities.")
    eps: tuple[float, ...] = knob((1.0, 2.0, 4.0, 8.0), "ε", "Of the adversarial steps in the maximum norm, in 1/255.")
    images: int = knob(1000, "Test images", "At most so many, evenly spaced, the same for all.", ge=10, le=100_000)

    def hold(self, job: Job) -> Stream[Findings]:
        """A finding for each run, kept as soon as it is there; every student is kept by its content."""
        self._check(job)
        for run in self.runs:
            source = yield from source_of(run, job)
            exam = self._exam(source, job)
            asked = self._asked(exam)
            if findings.known(studio_home(), run, self.card.name, asked) is not None:
                yield Note(f"{run}: found before.")
                continue
            yield Note(
                f"{len(self._seats(exam))} students, {exam.steps:,} updates, then {self._passes(source):,} test images for each."
            )
            with within(findings.key_of(asked)):
                found = yield from self._found(exam, run)
            findings.keep(studio_home(), run, self.card.name, asked, found)
        return Findings()

    def samples(self, job: Job) -> Iterable[tuple[Stream[object], int]]:
        """A student of each set."""
        self._check(job)
        for exam in self._unknown(job):
            p = exam.sittings[0].protocol
            yield (
                train_student(
                    exam.source,
                    p,
                    exam.real,
                    seed=job.seed,
                    student=exam.student,
                    teacher=exam.teacher,
                    device=exam.device,
                ),
                exam.steps,
            )

    def _unknown(self, job: Job) -> Iterator[Exam]:
        for run in self.runs:
            exam = self._exam(drained(source_of(run, job)), job)
            if findings.known(studio_home(), run, self.card.name, self._asked(exam)) is None:
                yield exam

    def _check(self, job: Job) -> None:
        if not self.runs or len(set(self.runs)) < len(self.runs):
            raise BadSetting("Name at least one finished run, and each of them once.")
        if not job.students:
            raise BadSetting("students=0 leaves nothing to train. Choose 1 or more.")
        for kind in self.corruptions:
            if kind not in KINDS:
                raise BadSetting(
                    f"There is no corruption {kind!r}.{nearest(kind, KINDS)} There are {', '.join(KINDS)}."
                )
        if any(not 0 < one <= 255 for one in self.eps):
            raise BadSetting(f"eps={list(self.eps)} cannot work: each is in 1/255, above 0 and at most 255.")

    @staticmethod
    def _exam(source: Source, job: Job) -> Exam:
        return Exam.of(source.result, job, source.real, source.teacher)

    @staticmethod
    def _seats(exam: Exam) -> list[tuple[int, int, int]]:
        """Students of the set and of its control under the first protocol: what a further one adds is another question."""
        return [seat for seat in exam.seats if seat[0] < 2]

    @property
    def trials(self) -> Trials:
        return Trials(self.corruptions, self.eps, self.images)

    def _passes(self, source: Source) -> int:
        """Forward passes of images for one student, about: an attack step counts twice, for its way back."""
        shown = min(self.images, len(source.real.test))
        return shown * (1 + 5 * len(self.corruptions) + len(self.eps) * (3 + 21))

    def _asked(self, exam: Exam) -> dict[str, object]:
        p, trials = exam.sittings[0].protocol, self.trials
        return {
            "form": FORM, "protocol": p.asked(), "student": exam.student, "students": exam.job.students, "draws": exam.job.draws,
            "seed": exam.job.seed, "trials": [list(trials.corruptions), list(trials.eps), trials.images], "data": exam.real.fingerprint,
            "teacher": names_of(exam.teacher) if exam.teacher is not None and p.labels != "hard" else "",
        }  # fmt: skip

    def _found(self, exam: Exam, run: str) -> Stream[dict[str, object]]:
        found: dict[str, list[dict[str, Any]]] = {"distilled": [], "random": []}
        content = sha256((RunFolder.find(studio_home(), run).path / "set.safetensors").read_bytes()).hexdigest()
        draws = []
        for row, draw, index in self._seats(exam):
            subject = exam.sittings[row].subject
            one = yield from self._student(exam, row, draw, index, content)
            found[subject].append(one)
            draws += [draw if exam.source.steady else index] if subject == "random" else []
            yield Note(
                f"{subject}, student {len(found[subject])}: {one['clean']:.1%} clean, calibration error {100 * one['ece']:.1f} points."
            )
        p = exam.sittings[0].protocol
        said = {
            "student": exam.student,
            "protocol": p.name,
            "labels": p.labels_said,
            "epochs": p.epochs,
            "eps": list(self.eps),
        }
        return {**said, **found, "draws": draws, "passport": passport_of(exam, exam.sittings[0]).plain()}

    def _student(self, exam: Exam, row: int, draw: int, index: int, content: str) -> Stream[dict[str, Any]]:
        """One student's measures: known by its content, or trained and measured."""
        sitting, image_seed = exam.sittings[row], seed_of(exam.job, draw)
        ours = sitting.subject == "distilled"
        mark: dict[str, object] = (
            {"set": content}
            if ours
            else {"draw": image_seed, "like": sha256(exam.lesson.labels.numpy().tobytes()).hexdigest()}
        )
        key = store.key_of(
            {**self._asked(exam), **mark, "students": 0, "draws": 0, "at": [draw, index], "device": exam.device.type}
        )

        def make(file: Path) -> Stream[None]:
            student = train_student(
                exam.source if ours else exam.control(image_seed), sitting.protocol, exam.real, seed=derive(image_seed, index),
                student=exam.student, teacher=exam.teacher, device=exam.device, whose="" if ours else "random",
            )  # fmt: skip
            trained = yield from stage("evaluate", student)
            write_json(file, measured(trained.network, exam.real, self.trials))

        def read(path: Path) -> dict[str, Any] | None:
            found = json.loads(path.read_text(encoding="utf-8"))
            return dict(found) if set(MEASURED) <= set(found) else None

        return (yield from store.made("reliable", key, make, read, ".json"))
