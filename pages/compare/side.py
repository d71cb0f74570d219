"""Side by side: two to six runs on one clock, same class beside same class. Grid, swipe, blink, difference."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.parts import feed, pairing, planes, runbar, studio, views

ALIGN = {"step": "step", "fraction": "fraction", "seconds": "seconds", "seen": "real images seen"}

folders = pairing.choose()
if len(folders) < 2:
    studio.stop(
        "Choose at least two runs to lay side by side.", icon=":material/compare:", page=studio.RUNS, label="All runs"
    )
asked = [runbar.readable(folder) for folder in folders]
titles = pairing.titles(asked)
runbar.brought_in([folder.id for folder in folders])
if said := pairing.spaces(folders, titles):
    st.markdown(f":orange[:material/warning: {said}]")
for warning in pairing.warnings(asked, titles):
    st.markdown(f":orange[:material/warning: {warning}]")

with st.container(horizontal=True, vertical_alignment="center"):
    align = st.segmented_control(
        "Align by", list(ALIGN), format_func=ALIGN.get, default="step", required=True, key="_align"
    )
ids = [folder.id for folder in folders]
feed.live(folders, "feed", panel=pairing.status, classes=runbar.classes)
runbar.keep_place(views.player(ids, "player", align=align or "step", start=runbar.place()))
views.wall(ids, "wall", mode=st.query_params.get("view", "now"), titles=titles)

left, right = st.columns([3, 2], gap="medium")
with left:
    st.markdown("**Both in one plane**" if len(ids) == 2 else "**All in one plane**")
    views.feature_map(ids, "map", height=360, troubles=planes.troubles(folders), ask=partial(planes.ask_for, folders))
with right:
    st.markdown("**Only what differs**")
    pairing.differences(asked, titles)
    st.markdown("**Accuracy on unseen images**")
    views.plots(ids, "scores", kinds=("scores",))
views.plots(ids, "plots")
