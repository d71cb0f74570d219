"""Measures of diversity → figures: one color and one pattern per run, real images as a gray line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
import plotly.graph_objects as go

from ..quantities import quantity
from ..record.view import Judge
from .scores import frame

# the colors that the map gives to the runs A to F
COLORS = ("#0077BB", "#EE7733", "#009988", "#CC3311", "#33BBEE", "#EE3377")
PATTERNS = ("", "/", "x", ".", "\\", "+")
MOST_CLASSES = 40  # bars are drawn for; more are sorted into a line per run
SHOWN = {  # what is drawn of the measures → its quantity
    "relative": "spread-relative",
    "distance": "spread-to-real",
    "coverage": "coverage",
    "density": "density",
    "cosine": "feature-cosine",
    "nearest": "nearest-real",
}
Values = list[float | None]


class OfRun(TypedDict):
    """One run: its images, those of the smallest class, each measure class by class, and the mean feature distance over records."""

    images: int
    fewest: int
    values: dict[str, Values]
    trend: list[tuple[int, float | None]]


class Spread(TypedDict):
    """Measures of one to six runs, and what the real images themselves have."""

    runs: dict[str, OfRun]
    real: dict[str, Values]
    real_images: int
    k: int  # neighbors whose reach makes the balls of density and coverage
    network: Judge
    upto: dict[str, int]
    left: int


def relative(runs: Mapping[str, Mapping[str, Values]]) -> dict[str, Values]:
    """Feature distance of each run and class, divided by the largest over all of them: 0 to 1."""
    every = [one for values in runs.values() for one in values["distance"] if one is not None]
    most = max(every, default=0.0)
    return {run: [None if one is None or not most else one / most for one in v["distance"]] for run, v in runs.items()}


def against_real(values: Values, real: Values) -> Values:
    """Each class over the same class of real images."""
    return [None if a is None or not b else a / b for a, b in zip(values, real, strict=True)]


def mean(values: Values) -> float | None:
    """Mean over the classes that have a value."""
    there = [one for one in values if one is not None]
    return float(np.mean(there)) if there else None


def shown(measure: str, found: Spread) -> tuple[dict[str, Values], Values | None]:
    """(run → values per class, those of real images where they are drawn beside) of one of `SHOWN`."""
    runs = {run: one["values"] for run, one in found["runs"].items()}
    if measure == "relative":
        return relative(runs), None
    if measure == "distance":
        return {run: against_real(v["distance"], found["real"]["distance"]) for run, v in runs.items()}, None
    return {run: v[measure] for run, v in runs.items()}, found["real"].get(measure)


def per_class(
    measure: str, found: Spread, names: Sequence[str], titles: Mapping[str, str], height: int = 320
) -> go.Figure:
    """Bars for each class and run. With many classes: the classes sorted by value, one line per run."""
    values, real = shown(measure, found)
    row = quantity(SHOWN[measure])
    many, figure = len(names) > MOST_CLASSES, go.Figure()
    for i, (run, own) in enumerate(values.items()):
        average = mean(own)
        word = f"{titles[run]}: {average:.2f} on average" if average is not None else f"{titles[run]}: no value"
        if many:
            rising = sorted(one for one in own if one is not None)
            figure.add_scatter(y=rising, name=word, line={"color": COLORS[i % 6], "width": 2})
            continue
        pattern = {"shape": PATTERNS[i % 6], "fillmode": "overlay", "size": 6, "solidity": 0.25}
        figure.add_bar(x=list(names), y=own, name=word, marker={"color": COLORS[i % 6], "pattern": pattern})
    if real is not None and any(one is not None for one in real):
        y = sorted(one for one in real if one is not None) if many else real
        marks = {"symbol": "line-ew", "size": 16, "line": {"width": 3, "color": "#888888"}}
        lines = {"mode": "lines", "line": {"color": "#888888", "dash": "dot"}}
        look = lines if many else {"mode": "markers", "marker": marks}
        figure.add_scatter(x=None if many else list(names), y=y, name="real images", **look)
    if measure == "distance":
        figure.add_hline(1, line={"color": "#888888", "dash": "dot", "width": 1.5}, annotation_text="real images")
    frame(figure, row.title, "classes, sorted by value" if many else "class", row.unit, height)
    figure.update_layout(barmode="group", bargap=0.25, showlegend=True)
    figure.update_xaxes(type="linear" if many else "category")
    figure.update_yaxes(rangemode="tozero")
    return figure


def trend(
    found: Spread, titles: Mapping[str, str], where: Mapping[str, Mapping[int, float]], height: int = 300
) -> go.Figure:
    """Mean feature distance over the run, against that of real images. `where` says for each record of a run when it was written."""
    figure, real = go.Figure(), mean(found["real"]["distance"])
    dashes = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
    for i, (run, one) in enumerate(found["runs"].items()):
        points = [(where[run][n], d) for n, d in one["trend"] if d is not None and n in where.get(run, {})]
        if points:
            x, y = zip(*points, strict=True)
            y = tuple(v / real for v in y) if real else y
            look = {"color": COLORS[i % 6], "dash": dashes[i % 6], "width": 2}
            figure.add_scatter(x=x, y=y, name=titles[run], line=look, mode="lines+markers", marker={"size": 5})
    if real:
        figure.add_hline(1, line={"color": "#888888", "dash": "dot", "width": 1.5}, annotation_text="real images")
    unit = "mean d_c ÷ that of real images" if real else "mean d_c"
    frame(figure, "How the spread changed", "share of the run, from its first images to its last", unit, height)
    figure.update_yaxes(rangemode="tozero")
    return figure
