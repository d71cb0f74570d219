"""Jobs in the queue that distill nothing: a teacher is trained, a finished set is examined further.

They are asked, queued, watched, stopped and resumed like methods (their fields are their settings), but return what was found
instead of a set. Findings about a run are kept in its folder; see `runs/findings.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from .datasets import RealSet, load
from .errors import BadRecord, BadSetting
from .evaluate import continual as continually
from .evaluate import transfer as transferring
from .events import Note
from .job import Job
from .method import Card, Method, Preset, Stream, knob, stage
from .methods import registry
from .networks import resolve
from .priors import cuts_for
from .priors.quality import card as quality_card
from .priors.quality import measured
from .priors.recipes import RECIPES as PRIORS
from .priors.recipes import SHARPEN, PriorRecipe
from .priors.train import prior_key, trained
from .ranking import CandidateRanking
from .run import labeler
from .runs import findings
from .runs.folder import RunFolder
from .runs.home import studio_home, write_json
from .steps.augment import build as build_augment
from .steps.device import device_of
from .steps.teach import RECIPES as SQUEEZE
from .steps.teach import SqueezeRecipe, squeeze
from .study import Findings, Study, drained
from .synthetic import SyntheticSet

# ── the teacher ───────────────────────────────────────────────────────────────────────────────────────────────


def _recipe(title: str, source: str, teacher: str = "", **settings: Any) -> Preset:
    return Preset(title, settings, {"teacher": teacher} if teacher else {}, source)


_CIFAR = "SGD 0.1, momentum 0.9, weight decay 5e-4, cosine, batch 128, crops with 4 pixels of padding at 32 and flips"
_TINY = "SGD 0.2, weight decay 1e-4, cosine after 5 epochs of warm-up, batch 256, resized crops and flips"
_GVBSM_SAYS = "G-VBSM (2311.17950), released code: SGD 0.05, no weight decay, no schedule, batch 64"
RECIPES = (
    _recipe("Quick (ours)", "Ours: the CIFAR recipe for 40 epochs; the default of every method here.", epochs=40),
    _recipe("SRe2L, DWA: CIFAR (paper)", f"SRe2L and DWA, released CIFAR code: {_CIFAR}.", "resnet18", epochs=200),
    _recipe("SRe2L: Tiny-ImageNet (paper)", f"SRe2L, its Tiny-ImageNet repository: {_TINY}; 50 epochs, easier to invert.",
            "resnet18", epochs=50, **SQUEEZE["tiny"]),
    _recipe("DWA: Tiny-ImageNet (paper)", f"DWA, the same repository's recipe for 100 epochs: {_TINY}.",
            "resnet18", epochs=100, **SQUEEZE["tiny"]),
    _recipe("G-VBSM: CIFAR-10 (paper)", f"{_GVBSM_SAYS}, 5 epochs.", epochs=5, **SQUEEZE["gvbsm"]),
    _recipe("G-VBSM: CIFAR-100 (paper)", f"{_GVBSM_SAYS}, 50 epochs.", epochs=50, **SQUEEZE["gvbsm"]),
)  # fmt: skip


class TeacherTraining(Study):
    """Train a teacher once; every run that asks for this network and recipe on these data finds it."""

    card: ClassVar[Card] = Card(
        name="teacher",
        title="Train a teacher",
        idea="Train a classifier on the real data, once: runs that ask for the same data, network and recipe share it.",
        family="teacher",
        paper="the squeeze stage of SRe2L (Yin et al., NeurIPS 2023, arXiv 2306.13092)",
        departures=("The last weights are kept, as in the papers; accuracy is measured once, on the test part.",),
        presets=RECIPES,
    )
    epochs: int = knob(40, "Epochs", "Passes over the real training images.", ge=1, le=1000, source="ours; papers: 200")
    lr: float = knob(0.1, "Learning rate", "Of SGD, at its highest.", gt=0, le=10, scale="log", source="DWA, CIFAR")
    batch: int = knob(128, "Batch", "Images per update.", ge=2, le=4096, source="DWA, CIFAR")
    weight_decay: float = knob(5e-4, "Weight decay", "Of all weights.", ge=0, le=1, scale="log", source="DWA, CIFAR")
    momentum: float = knob(0.9, "Momentum", "Of SGD; never Nesterov's.", ge=0, le=0.999, advanced=True)
    schedule: Literal["cosine", "none"] = knob("cosine", "Schedule", "How the learning rate falls, once per epoch.")
    warmup: int = knob(0, "Warm-up", "Epochs in which the rate rises from a hundredth.", ge=0, le=100, advanced=True)
    augment: Literal["crop_flip", "resized_crop_flip", "none"] = knob(
        "crop_flip",
        "Augmentation",
        "Shifted crops or resized crops, with flips where a mirrored image keeps its class.",
    )

    def recipe(self, job: Job) -> SqueezeRecipe:
        return SqueezeRecipe(seed=job.seed, **self.model_dump())

    def why_not(self, job: Job) -> str | None:
        if "@" in job.teacher:
            return f"teacher={job.teacher!r} names a teacher that is there already. Leave out what follows @."
        return None

    def hold(self, job: Job) -> Stream[Findings]:
        real, recipe = load(job.data), self.recipe(job)
        resolve(job.teacher, channels=real.channels, size=real.size)
        build_augment(recipe.augment)
        count = len(real.train)
        updates = recipe.epochs * max(1, count // min(recipe.batch, count))
        yield from stage("squeeze", squeeze(real, job.teacher, recipe, device_of(job.device)), updates)
        return Findings()


class PriorTraining(Study):
    """Train a generator once; every run that asks for this prior on these data finds it."""

    card: ClassVar[Card] = Card(
        name="prior",
        title="Train a prior",
        idea="Train a small generator on the real data, once: runs that search inside a prior share it.",
        family="prior",
        paper="a style-based generator (after StyleGAN2, arXiv 1912.04958), trained as a variational auto-encoder, then sharpened",
        departures=("Small, batch-independent, and begun as an auto-encoder, so that it covers every mode.",),
        presets=tuple(
            Preset(one.title, one.recipe.settings(), {"data": one.data} if one.data else {}, one.source)
            for one in PRIORS
        ),
    )
    width: int = knob(32, "Width", "Channels of every layer.", ge=4, le=512, source="ours")
    steps: int = knob(1500, "Steps", "Of the auto-encoder; 0 leaves it out.", ge=0, le=1_000_000, source="ours")
    sharpen: int = knob(
        SHARPEN, "Sharpening steps", "Against a discriminator; 0 leaves it out.", ge=0, le=1_000_000, source="ours"
    )
    batch: int = knob(64, "Batch", "Images per update.", ge=2, le=4096, source="ours", advanced=True)
    lr: float = knob(
        2e-3, "Learning rate", "Of the auto-encoder, at its highest.", gt=0, le=1, scale="log", source="ours"
    )
    lr_sharpen: float = knob(
        2e-4,
        "Rate of sharpening",
        "Of the generator.",
        gt=0,
        le=1,
        scale="log",
        advanced=True,
        source="ours",
    )
    rival_rate: float = knob(
        5.0, "Rate of the rival", "In rates of the generator.", gt=0, le=100, advanced=True, source="ours"
    )
    rival_updates: int = knob(
        2, "Updates of the rival", "For each of the generator.", ge=1, le=20, advanced=True, source="generative.md 10.4"
    )
    head_start: float = knob(
        0.2,
        "Head start",
        "Share of the sharpening in which only the rival learns.",
        ge=0,
        le=1,
        advanced=True,
        source="ours",
    )
    penalty: float = knob(
        0.1,
        "Penalty γ",
        "R1 on the slope of the rival at real images.",
        ge=0,
        le=100,
        advanced=True,
        source="StyleGAN2",
    )
    by_class: bool = knob(
        False,
        "Variety by class",
        "The rival compares the variety within each class, not that of the batch.",
        advanced=True,
    )
    half: bool = knob(
        False, "Half precision", "Convolutions in bfloat16: faster where the processor has it.", advanced=True
    )
    measure: bool = knob(True, "Measure it", "Accuracy of and on samples, and a Fréchet distance in our own features.")

    def recipe(self) -> PriorRecipe:
        return PriorRecipe(**self.model_dump(exclude={"measure"}))

    def why_not(self, job: Job) -> str | None:
        if not self.steps and not self.sharpen:
            return "steps=0 and sharpen=0 train nothing. Raise one of them, or use prior=untrained."
        real = load(job.data)
        try:
            cuts_for("style", real.channels, real.size)
        except BadSetting as error:
            return str(error)
        return None

    def hold(self, job: Job) -> Stream[Findings]:
        real, device, recipe = load(job.data), device_of(job.device), self.recipe()
        if reason := self.why_not(job):
            raise BadSetting(reason)
        prior = yield from stage("prior", trained(real, recipe, device), recipe.steps)
        key = prior_key(real, recipe)
        yield Note(f"Prior style@{key}: {sum(p.numel() for p in prior.parameters()):,} weights.")
        if self.measure:
            found = yield from measured(prior, real, device)
            about = {"key": key, "recipe": recipe.plain(), "data": real.name, "fingerprint": real.fingerprint}
            path = studio_home() / "cache" / f"prior-{key}.json"
            write_json(path, quality_card(prior, found, {**about, "classes": list(real.classes)}))
        return Findings()


# ── further examinations of a finished run ──────────────────────────────────────────────────────────────────────


def source_of(run: str, job: Job) -> Stream[transferring.Source]:
    """A finished run's set with its data and the teacher that labels; `BadRecord` where it cannot be examined."""
    folder = RunFolder.find(studio_home(), run)
    if not (folder.path / "set.safetensors").is_file():
        raise BadRecord(f"Run {run!r} has no synthetic set yet. Choose a finished run.")
    result, made = SyntheticSet.load(folder.path / "set.safetensors"), folder.request()["job"]
    real = load(str(made.get("data") or ""))
    _belongs(run, result, real)
    asked = job.model_copy(update={"teacher": made.get("teacher", "auto")})
    teacher = yield from labeler(result, asked, real)
    return transferring.Source(run, result, real, teacher, int(made.get("seed", 0)))


