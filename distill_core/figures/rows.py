"""Rows of the score table: runs that differ in nothing but their seed, their control, and the regime of labels they were judged under."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..entries import Catalog
from ..queue.sweep import spoken
from ..record.contest import Contest, paired, points
from .found import Scored
from .scores import Score, cost, read_scores

REGIMES = {
    "hard": (
        "Hard labels",
        "An image carries nothing but the name of its class. What a student knows, it saw in the images.",
    ),
    "fixed": (
        "Stored soft labels",
        "A network that saw the real data said for each image how much it looks like every class, and that is stored with it. "
        "Part of the score is the labels'.",
    ),
    "live": (
        "Live teacher",
        "A network that saw the real data is asked at every step of a student, and has to be kept beside the images. "
        "Much of the score is the teacher's.",
    ),
}  # who made the labels: scores of two regimes are no contest


@dataclass(frozen=True)
class About:
    """What rows need to know of a method: how it is called, whether it only takes real images as they are, its settings' titles."""

    title: str
    takes: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


def about(catalog: Catalog) -> dict[str, About]:
    """By method's name, from the catalog."""
    job = {one["name"]: one["title"] for one in catalog["job"]}
    return {
        one["name"]: About(
            one["title"],
            one["learns"] == "nothing" and one["labels"] == "hard",
            {**job, **{setting["name"]: setting["title"] for setting in one["fields"]}},
        )
        for one in catalog["methods"]
    }


@dataclass(frozen=True)
class Row:
    """One line of the score table: runs that differ in nothing but their seed, with their random control."""

    method: str
    preset: str
    data: str
    ipc: int
    student: str
    protocol: str
    labels: str
    seeds: tuple[int, ...]
    runs: tuple[str, ...]
    distilled: Score
    random: Score | None
    real: Score | None
    facts: Mapping[str, float] = field(default_factory=dict)  # by quantity: the mean over the runs that report it
    asked: Mapping[str, object] = field(default_factory=dict, repr=False)  # settings and job, without the seed
    ruin: str = ""  # what is wrong with one of the sets, in a sentence (see `record/health.py`)
    differs: str = ""  # what sets it apart from other rows of its method, data and ipc
    pairs: tuple[tuple[float, float], ...] = ()  # of each seed: accuracy of its set and of its own control, fractions
    about: About = About("")
    where: str = ""  # the data in words

    @property
    def single(self) -> bool:
        """One seed only: shown hollow, since it says nothing about the spread between runs."""
        return len(self.seeds) == 1

    @property
    def regime(self) -> str:
        """One of `REGIMES`."""
        return {"hard": "hard", "teacher": "live"}.get(self.labels, "fixed")

    @property
    def gain(self) -> float:
        """Accuracy above the same number of random real images; not a number without a control."""
        return self.distilled.mean - self.random.mean if self.random and self.random.n else math.nan

    @property
    def contest(self) -> Contest | None:
        """Against random real images, paired by seed: one seed tells nothing of the next. None without a control, and of images that
        were only taken: those are a yardstick themselves."""
        if self.about.takes or self.random is None or not self.random.n or not self.distilled.n:
            return None
        sets, controls = zip(*self.pairs, strict=True) if self.pairs else ((), ())
        return paired(sets, controls, points(self.distilled.mean, self.random.mean))

    @property
    def title(self) -> str:
        """The method's title; its name where the catalog does not know it."""
        return self.about.title or self.method

    @property
    def label(self) -> str:
        return " · ".join(filter(None, (self.title, self.where or self.data, f"{self.ipc} per class", self.differs)))

    @property
    def counted(self) -> str:
        """What mean and s.d. are of: `3 seeds, 9 students`."""
        return f"{spoken(len(self.seeds), 'seed')}, {spoken(self.distilled.n, 'student')}"

    @property
    def stored(self) -> float:
        """Bytes that have to be kept to train a student: images, labels, a teacher that labels on the fly, a generator."""
        return cost(self.distilled, "bytes")


def table(
    runs: Iterable[Scored], known: Mapping[str, About] | None = None, places: Mapping[str, str] | None = None
) -> list[Row]:
    """Rows of the score table.

    Runs are pooled only where all but the seed is equal, and a seed counts once: a copy of a run, or the same run made
    again, brings no new evidence (the first given is taken; lists have the newest first). A random control stands beside a set only
    where it was trained under the same protocol, with the same labels and the same student.

    Args:
        known: of methods, from the catalog; one that is not among them is called by its name and taken for a contestant.
        places: what data are called in words; others are called as they were asked for.
    """
    pools: dict[str, list[tuple[Scored, Score]]] = {}
    for run in runs:
        job = {key: value for key, value in run["job"].items() if key != "seed"}
        for score in read_scores(run["records"]):
            if score.subject == "distilled" and score.n:
                same = (run["method"], run["settings"], job, score.student, score.protocol, score.labels)
                pool = pools.setdefault(json.dumps(same, sort_keys=True, default=str), [])
                if all(run["job"].get("seed", 0) != one["job"].get("seed", 0) for one, _ in pool):
                    pool.append((run, score))
    rows = _told_apart([_row(pool, known or {}, places or {}) for pool in pools.values()])
    return sorted(rows, key=lambda row: (row.data, row.ipc, -row.distilled.mean))


