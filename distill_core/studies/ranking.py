"""The study of a search's candidates: students are trained on each, and every distance is asked how it would have ordered them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..datasets import RealSet, load, shape_of
from ..errors import BadSetting
from ..evaluation import ranking as engine
from ..evaluation.compared import compared, said
from ..evaluation.continual import Memory
from ..evaluation.transfer import Source
from ..events import Note
from ..fields import Plain
from ..home import studio_home
from ..job import Job
from ..measures.relevance import Measure
from ..method import Card, Preset, Stream, drained, stage
from ..networks import resolve
from ..part import Part, kind_of, knob
from ..pieces.device import device_of
from ..pieces.ground import Ground
from ..record import findings
from ..record.asked import Asked
from ..record.candidates import FEWEST, candidates
from ..record.folder import RunFolder
from ..results import Pictures
from ..run import labeler
from ..search.measures import BriefStudents, CamMap, CamWeighted, FixedNetworks, RandomNetworks
from ..where import within
from .rivals import Rivals
from .searched import inside_of, objective_of, of_walk, protocol_of, without_twins
from .study import Findings, Study

QUICK = {"students": 3, "epochs": 300}


@dataclass(frozen=True, eq=False)
class Field:
    """All that is judged: each candidate, and each as something to train on."""

    real: RealSet
    entrants: list[engine.Entrant]
    memories: list[Memory]
    twins: int  # candidates left out, since an earlier one has the very same pixels


class CandidateRanking(Study):
    """Train brief students on the saved candidates of a search and on sets that differ more, and compare their order with that of
    every distance."""

    card: ClassVar[Card] = Card(
        name="ranking",
        title="How well the distances rank",
        idea="Train students on the candidates that a search has shown and on sets that differ more: would each distance have "
        "picked the good ones?",
        family="evaluation",
        paper="the question behind H-GLaD's feature distance (arXiv 2406.05704); the comparison is ours",
        departures=(
            "Candidates are the recorded images, rounded to 256 values; those with the very same pixels count once.",
            "A learning rate that was learned with a set is not used: all candidates are judged at the protocol's.",
            "The run's own loss is known of the walk's candidates alone.",
        ),
        presets=(
            Preset(
                "Quick",
                {"each": 4, "draws": 1},
                QUICK,
                "Ours: three students of 300 epochs on each of four candidates a layer, and on one draw of others.",
            ),
        ),
    )
    run: str = knob("", "Run", "The run whose candidates are judged; it has searched through several layers.")
    each: int = knob(
        4, "Candidates of a layer", "The kept one, then the first, the last, and others between.", ge=1, le=50, source="ours"
    )  # fmt: skip
    draws: int = knob(
        1, "Draws beside the walk",
        "Real images, means of them, starts, pixels and every layer, searched shortly and long, with so many seeds; 0: the walk alone.",
        ge=0, le=20, source="ours",
    )  # fmt: skip
    short: int = knob(10, "Updates, few", "Of each short search beside the walk.", ge=1, le=100_000, source="ours")
    long: int = knob(100, "Updates, many", "Of each long one.", ge=1, le=100_000, source="ours")
    above: str = knob(
        "", "Above (%)", "Accuracies above which ρ is said too: 85 91. Empty takes the median and the upper quartile.", auto="",
        source="ours",
    )  # fmt: skip
    judge: str = knob(
        "auto", "Network of the distance", "A classifier trained on the real data: auto, resnet18.", advanced=True, auto="auto",
        source="ours",
    )  # fmt: skip

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        shape = shape_of(job.data)
        judge: dict[str, Plain] = {"judge": resolve("auto", channels=shape[0], size=shape[1])} if shape else {}
        return {**judge, "above": "the median and the upper quartile"}

    def hold(self, job: Job) -> Stream[Findings]:
        limits = _accuracies(self.above)
        field = yield from self._field(job)
        memory, made = field.memories[0], RunFolder.find(studio_home(), self.run).request()
        plain = memory.protocol.asked()
        asked = {"places": [one.name for one in field.entrants], "judge": self.judge, "students": job.students}
        asked |= {"seed": job.seed, "student": memory.student, "protocol": plain, "above": limits}
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
        found = compared(far, right, [one.walk for one in field.entrants], limits)
        yield from said(found, max(0, memory.updates(range(len(field.real.classes))) - 1))
        about = {"student": memory.student, "protocol": memory.protocol.name, "epochs": memory.protocol.epochs}
        about |= {"students": job.students, "part": "test", "twins": field.twins, "draws": self.draws}
        return Findings([(self.run, "ranking", asked, {**about, "rows": _rows(field, far, right), **found})])

    def samples(self, job: Job) -> Iterable[tuple[Stream[object], int]]:
        """A student, and a search of each kind beside the walk."""
        alone = self.model_copy(update={"draws": 0})
        field = drained(alone._field(job))
        memory, every = field.memories[0], range(len(field.real.classes))
        rivals = self._rivals(job, RunFolder.find(studio_home(), self.run).request())
        searches = rivals.searches(field.real) if self.draws else []
        count = len(field.entrants) + rivals.count(field.real)
        yield memory.point("distilled", every, 0), job.students * count * memory.updates(every)
        for name in dict.fromkeys(name for name, _, _ in searches):
            of_it = [(space, updates) for layer, space, updates in searches if layer == name]
            found = of_it[-1][0].found(rivals.objective, Ground.of(rivals.job))
            yield found, self.draws * sum(updates for _, updates in of_it)

    def _field(self, job: Job) -> Stream[Field]:
        """The candidates with their pixels; refuses what cannot be judged, with a sentence."""
        if not job.students:
            raise BadSetting("students=0 leaves nothing to train. Choose 1 or more.")
        made = (folder := RunFolder.find(studio_home(), self.run)).request()
        real = load(str(made["job"].get("data") or ""))
        every = candidates(folder, self.each)
        walked = without_twins([of_walk(folder, one) for one in every])
        if len(walked) < FEWEST:
            raise BadSetting(
                f"each={self.each} leaves {len(walked)} candidates that differ; {FEWEST} are needed to compare their order. "
                "Raise each."
            )
        beside = yield from self._rivals(job, made).made(real)
        entrants = without_twins([*walked, *beside])
        asked, own = self._judged(job, made), protocol_of(folder, made)
        sets = []
        for one in entrants:
            images, labels = one.images(real)
            sets.append(Pictures(images, labels, real.classes, real.mean, real.std, protocol=own))
        teacher = yield from labeler(sets[0], asked, real)
        control = int(made["job"].get("seed", 0))
        memories = [Source(self.run, one, real, teacher, control).memory(asked, asked.student) for one in sets]
        return Field(real, entrants, memories, len(every) + len(beside) - len(entrants))

    def _rivals(self, job: Job, made: Asked) -> Rivals:
        """What stands beside, of the run's own job, objective and prior."""
        asked = made["job"]
        own = {"data": asked.get("data", job.data), "ipc": asked.get("ipc", job.ipc)}
        own |= {"seed": asked.get("seed", job.seed), "teacher": asked.get("teacher", "auto")}
        counts = tuple(sorted({self.short, self.long}))
        return Rivals(job.model_copy(update=own), objective_of(made), inside_of(made), counts, self.draws)

    def _judged(self, job: Job, made: Asked) -> Job:
        """The job of the students: what is `auto` is as in the run itself."""
        own = {name: made["job"].get(name, "auto") for name in ("student", "protocol") if getattr(job, name) == "auto"}
        return job.model_copy(update={**own, "teacher": made["job"].get("teacher", "auto")})

    def _measures(self, job: Job, made: Asked) -> Stream[dict[str, Measure]]:
        """All but the run's own loss, with the networks that the run itself would have taken."""
        ground = Ground.of(job.model_copy(update={"teacher": made["job"].get("teacher", "auto")}))
        objective, found = objective_of(made), {}
        of_a_classifier = (CamWeighted(network=self.judge), CamMap(network=self.judge))
        for one in (*of_a_classifier, FixedNetworks(), RandomNetworks(), BriefStudents()):
            found[kind_of(one)] = yield from one.measure(objective, ground)
        return found


def _accuracies(text: str) -> list[float]:
    """`85 91` → [0.85, 0.91]."""
    try:
        found = [float(word) / 100 for word in text.replace(",", " ").replace("%", " ").split()]
    except ValueError:
        found = [-1.0]
    if not all(0 <= one < 1 for one in found):
        raise BadSetting(f"above={text!r} cannot be read. Write accuracies in percent, below 100, with spaces: 85 91.")
    return found


def _rows(field: Field, far: Mapping[str, list[float]], right: list[list[float]]) -> list[dict[str, object]]:
    return [
        {
            "layer": one.layer,
            "step": one.step,
            "roles": list(one.roles),
            "walk": one.walk,
            "accuracy": right[i],
            "distance": {name: values[i] for name, values in far.items()},
        }
        for i, one in enumerate(field.entrants)
    ]
