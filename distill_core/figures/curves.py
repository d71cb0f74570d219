"""Scalars and parts of a run → curves and bars. A line has a color, a dash and a marker, so that no one needs color."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import plotly.graph_objects as go

from ..quantities import titled
from ..record.lines import Line, PartsLine
from .scores import frame

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F8C8D")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
MARKS = ("circle", "square", "diamond", "cross", "triangle-up", "star", "x")
UNITS = {"step": "step", "t": "seconds", "seen": "real images seen"}


def beside(name: str, ours: bool, at: int) -> dict[str, object]:
    """How a set's curve (filled, solid) and that of its random control (hollow, dashed) are drawn; `at` tells sets apart."""
    color, mark = COLORS[at % len(COLORS)], MARKS[at % len(MARKS)]
    symbol = mark if ours else f"{mark}-open"
    return {
        "name": f"{name}, {'distilled' if ours else 'random real images'}",
        "mode": "lines+markers",
        "line": {"color": color, "dash": "solid" if ours else "dash", "width": 2},
        "marker": {"symbol": symbol, "size": 10, "color": color, "line": {"width": 2, "color": color}},
    }


def read_scalars(
    records: Iterable[Line], by: Literal["step", "t", "seen"] = "step", stage: str = ""
) -> dict[str, tuple[list[float], list[float]]]:
    """Name → (x, y) of every scalar, in the order they came; numbers that were not finite are left out.

    `by` is the axis: step, t (seconds) or seen (real images). `stage` keeps one stage only.
    """
    lines: dict[str, tuple[list[float], list[float]]] = {}
    for one in records:
        if one["kind"] != "scalars" or (stage and one.get("stage") != stage):
            continue
        for name, value in one["values"].items():
            if value is not None:
                x, y = lines.setdefault(name, ([], []))
                x.append(float(one[by]))
                y.append(float(value))
    return lines


def lines(
    records: Iterable[Line],
    names: Iterable[str] = (),
    by: Literal["step", "t", "seen"] = "step",
    stage: str = "",
    title: str = "",
    unit: str = "value",
    log: bool = False,
) -> go.Figure:
    """The scalars of a run as curves; `names` keeps some of them. The title says how the first one ended."""
    found = read_scalars(records, by, stage)
    wanted = [one for one in (list(names) or found) if one in found]
    figure = go.Figure()
    for i, name in enumerate(wanted):
        x, y = found[name]
        every = max(1, len(x) // 8)
        figure.add_scatter(
            x=x,
            y=y,
            name=titled(name),
            mode="lines+markers",
            line={"color": COLORS[i % len(COLORS)], "dash": DASHES[i % len(DASHES)], "width": 2},
            marker={"symbol": MARKS[i % len(MARKS)], "size": [8 if j % every == 0 else 0 for j in range(len(x))]},
        )
    if not title and wanted:
        first = found[wanted[0]][1]
        title = f"{titled(wanted[0])}: from {first[0]:.3g} to {first[-1]:.3g}"
    frame(figure, title or "Nothing was measured yet", UNITS[by], unit, height=320)
    if log:
        figure.update_yaxes(type="log")
    return figure


def parts(record: PartsLine, title: str = "", unit: str = "value") -> go.Figure:
    """A `parts` record (one number per named part, such as layers) as bars, in the order of the parts."""
    values = {name: value for name, value in record["values"].items() if value is not None}
    bars = go.Bar(x=list(values), y=list(values.values()), marker={"color": COLORS[0]})
    most = max(values, key=lambda name: values[name]) if values else ""
    figure = go.Figure(bars)
    name = titled(record["name"])
    words = title or (f"{name}: largest in {most}" if most else f"{name}: nothing was measured yet")
    return frame(figure, words, "part", unit, height=300)
