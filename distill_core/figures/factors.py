"""What compensators do to the answers of teachers: one sentence, and who recognizes the sums of whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from .curves import COLORS
from .scores import frame

if TYPE_CHECKING:
    from ..looks.factors import Kept

NATURAL = "real images"


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Along the last axis, in float64."""
    z = np.asarray(logits, np.float64) / temperature
    z = np.exp(z - z.max(-1, keepdims=True))
    return np.asarray(z / z.sum(-1, keepdims=True))


def entropy(shares: np.ndarray) -> np.ndarray:
    """In bits, along the last axis."""
    return np.asarray(-(shares * np.log2(np.maximum(shares, 1e-300))).sum(-1))


def sentence(found: Kept) -> str:
    """What the compensators cost and what they change, with the numbers of the images that are shown."""
    about = found.about
    own, added = about["bytes"]["naturals"] / 1000, about["bytes"]["compensators"] / 1000
    slices, classes = found.answers.shape[1], len(about["classes"])
    natural, sums = np.mean(about["right"][0]), np.mean(about["right"][1:])
    return (
        f"**Why add a pattern?** Students learn from {slices} times as many images for {(own + added) / own:.1f} times the bytes: every "
        f"stored real image ({own:,.1f} kB in all) is shown as it is and with each of {slices - 1} patterns, its **compensators** "
        f"({added:,.1f} kB). A pattern is one image that is added to all {classes} classes alike, learned so that a network (its teacher) "
        f"still sees each class; it is meant to carry what tells classes apart, which few images lack. Teachers call {100 * natural:.1f} % of the real images by their class and **{100 * sums:.1f} %** of the sums."
    )


def names(found: Kept, titles: Mapping[str, str]) -> list[str]:
    """What people call the teachers; `titles` are those of the families of networks. Two of a family are numbered."""
    families = [one["spec"].partition(":")[0] for one in found.about["teachers"]]
    called = [titles.get(one, one) for one in families]
    return [f"{name} ({i + 1})" if called.count(name) > 1 else name for i, name in enumerate(called)]


def transfer(found: Kept, names: Sequence[str]) -> go.Figure:
    """Rows: natural images, and the sums with the compensators of each teacher. Columns: the teacher that is asked."""
    z = 100 * np.asarray(found.about["right"])
    whose = names if len(z) == 1 + len(names) else ["all teachers"]  # one compensator may belong to all
    rows = [NATURAL, *(f"+ pattern of {name}" for name in whose)]
    heat = go.Heatmap(
        z=z,
        x=list(names),
        y=rows,
        text=[[f"{value:.1f}" for value in line] for line in z],
        texttemplate="%{text}",
        colorscale="Cividis",
        zmin=0,
        zmax=100,
        xgap=2,
        ygap=2,
        showscale=False,
        hovertemplate="%{y}<br>asked: %{x}<br>%{z:.1f} % called by their class<extra></extra>",
    )
    figure = frame(go.Figure(heat), _title(z), "the teacher that is asked", "", height=170 + 44 * len(z))
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(showgrid=False, ticks="")
    return figure


ALIKE = {"set": "naturals and sums", "naturals": "the naturals alone", "random": "as many random real images"}


def alike(found: Kept) -> go.Figure | None:
    """How much two images of a class are alike, as the set grows; None where there are never two."""
    curves = found.about["alike"]
    if not curves["set"]:
        return None
    figure = go.Figure()
    for i, (name, words) in enumerate(ALIKE.items()):
        if curves[name]:  # type: ignore[literal-required]
            x, y = zip(*curves[name], strict=True)  # type: ignore[literal-required]
            look = {"color": COLORS[i], "dash": ("solid", "dot", "dash")[i], "width": 2}
            figure.add_scatter(x=x, y=y, name=words, mode="lines+markers", line=look, marker={"symbol": i})
    ours, real = curves["set"][-1][1], curves["random"][-1][1]
    printed = [f"{ours:.2f}", f"{real:.2f}"]
    said = "as alike as" if printed[0] == printed[1] else "more alike than" if ours > real else "less alike than"
    title = f"In the whole set two images of a class are {said}<br>random real images: {printed[0]} and {printed[1]}"
    figure = frame(
        figure, title, "images of each class that students see", "mean cosine of two images of a class", height=360
    )
    return figure.update_layout(legend={"orientation": "h", "y": -0.25})


def _title(z: np.ndarray) -> str:
    """Whether what one teacher's compensators say is understood by the others."""
    sums = z[1:]
    if len(sums) != z.shape[1] or len(sums) < 2:
        return (
            f"{sums.mean():.1f} % of the sums are called by their class, {z[0].mean():.1f} % of the natural images (%)"
        )
    own, others = np.diag(sums).mean(), sums[~np.eye(len(sums), dtype=bool)].mean()
    return f"Sums recognized: by their own teacher {own:.1f} %,<br>by the others {others:.1f} %"
