"""Cards of the catalog → who is related to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

import plotly.graph_objects as go

SHADES = ("#2F6F8F", "#3B7F63", "#8A5A83", "#9A6A1F", "#4E6B9E", "#A3512F")  # dark enough for white words


class Named(TypedDict):
    """Of a method's entry in the catalog."""

    name: str
    family: str
    idea: str


def tree(methods: Iterable[Named]) -> go.Figure:
    """Families at the left, their methods at the right; hovering says the idea."""
    methods = list(methods)
    families = list(dict.fromkeys(one["family"] for one in methods))
    shade = {family: SHADES[i % len(SHADES)] for i, family in enumerate(families)}
    labels = ["dataset distillation", *families, *(one["name"] for one in methods)]
    ids = ["root", *(f"family {one}" for one in families), *(f"method {one['name']}" for one in methods)]
    parents = ["", *("root" for _ in families), *(f"family {one['family']}" for one in methods)]
    colors = ["#5F6F73", *(shade[one] for one in families), *(shade[one["family"]] for one in methods)]
    ideas = ["", *("" for _ in families), *(one["idea"] for one in methods)]
    icicle = go.Icicle(
        ids=ids,
        labels=labels,
        parents=parents,
        marker={"colors": colors, "line": {"width": 2, "color": "rgba(255,255,255,0.6)"}},
        customdata=ideas,
        hovertemplate="<b>%{label}</b><br>%{customdata}<extra></extra>",
        textfont={"color": "white", "size": 14},
        leaf={"opacity": 0.9},
        root_color="rgba(0,0,0,0)",
        tiling={"orientation": "h"},
    )
    figure = go.Figure(icicle)
    figure.update_layout(height=60 + 46 * max(len(methods), 3), margin={"l": 0, "r": 0, "t": 0, "b": 0})
    return figure
