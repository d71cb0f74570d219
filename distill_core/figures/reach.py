"""Which real images are within reach of a set → a map that shows it and the sentences that say it.

Real images within reach are filled and colored by class, the others hollow and gray; the set's own images are large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import plotly.graph_objects as go

from ..record.view import Judge

FARTHEST = 12  # real images that nothing reaches, which are shown
MOST_NAMED = 20  # classes in the key
COLORS = (  # those of the classes on every map (pages/parts/web/palette.js)
    "#0077BB", "#EE7733", "#009988", "#CC3311", "#33BBEE", "#EE3377", "#888888", "#AA4499", "#999933", "#5544BB",
)  # fmt: skip
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "star", "triangle-down")
SIGNS = "●■▲◆✚★▼"  # the same in a line of text
KINDS = {"learned": "the learned images", "random": "as many random real images", "start": "the run's own start"}


class Group(TypedDict):
    """One set of images: the share of the real images that it reaches, their ids, the ids of those farthest beyond, and its own images."""

    share: float
    reached: list[int]
    farthest: list[int]
    labels: list[int]
    at: list[list[float]]


class OfRun(TypedDict):
    """What a run reaches at its end and at its start, and what random real images reach: one draw of average share, and the
    shares of all draws."""

    learned: Group
    start: Group | None
    random: Group
    draws: list[float]


class Sample(TypedDict):
    """The real images: ids in the data set, classes, places in the plane."""

    ids: list[int]
    labels: list[int]
    at: list[list[float]]


class Reach(TypedDict):
    """One to six runs over one sample of real images."""

    of: list[str]
    real: Sample
    runs: dict[str, OfRun]
    k: int
    kept: float
    network: Judge


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def usual(run: OfRun) -> float:
    """What random real images reach on average."""
    return sum(run["draws"]) / len(run["draws"])


def verdict(share: float, run: OfRun) -> str:
    """Beside random real images: `they cover more`, `they cover less`, or `no difference` within what their draws reach."""
    if share > max(run["draws"]):
        return "they cover more"
    return "they cover less" if share < min(run["draws"]) else "no difference"


def claim(run: OfRun, name: str = "") -> str:
    """Whether the images cover the classes, in one sentence with its yardstick."""
    group = run["learned"]
    who = f"{name}: {len(group['labels'])}" if name else f"These {len(group['labels'])}"
    return (
        f"{who} learned images come within reach of **{percent(group['share'])}** of the real images; "
        f"as many random real ones reach {percent(usual(run))}: **{verdict(group['share'], run)}**."
    )


def way(run: OfRun) -> str:
    """What learning did to the share that the run started with; "" where the start is not known."""
    if run["start"] is None:
        return ""
    before, now = round(100 * run["start"]["share"]), round(100 * run["learned"]["share"])  # subtract what is printed
    moved = f"learning took {before - now} points away" if now < before else f"learning added {now - before} points"
    return f"They started at {before} %; {moved if now != before else 'learning left that as it was'}."


def explained(found: Reach, run: OfRun) -> str:
    """What reach means, by which network, and what the random images are."""
    low, high = percent(min(run["draws"])), percent(max(run["draws"]))
    return (
        f"**Within reach**: the nearest image of the same class in the set is nearer than the real image's own {found['k']}th "
        f"nearest real neighbor. Near means alike to one network, by its last features ({found['network']['spec']}). A copy of "
        f"a real image does not reach that image. **Random real images**: {len(run['draws'])} draws reach {low} to {high}; the "
        f"map shows one of them. The {len(found['real']['ids']):,} real images are a sample. The maps are flat: they keep "
        f"{percent(found['kept'])} of each image's 10 nearest neighbors, so a colored point may look far from its neighbor."
    )


REACHES = "Draw a circle around each real image, out to its few nearest real neighbors of the class, as one network sees them: it is **within reach** (colored) if an image of the set falls inside, else **out of reach** (hollow, gray)."


def key(names: Mapping[int, str]) -> list[tuple[str, str, str]]:
    """What the marks of the maps are: (sign, color, words). A legend in a picture would lie over its title on a phone."""
    beyond = ("○", "rgb(130,130,130)", "real, out of reach")
    if len(names) > MOST_NAMED:
        return [beyond]
    return [beyond, *((SIGNS[i % len(SIGNS)], COLORS[i % len(COLORS)], name) for i, name in sorted(names.items()))]


def title(kind: str, share: float) -> str:
    what = KINDS[kind]
    return f"{what[0].upper()}{what[1:]}: {percent(share)} within reach"


def chart(found: Reach, group: Group, words: str, names: Mapping[int, str], height: int = 400) -> go.Figure:
    """The map of one set; `words` is its title, `names` those of the classes."""
    figure, reached = go.Figure(), set(group["reached"])
    real = list(zip(found["real"]["ids"], found["real"]["labels"], found["real"]["at"], strict=True))
    beyond = [(one, label, at) for one, label, at in real if one not in reached]
    look = {"size": 5, "symbol": "circle-open", "color": "rgba(130,130,130,0.6)", "line": {"width": 1}}
    _points(figure, "real, out of reach", beyond, look, names, group="beyond")
    for label in sorted(set(found["real"]["labels"])):
        color, shape = COLORS[label % len(COLORS)], SHAPES[label % len(SHAPES)]
        inside = [one for one in real if one[1] == label and one[0] in reached]
        large = {"size": 11, "symbol": shape, "color": color, "line": {"width": 1.5, "color": "#222222"}}
        own = [(-1, label, at) for of, at in zip(group["labels"], group["at"], strict=True) if of == label]
        small = {"size": 6, "symbol": shape, "color": color}
        _points(figure, names.get(label, str(label)), inside, small, names, group=str(label))
        _points(figure, names.get(label, str(label)), own, large, names, group=str(label))
    figure.update_layout(
        title={"text": words, "x": 0, "xanchor": "left", "y": 0.98, "yanchor": "top", "font": {"size": 15}},
        height=height,
        margin={"l": 4, "r": 4, "t": 40, "b": 4},
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        uirevision="keep",
    )
    x, y = _ranges(found)
    figure.update_xaxes(visible=False, range=x)
    figure.update_yaxes(visible=False, range=y)
    return figure


Point = tuple[int, int, Sequence[float]]


def _points(
    figure: go.Figure,
    name: str,
    points: Sequence[Point],
    look: Mapping[str, object],
    names: Mapping[int, str],
    *,
    group: str,
) -> None:
    figure.add_scatter(
        x=[at[0] for _, _, at in points],
        y=[at[1] for _, _, at in points],
        mode="markers",
        name=name,
        legendgroup=group,
        marker=look,
        text=[
            f"{names.get(label, label)}, {'an image of the set' if one < 0 else f'real image {one}'}"
            for one, label, _ in points
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _ranges(found: Reach) -> tuple[list[float], list[float]]:
    """One frame for all maps of these runs, so that the same place is the same place."""
    every = [*found["real"]["at"]]
    for run in found["runs"].values():
        for group in (run["learned"], run["random"], run["start"]):
            every += group["at"] if group else []
    frame = []
    for axis in (0, 1):
        values = [one[axis] for one in every]
        margin = 0.04 * (max(values) - min(values) or 1.0)
        frame.append([min(values) - margin, max(values) + margin])
    return frame[0], frame[1]
