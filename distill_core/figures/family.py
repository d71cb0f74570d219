"""Cards of the catalog → who is related to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NotRequired, TypedDict

import plotly.graph_objects as go

SHADES = ("#2F6F8F", "#3B7F63", "#8A5A83", "#9A6A1F", "#4E6B9E", "#A3512F")  # dark enough for white words


class Named(TypedDict):
    """Of a method's entry in the catalog."""

    name: str
    family: str
    idea: str
    descends: NotRequired[dict[str, str]]


def tree(methods: Iterable[Named]) -> go.Figure:
    """Families at the left; a method stands right of the one it builds on, where both are of a family. Hovering says the idea and
    what is new."""
    methods = list(methods)
    families = list(dict.fromkeys(one["family"] for one in methods))
    shade = {family: SHADES[i % len(SHADES)] for i, family in enumerate(families)}
    family_of = {one["name"]: one["family"] for one in methods}
    labels = ["dataset distillation", *families, *(one["name"] for one in methods)]
    ids = ["root", *(f"family {one}" for one in families), *(f"method {one['name']}" for one in methods)]
    parents = ["", *("root" for _ in families), *(_parent(one, family_of) for one in methods)]
    colors = ["#5F6F73", *(shade[one] for one in families), *(shade[one["family"]] for one in methods)]
    ideas = ["", *("" for _ in families), *(told(one) for one in methods)]
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
    figure.update_layout(height=60 + 30 * max(len(methods), 3), margin={"l": 0, "r": 0, "t": 0, "b": 0})
    return figure


def _parent(one: Named, family_of: dict[str, str]) -> str:
    near = [name for name in one.get("descends") or {} if family_of.get(name) == one["family"]]
    return f"method {near[0]}" if near else f"family {one['family']}"


def told(one: Named) -> str:
    """The idea of a method, and what is new beside those it builds on."""
    news = [f"beside {name}: {new}" for name, new in (one.get("descends") or {}).items()]
    return "<br>".join([one["idea"], *news])
