"""Side by side: two to six runs on one clock, same class beside same class. Grid, swipe, blink, difference."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.parts import differing, examples, feed, pairing, planes, runbar, studio, views

ALIGN = {
    "learning": "share of learning",
    "step": "step",
    "fraction": "share of the run",
    "seconds": "seconds",
    "seen": "real images seen",
}
FEW = 2  # images of each class that are shown large

examples.at_first("dwa-digits-ipc10-s0-5335", "dwa-digits-ipc10-s0-1e3d")
left, right = st.columns([2, 3], vertical_alignment="bottom")
with right:
    align = st.segmented_control(
        "Align by",
        list(ALIGN),
        format_func=ALIGN.get,
        default="learning",
        required=True,
        key="_align",
        label_visibility="collapsed",
    )
with left:
    folders = pairing.choose()
if len(folders) < 2:
    studio.stop(
        "Choose at least two runs to lay side by side.", icon=":material/compare:", page=studio.RUNS, label="All runs"
    )
asked = [runbar.readable(folder) for folder in folders]
ids, titles = [folder.id for folder in folders], pairing.titles(asked)
found = differing.settings(folders, asked)
st.markdown(f"### {differing.sentence(found, titles)}")
differing.about(asked, found)
differing.accuracies(folders, titles)
runbar.brought_in(ids)
if said := pairing.spaces(folders, titles):
    st.markdown(f":orange[:material/warning: {said}]")
for warning in pairing.warnings(asked, titles):
    st.markdown(f":orange[:material/warning: {warning}]")

feed.live(folders, "feed", panel=pairing.status, classes=runbar.classes)
runbar.keep_place(views.player(ids, "player", align=align or "learning", start=runbar.place()))
views.wall(ids, "wall", mode=st.query_params.get("view", "now"), titles=titles, few=FEW)
examples.marked(ids)

left, right = st.columns([3, 2], gap="medium")
with left:
    st.markdown("**Both in one plane**" if len(ids) == 2 else "**All in one plane**")
    views.feature_map(ids, "map", height=360, troubles=planes.troubles(folders), ask=partial(planes.ask_for, folders))
with right:
    st.markdown("**Only what differs**")
    differing.table(found, titles)
with st.expander("Accuracy on unseen images, and every other curve", icon=":material/show_chart:"):
    views.plots(ids, "scores", kinds=("scores",))
    views.plots(ids, "plots")
