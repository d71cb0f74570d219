"""Accuracy against what labels take: a set and its random control, one curve each, point by point.

shown = points(findings.every(home, "label_curve"))
label_curve(shown).show()
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..quantities.sizes import say_bytes
from ..record.contest import points as points_of
from ..record.passport import of_finding
from .curves import COLORS, beside
from .found import LabelPoint
from .scores import Score, frame
from .studies import as_csv, number
from .tables import safe


@dataclass(frozen=True)
class Point:
    """One kind of labels; `bytes` are those of the labels and of a teacher that goes along."""

    run: str
    name: str
    labels: str
    protocol: str
    student: str
    epochs: int
    bytes: float
    images: float
    steps: float
    distilled: Score
    random: Score

    @property
    def curve(self) -> tuple[str, str, str, int]:
        """What all points of a curve have in common."""
        return self.run, self.protocol, self.student, self.epochs

    @property
    def gain(self) -> float:
        """Accuracy above as many random real images with the same labels."""
        return self.distilled.mean - self.random.mean

    @property
    def points(self) -> float:
        """The same as it is said: the difference of the printed numbers."""
        return points_of(self.distilled.mean, self.random.mean)


def points(found: Iterable[LabelPoint]) -> list[Point]:
    """Findings, given newest first, as points by their bytes; of the same question the newest holds."""
    kept: dict[tuple[object, ...], Point] = {}
    for one in found:
        said = one["student"], one["protocol"], one["labels"]
        passport = of_finding(one)
        ours = Score("distilled", *said, tuple(one["distilled"]), passport=passport)
        beside = Score("random", *said, tuple(one["random"]), passport=passport)
        took = float(one["label_bytes"]) + float(one["teacher_bytes"])
        name = str(one["request"].get("name") or one["run"])
        made = Point(
            one["run"], name, one["labels"], one["protocol"], one["student"], int(one["epochs"]), took,
            float(one["image_bytes"]), float(one["student_steps"]), ours, beside,
        )  # fmt: skip
        kept.setdefault((*made.curve, made.labels), made)
    return sorted(kept.values(), key=lambda point: point.bytes)


def label_curve(shown: Sequence[Point]) -> go.Figure:
    """Accuracy ± s.d. against bytes, logarithmic: sets filled and solid, their random controls hollow and dashed. Labels that take
    nothing stand at the left edge."""
    figure = go.Figure()
    edge = min((point.bytes for point in shown if point.bytes), default=8.0) / 8
    for at, curve in enumerate(dict.fromkeys(point.curve for point in shown)):
        own = [point for point in shown if point.curve == curve]
        for subject in ("distilled", "random"):
            _add(figure, own, subject, edge, at)
    frame(figure, _message(shown), "kept for labels (bytes, logarithmic)", "accuracy (%) ± s.d.", height=430)
    places = sorted({point.bytes or edge for point in shown})
    texts = ["0" if place == edge else say_bytes(place) for place in places]
    figure.update_xaxes(type="log", tickmode="array", tickvals=places, ticktext=texts)
    return figure


def _add(figure: go.Figure, own: Sequence[Point], subject: str, edge: float, at: int) -> None:
    ours, color = subject == "distilled", COLORS[at % len(COLORS)]
    scores = [point.distilled if ours else point.random for point in own]
    figure.add_scatter(
        x=[point.bytes or edge for point in own],
        y=[100 * score.mean for score in scores],
        error_y={"array": [100 * score.std if score.n > 1 else None for score in scores], "color": color},
        **beside(own[0].name, ours, at),
        text=[
            f"{point.labels}<br>{say_bytes(point.bytes)} beside {say_bytes(point.images)} of images<br>{score.text}"
            for point, score in zip(own, scores, strict=True)
        ],
        hovertemplate="%{text}<extra>%{fullData.name}</extra>",
    )


def _message(shown: Sequence[Point]) -> str:
    """What the dearest labels bring over the cheapest, for the set and for random images."""
    if not shown:
        return "Nothing was measured yet"
    own = [point for point in shown if point.curve == shown[-1].curve]
    first, last = own[0], own[-1]
    if first is last:
        return f"{last.labels}: {last.distilled.text}, random {last.random.text}"
    ours, beside = (
        100 * (b.mean - a.mean) for a, b in ((first.distilled, last.distilled), (first.random, last.random))
    )
    return f"From {first.labels} to {last.labels}: {ours:+.1f} points, random images {beside:+.1f}"


COLUMNS = (
    *("run", "name", "labels", "protocol", "student", "epochs", "label_bytes", "image_bytes", "updates"),
    *("accuracy", "std", "n", "random_accuracy", "random_std", "random_n", "gain", "passport"),
)


def label_csv(shown: Iterable[Point]) -> str:
    """One line per point; fractions as plain numbers, an empty s.d. for one student."""
    rows = []
    for one in shown:
        texts = [safe(text) for text in (one.run, one.name, one.labels, one.protocol, one.student)]
        numbers = [f for score in (one.distilled, one.random) for f in (number(score.mean), number(score.std), score.n)]
        rows.append(
            [
                *texts,
                one.epochs,
                f"{one.bytes:.0f}",
                f"{one.images:.0f}",
                f"{one.steps:.0f}",
                *numbers,
                number(one.gain),
                safe(one.distilled.passport.brief),
            ]
        )
    return as_csv(COLUMNS, rows)


def lines(shown: Iterable[Point]) -> list[tuple[str, ...]]:
    """One line per point, in words."""
    return [
        (
            point.name, point.labels, point.protocol, point.student, say_bytes(point.bytes), point.distilled.text,
            point.random.text, f"{point.points:+.1f}", point.distilled.passport.brief,
        )
        for point in shown
    ]  # fmt: skip
