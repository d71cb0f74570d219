"""Transfer: what a set is worth to students of other architectures than the one that it was distilled with.

Every cell is a set and a student: mean ± s.d. over seeds, with as many random real images under the same protocol beside it.
The papers' rows are ResNets and, for the large step, DeiT-Tiny (`deit`, random start, no distillation token).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from ..datasets import RealSet
from ..events import Note
from ..job import Job
from ..loop import steps
from ..method import Stream, stage
from ..networks import resolve
from ..results import Result
from .choosing import protocol_of
from .continual import SUBJECTS, Memory
from .seeds import derive

USUAL = ("convnet", "resnet18", "vgg11", "alexnet", "mobilenetv2", "efficientnetb0", "shufflenet", "vit", "deit")


@dataclass(frozen=True, eq=False)
class Source:
    """A set whose transfer is asked for: it, its data set, the teacher that labels, the seed of its random control."""

    run: str
    result: Result
    real: RealSet
    teacher: nn.Module | None
    control: int

    def memory(self, job: Job, student: str) -> Memory:
        """The set and its control as lessons for one architecture; refuses what cannot work, with a sentence."""
        asked = job.model_copy(update={"student": student})
        return Memory.of(self.result, asked, self.real, self.teacher, self.control)


def asked(source: Source, job: Job, student: str) -> dict[str, object]:
    """What one cell is made of: two cells with the same values hold the same numbers."""
    protocol = protocol_of(job, source.result)
    spec = resolve(student, channels=source.real.channels, size=source.real.size)
    return {
        "student": spec,
        "protocol": protocol.asked(),
        "students": job.students,
        "seed": job.seed,
        "control": source.control,
    }


def transfer(
    sources: Sequence[Source], students: Sequence[str], job: Job, known: Container[tuple[int, int]] = ()
) -> Stream[dict[tuple[int, int], dict[str, object]]]:
    """Train `job.students` students of each architecture on each set and on its random control.

    Returns `{(source, student): {"student", "protocol", "labels", "distilled": [fraction per seed], "random": […], "passport"}}` for the cells
    that are not `known`. The same seed has the same first weights and draws for both subjects, and for every set.
    """
    cells = [
        (s, a, subject, seed)
        for s in range(len(sources))
        for a in range(len(students))
        for seed in range(job.students)
        for subject in SUBJECTS
    ]
    found = torch.full((len(cells),), -1.0, dtype=torch.float64)
    for step in steps("transfer", len(cells), state={"found": found}, quiet=True):
        s, a, subject, seed = cells[step.index]
        if (s, a) in known:
            continue
        memory = sources[s].memory(job, students[a])
        every = range(len(memory.real.classes))
        student = memory.point(subject, every, derive(job.seed, seed))
        found[step.index] = got = yield from stage("transfer", student, memory.updates(every), step.index, len(cells))
        yield Note(f"{memory.student} on {sources[s].run}, {subject}, student {seed + 1} of {job.students}: {got:.1%}.")
    return {place: _cell(sources, students, job, cells, found, place) for place in _places(cells) if place not in known}


def _places(cells: Sequence[tuple[int, int, str, int]]) -> list[tuple[int, int]]:
    return list(dict.fromkeys((s, a) for s, a, _, _ in cells))


def _cell(
    sources: Sequence[Source],
    students: Sequence[str],
    job: Job,
    cells: Sequence[tuple[int, int, str, int]],
    found: torch.Tensor,
    place: tuple[int, int],
) -> dict[str, object]:
    source, student = sources[place[0]], students[place[1]]
    protocol = protocol_of(job, source.result)
    spec = resolve(student, channels=source.real.channels, size=source.real.size)
    said = {"student": spec, "protocol": protocol.name, "labels": protocol.labels_said, "epochs": protocol.epochs}
    passport = source.memory(job, student).passport().plain()
    values = {
        subject: [float(found[i]) for i, (s, a, who, _) in enumerate(cells) if (s, a) == place and who == subject]
        for subject in SUBJECTS
    }
    return {**said, **values, "passport": passport}
