"""How well distances rank candidates, drawn: one distance candidate by candidate, and ρ of all of them.

found = findings.every(home, "ranking")[0]
scatter(found, "cam_weighted").show()
strengths(found).show()
"""

from __future__ import annotations

import math

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from ..quantities import word as name_of
from .curves import COLORS, MARKS
from .found import Metric, Range, Ranking
from .ranking import between, interval, mean, metric_in, metrics, named, ranges, std
from .scores import frame

GRAY = COLORS[-1]  # seen on light and dark


def scatter(found: Ranking, metric: str) -> go.Figure:
    """Distance against test accuracy, a marker for each candidate; early layers dark, late ones bright, each with its shape.

    Open markers stand beside the walk; the band is what the walk's candidates reach.
    """
    figure, layers = go.Figure(), list(dict.fromkeys(one["layer"] for one in found["rows"]))
    shades = sample_colorscale("Cividis", [0.25 + 0.7 * i / max(1, len(layers) - 1) for i in range(len(layers))])
    for i, layer in enumerate(layers):
        rows = [r for r in found["rows"] if r["layer"] == layer and r["distance"].get(metric) is not None]
        figure.add_scatter(
            x=[r["distance"][metric] for r in rows],
            y=[100 * mean(r) for r in rows],
            error_y={
                "array": [None if math.isnan(std(r)) else 100 * std(r) for r in rows],
                "color": GRAY,
                "thickness": 1,
                "width": 3,
            },
            mode="markers",
            name=layer,
            marker={
                "color": shades[i],
                "symbol": [MARKS[i % len(MARKS)] + ("" if r.get("walk", True) else "-open") for r in rows],
                "size": [14 if "kept" in r["roles"] else 9 for r in rows],
                "line": {"width": [1 if r.get("walk", True) else 2 for r in rows], "color": shades[i]},
            },
            text=[f"{layer}, step {r['step']} ({', '.join(r['roles'])})" for r in rows],
            hovertemplate="%{text}<br>distance %{x:.4g}<br>%{y:.1f} % of test images<extra></extra>",
        )
    *wide, walk = ranges(found)
    if wide:
        band = {"y0": 100 * walk["low"], "y1": 100 * walk["high"], "line_width": 0, "fillcolor": GRAY, "opacity": 0.22}
        figure.add_hrect(
            **band, annotation_text=f"the walk: {between(walk)}", annotation_position="outside bottom right"
        )
    title = f"{name_of(metric).capitalize()}: ρ = {interval(found['metrics'][metric])}"
    frame(figure, title, "distance (log scale)", "test accuracy (%) ± s.d.", height=400 if not wide else 460)
    values = [r["distance"].get(metric) for r in found["rows"]]
    positive = all(v is None or v > 0 for v in values)
    return figure.update_xaxes(
        type="log" if positive else "linear", title="distance (log scale)" if positive else "distance"
    )


def strengths(found: Ranking) -> go.Figure:
    """ρ of every distance with its 95 % interval on one line from −1 (perfect) to 1; of several ranges one below the other."""
    names, several, figure = metrics(found)[::-1], ranges(found), go.Figure()
    known = [name for name in names if any(metric_in(found, one, name) for one in several)]
    figure.add_vline(x=0, line={"color": GRAY, "width": 1, "dash": "dot"})
    for i, one in enumerate(several):
        drawn = [(at, m) for at, name in enumerate(known) if (m := metric_in(found, one, name)) is not None]
        _dots(figure, [(at, rho, m) for at, m in drawn if (rho := m["rho"]) is not None], one, i, len(several))
    over = [m for name in known if (m := metric_in(found, several[0], name)) is not None]
    below = sum(one["high"] is not None and one["high"] < 0 for one in over)
    title = f"{below} of {len(over)} distances rank better than chance{_apart(len(known) - len(over))}"
    height = 130 + (26 + 16 * len(several)) * max(1, len(known)) + 30 * (len(several) > 1)
    frame(figure, title, "Spearman's ρ, −1 is perfect", "", height=height)
    figure.update_layout(margin={"b": 50})
    figure.update_yaxes(tickvals=list(range(len(known))), ticktext=[name_of(name) for name in known])
    return figure.update_xaxes(range=[-1.08, 1.08], tickvals=[-1, -0.5, 0, 0.5, 1])


def _apart(count: int) -> str:
    """What a title says of rows that are known along the walk alone."""
    return f"; {count} more {'is' if count == 1 else 'are'} known along the walk only" if count else ""


def _dots(figure: go.Figure, drawn: list[tuple[int, float, Metric]], of: Range, place: int, several: int) -> None:
    """One range: a dot for each distance, a little below that of the range before."""
    down, color = 0.6 / several * (place - (several - 1) / 2), COLORS[place % len(COLORS)]
    figure.add_scatter(
        x=[rho for _, rho, _ in drawn],
        y=[at - down for at, _, _ in drawn],
        error_x={
            "array": [None if one["high"] is None else max(0.0, one["high"] - rho) for _, rho, one in drawn],
            "arrayminus": [None if one["low"] is None else max(0.0, rho - one["low"]) for _, rho, one in drawn],
            "color": color,
            "thickness": 2,
            "width": 5,
        },
        mode="markers",
        name=f"{named(of)} (n = {of['n']})",
        marker={"size": 11, "color": color, "symbol": MARKS[place % len(MARKS)]},
        text=[interval(one) for _, _, one in drawn],
        hovertemplate=f"{named(of)}<br>ρ = %{{text}}<extra></extra>",
        showlegend=several > 1,
    )
