"""The score table as figures: every set beside its random control, and accuracy against what it costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from textwrap import wrap

import plotly.graph_objects as go

from ..record.contest import apart
from .rows import Row
from .scores import BUDGETS, LOOKS, SHAPES, Score, cost, frame

TAKEN = {"color": LOOKS["random"]["color"], "symbol": "triangle-up", "word": "real images, chosen or averaged"}
OWN, CONTROL = -0.18, -0.35  # where marks lie in a row of height 1, below its words
WIDE, TALL, MARKS = 57, 16, 46  # letters of a line that a phone has room for; pixels of a line, and of the marks below
SIGNS = {
    "circle": "●",
    "circle-open": "○",
    "square-open": "□",
    "diamond-open": "◇",
    "triangle-up": "▲",
    "triangle-up-open": "△",
}
Kind = tuple[Mapping[str, str], bool, list[tuple[float, Row, Score]]]
FAINT = "rgba(127, 127, 127, 0.3)"


def bars(rows: Iterable[Row]) -> go.Figure:
    """Every row in words, what can be said of it, and below that its accuracy beside random real images and all real data.

    Filled is what several seeds say, hollow what one says. Results come first, then single seeds, then images that were only
    taken and not learned, in the color of what is real.
    """
    rows = sorted(rows, key=lambda row: (row.about.takes, row.single))[::-1]
    told, figure = [_words(row) for row in rows], go.Figure()
    for look, own, shown in _kinds(rows):
        if drawn := [one for one in shown if one[2].n]:
            _marks(figure, drawn, look, own)
    lines = max((one.count("<br>") + 1 for one in told), default=1)
    axis = "real test images sorted right (%)"
    frame(figure, "", axis, "", height=112 + (TALL * lines + MARKS) * len(rows))
    for at, said in enumerate(told):
        figure.add_annotation(
            x=0, xref="paper", xanchor="left", y=at + 0.48, yanchor="top", text=said, align="left", showarrow=False
        )
        figure.add_hline(y=at + 0.5, line={"width": 1, "color": FAINT})
    figure.update_yaxes(range=[-0.5, len(rows) - 0.48], visible=False)
    figure.update_xaxes(side="top")  # a reader meets the unit before the marks
    figure.update_layout(margin={"t": 50, "b": 10}, showlegend=False)
    return figure


def key(figure: go.Figure) -> list[tuple[str, str, str]]:
    """What each kind of mark in `bars` is: (sign, color, words). A legend in the picture would take its room on a phone."""
    return [(SIGNS[one.marker.symbol[0]], one.marker.color, one.name) for one in figure.data[::-1]]


def _kinds(rows: list[Row]) -> list[Kind]:
    """What is drawn: (look, whether it is the row's own set, marks); the words of a look are its entry in the legend."""
    learned, ours = [(at, row) for at, row in enumerate(rows) if not row.about.takes], LOOKS["distilled"]
    taken = [(at + OWN, row, row.distilled) for at, row in enumerate(rows) if row.about.takes]
    kinds: list[Kind] = [(LOOKS["real"], False, [(at + OWN, row, row.real) for at, row in enumerate(rows) if row.real])]
    kinds += [(LOOKS["random"], False, [(at + CONTROL, row, row.random) for at, row in learned if row.random])]
    kinds += [(TAKEN, True, taken)]
    for single, word in (
        (True, "learned images, one run only (line: spread over its networks)"),
        (False, "learned images, several seeds (line: spread over them)"),
    ):
        own = [(at + OWN, row, row.distilled) for at, row in learned if row.single is single]
        kinds += [({**ours, "word": word}, True, own)]
    return kinds


def _words(row: Row) -> str:
    """A row in words: the set, what sets it apart, and the verdict."""
    said = [f"<b>{row.title}</b>", *wrap(row.label.removeprefix(f"{row.title} · "), WIDE)]
    if (contest := row.contest) is not None:
        said.append(f"{apart(contest.points)} random; {contest.text}")
    return "<br>".join(said)


def _marks(figure: go.Figure, shown: list[tuple[float, Row, Score]], look: Mapping[str, str], own: bool) -> None:
    """One mark a row; hollow is what controls, and a row of one seed."""
    symbols = [f"{look['symbol']}-open" if own and row.single else look["symbol"] for _, row, _ in shown]
    figure.add_scatter(
        x=[100 * score.mean for _, _, score in shown],
        y=[y for y, _, _ in shown],
        mode="markers+text",
        name=look["word"],
        text=[f"{100 * score.mean:.1f}" for _, _, score in shown],
        textposition="top center",
        textfont={"size": 11},
        marker={"color": look["color"], "size": 12, "symbol": symbols, "line": {"width": 2, "color": look["color"]}},
        error_x={
            "array": [100 * score.std if math.isfinite(score.std) else None for _, _, score in shown],
            "color": look["color"],
        },
        customdata=[f"{row.label}<br>{score.text}" for _, row, score in shown],
        hovertemplate="%{customdata}<extra></extra>",
    )


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
