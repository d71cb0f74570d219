"""Students of other architectures on finished sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ..errors import BadSetting
from ..evaluation import transfer as transferring
from ..events import Note
from ..home import studio_home
from ..job import Job
from ..method import Card, Stream, drained
from ..part import knob
from ..record import findings
from .source import source_of
from .study import Findings, Study


class Transfer(Study):
    """Students of other architectures on finished sets."""

    card: ClassVar[Card] = Card(
        name="transfer",
        title="Other students",
        idea="Train students of several architectures on finished sets: does a set teach more than the network it came from?",
        family="evaluation",
        paper="cross-architecture tables of DWA (arXiv 2409.17612) and G-VBSM (arXiv 2311.17950)",
        departures=("Every cell has its own control: as many random real images under the same protocol.",),
    )
    runs: tuple[str, ...] = knob((), "Runs", "The finished runs whose sets are examined.")
    networks: tuple[str, ...] = knob(("convnet", "resnet18"), "Students", "Architectures, with options.")

    def hold(self, job: Job) -> Stream[Findings]:
        sources = yield from self._sources(job)
        known: set[tuple[int, int]] = set()
        questions = {}
        for s, source in enumerate(sources):
            for a, student in enumerate(self.networks):
                questions[s, a] = transferring.asked(source, job, student)
                if findings.known(studio_home(), source.run, "transfer", questions[s, a]) is not None:
                    known.add((s, a))
        if known:
            yield Note(f"{len(known)} of {len(questions)} cells were found before and are not worked on again.")
        cells = yield from transferring.transfer(sources, self.networks, job, known)
        return Findings([(self.runs[s], "transfer", questions[s, a], cell) for (s, a), cell in cells.items()])

    def samples(self, job: Job) -> Iterable[tuple[Stream[object], int]]:
        sources = drained(self._sources(job))
        for source in sources:
            for student in self.networks:
                asked = transferring.asked(source, job, student)
                if findings.known(studio_home(), source.run, "transfer", asked) is None:
                    memory = source.memory(job, student)
                    classes = range(len(source.real.classes))
                    yield memory.point("distilled", classes, 0), 2 * job.students * memory.updates(classes)

    def _sources(self, job: Job) -> Stream[list[transferring.Source]]:
        if not self.runs or not self.networks:
            raise BadSetting("Name at least one finished run and one architecture.")
        if len(set(self.runs)) < len(self.runs) or len(set(self.networks)) < len(self.networks):
            raise BadSetting("A run or an architecture is named twice. Name each once.")
        if not job.students:
            raise BadSetting("students=0 leaves nothing to train. Choose 1 or more.")
        sources = []
        for run in self.runs:
            sources.append((yield from source_of(run, job)))
        for source in sources:
            for student in self.networks:
                source.memory(job, student)  # refuses now what could not be trained an hour later
        return sources