def _told_apart(rows: list[Row]) -> list[Row]:
    """Rows of one method, data and ipc say what they differ in: as few settings as tell them apart, in short."""
    twins: dict[str, list[Mapping[str, object]]] = {}
    for row in rows:
        twins.setdefault(row.label, []).append(row.asked)
    telling = {label: _telling(asked) for label, asked in twins.items()}
    return [replace(row, differs=" · ".join(_short(row, telling[row.label]))) for row in rows]


def _short(row: Row, names: list[str]) -> list[str]:
    titles = row.about.settings
    return [
        f"{titles.get(n) or n.rpartition('.')[2]} {row.asked[n]}".replace("_", " ") for n in names if n in row.asked
    ]


def _telling(asked: list[Mapping[str, object]]) -> list[str]:
    """The first settings, in order, each of which parts some that were together until then."""
    chosen, groups = list[str](), 1
    for name in dict.fromkeys(name for one in asked for name in one):
        apart = len({tuple(str(one.get(n)) for n in (*chosen, name)) for one in asked})
        if apart > groups:
            chosen, groups = [*chosen, name], apart
    return chosen


def _row(pool: list[tuple[Scored, Score]], known: Mapping[str, About], places: Mapping[str, str]) -> Row:
    run, score = pool[0]
    others = [other for one, _ in pool for other in read_scores(one["records"])]
    beside = [_control(one, own) for one, own in pool]
    random = [one for one in beside if one is not None]
    real = [o for o in others if o.subject == "real" and o.student == score.student]
    return Row(
        method=run["method"],
        preset=run.get("preset") or "",
        data=str(run["job"]["data"]),
        ipc=int(run["job"]["ipc"]),
        student=score.student,
        protocol=score.protocol,
        labels=score.labels,
        seeds=tuple(sorted({int(one["job"].get("seed", 0)) for one, _ in pool})),
        runs=tuple(one["id"] for one, _ in pool),
        distilled=_of_seeds([one for _, one in pool]),
        random=_pool(random) if random else None,
        real=real[0] if real else None,
        facts=_facts([one for one, _ in pool]),
        ruin=next((said for one, _ in pool if (said := one.get("ruin", ""))), ""),
        asked={
            **run["settings"],
            **{k: v for k, v in run["job"].items() if k not in ("seed", "moves", "device")},
            "student": score.student,
            "protocol": score.protocol,
            "labels": score.labels,  # what "auto" became
        },
        pairs=tuple((own.mean, one.mean) for (_, own), one in zip(pool, beside, strict=True) if one is not None),
        about=known.get(run["method"], About("")),
        where=places.get(str(run["job"]["data"]), ""),
    )


def _control(run: Scored, own: Score) -> Score | None:
    """The random control of a score in its own run: same student, protocol and labels."""
    kind = (own.student, own.protocol, own.labels)
    found = (
        o for o in read_scores(run["records"]) if o.subject == "random" and (o.student, o.protocol, o.labels) == kind
    )
    return next((one for one in found if one.n), None)


def _of_seeds(scores: list[Score]) -> Score:
    """All students of the sets of several seeds; mean and s.d. are over seeds. Of one seed they are over its students."""
    if len(scores) == 1:
        return scores[0]
    seeds = [at for at, score in enumerate(scores) for _ in score.accuracy]
    return replace(_pool(scores), draws=tuple(seeds), groups="seed")


def _facts(runs: list[Scored]) -> dict[str, float]:
    names = dict.fromkeys(name for run in runs for name in run.get("facts", {}))
    return {
        name: statistics.fmean(run["facts"][name] for run in runs if name in run.get("facts", {})) for name in names
    }


def _pool(scores: list[Score]) -> Score:
    """All students of several runs together; runs of other seeds have other draws."""
    one, draws = scores[0], list[int]()
    for score in scores:
        most = max(draws, default=-1) + 1
        draws += [most + draw for draw in score.draws]
    accuracy = tuple(value for score in scores for value in score.accuracy)
    best = tuple(value for score in scores for value in score.best) if all(score.best for score in scores) else ()
    return replace(one, accuracy=accuracy, draws=tuple(draws), best=best)
