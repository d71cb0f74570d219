"""Scored records → numbers with their spread, and the figures that show them.

    scores = read_scores(timeline.records)
    bars(scores).show()

The random control stands in every figure beside what it controls: real is hollow, synthetic is filled.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

# Okabe-Ito: told apart in the common kinds of color blindness, and marked by shape and fill as well.
LOOKS = {
    "distilled": {"color": "#0072B2", "symbol": "circle", "word": "distilled"},
    "random": {"color": "#E69F00", "symbol": "square-open", "word": "random real images"},
    "real": {"color": "#7F8C8D", "symbol": "diamond-open", "word": "all real data"},
}


@dataclass(frozen=True)
class Score:
    """What students trained on one set are worth: `accuracy` holds one fraction in [0, 1] per student."""

    subject: str
    student: str
    protocol: str
    labels: str
    accuracy: tuple[float, ...]
    budget: Mapping[str, float] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.accuracy)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.accuracy) if self.accuracy else math.nan

    @property
    def std(self) -> float:
        """Sample standard deviation over the students; not a number where there is only one."""
        return statistics.stdev(self.accuracy) if self.n > 1 else math.nan

    @property
    def text(self) -> str:
        """`86.1 ± 1.2 % (n = 3)`; one seed says so."""
        return say(self.mean, self.std, self.n)


def say(mean: float | None, std: float | None, n: int) -> str:
    """An accuracy in percent with its spread: `86.1 ± 1.2 % (n = 3)`, `86.1 % (1 seed)`, or a dash."""
    if mean is None or not math.isfinite(mean) or not n:
        return "–"
    if n == 1 or std is None or not math.isfinite(std):
        return f"{100 * mean:.1f} % (1 seed)" if n == 1 else f"{100 * mean:.1f} % (n = {n})"
    return f"{100 * mean:.1f} ± {100 * std:.1f} % (n = {n})"


def read_scores(records: Iterable[Mapping[str, Any]]) -> list[Score]:
    """The scores in a run's records, in the order they were measured; a later one of the same kind replaces the earlier."""
    found: dict[tuple[str, str, str, str], Score] = {}
    for one in records:
        if one["kind"] == "scored":
            values = tuple(float(a) for a in one["accuracy"] if a is not None)
            key = (one["subject"], one["student"], one["protocol"], one.get("labels", "hard"))
            found[key] = Score(*key, accuracy=values, budget=one.get("budget") or {})
    return list(found.values())


def pick(scores: Iterable[Score], subject: str) -> Score | None:
    """The first score of this subject that holds a number: the run's own student and protocol."""
    return next((one for one in scores if one.subject == subject and one.n), None)


def frame(figure: go.Figure, title: str, x: str, y: str, height: int = 380) -> go.Figure:
    """One title that says the message, axes with units, and a plain look that takes the page's theme."""
    figure.update_layout(
        title={"text": title, "x": 0, "xanchor": "left", "font": {"size": 15}},
        height=height,
        margin={"l": 10, "r": 10, "t": 70, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title": None},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        uirevision="keep",
    )
    figure.update_xaxes(title=x, automargin=True, zeroline=False)
    figure.update_yaxes(title=y, automargin=True, zeroline=False)
    return figure
