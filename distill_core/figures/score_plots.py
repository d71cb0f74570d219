"""The score table as figures: every set beside its random control, and accuracy against what it costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import plotly.graph_objects as go

from ..record.contest import Contest
from .rows import Row
from .scores import BUDGETS, LOOKS, SHAPES, Score, cost, frame, wrapped

TAKEN = {"color": LOOKS["random"]["color"], "symbol": "triangle-up", "word": "real images, chosen or averaged"}


def bars(rows: Iterable[Row]) -> go.Figure:
    """Every row with its spread: filled, hollow where there is one seed; its random control and all real data beside it.

    Rows of images that were only taken, not learned, stand below the others in the color of what is real.
    """
    rows = sorted(rows, key=lambda row: row.about.takes)[::-1]
    places, figure = list(range(len(rows))), go.Figure()
    shown: dict[str, list[tuple[float, Row, Score]]] = {
        "real": [(at, row, row.real) for at, row in enumerate(rows) if row.real],
        "random": [(at - 0.14, row, row.random) for at, row in enumerate(rows) if row.random and not row.about.takes],
        "taken": [(at, row, row.distilled) for at, row in enumerate(rows) if row.about.takes],
        "distilled": [(at + 0.14, row, row.distilled) for at, row in enumerate(rows) if not row.about.takes],
    }
    for subject, picked in shown.items():
        if drawn := [one for one in picked if one[2].n]:
            _marks(figure, drawn, {**LOOKS, "taken": TAKEN}[subject], own=subject in ("distilled", "taken"))
    title = _told([one for row in rows if (one := row.contest) is not None])
    frame(figure, wrapped(title), "accuracy on real test images (%) ± s.d.", "", height=190 + 52 * len(rows))
    figure.update_yaxes(
        tickmode="array", tickvals=places, ticktext=[wrapped(row.label) for row in rows], showgrid=False
    )
    return figure


def _marks(figure: go.Figure, shown: list[tuple[float, Row, Score]], look: Mapping[str, str], own: bool) -> None:
    """One mark a row; hollow is what controls, and a row of one seed."""
    symbols = [f"{look['symbol']}-open" if own and row.single else look["symbol"] for _, row, _ in shown]
    figure.add_scatter(
        x=[100 * score.mean for _, _, score in shown],
        y=[y for y, _, _ in shown],
        mode="markers",
        name=look["word"],
        marker={"color": look["color"], "size": 12, "symbol": symbols, "line": {"width": 2, "color": look["color"]}},
        error_x={
            "array": [100 * score.std if math.isfinite(score.std) else None for _, _, score in shown],
            "color": look["color"],
        },
        text=[f"{row.label}<br>{score.text}" for _, row, score in shown],
        hovertemplate="%{text}<extra></extra>",
    )


def _told(contests: list[Contest]) -> str:
    """How many are better than as many random real images, worse, and neither."""
    if not contests:
        return "No learned set was scored beside a random control yet"
    if all(one.low is None for one in contests):
        return "Each set beside as many random real images; one seed each, so nobody can say who wins"
    single = sum(one.low is None for one in contests)
    count = {word: sum(one.word == word for one in contests) for word in ("better", "worse", "cannot be told")}
    said = f"{count['better']} of {len(contests)} better than as many random real images"
    count["cannot be told"] -= single
    more = [f"{n} {word}" for word, n in count.items() if n and word != "better"]
    more += [f"{single} {'has' if single == 1 else 'have'} one seed, which decides nothing"] if single else []
    return ": ".join([said, ", ".join(more)]) if more else said


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
