"""Findings about finished sets → numbers, figures and CSV: other students as a matrix, class after class as a curve.

    shown = cells(findings.every(home, "transfer"))
    matrix(shown).show()

The control stands beside every number: as many random real images, the same protocol, the same students.
"""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

import plotly.graph_objects as go

from ..record.contest import points as points_of
from ..record.passport import Passport, of_finding
from .curves import COLORS, beside
from .found import Continual, Transfer
from .scores import Score, frame, say
from .tables import safe


@dataclass(frozen=True)
class Cell:
    """One set and one architecture; accuracies are fractions of the real test part, one per student."""

    run: str
    name: str
    method: str
    data: str
    ipc: int
    student: str
    protocol: str
    labels: str
    epochs: int
    distilled: Score
    random: Score

    @property
    def gain(self) -> float:
        """Accuracy above as many random real images."""
        return self.distilled.mean - self.random.mean

    @property
    def points(self) -> float:
        """The same as it is said: the difference of the printed numbers."""
        return points_of(self.distilled.mean, self.random.mean)

    @property
    def row(self) -> str:
        return f"{self.name} · {self.protocol}, {self.epochs} epochs"


def cells(found: Iterable[Transfer]) -> list[Cell]:
    """Transfer findings, given newest first, as cells, oldest first; of the same set, architecture, protocol and epochs the newest holds."""
    kept: dict[tuple[str | int, ...], Cell] = {}
    for one in found:
        request, said = one["request"], (one["student"], one["protocol"], one["labels"])
        passport = of_finding(one)
        scores = (
            Score("distilled", *said, tuple(one["distilled"]), passport=passport),
            Score("random", *said, tuple(one["random"]), passport=passport),
        )
        where = (request["method"], str(request["job"].get("data", "")), int(request["job"].get("ipc", 1)))
        cell = Cell(one["run"], str(request.get("name") or one["run"]), *where, *said, int(one["epochs"]), *scores)
        kept.setdefault((cell.run, *said, cell.epochs), cell)
    return list(kept.values())[::-1]


def matrix(shown: Sequence[Cell], value: str = "accuracy") -> go.Figure:
    """Sets against architectures: accuracy, or with `value="gain"` the points above as many random real images."""
    rows, columns = (list(dict.fromkeys(getattr(cell, name) for cell in shown)) for name in ("row", "student"))
    places = {(cell.row, cell.student): cell for cell in shown}
    grid = [[places.get((row, column)) for column in columns] for row in rows]
    gains = value == "gain"
    z = [[None if c is None else 100 * (c.gain if gains else c.distilled.mean) for c in line] for line in grid]
    most = max((abs(v) for line in z for v in line if v is not None), default=1.0) or 1.0
    look = {"colorscale": "PuOr_r", "zmin": -most, "zmax": most} if gains else {"colorscale": "Cividis"}
    heat = go.Heatmap(
        z=z,
        x=[column.replace(":", ":<br>").replace(",", ",<br>") for column in columns],
        y=[_wrapped(row) for row in rows],
        text=[[_inside(c, gains) for c in line] for line in grid],
        texttemplate="%{text}",
        textfont={"size": 13},
        customdata=[[_hover(c) for c in line] for line in grid],
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        xgap=2,
        ygap=2,
        showscale=False,  # every cell says its number
        **look,
    )
    ahead = sum(cell.gain > 0 for cell in shown)
    title = f"{ahead} of {len(shown)} cells lie above one draw of as many random images"
    figure = frame(go.Figure(heat), title, "", "", height=150 + 76 * max(1, len(rows)))
    figure.update_layout(margin={"b": 50})
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(showgrid=False, ticks="")
    return figure


def _wrapped(row: str) -> str:
    name, _, rest = row.rpartition(" · ")
    return "<br>".join([*wrap(name, 20)[:2], f"<i>{rest}</i>"])


def _inside(cell: Cell | None, gains: bool) -> str:
    if cell is None:
        return ""
    if gains:
        return f"{cell.points:+.1f}"
    spread = f"<br>± {100 * cell.distilled.std:.1f}" if cell.distilled.n > 1 else ""
    return f"<b>{100 * cell.distilled.mean:.1f}</b>{spread}<br>vs {100 * cell.random.mean:.1f}"


def _hover(cell: Cell | None) -> str:
    if cell is None:
        return "not measured yet"
    words = f"{cell.name}<br>{cell.student}, {cell.protocol}, {cell.labels} labels"
    return f"{words}<br>distilled {cell.distilled.text}<br>random {cell.random.text}<br>{cell.points:+.1f} points<br>{cell.distilled.passport.brief}"


