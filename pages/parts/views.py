"""The canvas views: plain JavaScript modules beside this file, each joined with what it imports and registered once.

Views are mounted outside the live fragment and never change; `feed.live` puts packets into their shared store. Every
function returns what the visitor chose there as plain values, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from distill_core.record import view

from . import packing

WEB = Path(__file__).with_name("web")
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def source(part: str) -> str:
    """The JavaScript of one view as one module, since a component takes only one: its file and all that it imports."""
    texts: dict[str, str] = {}
    waiting = [f"{part}.js"]
    while waiting:
        name = waiting.pop()
        if name not in texts:
            texts[name] = (WEB / name).read_text(encoding="utf-8")
            waiting += IMPORT.findall(texts[name])
    order = TopologicalSorter({name: IMPORT.findall(text) for name, text in texts.items()}).static_order()
    return "\n".join(EXPORT.sub("", IMPORT.sub("", texts[name])) for name in order)


def _component(part: str) -> Any:
    style = (WEB / "view.css").read_text(encoding="utf-8")
    return st.components.v2.component(f"distill_{part}", html="<div class='root'></div>\n", css=style, js=source(part))


_PLAYER, _WALL, _MAP, _PLOTS, _RACE = (_component(part) for part in ("player", "wall", "map", "plots", "race"))
_LAYERS, _STRIP, _PAD = (_component(part) for part in ("layers", "strip", "pad"))
_FACTORS, _CROPS, _TOY, _TEACH = (_component(part) for part in ("factors", "crops", "toy", "teach"))


def _nothing() -> None:
    """A state key exists only where a callback is given."""


def _hear(key: str, name: str, told: Callable[[Any], None]) -> None:
    """Pass on what a view says; nothing where it was left meanwhile, for its last word comes when its state is gone."""
    said = (st.session_state.get(key) or {}).get(name)
    if said is not None:
        told(said)


def player(
    runs: Sequence[str],
    key: str,
    *,
    align: str = "step",
    start: float | None = None,
    story: bool = True,
    wiring: bool = False,
) -> dict[str, Any] | None:
    """One clock for every view of these runs: play, pause, step, speed, scrub, keys, marks, `▸ live`.

    `align` is learning (share of it, students as a tail), step, fraction, seconds or seen. `start` is where the clock stands at first (a
    fraction of the axis); `story`: one sentence for the moment below it; `wiring`: how the run works, as boxes. Returns where it rests, `{"share", "n"}`: of the axis, and the number of the first run's last record there; None
    for both at the live end. A step of a lesson that was entered meanwhile sets the clock anew, and where it rested before does not count.
    """
    entry = int(st.session_state.get("_entry", 0))
    data = {"runs": list(runs), "align": align, "start": start, "entry": entry, "story": story, "wiring": wiring}
    at = _PLAYER(key=key, data=data, on_at_change=_nothing).at
    return at if at and at.get("entry", 0) == entry else None


def wall(
    runs: Sequence[str], key: str, *, mode: str = "now", titles: Sequence[str] = (), few: int = 0
) -> dict[str, Any] | None:
    """The images of one to six runs; returns the pinned image `{"run", "id", "label", "source"}` or None.

    `mode` at first: now, change, real; with several runs also swipe, blink, difference. `few`: so many
    images of each class at first, large; 0 shows all.
    """
    data = {"runs": list(runs), "mode": mode, "titles": list(titles), "few": few}
    return _WALL(key=key, data=data, on_pin_change=_nothing).pin


class Shown(NamedTuple):
    """What the visitor did on the map: the pinned point, the points drawn around `{"source", "points": [{"run", "id",
    "label"}, …]}` and the plane that is shown ("features-tsne")."""

    pin: dict[str, Any] | None
    lasso: dict[str, Any] | None
    plane: str | None


def feature_map(
    runs: Sequence[str],
    key: str,
    *,
    height: int = 360,
    plane: str = "",
    titles: Sequence[str] = (),
    troubles: Mapping[str, str] | None = None,
    ask: Callable[[str], None] = lambda plane: None,
    tools: bool = False,
) -> Shown:
    """The map of logits or last features. `plane` at first: "logits-pca", "features-tsne", …; `troubles` says by a plane's
    name why it could not be made; `ask` is told which plane the visitor wants that is not there, before the page is drawn.
    `tools`: the choice of planes, trails, lasso and zoom stand open, and not behind one button."""
    held = str((st.session_state.get(key) or {}).get("plane") or "")  # what was clicked, before the page knows of it
    first = next((one for one in (held, plane) if view.PLANE.fullmatch(one)), "logits-pca")
    data = {"runs": list(runs), "height": height, "plane": first, "mark": view.mark(list(runs)), "titles": list(titles)}
    data |= {"troubles": dict(troubles or {}), "tools": tools}
    states = {f"on_{name}_change": _nothing for name in ("pin", "lasso", "plane")}
    found = _MAP(key=key, data=data, on_ask_change=lambda: _hear(key, "ask", lambda plane: ask(str(plane))), **states)
    return Shown(found.pin, found.lasso, found.plane)


def plots(runs: Sequence[str], key: str, *, kinds: Sequence[str] = ("lines", "parts", "classes")) -> None:
    """Small multiples that follow the clock: curves of what belongs together, bars per layer and per class."""
    _PLOTS(key=key, data={"runs": list(runs), "kinds": list(kinds)})


def layers(run: str, key: str) -> None:
    """A search layer by layer: distance at every step, loss, classes, ‖Δw‖, and a table of the layers. A run without a
    generator shows what it recorded for each layer of a network."""
    _LAYERS(key=key, data={"run": run})


def strip(run: str, key: str) -> dict[str, Any] | None:
    """The verdict of a search and its film strip: images, change and distance layer by layer, at the clock; returns the pinned
    image as `wall` does."""
    return _STRIP(key=key, data={"run": run}, on_pin_change=_nothing).pin


def race(
    packet: bytes, *, bars: list[dict[str, Any]], key: str, chance: float, sentences: Sequence[str] = (), push: str = ""
) -> None:
    """The start page: real images, images being learned and their bars in one clock, playing by itself.

    Args:
        packet: `packets.recording(folder)`, or the bytes of such a packet from `assets/`.
        bars: each `{"title": "10 learned images", "accuracy": 0.86, "std": 0.01, "n": 3, "text": "86.0 ± 1.0 %", "many":
            "3 networks", "stored": "stored: 7.8 kB of images", "subject": "real|distilled|mean|random"}`; optional `"curve":
            [[fraction of the clock, accuracy], …]` lets a bar grow as it was measured.
        chance: the accuracy of guessing, a line across the bars.
        sentences: up to three, shown one after the other under the bars.
        push: what moves the images, under them.
    """
    _RACE(key=key, data=packing.extended(packet, bars=bars, sentences=list(sentences), push=push, chance=chance))


def pad(of: str, walk: Mapping[str, Any], pixels: bytes, key: str) -> None:
    """A walk around a class in a generator: drag in a square of w, see the image and every layer's answer.

    Args:
        of: whose walk it is (a run); another walk is shown where the visitor stands.
        walk: the JSON of `distill_core/looks/walk.py`; `pixels` the bytes that belong to it.
    """
    body = packing.Body()
    body.add(pixels)
    _PAD(key=key, data=packing.assemble([], body, of=of, walk=dict(walk)))


def factors(
    of: str,
    about: Mapping[str, Any],
    names: Sequence[str],
    naturals: np.ndarray,
    compensators: np.ndarray,
    answers: np.ndarray,
    key: str,
) -> None:
    """Natural image + compensator = sum, for every class, teacher and group; labels before, after, and mixed.

    Args:
        of: whose set it is (a run); the arrays and `about` are those of `distill_core/looks/factors.py`.
        names: of the teachers, as people read them.
    """
    body = packing.Body()
    for array in (naturals, compensators.astype("<f2"), answers.astype("<f2")):
        body.add(array.tobytes())
    about = {**about, "names": list(names)}
    _FACTORS(key=key, data=packing.assemble([], body, of=of, about=about, shape=list(naturals.shape)))


def crops(packet: bytes, key: str) -> None:
    """An image under its grid of sub-images with dense labels; see `parts/dense.py` for the packet."""
    _CROPS(key=key, data=packet)


def toy(link: Mapping[str, str], key: str, *, told: Callable[[dict[str, str]], None]) -> None:
    """Points in the plane, distilled in the browser. `link` holds the settings as words (`web/toy_link.js` says which);
    `told` hears of them when the visitor changed some, before the page is drawn."""
    _TOY(key=key, data={"link": dict(link)}, on_link_change=lambda: _hear(key, "link", lambda words: told(dict(words))))


def teach(entry: int, light: str, only: int | None, key: str) -> None:
    """A lesson's hand on the page, at every step that is entered: one class alone (or all), and the part with key `light` in sight."""
    _TEACH(key=key, data={"entry": entry, "light": light, "only": only})
