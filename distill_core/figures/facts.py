"""A second map of a sweep: what its runs are known by beside their accuracy, on the same cells.

Means over seeds ± sample s.d.; the color scale is the one of the accuracies, the numbers stand in the cells.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import plotly.graph_objects as go

from ..quantities import TABLE, quantity, said, split, titled
from ..queue.outcomes import Outcome
from ..queue.sweep import Sweep
from .grids import SCALE, WRITTEN, lay_cells, lay_rows, mark

COLOR = "#9B7FD4"  # read on light and on dark


def known(results: Sequence[Outcome]) -> list[str]:
    """The quantities that any cell is known by, those with most cells first, else in the order of the table."""
    names, order = [name for one in results for name in one.facts], list(TABLE)
    return sorted(dict.fromkeys(names), key=lambda name: (-names.count(name), order.index(split(name)[0])))


def text(one: Outcome, name: str) -> str:
    """`0.36 ± 0.02 nats (3 seeds)`, with as many decimals as give the mean three digits; a dash where the cell has no such number."""
    values = one.facts.get(name, ())
    if not values:
        return "–"
    if len(values) == 1:
        return f"{said(name, values[0])} (1 seed)"
    scale, mean = _scale(name), _scale(name) * statistics.fmean(values)
    places = 1 if _unit(name) == "%" else max(0, 2 - math.floor(math.log10(abs(mean)))) if mean else 2
    numbers = f"{mean:.{places}f} ± {scale * statistics.stdev(values):.{places}f} {_unit(name)}".strip()
    return f"{numbers} ({len(values)} seeds)"


def title(sweep: Sweep, results: Sequence[Outcome], name: str) -> str:
    """The message: between what the quantity lies, and where it is largest."""
    there = [one for one in results if name in one.facts]
    if not there:
        return f"No cell reports the {titled(name)}"
    most = max(there, key=lambda one: statistics.fmean(one.facts[name]))
    return (
        f"{titled(name)[:1].upper()}{titled(name)[1:]}:<br>largest at {sweep.words(most.cell)},<br>{text(most, name)}"
    )


def figure(sweep: Sweep, results: Sequence[Outcome], name: str) -> go.Figure:
    """A heat map for two axes, a dot plot for one."""
    return _heat(sweep, results, name) if len(sweep.axes) == 2 else _dots(sweep, results, name)


def _heat(sweep: Sweep, results: Sequence[Outcome], name: str) -> go.Figure:
    rows, columns = sweep.shape
    means = [statistics.fmean(one.facts[name]) if name in one.facts else None for one in results]
    shown = [None if one is None else _scale(name) * one for one in means]
    grid = [means[i * columns : (i + 1) * columns] for i in range(rows)]
    made = go.Figure(
        go.Heatmap(
            z=[shown[i * columns : (i + 1) * columns] for i in range(rows)],
            x=list(range(columns)),
            y=list(range(rows)),
            colorscale=SCALE,
            colorbar={"title": _unit(name), "thickness": 12, "len": 0.9},
            xgap=2,
            ygap=2,
            text=[[said(name, one, unit=False) if one is not None else "" for one in row] for row in grid],
            texttemplate="%{text}" if len(results) <= WRITTEN else None,
            customdata=[[_about(sweep, results[i * columns + j], name) for j in range(columns)] for i in range(rows)],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    mark(made, sweep)
    return lay_cells(made, sweep, title(sweep, results, name))


def _dots(sweep: Sweep, results: Sequence[Outcome], name: str) -> go.Figure:
    there = [(len(results) - 1 - at, one) for at, one in enumerate(results) if name in one.facts]
    made = go.Figure(
        go.Scatter(
            x=[_scale(name) * statistics.fmean(one.facts[name]) for _, one in there],
            y=[y for y, _ in there],
            mode="markers",
            marker={"color": COLOR, "size": 12, "symbol": "diamond"},
            error_x={
                "array": [
                    _scale(name) * statistics.stdev(v) if len(v := one.facts[name]) > 1 else 0 for _, one in there
                ],
                "color": COLOR,
                "width": 0,
            },
            customdata=[_about(sweep, one, name) for _, one in there],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    unit = f" ({_unit(name)})" if _unit(name) else ""
    head = f"{titled(name)}{unit} ± s.d."
    return lay_rows(made, sweep, results, title(sweep, results, name), head)


def _unit(name: str) -> str:
    row = quantity(name)
    return "%" if row.chart == "accuracy" else row.unit


def _scale(name: str) -> float:
    """Shares of images are drawn in per cent."""
    return 100 if _unit(name) == "%" else 1


def _about(sweep: Sweep, one: Outcome, name: str) -> str:
    values = one.facts.get(name, ())
    accuracy = f"accuracy {100 * one.mean:.1f} %" if one.n and math.isfinite(one.mean) else ""
    return "<br>".join(
        filter(None, [f"<b>{sweep.words(one.cell)}</b>", text(one, name) if values else "no number", accuracy])
    )
