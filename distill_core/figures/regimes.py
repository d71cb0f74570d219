"""Three regimes: findings of the study → one row for each set in each regime, a table for each regime, one picture, and LRS.

    rows = rows_of(findings.every(home, "regimes"))
    picture(rows).show()

Random real images are the control of every row and no row of their own; coresets are selections of real images, drawn hollow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..record.contest import Contest, of_one_set, points
from ..record.label_robust import NEUTRAL, ars, hlr, ior, lrs
from ..record.passport import Passport, of_finding
from .curves import COLORS
from .found import Regime
from .ledger import size, total
from .scores import LOOKS, SHAPES, Score, frame, wrapped
from .studies import as_csv, number
from .tables import safe

WORDS = {"hard": "Hard labels", "static": "One fixed soft label", "teacher": "Live teacher"}
OWN = "set"


@dataclass(frozen=True)
class Cell:
    """One set in one regime; `group` is what all rows of a table have in common: data, images per class, student, recipe."""

    run: str
    title: str
    subject: str
    regime: str
    bare: bool
    data: str
    ipc: int
    epochs: int
    own: Score
    random: Score
    real: tuple[float, ...]

    @property
    def group(self) -> tuple[str, int, str, str, int]:
        return self.data, self.ipc, self.own.student, self.own.protocol, self.epochs

    @property
    def is_coreset(self) -> bool:
        return self.subject != OWN

    @property
    def contest(self) -> Contest:
        """This set against draws of random real images."""
        own, beside = self.own.spread, self.random.spread
        known = own.mean, own.std or 0.0, own.n
        return of_one_set(*known, beside.mean, beside.std or 0.0, max(1, beside.draws))

    @property
    def ior(self) -> float:
        return ior(self.own.mean, self.random.mean)


@dataclass(frozen=True)
class Robust:
    """HLR, IOR, LRS and ARS of a cell; not a number where a cell that they need, or all real data, is not there."""

    hlr: float
    ior: float
    lrs: float
    ars: float


def cells_of(found: Iterable[Regime]) -> list[Cell]:
    """Findings, given newest first; of the same set, regime and recipe the newest holds. A coreset that stands beside several runs is one."""
    kept: dict[tuple[object, ...], Cell] = {}
    for one in found:
        job, said = one["request"]["job"], (one["student"], one["protocol"], one["labels"])
        looks = int(one.get("looks", 0))
        own = Score(
            "distilled", *said, tuple(one["distilled"]), one["budget"], best=tuple(one["best"]), looks=looks,
            passport=of_finding(one),
        )  # fmt: skip
        random = Score(
            "random", *said, tuple(one["random"]), one["random_budget"], tuple(one["draws"]), best=tuple(one["random_best"]), looks=looks,
            passport=Passport.of(one["random_passport"]),
        )  # fmt: skip
        where = str(job.get("data", "")), int(job.get("ipc", 1))
        cell = Cell(
            one["run"],
            one["title"],
            one["subject"],
            one["regime"],
            one["bare"],
            *where,
            int(one["epochs"]),
            own,
            random,
            tuple(one["real"]),
        )
        key = (
            cell.run if not cell.is_coreset else "",
            cell.subject,
            cell.regime,
            cell.bare,
            *cell.group,
            len(own.accuracy),
        )
        kept.setdefault(key, cell)
    order = list(WORDS)
    return sorted(
        kept.values(), key=lambda one: (one.group, order.index(one.regime), one.bare, one.is_coreset, -one.own.mean)
    )


def robust(cell: Cell, cells: Sequence[Cell]) -> Robust:
    """Of a cell among all of them: HLR needs the set under hard labels and all real data, ARS the same without augmentation."""
    same = [one for one in cells if one.group == cell.group and (one.run, one.subject) == (cell.run, cell.subject)]
    hard = next((one for one in same if one.regime == "hard" and one.bare == cell.bare), None)
    plain = next((one for one in same if one.regime == cell.regime and one.bare != cell.bare), None)
    gap = hlr(sum(cell.real) / len(cell.real), hard.own.mean) if hard and cell.real else math.nan
    both = (cell.ior, plain.ior) if plain and not cell.bare else None
    return Robust(
        gap, cell.ior, lrs(gap, cell.ior) if math.isfinite(gap) else math.nan, ars(*both) if both else math.nan
    )


def lines(cells: Sequence[Cell], regime: str, bare: bool = False) -> list[dict[str, str]]:
    """The table of one regime: a row says only what was resolved."""
    shown = [one for one in cells if one.regime == regime and one.bare == bare]
    return [_line(one, robust(one, cells)) for one in shown]


def _line(cell: Cell, scores: Robust) -> dict[str, str]:
    picked = f"{100 * cell.own.picked:.1f} (of {cell.own.looks})" if cell.own.best else "not recorded"
    return {
        "Set": cell.title,
        "Kind": "real images, chosen" if cell.is_coreset else "set",
        "Data": f"{cell.data}, ipc {cell.ipc}",
        "Accuracy": cell.own.text,
        "Random": cell.random.text,
        "Points": f"{cell.contest.points:+.1f}",
        "Against random": cell.contest.of_set,
        "HLR (gap)": _points(scores.hlr),
        "IOR": f"{points(cell.own.mean, cell.random.mean):+.1f}",
        "LRS": _score(scores.lrs),
        "ARS": _score(scores.ars),
        "Best epoch": picked,
        "Stored": size(total(cell.own.budget)),
        "Updates": f"{cell.own.budget.get('student_steps', 0):,.0f}",
        "Passport": cell.own.passport.brief,
    }


def _points(value: float) -> str:
    return f"{100 * value:.1f}" if math.isfinite(value) else "–"


def _score(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "–"


def picture(cells: Sequence[Cell]) -> go.Figure:
    """Accuracy in each regime: sets filled, chosen real images hollow, random real images as squares with the spread of their draws."""
    figure, shown = go.Figure(), [one for one in cells if not one.bare]
    _random(figure, shown)
    names = list(dict.fromkeys((one.title, one.is_coreset) for one in shown))
    for at, (title, coreset) in enumerate(names):
        own = {one.regime: one for one in shown if (one.title, one.is_coreset) == (title, coreset)}
        _trace(figure, title, [own.get(regime) for regime in WORDS], at, coreset)
    real = [value for one in shown for value in one.real]
    if real:
        mean = 100 * sum(real) / len(real)
        figure.add_hline(
            y=mean, line={"dash": "dot", "color": LOOKS["real"]["color"]}, annotation_text=f"all real data {mean:.1f} %"
        )
    frame(figure, wrapped(message(shown)), "", "accuracy on real test images (%) ± s.d.", height=460)
    figure.update_xaxes(categoryorder="array", categoryarray=list(WORDS.values()))
    return figure


def _random(figure: go.Figure, shown: Sequence[Cell]) -> None:
    beside = {regime: next((one.random for one in shown if one.regime == regime), None) for regime in WORDS}
    _add(figure, "random real images", list(beside.values()), LOOKS["random"]["color"], "square-open", "dot")


def _trace(figure: go.Figure, title: str, own: list[Cell | None], at: int, coreset: bool) -> None:
    symbol = SHAPES[at % len(SHAPES)] + ("-open" if coreset else "")
    scores = [one.own if one is not None else None for one in own]
    _add(
        figure,
        f"{title} (real, chosen)" if coreset else title,
        scores,
        COLORS[at % len(COLORS)],
        symbol,
        "dash" if coreset else "solid",
    )


def _add(figure: go.Figure, name: str, scores: Sequence[Score | None], color: str, symbol: str, dash: str) -> None:
    figure.add_scatter(
        x=list(WORDS.values()),
        y=[None if one is None else 100 * one.mean for one in scores],
        error_y={
            "array": [100 * one.std if one is not None and math.isfinite(one.std) else None for one in scores],
            "color": color,
        },
        mode="lines+markers",
        name=name,
        line={"color": color, "dash": dash, "width": 1.5},
        marker={"color": color, "symbol": symbol, "size": 11, "line": {"width": 2, "color": color}},
        text=["" if one is None else f"{name}<br>{one.text}<br>{one.passport.brief}" for one in scores],
        hovertemplate="%{text}<extra></extra>",
    )


def message(shown: Sequence[Cell]) -> str:
    """In which regimes how many sets can be called better than random real images."""
    parts = []
    for regime, word in WORDS.items():
        own = [one for one in shown if one.regime == regime and not one.is_coreset]
        if own:
            parts.append(f"{word.lower()} {sum(one.contest.word == 'better' for one in own)} of {len(own)}")
    return f"Better than random images: {', '.join(parts)}" if parts else "Nothing was measured yet"


def robust_chart(cells: Sequence[Cell]) -> go.Figure:
    """LRS of every set in every regime, and ARS where it is known, with the line at which nothing is gained or lost."""
    figure, shown = go.Figure(), [one for one in cells if not one.bare]
    labels = [f"{one.title} · {WORDS[one.regime].lower()}" for one in shown][::-1]
    values = [robust(one, cells) for one in shown][::-1]
    for name, symbol in (("lrs", "circle"), ("ars", "diamond-open")):
        figure.add_scatter(
            x=[v if math.isfinite(v := getattr(one, name)) else None for one in values],
            y=labels,
            mode="markers",
            name=name.upper(),
            marker={"symbol": symbol, "size": 11, "line": {"width": 2}},
            text=[f"HLR {_points(one.hlr)}, IOR {_points(one.ior)} points" for one in values],
            hovertemplate="%{y}<br>%{fullData.name} %{x:.3f}<br>%{text}<extra></extra>",
        )
    figure.add_vline(
        x=NEUTRAL, line={"dash": "dash", "color": LOOKS["real"]["color"]}, annotation_text=f"neutral {NEUTRAL:.3f}"
    )
    frame(figure, "Label-robust and augmentation-robust scores", "score (0 … 1)", "", height=180 + 34 * len(labels))
    return figure


COLUMNS = (
    *(
        "run",
        "set",
        "kind",
        "regime",
        "augmented",
        "data",
        "ipc",
        "student",
        "protocol",
        "epochs",
        "labels",
        "accuracy",
        "std",
        "n",
    ),
    *(
        "random_accuracy",
        "random_std",
        "random_n",
        "draws",
        "low",
        "high",
        "told",
        "hlr",
        "ior",
        "lrs",
        "ars",
        "best_epoch",
        "stored_bytes",
    ),
    *("updates", "seconds"),
)


def regimes_csv(cells: Sequence[Cell]) -> str:
    """One line per cell; fractions as plain numbers, points for the interval."""
    rows = []
    for one in cells:
        scores, contest = robust(one, cells), one.contest
        kind = "coreset" if one.is_coreset else "set"
        texts = [safe(one.run), safe(one.title), kind, one.regime, "no" if one.bare else "yes", safe(one.data), one.ipc]
        texts += [safe(one.own.student), one.own.protocol, one.epochs, one.own.labels]
        numbers = [f for score in (one.own, one.random) for f in (number(score.mean), number(score.std), score.n)]
        told = ["" if bound is None else f"{bound:.2f}" for bound in (contest.low, contest.high)]
        robustness = [number(value) for value in (scores.hlr, scores.ior, scores.lrs, scores.ars, one.own.picked)]
        costs = [
            f"{total(one.own.budget) or 0:.0f}",
            *(f"{one.own.budget.get(name, 0):g}" for name in ("student_steps", "seconds")),
        ]
        rows.append([*texts, *numbers, one.random.spread.draws, *told, contest.word, *robustness, *costs])
    return as_csv(COLUMNS, rows)
