"""Diversity: do the learned images cover the class? The claim, the maps that show it beside as many random real images and the
run's own start; then spread class by class, and a plane that stands still in which to follow one to six runs."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.parts import (
    coverage,
    detail,
    examples,
    feed,
    packets,
    pairing,
    planes,
    reaching,
    runbar,
    spread,
    studio,
    views,
)

READING = (
    "Points lie near each other when the network says similar things of them. Only neighborhoods can be trusted, and only as "
    "far as the line below the map says; sizes of groups and gaps between groups mean little in t-SNE and UMAP. The real images "
    "are a sample. Nearest neighbors of an image that was clicked are counted in the original space."
)
EXAMPLE = "dm-fashion-ipc10"
examples.at_first(EXAMPLE)
heading, right = st.columns([4, 1])
with right, pairing.chooser(closed=bool(pairing.linked())):
    folders = pairing.choose(
        "Nothing has been distilled yet. Start a run, and its map appears here.", "Choose one to six runs"
    )
if not folders:
    examples.offer_sweeps(studio.DIVERSITY)
    studio.stop(
        "Choose the runs whose images you want to see beside the real ones.", page=studio.RUNS, label="All runs"
    )
asked = [runbar.readable(folder) for folder in folders]
ids = [folder.id for folder in folders]
titles = pairing.titles(asked) if len(ids) > 1 else [asked[0].get("name") or ids[0]]
named = dict(zip(ids, titles, strict=True))
classes = runbar.classes(folders[0])
records = {folder.id: packets.reader(str(folder.path)).refresh() for folder in folders}


def answer(states: dict) -> None:
    reaching.claim(folders, named, coverage.sentence(folders[0], records[ids[0]]), runbar.title(folders[0], asked[0]))


with heading:
    feed.live(folders, "feed", panel=answer, classes=runbar.classes, measure=True)
    planes.said(folders)
    runbar.brought_in(ids)
    for warning in pairing.warnings(asked, titles):
        st.markdown(f":orange[:material/warning: {warning}]")
reaching.maps(folders, named, classes)
examples.marked(ids)

st.markdown("### How they came there")
align = "step" if len(ids) == 1 else "fraction"
runbar.keep_place(views.player(ids, "player", align=align, start=runbar.place()))

left, right = st.columns([5, 3], gap="medium")
with left:
    first, wrong = st.query_params.get("view", ""), planes.troubles(folders)
    asks = partial(planes.ask_for, folders)
    tools = "lesson" not in st.query_params
    shown = views.feature_map(ids, "map", height=460, plane=first, titles=titles, troubles=wrong, ask=asks, tools=tools)
    planes.keep_shown(shown.plane)
    with st.container(key="_settings", horizontal=True):
        planes.settings(folders, shown.plane or first)
        with st.popover("How to read this map", icon=":material/help:"):
            st.markdown(READING)
with right:
    pin = shown.pin if shown.pin and shown.pin.get("run") in ids else None
    of = folders[ids.index(pin["run"])] if pin else folders[0]
    with st.container(border=True, key="_detail"):
        detail.show(of, records[of.id], pin, classes, spread.nearest(folders, pin))
    if shown.lasso:
        with st.container(border=True):
            coverage.selection(folders, shown.lasso, classes, named)
views.wall(ids, "wall", titles=titles if len(ids) > 1 else ())
st.markdown("### How far the images of a class lie from each other")
spread.figures_of(folders, named, classes)
examples.offer_sweeps(studio.DIVERSITY)