@dataclass(frozen=True)
class Curve:
    """Accuracy on the classes seen so far, after every task: `values` holds one list of fractions per class order."""

    run: str
    name: str
    subject: str
    student: str
    protocol: str
    sizes: tuple[int, ...]  # classes seen after each task
    values: tuple[tuple[float, ...], ...]
    passport: Passport = field(default_factory=Passport)

    @property
    def tasks(self) -> int:
        return len(self.sizes)

    @property
    def orders(self) -> int:
        return len(self.values)

    def mean(self, task: int) -> float:
        return statistics.fmean(one[task] for one in self.values)

    def std(self, task: int) -> float:
        """Sample standard deviation over class orders; not a number where there is only one."""
        return statistics.stdev(one[task] for one in self.values) if self.orders > 1 else math.nan

    def said(self, task: int) -> str:
        if self.orders == 1:
            return f"{100 * self.mean(task):.1f} % (1 class order)"
        return say(self.mean(task), self.std(task), self.orders, "order")


def curves_of(found: Continual) -> list[Curve]:
    """The two curves of one continual finding: the set's and its control's."""
    named = (found["run"], str(found["request"].get("name") or found["run"]))
    curves = []
    for subject, orders in (("distilled", found["distilled"]), ("random", found["random"])):
        values = tuple(tuple(float(v) for v in order) for order in orders)
        curves.append(
            Curve(
                *named, subject, found["student"], found["protocol"], tuple(found["sizes"]), values, of_finding(found)
            )
        )
    return curves


def curve(shown: Sequence[Curve]) -> go.Figure:
    """Accuracy after each task, ± s.d. over class orders: sets filled and solid, their random controls hollow and dashed."""
    figure = go.Figure()
    names = list(dict.fromkeys((one.run, one.student, one.protocol, one.sizes) for one in shown))
    for one in shown:
        at = names.index((one.run, one.student, one.protocol, one.sizes))
        ours, color = one.subject == "distilled", COLORS[at % len(COLORS)]
        tasks = range(one.tasks)
        figure.add_scatter(
            x=[t + 1 + (0.03 if ours else -0.03) for t in tasks],
            y=[100 * one.mean(t) for t in tasks],
            error_y={"array": [100 * one.std(t) if one.orders > 1 else None for t in tasks], "color": color},
            **beside(one.name, ours, at),
            text=[f"{one.sizes[t]} classes: {one.said(t)}" for t in tasks],
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        )
    frame(figure, _message(shown), "after task", "accuracy on seen classes (%) ± s.d.", height=430)
    most = max((one.tasks for one in shown), default=1)
    sizes = next((one.sizes for one in shown if one.tasks == most), ())
    ticks = [f"{t + 1}<br>{n} classes" for t, n in enumerate(sizes)]
    figure.update_xaxes(tickmode="array", tickvals=list(range(1, most + 1)), ticktext=ticks)
    return figure


def _message(shown: Sequence[Curve]) -> str:
    ours = next((one for one in shown if one.subject == "distilled"), None)
    beside = next((one for one in shown if ours and one.run == ours.run and one.subject == "random"), None)
    if ours is None or beside is None:
        return "Nothing was measured yet"
    last = ours.tasks - 1
    return f"After {ours.tasks} tasks {100 * ours.mean(last):.1f} %, random {100 * beside.mean(last):.1f} %"


TRANSFER = (
    *("run", "name", "method", "data", "ipc", "student", "protocol", "labels", "epochs", "accuracy", "std", "n"),
    *("random_accuracy", "random_std", "random_n", "gain", "passport"),
)


def transfer_csv(shown: Iterable[Cell]) -> str:
    """One line per cell; fractions as plain numbers, an empty s.d. for one student."""
    lines = []
    for one in shown:
        texts = [safe(text) for text in (one.run, one.name, one.method, one.data)]
        numbers = [f for score in (one.distilled, one.random) for f in (number(score.mean), number(score.std), score.n)]
        lines.append(
            [
                *texts,
                one.ipc,
                safe(one.student),
                one.protocol,
                one.labels,
                one.epochs,
                *numbers,
                number(one.gain),
                safe(one.distilled.passport.brief),
            ]
        )
    return as_csv(TRANSFER, lines)


CONTINUAL = ("run", "name", "student", "protocol", "images", "task", "classes_seen", "accuracy", "std", "orders")


def continual_csv(shown: Iterable[Curve]) -> str:
    """One line per curve and task."""
    lines = []
    for one in shown:
        texts = [safe(one.run), safe(one.name), safe(one.student), one.protocol, one.subject]
        lines += [
            [*texts, t + 1, one.sizes[t], number(one.mean(t)), number(one.std(t)), one.orders] for t in range(one.tasks)
        ]
    return as_csv(CONTINUAL, lines)


def as_csv(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows(lines)
    return file.getvalue()


def number(value: float) -> str:
    return f"{value:.6f}" if math.isfinite(value) else ""