def _belongs(run: str, result: SyntheticSet, real: RealSet) -> None:
    if tuple(result.classes) != tuple(real.classes):
        raise BadRecord(
            f"The set of {run!r} has the classes {list(result.classes)[:8]}, but {real.name} has {list(real.classes)[:8]}. "
            "Import it again with the data set it was made from."
        )


class ContinualLearning(Study):
    """Classes arrive task after task; only their synthetic images are remembered."""

    card: ClassVar[Card] = Card(
        name="continual",
        title="Continual learning",
        idea="Show the classes task after task, keep only their synthetic images, and test a fresh student after each task.",
        family="evaluation",
        paper="the customary protocol of dataset distillation; DWA reports it on CIFAR-100 with five tasks",
        departures=("DWA does not state its backbone and class order: ours are fields, and several orders are averaged.",),
        presets=(
            Preset("Five tasks, five orders", {"tasks": 5, "orders": 5}, source="DWA's table: 5 tasks, 20 images per class "
                   "of CIFAR-100; the set's own images per class count here."),
        ),
    )  # fmt: skip
    run: str = knob("", "Run", "The finished run whose set is examined.")
    tasks: int = knob(5, "Tasks", "In how many parts the classes come.", ge=1, le=1000, source="DWA")
    orders: int = knob(5, "Class orders", "How many orders are drawn and averaged.", ge=1, le=100, source="dwa.md 1.9")
    order: tuple[int, ...] = knob((), "Class order", "One order instead, every class once: 3,1,0,2.", advanced=True)

    def plan(self, job: Job) -> continually.Plan:
        return continually.Plan(self.tasks, self.orders, job.seed, self.order)

    def hold(self, job: Job) -> Stream[Findings]:
        source, memory = yield from self._memory(job)
        plain = memory.protocol.model_dump(mode="json", exclude={"title", "about", "source"})
        asked = {"tasks": self.tasks, "orders": self.orders, "order": list(self.order), "seed": job.seed}
        asked |= {"student": memory.student, "protocol": plain, "control": source.control}
        if findings.known(studio_home(), self.run, "continual", asked) is not None:
            yield Note("This was asked before; what was found is kept with the run.")
            return Findings()
        found = yield from continually.continual(memory, self.plan(job))
        said: dict[str, Any] = {
            "student": memory.student,
            "protocol": memory.protocol.name,
            "labels": memory.protocol.labels,
        }
        said |= {"tasks": self.tasks, "epochs": memory.protocol.epochs, "classes": list(source.real.classes)}
        return Findings([(self.run, "continual", asked, {**said, **found})])

    def samples(self, job: Job) -> Iterable[tuple[Stream[Any], int]]:
        memory = drained(self._memory(job))[1]
        orders = self.plan(job).drawn(len(memory.real.classes))
        updates = sum(memory.updates(seen) for order in orders for seen in self.plan(job).seen(order))
        yield memory.point("distilled", orders[0], 0), 2 * updates

    def _memory(self, job: Job) -> Stream[tuple[transferring.Source, continually.Memory]]:
        source = yield from source_of(self.run, job)
        self.plan(job).drawn(len(source.real.classes))
        return source, source.memory(job, job.student)


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
        known: dict[tuple[int, int], Any] = {}
        questions = {}
        for s, source in enumerate(sources):
            for a, student in enumerate(self.networks):
                questions[s, a] = transferring.asked(source, job, student)
                found = findings.known(studio_home(), source.run, "transfer", questions[s, a])
                if found is not None:
                    known[s, a] = found
        if known:
            yield Note(f"{len(known)} of {len(questions)} cells were found before and are not worked on again.")
        cells = yield from transferring.transfer(sources, self.networks, job, known)
        return Findings([(self.runs[s], "transfer", questions[s, a], cell) for (s, a), cell in cells.items()])

    def samples(self, job: Job) -> Iterable[tuple[Stream[Any], int]]:
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


STUDIES: dict[str, type[Study]] = {
    one.card.name: one for one in (TeacherTraining, PriorTraining, ContinualLearning, Transfer, CandidateRanking)
}


def askable() -> dict[str, type[Method]]:
    """Everything that can be queued, by name: methods and studies."""
    return {**STUDIES, **registry()}


def whole(method: Method, job: Job) -> Stream[Any]:
    """What a worker drives: a run from end to end, or a study."""
    from .run import whole as whole_run

    if isinstance(method, Study):
        return (yield from method.hold(job))
    return (yield from whole_run(method, job))
