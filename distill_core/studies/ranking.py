"""The study of a search's candidates: students are trained on each, and every distance is asked how it would have ordered them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..datasets import RealSet, load
from ..errors import BadSetting
from ..evaluation import ranking as engine
from ..evaluation.continual import Memory
from ..evaluation.transfer import Source
from ..events import Note
from ..home import studio_home
from ..job import Job
from ..measures.relevance import Measure
from ..method import Card, Preset, Stream, drained, stage
from ..methods import registry
from ..methods.own import method_of
from ..part import kind_of, knob
from ..parts.objectives import MeanFeatures, Objective
from ..pieces.device import device_of
from ..pieces.ground import Ground
from ..record import findings
from ..record.asked import Asked
from ..record.candidates import FEWEST, Candidate, candidates
from ..record.folder import RunFolder
from ..record.sheets import read_sheet
from ..results import Pictures, load_result
from ..run import labeler
from ..search.measures import BriefStudents, CamMap, CamWeighted, FixedNetworks, RandomNetworks
from ..where import within
from .study import Findings, Study

QUICK = {"students": 2, "epochs": 300}


@dataclass(frozen=True, eq=False)
class Field:
    """All that is judged: the candidates, and each as something to train on."""

    real: RealSet
    shown: list[Candidate]
    entrants: list[engine.Entrant]
    memories: list[Memory]
    twins: int  # candidates left out, since an earlier one has the very same pixels


class CandidateRanking(Study):
    """Train brief students on the saved candidates of a search, and compare their order with that of every distance."""

    card: ClassVar[Card] = Card(
        name="ranking",
        title="How well the distances rank",
        idea="Train students on the candidates that a search has shown: would each distance have picked the good ones?",
        family="evaluation",
        paper="the question behind H-GLaD's feature distance (arXiv 2406.05704); the comparison is ours",
        departures=(
            "Candidates are the recorded images, rounded to 256 values; those with the very same pixels count once.",
            "A learning rate that was learned with a set is not used: all candidates are judged at the protocol's.",
        ),
        presets=(
            Preset("Quick", {"each": 4}, QUICK, "Ours: two students of 300 epochs on each of four candidates a layer."),
        ),
    )
    run: str = knob("", "Run", "The run whose candidates are judged; it has searched through several layers.")
    each: int = knob(
        4, "Candidates of a layer", "The kept one, then the first, the last, and others between.", ge=1, le=50, source="ours"
    )  # fmt: skip
    judge: str = knob(
        "auto", "Network of the distance", "A classifier trained on the real data: auto, resnet18.", advanced=True,
        source="ours",
    )  # fmt: skip

    def hold(self, job: Job) -> Stream[Findings]:
        field = yield from self._field(job)
        memory, made = field.memories[0], RunFolder.find(studio_home(), self.run).request()
        plain = memory.protocol.model_dump(mode="json", exclude={"title", "about", "source"})
        asked = {"places": [one.name for one in field.shown], "judge": self.judge, "students": job.students}
        asked |= {"seed": job.seed, "student": memory.student, "protocol": plain}
        if findings.known(studio_home(), self.run, "ranking", asked) is not None:
            yield Note("This was asked before; what was found is kept with the run.")
            return Findings()
        if field.twins:
            yield Note(f"{field.twins} candidates have the very pixels of an earlier one and are left out.")
        measures = yield from self._measures(job, made)
        looked = engine.distances(field.entrants, measures, field.real, device_of(job.device))
        with within(engine.mark_of(field.entrants)):
            far = yield from stage("distances", looked, len(field.entrants))
            right = yield from engine.accuracies(field.entrants, field.memories, job.students)
        found = engine.compared(far, right)
        yield from engine.said(found, max(0, memory.updates(range(len(field.real.classes))) - 1))
        about = {"student": memory.student, "protocol": memory.protocol.name, "epochs": memory.protocol.epochs}
        about |= {"students": job.students, "part": "test", "twins": field.twins}
        return Findings([(self.run, "ranking", asked, {**about, "rows": _rows(field, far, right), **found})])

    def samples(self, job: Job) -> Iterable[tuple[Stream[object], int]]:
        field = drained(self._field(job))
        memory, every = field.memories[0], range(len(field.real.classes))
        yield memory.point("distilled", every, 0), job.students * len(field.memories) * memory.updates(every)

    def _field(self, job: Job) -> Stream[Field]:
        """The candidates with their pixels; refuses what cannot be judged, with a sentence."""
        if not job.students:
            raise BadSetting("students=0 leaves nothing to train. Choose 1 or more.")
        folder = RunFolder.find(studio_home(), self.run)
        made = folder.request()
        real = load(str(made["job"].get("data") or ""))
        every = candidates(folder, self.each)
        shown, entrants = _without_twins(folder, every)
        if len(shown) < FEWEST:
            raise BadSetting(
                f"each={self.each} leaves {len(shown)} candidates that differ; {FEWEST} are needed to compare their order. "
                "Raise each."
            )
        asked, own = self._judged(job, made), _protocol_of(folder, made)
        sets = []
        for one in entrants:
            images, labels = one.images(real)
            sets.append(Pictures(images, labels, real.classes, real.mean, real.std, protocol=own))
        teacher = yield from labeler(sets[0], asked, real)
        control = int(made["job"].get("seed", 0))
        memories = [Source(self.run, one, real, teacher, control).memory(asked, asked.student) for one in sets]
        return Field(real, shown, entrants, memories, len(every) - len(shown))

    def _judged(self, job: Job, made: Asked) -> Job:
        """The job of the students: what is `auto` is as in the run itself."""
        own = {name: made["job"].get(name, "auto") for name in ("student", "protocol") if getattr(job, name) == "auto"}
        return job.model_copy(update={**own, "teacher": made["job"].get("teacher", "auto")})

    def _measures(self, job: Job, made: Asked) -> Stream[dict[str, Measure]]:
        """All but the run's own loss, with the networks that the run itself would have taken."""
        asked = job.model_copy(update={"teacher": made["job"].get("teacher", "auto")})
        objective, ground, found = _objective_of(made), Ground.of(asked), {}
        of_a_classifier = (CamWeighted(network=self.judge), CamMap(network=self.judge))
        for one in (*of_a_classifier, FixedNetworks(), RandomNetworks(), BriefStudents()):
            found[kind_of(one)] = yield from one.measure(objective, ground)
        return found


