"""A sweep's cells → a heat map (two axes) or a dot plot (one axis), the published choice marked, empty cells named.

Accuracies are per cent; mean ± sample s.d. over seeds (each seed is the mean of its students). One seed says nothing about
the spread: it is drawn hollow and called so.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import plotly.graph_objects as go

from ..queue.outcomes import Outcome
from ..queue.sweep import Sweep, spoken
from .scores import LOOKS, frame, say

WRITTEN = 300  # cells up to which each says its number
WORDS = {"missing": "to go", "scored": ""}  # what an empty cell is called, where it is not the state itself
SCALE = "Cividis"  # told apart in the common kinds of color blindness, and in gray
MARK = "#D98200"


def figure(sweep: Sweep, results: Sequence[Outcome]) -> go.Figure:
    """The figure that fits: a heat map for two axes, a dot plot for one."""
    return heat(sweep, results) if len(sweep.axes) == 2 else dots(sweep, results)


def best(results: Sequence[Outcome]) -> Outcome | None:
    """The cell with the highest mean."""
    return max((one for one in results if one.n), key=lambda one: one.mean, default=None)


def text(one: Outcome) -> str:
    """`86.1 ± 1.2 % (3 seeds)`; what the cell is where it has no number."""
    return say(one.mean, one.std, one.n, "seed") if one.n else WORDS.get(one.state, one.state)


def control(one: Outcome) -> str:
    """The random control of a cell, or a dash: mean and spread over seeds, and how many draws that is in all."""
    if not one.random:
        return "–"
    spread = statistics.stdev(one.random) if len(one.random) > 1 else math.nan
    said = say(statistics.fmean(one.random), spread, len(one.random), "seed")
    return f"{said[:-1]}, {spoken(one.draws, 'draw')})" if one.draws else said


def limits(results: Sequence[Outcome]) -> tuple[float, float]:
    """The ends of the color scale in per cent; never so near that differences below the spread over seeds look large."""
    means = [100 * one.mean for one in results if one.n] or [0.0, 1.0]
    spread = max((100 * one.std for one in results if one.n > 1), default=0.0)
    span = max(max(means) - min(means), 2 * spread, 1.0)
    middle = (max(means) + min(means)) / 2
    return middle - span / 2, middle + span / 2


def title(sweep: Sweep, results: Sequence[Outcome], join: str = ", ") -> str:
    """The message: which cell has the highest mean, and what random real images reach beside it. `join` may break the line for
    narrow screens."""
    first = best(results)
    if first is None:
        return "No run of this sweep is finished yet"
    beside = f"{join}random real images: {control(first)}" if first.random else ""
    return f"Highest mean: {sweep.words(first.cell)}{join}{text(first)}{beside}"


def answer(sweep: Sweep, results: Sequence[Outcome]) -> str:
    """The sweep in two sentences: the best cell, the published one, the control, and how far the spread lets one say so."""
    first, published = best(results), next((one for one in results if one.is_published), None)
    if first is None:
        return "No run of this sweep is finished yet."
    said = [
        f"The highest mean is **{sweep.words(first.cell)}** with {text(first)}; as many random real images reach {control(first)}."
    ]
    if published is not None and published is first:
        said.append("It is the published choice.")
    elif published is not None and published.n:
        said.append(f"The published choice, **{sweep.words(published.cell)}**, reaches {text(published)}.")
    if lead := _lead(sweep, first, [one for one in results if one.n and one is not first]):
        said.append(lead)
    return " ".join(said)


def _lead(sweep: Sweep, first: Outcome, others: Sequence[Outcome]) -> str:
    """How far the best cell is ahead of the next one, against the larger spread of the two, and seed by seed."""
    if not others:
        return ""
    second = max(others, key=lambda one: one.mean)
    spread = [100 * one.std for one in (first, second) if one.n > 1]
    if not spread:
        return "One seed per cell: nothing is known of the spread, so small differences mean nothing."
    lead = 100 * (first.mean - second.mean)
    words = f"The highest is {lead:.1f} points ahead of **{sweep.words(second.cell)}**, {'less' if lead < max(spread) else 'more'} than one s.d. ({max(spread):.1f})"
    if first.n == second.n:
        won = sum(a > b for a, b in zip(first.accuracy, second.accuracy, strict=True))
        words += f"; seed by seed it is ahead in {won} of {first.n}"
    return f"{words}."


def heat(sweep: Sweep, results: Sequence[Outcome]) -> go.Figure:
    """Rows are the first axis, columns the second."""
    rows, columns = sweep.shape
    grid = [[100 * results[i * columns + j].mean if results[i * columns + j].n else None for j in range(columns)] for i in range(rows)]  # fmt: skip
    written = len(results) <= WRITTEN
    made = go.Figure(
        go.Heatmap(
            z=grid,
            x=list(range(columns)),
            y=list(range(rows)),
            colorscale=SCALE,
            zmin=limits(results)[0],
            zmax=limits(results)[1],
            colorbar={"title": "%", "thickness": 12, "len": 0.9},
            xgap=2,
            ygap=2,
            customdata=[[_about(sweep, results[i * columns + j]) for j in range(columns)] for i in range(rows)],
            hovertemplate="%{customdata}<extra></extra>",
            hoverinfo="skip" if written else None,
        )
    )
    if written:
        _touch(made, sweep, results)
    mark(made, sweep)
    return lay_cells(made, sweep, title(sweep, results, "<br>"))


def lay_cells(made: go.Figure, sweep: Sweep, message: str) -> go.Figure:
    """Title, axes and labels of a map with a cell for each pair of cases."""
    rows, columns = sweep.shape
    labels, axes = [list(axis.cases) for axis in sweep.axes], [axis.title for axis in sweep.axes]
    frame(made, message, axes[1], axes[0], height=190 + max(46, min(70, 560 // rows)) * min(rows, 14))
    made.update_layout(margin_t=96)
    every = [max(1, count // 20) for count in (rows, columns)]
    made.update_yaxes(
        tickvals=list(range(0, rows, every[0])), ticktext=labels[0][:: every[0]], showgrid=False, autorange="reversed"
    )
    made.update_xaxes(tickvals=list(range(0, columns, every[1])), ticktext=labels[1][:: every[1]], showgrid=False)
    return made


def _touch(made: go.Figure, sweep: Sweep, results: Sequence[Outcome]) -> None:
    """Points over the cells: they can be clicked (a heat map cannot), and they say what stands there.

    However far the pointer is from the points, the nearest is meant: that of its cell.
    """
    made.data[0].hovertemplate = None
    made.update_layout(hovermode="closest", hoverdistance=-1)
    made.add_scatter(
        x=[one.cell.place[1] for one in results],
        y=[one.cell.place[0] for one in results],
        mode="markers+text",
        marker={"size": 40, "symbol": "square", "color": "rgba(128,128,128,0.01)"},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        text=[_short(one) for one in results],
        textfont={"size": 12, "color": [_ink(one, *limits(results)) for one in results]},
        customdata=[[_about(sweep, one), i] for i, one in enumerate(results)],
        hovertemplate="%{customdata[0]}<extra></extra>",
        showlegend=False,
        name="cells",
    )


def _ink(one: Outcome, low: float, high: float) -> str:
    """The color of a cell's text that can be read on the cell's color."""
    if not one.n:
        return "#888888"
    return "#000000" if (100 * one.mean - low) / (high - low) > 0.5 else "#ffffff"


def mark(made: go.Figure, sweep: Sweep) -> None:
    """A frame around the published choice."""
    place = sweep.published_place()
    if place is None:
        return
    y, x = place
    edge = {"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
    made.add_shape(type="rect", **edge, line={"color": MARK, "width": 3})
    marker = {"symbol": "square-open", "size": 12, "color": MARK, "line": {"width": 3}}
    made.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name="published choice", showlegend=True)


def dots(sweep: Sweep, results: Sequence[Outcome]) -> go.Figure:
    """A filled marker per cell with its spread over seeds, its random control hollow beside it, the first cell on top."""
    made, places = go.Figure(), [len(results) - 1 - i for i in range(len(results))]
    for subject, shift in (("random", -0.14), ("distilled", 0.14)):
        look = LOOKS[subject]
        found = [(at + shift, one, one.random if subject == "random" else one.accuracy) for at, one in zip(places, results, strict=True)]  # fmt: skip
        found = [(y, one, values) for y, one, values in found if values]
        symbols = ["circle-open" if len(values) == 1 else "circle" for _, _, values in found]
        made.add_scatter(
            x=[100 * statistics.fmean(values) for _, _, values in found],
            y=[y for y, _, _ in found],
            mode="markers",
            name=look["word"],
            marker={
                "color": look["color"],
                "size": 12,
                "symbol": symbols if subject == "distilled" else look["symbol"],
                "line": {"width": 2, "color": look["color"]},
            },
            error_x={
                "array": [100 * statistics.stdev(values) if len(values) > 1 else 0 for _, _, values in found],
                "color": look["color"],
                "width": 0,  # no caps: one seed has no bar at all
            },
            customdata=[[_about(sweep, one), one.cell.place[0]] for _, one, _ in found],
            hovertemplate="%{customdata[0]}<extra></extra>",
        )
    for at, one in zip(places, results, strict=True):
        if not one.n:
            made.add_annotation(x=0.02, xref="paper", y=at, text=WORDS.get(one.state, one.state), showarrow=False, font={"color": "#888888"})  # fmt: skip
    return lay_rows(made, sweep, results, title(sweep, results, "<br>"), "accuracy (%), mean ± s.d. over seeds")


def lay_rows(made: go.Figure, sweep: Sweep, results: Sequence[Outcome], message: str, head: str) -> go.Figure:
    """Title, axes and names of a plot with a row for each case, the first on top, the published one named."""
    places = [len(results) - 1 - i for i in range(len(results))]
    names = [list(sweep.axes[0].cases)[one.cell.place[0]] for one in results]
    names = [f"{name} (published)" if one.is_published else name for name, one in zip(names, results, strict=True)]
    frame(made, message, head, sweep.axes[0].title, height=190 + min(46, 900 // len(results)) * len(results))
    made.update_layout(margin_t=96)
    made.update_yaxes(tickvals=places, ticktext=names, showgrid=False, range=[-0.6, len(results) - 0.4])
    return made


def _short(one: Outcome) -> str:
    """What stands in a cell: `86.1`, below it `± 1.2 (3)`; what an empty cell is."""
    if not one.n:
        return WORDS.get(one.state, one.state)
    below = f"± {100 * one.std:.1f} ({one.n})" if one.n > 1 else "1 seed"
    return f"{100 * one.mean:.1f}<br>{below}"


def _about(sweep: Sweep, one: Outcome) -> str:
    """What stands under the pointer."""
    lines = [f"<b>{sweep.words(one.cell)}</b>", text(one), f"random real images: {control(one)}"]
    states = [f"seed {seed}: {state}" for seed, _, state in one.runs if state != "finished"]
    return "<br>".join([*lines, *states, *(["published choice"] if one.is_published else [])])
