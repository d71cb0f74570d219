"""Class activation maps → figures: the mean real and the mean synthetic image of a class under their maps, and the difference.

Orange speaks for the class, blue against it; nothing is drawn over a place that says nothing.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

OVERLAY = [  # what says a little is seen through, what says more covers the image
    [0.0, "rgba(0,119,187,1)"], [0.25, "rgba(0,119,187,0.8)"], [0.5, "rgba(150,150,150,0)"], [0.75, "rgba(238,119,51,0.8)"],
    [1.0, "rgba(238,119,51,1)"],
]  # fmt: skip
SEEN = [
    [0.0, "rgba(150,150,150,0)"],
    [0.5, "rgba(238,119,51,0.8)"],
    [1.0, "rgba(238,119,51,1)"],
]  # of what is never below 0
EVIDENCE = "evidence at a place: against | for"
SIGNED = [[0.0, "rgb(0,90,170)"], [0.5, "rgb(246,246,246)"], [1.0, "rgb(205,80,10)"]]
WRITTEN = 64  # places up to which each says its number
NAMES = ("real", "synthetic", "synthetic − real")


def upsampled(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """(h, w) → (height, width), bilinear between the centers of places, constant beyond the outermost ones."""
    found = np.asarray(values, np.float64)
    for axis, wanted in enumerate((height, width)):
        have = found.shape[axis]
        at = np.clip((np.arange(wanted) + 0.5) * have / wanted - 0.5, 0, have - 1)
        low = np.floor(at).astype(int)
        high, part = np.minimum(low + 1, have - 1), at - low
        part = part[:, None] if axis == 0 else part[None]
        found = found.take(low, axis) * (1 - part) + found.take(high, axis) * part
    return found


def ends(maps: np.ndarray) -> tuple[float, float]:
    """Ends of the two symmetric scales of a class's maps (3, h, w): of both overlays together, and of the difference."""
    found = [float(np.abs(one[np.isfinite(one)]).max(initial=0.0)) for one in (maps[:2], maps[2])]
    return found[0] or 1.0, found[1] or 1.0


def row(
    images: np.ndarray, maps: np.ndarray, opacity: float = 0.7, *, said: str = EVIDENCE, signed: bool = True
) -> go.Figure:
    """One class: images (2, H, W, c) uint8 under maps (3, h, w), the third the difference of the first two.

    Args:
        said: what a map's values are, below their scale.
        signed: whether they may be below 0.
    """
    both, apart = ends(maps)
    figure = make_subplots(1, 3, horizontal_spacing=0.03, subplot_titles=NAMES)
    height, width = images.shape[1:3]
    for i in range(2):
        if not np.isfinite(maps[i]).all():
            continue
        picture = images[i].repeat(3, 2) if images.shape[3] == 1 else images[i]
        figure.add_image(z=picture, hoverinfo="skip", row=1, col=i + 1)
        figure.add_heatmap(
            z=upsampled(maps[i], height, width), coloraxis="coloraxis", opacity=opacity, row=1, col=i + 1,
            hovertemplate=f"{NAMES[i]}, row %{{y}}, column %{{x}}: %{{z:.2f}}<extra></extra>",
        )  # fmt: skip
    h, w = maps.shape[1:]
    gap = 1 if h * w <= WRITTEN else 0
    if np.isfinite(maps[2]).all():
        figure.add_heatmap(
            z=maps[2], x=(np.arange(w) + 0.5) * width / w - 0.5, y=(np.arange(h) + 0.5) * height / h - 0.5, row=1, col=3,
            coloraxis="coloraxis2", texttemplate="%{z:.2f}" if h * w <= WRITTEN else None, textfont={"size": 10}, xgap=gap, ygap=gap,
            hovertemplate="difference: %{z:.2f}<extra></extra>",
        )  # fmt: skip
    bar = {
        "orientation": "h",
        "y": -0.03,
        "yanchor": "top",
        "thickness": 9,
        "ticks": "outside",
        "nticks": 3,
        "tickformat": ".2~f",
    }
    left = {
        **bar,
        "x": 0.325,
        "len": 0.5,
        "title": {"text": said, "side": "bottom", "font": {"size": 11}},
    }
    right = {**bar, "x": 0.84, "len": 0.3, "title": {"text": "less | more", "side": "bottom", "font": {"size": 11}}}
    overlay = OVERLAY if signed else SEEN
    for name, end, scale, one in (("coloraxis", both, overlay, left), ("coloraxis2", apart, SIGNED, right)):
        ticks = {"tickvals": [-end, 0, end], "ticktext": [f"−{end:.2g}", "0", f"{end:.2g}"]}
        low = 0.0 if scale is SEEN else -end
        figure.update_layout({name: {"cmin": low, "cmax": end, "colorscale": scale, "colorbar": {**one, **ticks}}})
    for i in range(1, 4):
        anchor = f"x{i}" if i > 1 else "x"
        figure.update_xaxes(visible=False, range=[-0.5, width - 0.5], constrain="domain", row=1, col=i)
        figure.update_yaxes(
            visible=False, range=[height - 0.5, -0.5], scaleanchor=anchor, constrain="domain", row=1, col=i
        )
    figure.update_layout(height=230, margin={"l": 4, "r": 4, "t": 24, "b": 52}, showlegend=False)
    figure.update_annotations(font_size=13)
    return figure


def place(at: int, shape: tuple[int, int]) -> str:
    """Where a place of a map lies, in words: `at the upper left`, `in the middle`, `on the right`."""
    y, x = divmod(at, shape[1])
    vertical = _third(y, shape[0], ("upper", "", "lower"))
    horizontal = _third(x, shape[1], ("left", "", "right"))
    if vertical and horizontal:
        return f"at the {vertical} {horizontal}"
    if vertical:
        return {"upper": "at the top", "lower": "at the bottom"}[vertical]
    return f"on the {horizontal}" if horizontal else "in the middle"


def _third(at: int, count: int, words: tuple[str, str, str]) -> str:
    return words[min(2, int(3 * (at + 0.5) / count))]


def sentence(name: str, maps: np.ndarray, evidence: tuple[float, float | None], counts: tuple[int, int]) -> str:
    """What is seen of one class, in one sentence, from maps (3, h, w)."""
    real, synthetic = evidence
    if synthetic is None or not counts[1]:
        return f"**{name}**: this moment shows no synthetic image of it."
    what = "its synthetic image gives" if counts[1] == 1 else f"{counts[1]:,} synthetic images give"
    said = f"**{name}**: {what} the classifier **{synthetic:.1f}** of evidence, {counts[0]:,} real ones **{real:.1f}** on average; "
    flat, shape = maps.reshape(3, -1), (maps.shape[1], maps.shape[2])
    most, least = int(flat[2].argmax()), int(flat[2].argmin())
    parts = []
    if min(flat[:2].std(1)) > 1e-9:
        parts.append(f"place by place the two correlate to {np.corrcoef(flat[0], flat[1])[0, 1]:.2f}")
    if flat[2, most] > 0:
        parts.append(f"most is added {place(most, shape)} (+{flat[2, most]:.2f})")
    if flat[2, least] < 0:
        parts.append(f"most is missing {place(least, shape)} (−{-flat[2, least]:.2f})")
    return said + (", ".join(parts) or "there is no difference") + "."
