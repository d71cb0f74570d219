"""Side by side: two to six runs on one clock, same class beside same class. Grid, swipe, blink, difference."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.parts import differing, duel, examples, feed, pairing, planes, runbar, studio, terms, views

ALIGN = {
    "learning": "share of learning",
    "step": "step",
    "fraction": "share of the run",
    "seconds": "seconds",
    "seen": "real images seen",
}
FEW = 2  # images of each class that are shown large

examples.at_first("dwa-digits-ipc10-s0-5335", "dwa-digits-ipc10-s0-1e3d")
left, right = st.columns([4, 1], vertical_alignment="bottom")
left.markdown("## Side by side: what does the difference do?")
with right, pairing.chooser(closed=len(pairing.linked()) > 1):
    folders = pairing.choose()
    align = st.selectbox("Run the clocks in step by", list(ALIGN), format_func=ALIGN.get, key="_align")
if len(folders) < 2:
    studio.stop(
        "Choose at least two runs to lay side by side.", icon=":material/compare:", page=studio.RUNS, label="All runs"
    )
asked = [runbar.readable(folder) for folder in folders]
ids, found = [folder.id for folder in folders], differing.settings(folders, asked)
names, letters = duel.names(folders, asked, found), list("ABCDEF"[: len(folders)])
st.markdown(f"{duel.shared(asked)} {differing.sentence(found)}")
terms.style()
duel.accuracies(folders)
told = {"What moved": duel.moved(folders, asked), "What differs": differing.about(asked, found)}
if told["What differs"]:
    told["What differs"] += f" {duel.spread_of(folders)}"
if written := {title: said for title, said in told.items() if said}:
    for column, (title, said) in zip(st.columns([2, 3][: len(written)], gap="medium"), written.items(), strict=True):
        with column:
            terms.write(f"**{title}:** {said}")
runbar.brought_in(ids)
if said := pairing.spaces(folders, letters):
    st.markdown(f":orange[:material/warning: {said}]")
for warning in pairing.warnings(asked, letters):
    st.markdown(f":orange[:material/warning: {warning}]")

feed.live(folders, "feed", panel=pairing.status, classes=runbar.classes)
runbar.keep_place(views.player(ids, "player", align=align or "learning", start=runbar.place()))
views.wall(ids, "wall", mode=st.query_params.get("view", "now"), titles=names, few=FEW)
examples.marked(ids)

with st.expander("Every setting that differs", icon=":material/tune:"):
    differing.table(found)
with st.expander("Where the learned images lie among the real ones", icon=":material/scatter_plot:"):
    views.feature_map(ids, "map", height=360, troubles=planes.troubles(folders), ask=partial(planes.ask_for, folders))
with st.expander("Accuracy on unseen images, and every other curve", icon=":material/show_chart:"):
    views.plots(ids, "scores", kinds=("scores",))
    views.plots(ids, "plots")
