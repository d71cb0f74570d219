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

import plotly.graph_objects as go

from ..record.lines import Line
from ..record.scores import Spread, completed, draws_in, spread_of
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
    def text(self) -> str:
        """`86.1 ± 1.2 % (n = 3)`; one seed says so. Of a control `72.0 ± 5.8 % (5 draws; ± 0.4 over students)`."""
        return say_spread(self.spread) if self.accuracy else "–"


def say(mean: float | None, std: float | None, n: int) -> str:
    """An accuracy in percent with its spread: `86.1 ± 1.2 % (n = 3)`, `86.1 % (1 seed)`, or a dash."""
    if mean is None or not math.isfinite(mean) or not n:
        return "–"
    if n == 1 or std is None or not math.isfinite(std):
        return f"{100 * mean:.1f} % (1 seed)" if n == 1 else f"{100 * mean:.1f} % (n = {n})"
    return f"{100 * mean:.1f} ± {100 * std:.1f} % (n = {n})"


def say_spread(spread: Spread) -> str:
    """A score in words; of random real images with the number of draws."""
    if spread.draws < 2:
        said = say(spread.mean, spread.std, spread.n)
        return f"{said[:-1]}, 1 draw)" if spread.draws else said
    within = "" if spread.within is None else f"; ± {100 * spread.within:.1f} over students"
    return f"{100 * spread.mean:.1f} ± {100 * (spread.std or 0.0):.1f} % ({spread.draws} draws{within})"


def read_scores(records: Iterable[Line]) -> list[Score]:
    """The scores in a run's records, in the order they were measured; of a subject and protocol the last one holds. Budgets also
    say what making the set took, as far as the run recorded it."""
    found: dict[tuple[str, str, str, str], Score] = {}
    for one in completed(records):
        known = [i for i, a in enumerate(one["accuracy"]) if a is not None]
        values, drawn = tuple(float(one["accuracy"][i] or 0.0) for i in known), draws_in(one)
        key = (one["subject"], one["student"], one["protocol"], one.get("labels", "hard"))
        draws = tuple(drawn[i] for i in known) if drawn else ()
        found[key] = Score(*key, accuracy=values, budget=one["budget"], draws=draws)
    return list(found.values())


def pick(scores: Iterable[Score], subject: str) -> Score | None:
    """The first score of this subject that holds a number: the run's own student and protocol."""
    return next((one for one in scores if one.subject == subject and one.n), None)


def frame(figure: go.Figure, title: str, x: str, y: str, height: int = 380) -> go.Figure:
    """One title that says the message, axes with units, and a plain look that takes the page's theme."""
    figure.update_layout(
        title={"text": title, "x": 0, "xanchor": "left", "font": {"size": 15}},
        height=height,
        margin={"l": 10, "r": 10, "t": 50, "b": 90},
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

    @property
    def single(self) -> bool:
        """One seed only: shown hollow, since it says nothing about the spread between runs."""
        return len(self.seeds) == 1

    @property
    def gain(self) -> float:
        """Accuracy above the same number of random real images; not a number without a control."""
        return self.distilled.mean - self.random.mean if self.random and self.random.n else math.nan

    @property
    def label(self) -> str:
        return " · ".join([self.method, self.data, f"ipc {self.ipc}", *([self.differs] if self.differs else [])])

    @property
    def stored(self) -> float:
        """Bytes that have to be kept to train a student: images, labels, a teacher that labels on the fly, a generator."""
        return sum(float(self.distilled.budget.get(f"{part}_bytes", 0) or 0) for part in PARTS)


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
    kind = (score.student, score.protocol, score.labels)
    others = [other for one, _ in pool for other in read_scores(one["records"])]
    random = [o for o in others if o.subject == "random" and (o.student, o.protocol, o.labels) == kind]
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
        distilled=_pool([one for _, one in pool]),
        random=_pool(random) if random else None,
        real=real[0] if real else None,
        facts=_facts([one for one, _ in pool]),
        ruin=next((said for one, _ in pool if (said := one.get("ruin", ""))), ""),
        asked={**run["settings"], **{k: v for k, v in run["job"].items() if k not in ("seed", "moves", "device")}},
    )


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
    return Score(one.subject, one.student, one.protocol, one.labels, accuracy, one.budget, tuple(draws))


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
    ahead = sum(row.gain > 0 for row in rows)
    judged = sum(math.isfinite(row.gain) for row in rows)
    title = (
        f"{ahead} of {judged} sets beat as many random real images" if judged else "No random control was scored yet"
    )
    frame(figure, title, "accuracy on real test images (%) ± s.d.", "", height=170 + 46 * len(rows))
    figure.update_yaxes(tickmode="array", tickvals=places, ticktext=[row.label for row in rows], showgrid=False)
    return figure


SHAPES = ("circle", "square", "diamond", "cross", "triangle-up", "star", "hexagon", "x")


def against_bytes(rows: Iterable[Row]) -> go.Figure:
    """Accuracy against stored bytes (images, labels, teacher); one shape per method, hollow where there is one seed."""
    rows, figure = [row for row in rows if row.stored > 0], go.Figure()
    names = list(dict.fromkeys(row.method for row in rows))
    for i, name in enumerate(names):
        own = [row for row in rows if row.method == name]
        shape = SHAPES[i % len(SHAPES)]
        figure.add_scatter(
            x=[row.stored / 1000 for row in own],
            y=[100 * row.distilled.mean for row in own],
            mode="markers",
            name=name,
            marker={
                "size": 12,
                "symbol": [f"{shape}-open" if row.single else shape for row in own],
                "line": {"width": 2},
            },
            error_y={"array": [100 * row.distilled.std if row.distilled.n > 1 else None for row in own]},
            text=[f"{row.label}<br>{row.distilled.text}" for row in own],
            hovertemplate="%{text}<br>%{x:,.1f} kB<extra></extra>",
        )
    title = "Stored: images, labels, teacher and generator"
    frame(figure, title, "stored (kB, logarithmic)", "accuracy (%) ± s.d.", height=420)
    figure.update_xaxes(type="log")
    return figure
