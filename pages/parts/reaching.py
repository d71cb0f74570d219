"""Do the learned images cover the classes? The claim, and the maps that show it: learned ones, random real ones, the start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from distill_core.errors import StudioError
from distill_core.figures import reach
from distill_core.record.folder import RunFolder
from distill_core.record.scores import verdict

from . import detail, draw, feed, planes, studio

QUESTION = "Diversity: do these images cover their classes?"
MARKS = "Small marks are real images, large ones the images of the set; near means alike to the network."
BESIDE = {"random": "as many random real images", "start": "the run's own start"}


def claim(folders: Sequence[RunFolder], titles: Mapping[str, str], fallback: str, named: str = "") -> None:
    """The answer of the page as its heading, with the numbers that hold now; `fallback` where nothing is measured yet. One run is called
    as `named` says."""
    found = planes.reached(folders)
    if found is None:
        st.markdown(f"## {QUESTION.partition(': ')[2].capitalize()}")
        st.markdown(fallback)
    else:
        st.caption(QUESTION if len(folders) > 1 else f"{QUESTION} {studio.escape(named)}")
        several = len(folders) > 1
        words = [reach.claim(one, studio.escape(titles[run]) if several else "") for run, one in found["runs"].items()]
        st.markdown(f"## {words[0]}" if not several else "\n".join(f"#### {one}" for one in words))
        if not several:
            st.markdown(_after(folders[0], found["runs"][folders[0].id]))
        st.caption(f"{reach.REACHES} {MARKS}")
    for one in planes.progress(folders):
        st.caption(f":material/hourglass_top: {one}")


def _after(folder: RunFolder, run: reach.OfRun) -> str:
    """What learning did to the share, and whether the images teach all the same."""
    taught = verdict(feed.state_of(folder).get("scores") or {})
    return " ".join(
        one for one in (reach.way(run), taught and f"Covering is not teaching: {taught[0].lower()}{taught[1:]}") if one
    )


def maps(folders: Sequence[RunFolder], titles: Mapping[str, str], classes: list[str]) -> None:
    """The maps, which follow the runs while one works, or while a worker still measures."""
    busy = planes.waiting(folders) or not all(feed.is_over(feed.state_of(one)) for one in folders)
    st.fragment(run_every=3.0 if busy else None)(_maps)(folders, titles, classes)


def _maps(folders: Sequence[RunFolder], titles: Mapping[str, str], classes: list[str]) -> None:
    found = planes.reached(folders)
    if found is None:
        if planes.waiting(folders):
            st.caption(
                ":material/hourglass_top: A worker is measuring these images; the maps appear here in some seconds."
            )
        return
    names = {label: detail.name_of(classes, label) for label in set(found["real"]["labels"])}
    lead = found["runs"][folders[0].id]
    beside = _chosen(lead)
    shown = [(f"learned.{run}", _titled(titles[run], one), one["learned"]) for run, one in found["runs"].items()]
    if len(folders) > 1:
        shown.append((f"{beside}.{folders[0].id}", _words(lead, beside, titles[folders[0].id]), _group(lead, beside)))
    else:
        shown = [
            ("learned", reach.title("learned", lead["learned"]["share"]), lead["learned"]),
            (beside, _words(lead, beside), _group(lead, beside)),
        ]
    draw.key((sign, color, studio.escape(name)) for sign, color, name in reach.key(names))
    for left in range(0, len(shown), 2):
        for column, (key, words, group) in zip(st.columns(2, gap="medium"), shown[left : left + 2], strict=False):
            with column:
                draw.figure(reach.chart(found, group, words, names), f"_reach.{key}", words)
    _missed(folders, lead["learned"], classes)
    with st.expander("What “within reach” means, and the yardstick", icon=":material/help:"):
        st.markdown(reach.explained(found, lead))


def _chosen(run: reach.OfRun) -> str:
    """What the map beside shows."""
    options = [one for one in BESIDE if one != "start" or run["start"] is not None]
    if len(options) == 1:
        return options[0]
    picked = st.segmented_control(
        "Compare with", options, format_func=BESIDE.__getitem__, default="random", required=True, key="_beside"
    )
    return str(picked or "random")


def _group(run: reach.OfRun, kind: str) -> reach.Group:
    return (run["start"] or run["random"]) if kind == "start" else run["random"]


def _words(run: reach.OfRun, kind: str, name: str = "") -> str:
    share = reach.usual(run) if kind == "random" else _group(run, kind)["share"]
    return reach.title(kind, share) + (f" (beside {name})" if name else "")


def _titled(name: str, run: reach.OfRun) -> str:
    return f"{name}: {reach.percent(run['learned']['share'])} within reach"


def _missed(folders: Sequence[RunFolder], group: reach.Group, classes: list[str]) -> None:
    """The real images that are farthest out of reach."""
    try:
        pictures, labels = detail.real_images(folders)
    except (StudioError, OSError, ValueError) as error:
        st.warning(f"The real images cannot be read. {studio.escape(str(error))}")
        return
    ids = [one for one in group["farthest"] if one in pictures]
    if ids:
        counts = Counter(detail.name_of(classes, labels[one]) for one in ids).most_common()
        named = ", ".join(f"{name} ×{n}" if n > 1 else name for name, n in counts)
        st.markdown(f"**Farthest out of reach** of the learned images: these real ones ({named}).")
        st.image(detail.row([pictures[one] for one in ids], 56), alt=f"Real images out of reach: {named}")
