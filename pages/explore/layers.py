"""Layers: a search inside a generator, layer by layer. Which step of which layer came nearest to the real classes, what every
layer did to the same images, and what the classifier sees in them. Click a cell, and every view jumps there."""

from __future__ import annotations

import streamlit as st

from pages.parts import activation, beside, examples, feed, packets, ranking, runbar, studying, views, walk_pad

examples.offer("hglad-digits-ipc1", "Open a recorded search through a generator")
folder = runbar.chosen(
    "Choose a run to look into", "Nothing has been distilled yet. Start a run, and look inside it here."
)
asked = runbar.readable(folder)
runbar.heading(folder, asked)

feed.live([folder], "feed", panel=lambda states: runbar.status(folder, states[folder.id]), classes=runbar.classes)
at = views.player([folder.id], "player", start=runbar.place())
runbar.keep_place(at)
if studying.page_of(asked["method"]):
    studying.watched(folder, asked["method"])
    st.stop()

views.layers(folder.id, "layers")
pin = views.strip(folder.id, "strip")
st.markdown("**Where a classifier looks**")
activation.section(folder, packets.reader(str(folder.path)).refresh(), (at or {}).get("n"), pin)
st.markdown("**A walk in w**")
walk_pad.section(folder)
ranking.section(folder)
beside.section(folder)
