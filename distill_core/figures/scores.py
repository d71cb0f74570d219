"""Scored records → numbers with their spread, and how figures show them: real is hollow, synthetic is filled.

[score, *_] = read_scores(timeline.records)
score.text
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from textwrap import wrap

import plotly.graph_objects as go

from ..record.lines import Line
from ..record.passport import Passport, of_record
from ..record.scores import Spread, best_in, completed, draws_in, spread_of

# Blue and orange are told apart in the common kinds of color blindness, on light and dark; shape and fill repeat it.
LOOKS = {
    "distilled": {"color": "#2A8FCF", "symbol": "circle", "word": "learned images"},
    "random": {"color": "#D98200", "symbol": "square-open", "word": "as many random real images"},
    "real": {"color": "#7F8C8D", "symbol": "diamond-open", "word": "all real data"},
}

SHAPES = ("circle", "diamond", "cross", "triangle-up", "star", "hexagon", "x")  # squares are random real images
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
        """`86.1 ± 1.2 % (3 students)`. Of a control `72.0 ± 5.8 % (5 draws; ± 0.4 over students)`."""
        return say_spread(self.spread, self.groups) if self.accuracy else "–"


def say(mean: float | None, std: float | None, n: int, of: str = "student") -> str:
    """An accuracy in percent with its spread: `86.1 ± 1.2 % (3 students)`, `86.1 % (1 student)`, or a dash.

    Args:
        of: what n counts: `student`, `seed`, `order`.
    """
    if mean is None or not math.isfinite(mean) or not n:
        return "–"
    spread = f" ± {100 * std:.1f}" if n > 1 and std is not None and math.isfinite(std) else ""
    return f"{100 * mean:.1f}{spread} % ({n} {of}{'s' * (n > 1)})"


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
