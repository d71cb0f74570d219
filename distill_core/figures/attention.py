"""Attention of a network → figures: over places laid on the mean images, over channels as bars."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from . import activation

NAMES = ("real", "synthetic")
COLORS = ("#7A8B8F", "#EE7733")
MOST = 32  # channels that are drawn


def places(images: np.ndarray, both: np.ndarray, opacity: float) -> go.Figure:
    """One class: images (2, H, W, c) uint8 under attention (2, h, w), and what the synthetic side has more or less."""
    maps = np.concatenate([both, both[1:] - both[:1]])
    return activation.row(images, maps, opacity, said="attention at a place", signed=False)


def channels(both: np.ndarray) -> go.Figure:
    """One class: attention over channels (2, channels), sorted by what real images have, the strongest first."""
    order = np.argsort(-both[0], kind="stable")[:MOST]
    figure = go.Figure()
    for name, color, values in zip(NAMES, COLORS, both, strict=True):
        figure.add_bar(
            x=[str(i) for i in range(1, len(order) + 1)],
            y=np.nan_to_num(values[order]),
            name=name,
            marker_color=color,
            customdata=order,
            hovertemplate=f"{name}, channel %{{customdata}}: %{{y:.3f}}<extra></extra>",
        )
    figure.update_layout(
        height=220,
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
        barmode="group",
        bargap=0.15,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
        xaxis={"title": "channels, the strongest on real images first", "showticklabels": False},
        yaxis={"title": "attention"},
    )
    return figure


def sentence(name: str, both: np.ndarray) -> str:
    """How alike real and synthetic attention over places (2, h, w) are, in one sentence."""
    if not np.isfinite(both).all():
        return f"**{name}**: this moment shows no synthetic image of it."
    flat, shape = both.reshape(2, -1), (both.shape[1], both.shape[2])
    distance = float(np.square(flat[0] - flat[1]).sum())
    most = int((flat[1] - flat[0]).argmax())
    return (
        f"**{name}**: the squared distance of the two is **{distance:.3f}** (0 is equal); synthetic images draw most more "
        f"{activation.place(most, shape)}."
    )