def _protocol_of(folder: RunFolder, made: Asked) -> str:
    """The protocol of the run's set; of a run without one that of what it matches."""
    path = folder.path / "set.safetensors"
    return load_result(path).protocol if path.is_file() else _objective_of(made).students


def _objective_of(made: Asked) -> Objective:
    """What the run matches; of a method without an objective, or one that is not here, mean features."""
    try:
        kind = method_of(made, registry())
    except BadSetting:  # a method that is not here
        return MeanFeatures()
    parts = kind.build(made["settings"], saved=True).parts()
    return next((one for one in parts.values() if isinstance(one, Objective)), MeanFeatures())


def _without_twins(folder: RunFolder, shown: list[Candidate]) -> tuple[list[Candidate], list[engine.Entrant]]:
    """One of those with equal pixels: a layer's first images are mostly what the layer before was left with."""
    kept: dict[str, tuple[Candidate, engine.Entrant]] = {}
    for one in shown:
        pixels = read_sheet(folder, one.record)
        mark = hashlib.sha256(pixels.tobytes()).hexdigest()
        entrant = engine.Entrant(one.name, one.layer, pixels, np.asarray(one.record["labels"]), one.loss)
        if mark not in kept:
            kept[mark] = one, entrant
        elif one.layer == kept[mark][0].layer:
            before, image = kept[mark]
            roles = tuple(dict.fromkeys((*before.roles, *one.roles)))
            kept[mark] = Candidate(before.layer, before.step, roles, before.loss, before.record), image
    return [one for one, _ in kept.values()], [image for _, image in kept.values()]


def _rows(field: Field, far: Mapping[str, list[float]], right: list[list[float]]) -> list[dict[str, object]]:
    return [
        {
            "layer": one.layer,
            "step": one.step,
            "roles": list(one.roles),
            "accuracy": right[i],
            "distance": {name: values[i] for name, values in far.items()},
        }
        for i, one in enumerate(field.shown)
    ]
