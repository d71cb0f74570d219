"""The values of a set's pixels beside those of real images."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import plotly.graph_objects as go

from .curves import COLORS
from .scores import frame


def histogram(edges: Sequence[float], shares: Sequence[float], real: Sequence[float] = ()) -> go.Figure:
    """Shares of pixels by value; [0, 1] is marked, what lies further out than the axis stands in its last bins."""
    middles = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    outside = sum(share for at, share in zip(middles, shares, strict=True) if not 0 <= at <= 1)
    chart = go.Figure()
    if real:
        line = {"color": COLORS[6], "width": 2, "shape": "hvh"}
        chart.add_scatter(x=middles, y=[100 * one for one in real], name="real images", mode="lines", line=line)
    line = {"color": COLORS[0], "width": 2, "shape": "hvh"}
    chart.add_scatter(
        x=middles, y=[100 * one for one in shares], name="this set", mode="lines", line=line, fill="tozeroy"
    )
    chart.add_vrect(x0=0, x1=1, fillcolor=COLORS[2], opacity=0.08, line_width=0)
    said = (
        f"{100 * outside:.1f} % of the pixels lie outside of [0, 1]" if outside > 5e-4 else "All pixels lie in [0, 1]"
    )
    return frame(chart, said, "value of a pixel", "share of pixels, %")
