"""Layers: a search inside a generator, layer by layer. Which step of which layer came nearest to the real classes, what every
layer did to the same images, and what the classifier sees in them. Click a cell, and every view jumps there."""

from __future__ import annotations

import streamlit as st

from pages.parts import activation, beside, feed, packets, ranking, runbar, studio, studying, views, walk_pad

EXAMPLE = "hglad-digits-ipc1"
folder = runbar.chosen(
    "Choose a run to look into", "Nothing has been distilled yet. Start a run, and look inside it here.", EXAMPLE
)
asked = runbar.readable(folder)
runbar.heading(folder, asked)

feed.live([folder], "feed", panel=lambda states: runbar.status(folder, states[folder.id]), classes=runbar.classes)
at = views.player([folder.id], "player", start=runbar.place())
runbar.keep_place(at)
if studying.page_of(asked["method"]):
    studying.watched(folder, asked["method"])
    st.stop()

records = packets.reader(str(folder.path)).refresh()
if searched := any(one.get("stage") == "walk" for one in records):
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**The images at this moment**, as the generator draws them")
        views.wall([folder.id], "wall")
    with right:
        st.markdown("**Real images** of the same classes")
        views.wall([folder.id], "reals", mode="real")
elif folder.id != EXAMPLE:
    st.page_link(
        studio.LAYERS,
        label="Open a recorded search through a generator",
        icon=":material/movie:",
        query_params={"run": EXAMPLE},
    )
pin = views.strip(folder.id, "strip")
st.markdown("### Which step came nearest to the real classes")
views.layers(folder.id, "layers")
st.markdown("### Where a classifier looks")
activation.section(folder, records, (at or {}).get("n"), pin)
if searched:
    st.markdown("### A walk inside the generator")
    walk_pad.section(folder)
with st.expander("How well each distance ranks candidates", icon=":material/rule:"):
    ranking.section(folder)
beside.section(folder)
