"""Scored records → numbers with their spread, and the figures that show them.

    scores = read_scores(timeline.records)
    bars(scores).show()

The random control stands in every figure beside what it controls: real is hollow, synthetic is filled.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from textwrap import wrap

import plotly.graph_objects as go

from ..record.contest import Contest, of_one_set, paired, points
from ..record.lines import Line
from ..record.passport import Passport, of_record
from ..record.scores import Spread, best_in, completed, draws_in, spread_of
from .found import Scored

# Blue and orange are told apart in the common kinds of color blindness, on light and dark; shape and fill repeat it.
LOOKS = {
    "distilled": {"color": "#2A8FCF", "symbol": "circle", "word": "distilled"},
    "random": {"color": "#D98200", "symbol": "square-open", "word": "random real images"},
    "real": {"color": "#7F8C8D", "symbol": "diamond-open", "word": "all real data"},
}

PARTS = ("image", "label", "teacher", "generator")  # of what is kept, as a budget calls their bytes


@dataclass(frozen=True)
class Score:
    """What students trained on one set are worth: `accuracy` holds one fraction in [0, 1] per student.

    Of random real images `draws` says which draw each student saw; mean and s.d. are then over draws, see `Spread`.
    """

    subject: str
    student: str
    protocol: str
    labels: str
    accuracy: tuple[float, ...]
    budget: Mapping[str, float] = field(default_factory=dict)
    draws: tuple[int, ...] = ()
    groups: str = "draw"  # what `draws` counts; where the sets of several seeds are pooled it is seeds
    best: tuple[
        float, ...
    ] = ()  # each student's accuracy at its best test epoch of `looks`; () where not all were looked at
    looks: int = 0
    passport: Passport = field(default_factory=Passport)

    @property
    def spread(self) -> Spread:
        """Of at least one accuracy."""
        return spread_of(self.accuracy, self.draws)

    @property
    def n(self) -> int:
        return len(self.accuracy)

    @property
    def mean(self) -> float:
        return self.spread.mean if self.accuracy else math.nan

    @property
    def std(self) -> float:
        """Sample standard deviation over draws where there are several, else over students; not a number where there is one."""
        std = self.spread.std if self.accuracy else None
        return math.nan if std is None else std

    @property
    def picked(self) -> float:
        """What keeping every student's best test epoch would print, a fraction; not a number where that was not recorded."""
        return spread_of(self.best, self.draws).mean if self.best else math.nan

    @property
    def text(self) -> str:
        """`86.1 ± 1.2 % (n = 3)`; one seed says so. Of a control `72.0 ± 5.8 % (5 draws; ± 0.4 over students)`."""
        return say_spread(self.spread, self.groups) if self.accuracy else "–"


def say(mean: float | None, std: float | None, n: int) -> str:
    """An accuracy in percent with its spread: `86.1 ± 1.2 % (n = 3)`, `86.1 % (1 seed)`, or a dash."""
    if mean is None or not math.isfinite(mean) or not n:
        return "–"
    if n == 1 or std is None or not math.isfinite(std):
        return f"{100 * mean:.1f} % (1 seed)" if n == 1 else f"{100 * mean:.1f} % (n = {n})"
    return f"{100 * mean:.1f} ± {100 * std:.1f} % (n = {n})"


def say_spread(spread: Spread, groups: str = "draw") -> str:
    """A score in words; of random real images with the number of draws, of several seeds with theirs."""
    if spread.draws < 2:
        said = say(spread.mean, spread.std, spread.n)
        return f"{said[:-1]}, 1 {groups})" if spread.draws else said
    within = "" if spread.within is None else f"; ± {100 * spread.within:.1f} over students"
    return f"{100 * spread.mean:.1f} ± {100 * (spread.std or 0.0):.1f} % ({spread.draws} {groups}s{within})"


def read_scores(records: Iterable[Line]) -> list[Score]:
    """The scores in a run's records, in the order they were measured; of a subject and protocol the last one holds. Budgets also
    say what making the set took, as far as the run recorded it."""
    found: dict[tuple[str, str, str, str], Score] = {}
    for one in completed(records):
        known = [i for i, a in enumerate(one["accuracy"]) if a is not None]
        values, drawn = tuple(float(one["accuracy"][i] or 0.0) for i in known), draws_in(one)
        key = (one["subject"], one["student"], one["protocol"], one.get("labels", "hard"))
        draws = tuple(drawn[i] for i in known) if drawn else ()
        best = best_in(one) if len(known) == len(one["accuracy"]) else ()
        looks, passport = int(one.get("looks") or 0), of_record(one)
        found[key] = Score(*key, values, one["budget"], draws, best=best, looks=looks, passport=passport)
    return list(found.values())


def pick(scores: Iterable[Score], subject: str) -> Score | None:
    """The first score of this subject that holds a number: the run's own student and protocol."""
    return next((one for one in scores if one.subject == subject and one.n), None)


def wrapped(title: str) -> str:
    """A message in lines that a phone has room for."""
    return "<br>".join(wrap(title, 42))


def frame(figure: go.Figure, title: str, x: str, y: str, height: int = 380) -> go.Figure:
    """One title that says the message, axes with units, and a plain look that takes the page's theme."""
    figure.update_layout(
        title={"text": title, "x": 0, "xanchor": "left", "font": {"size": 15}},
        height=height,
        margin={"l": 10, "r": 10, "t": 50 + 20 * title.count("<br>"), "b": 90},
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0, "title": None},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        uirevision="keep",
    )
    figure.update_xaxes(title=x, automargin=True, zeroline=False)
    figure.update_yaxes(title=y, automargin=True, zeroline=False)
    return figure


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

    @property
    def single(self) -> bool:
        """One seed only: shown hollow, since it says nothing about the spread between runs."""
        return len(self.seeds) == 1

    @property
    def gain(self) -> float:
        """Accuracy above the same number of random real images; not a number without a control."""
        return self.distilled.mean - self.random.mean if self.random and self.random.n else math.nan

    @property
    def contest(self) -> Contest | None:
        """Against random real images: paired by seed, or of the one set where there is one seed; None without a control."""
        if self.random is None or not self.random.n or not self.distilled.n:
            return None
        if len(self.pairs) > 1:
            sets, controls = zip(*self.pairs, strict=True)
            return paired(sets, controls, points(self.distilled.mean, self.random.mean))
        own, beside = self.distilled.spread, self.random.spread
        known = own.mean, own.std or 0.0, own.n
        return of_one_set(*known, beside.mean, beside.std or 0.0, max(1, beside.draws))

    @property
    def label(self) -> str:
        return " · ".join([self.method, self.data, f"ipc {self.ipc}", *([self.differs] if self.differs else [])])

    @property
    def stored(self) -> float:
        """Bytes that have to be kept to train a student: images, labels, a teacher that labels on the fly, a generator."""
        return cost(self.distilled, "bytes")


def table(runs: Iterable[Scored]) -> list[Row]:
    """Rows of the score table.

    Runs are pooled only where all but the seed is equal, and a seed counts once: a copy of a run, or the same run made
    again, brings no new evidence (the first given is taken; lists have the newest first). A random control stands beside a set only where it was trained
    under the same protocol, with the same labels and the same student.
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
    rows = _told_apart([_row(pool) for pool in pools.values()])
    return sorted(rows, key=lambda row: (row.data, row.ipc, -row.distilled.mean))


def _told_apart(rows: list[Row]) -> list[Row]:
    """Rows of one method, data and ipc say what they differ in: as few settings as tell them apart, in short."""
    twins: dict[str, list[Mapping[str, object]]] = {}
    for row in rows:
        twins.setdefault(row.label, []).append(row.asked)
    telling = {label: _telling(asked) for label, asked in twins.items()}
    return [replace(row, differs=" · ".join(_short(row, telling[row.label]))) for row in rows]


def _short(row: Row, names: list[str]) -> list[str]:
    return [f"{name.rpartition('.')[2]} {row.asked[name]}" for name in names if name in row.asked]


def _telling(asked: list[Mapping[str, object]]) -> list[str]:
    """The first settings, in order, each of which parts some that were together until then."""
    chosen, groups = list[str](), 1
    for name in dict.fromkeys(name for one in asked for name in one):
        apart = len({tuple(str(one.get(n)) for n in (*chosen, name)) for one in asked})
        if apart > groups:
            chosen, groups = [*chosen, name], apart
    return chosen


def _row(pool: list[tuple[Scored, Score]]) -> Row:
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
        asked={**run["settings"], **{k: v for k, v in run["job"].items() if k not in ("seed", "moves", "device")}},
        pairs=tuple((own.mean, one.mean) for (_, own), one in zip(pool, beside, strict=True) if one is not None),
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


def bars(rows: Iterable[Row]) -> go.Figure:
    """Every row as a filled marker with its spread, its random control hollow beside it; one seed is hollow too."""
    rows = list(rows)[::-1]
    places, figure = list(range(len(rows))), go.Figure()
    for subject, shift in (("random", -0.14), ("distilled", 0.14)):
        picked = [(at + shift, row, getattr(row, subject)) for at, row in zip(places, rows, strict=True)]
        shown = [(y, row, score) for y, row, score in picked if score and score.n]
        look = LOOKS[subject]
        symbols = ["circle-open" if row.single else "circle" for _, row, _ in shown]
        figure.add_scatter(
            x=[100 * score.mean for _, _, score in shown],
            y=[y for y, _, _ in shown],
            mode="markers",
            name=look["word"],
            marker={
                "color": look["color"],
                "size": 12,
                "symbol": symbols if subject == "distilled" else look["symbol"],
                "line": {"width": 2, "color": look["color"]},
            },
            error_x={
                "array": [100 * score.std if math.isfinite(score.std) else None for _, _, score in shown],
                "color": look["color"],
            },
            text=[f"{row.label}<br>{score.text}" for _, row, score in shown],
            hovertemplate="%{text}<extra></extra>",
        )
    title = _told([one for row in rows if (one := row.contest) is not None])
    frame(figure, title, "accuracy on real test images (%) ± s.d.", "", height=170 + 46 * len(rows))
    figure.update_yaxes(tickmode="array", tickvals=places, ticktext=[row.label for row in rows], showgrid=False)
    return figure


def _told(contests: list[Contest]) -> str:
    """How many are better than as many random real images, worse, and neither."""
    if not contests:
        return "No random control was scored yet"
    count = {word: sum(one.word == word for one in contests) for word in ("better", "worse", "cannot be told")}
    said = f"{count['better']} of {len(contests)} better than as many random real images"
    more = [f"{n} {word}" for word, n in count.items() if n and word != "better"]
    return ": ".join([said, ", ".join(more)]) if more else said


SHAPES = ("circle", "diamond", "cross", "triangle-up", "star", "hexagon", "x")  # squares are random real images


BUDGETS = {
    "bytes": ("Bytes", "stored: images, labels, teacher and generator (bytes, logarithmic)"),
    "steps": ("Student's updates", "updates of one student (logarithmic)"),
    "seconds": ("Seconds", "making the set and training one student (seconds, logarithmic)"),
}


def cost(score: Score, budget: str) -> float:
    """What a score cost by one of `BUDGETS`; 0 where it was not recorded. Seconds are those of making and of one student together."""
    said = score.budget
    if budget == "bytes":
        return sum(float(said.get(f"{part}_bytes", 0) or 0) for part in PARTS)
    if budget == "steps":
        return float(said.get("student_steps", 0) or 0)
    known = "distill_seconds" in said and "seconds" in said
    return float(said["distill_seconds"]) + float(said["seconds"]) if known else 0.0


def pareto(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of (cost, accuracy) those that nothing beats at the same cost or less, cheapest first."""
    kept: list[tuple[float, float]] = []
    for price, reached in sorted(points, key=lambda one: (one[0], -one[1])):
        if not kept or reached > kept[-1][1]:
            kept.append((price, reached))
    return kept


def against(rows: Iterable[Row], budget: str = "bytes") -> go.Figure:
    """Accuracy against a budget; one shape per method, hollow where there is one seed, and the line of what nothing beats at its price.

    Random real images are drawn as the control that they are, and are no part of that line.
    """
    rows, figure = [row for row in rows if cost(row.distilled, budget) > 0], go.Figure()
    beside = [row for row in rows if row.random and row.random.n and cost(row.random, budget) > 0]
    if beside:
        _points_of(
            figure,
            "random real images",
            [(row, row.random) for row in beside if row.random],
            budget,
            "square-open",
            LOOKS["random"],
        )
    names = list(dict.fromkeys(row.method for row in rows))
    for i, name in enumerate(names):
        own = [row for row in rows if row.method == name]
        shape = SHAPES[i % len(SHAPES)]
        symbols = [f"{shape}-open" if row.single else shape for row in own]
        _points_of(figure, name, [(row, row.distilled) for row in own], budget, symbols, {})
    line = pareto((cost(row.distilled, budget), 100 * row.distilled.mean) for row in rows)
    if len(line) > 1:
        x, y = zip(*line, strict=True)
        look = {"shape": "hv", "dash": "dot", "width": 1.5, "color": LOOKS["real"]["color"]}
        figure.add_scatter(x=x, y=y, mode="lines", name="nothing better at its price", line=look, hoverinfo="skip")
    title, axis = BUDGETS[budget]
    frame(figure, f"{title}: what accuracy costs", axis, "accuracy (%) ± s.d.", height=420)
    figure.update_xaxes(type="log")
    return figure


def _points_of(
    figure: go.Figure,
    name: str,
    shown: list[tuple[Row, Score]],
    budget: str,
    symbols: str | list[str],
    look: Mapping[str, str],
) -> None:
    color = {"color": look["color"]} if look else {}
    figure.add_scatter(
        x=[cost(score, budget) for _, score in shown],
        y=[100 * score.mean for _, score in shown],
        mode="markers",
        name=name,
        marker={"size": 12, "symbol": symbols, "line": {"width": 2}, **color},
        error_y={"array": [100 * score.std if score.n > 1 else None for _, score in shown]},
        text=[f"{row.label}<br>{score.text}" for row, score in shown],
        hovertemplate="%{text}<br>%{x:,.5g}<extra></extra>",
    )
