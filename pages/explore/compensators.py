"""Compensators: one image that is added to all classes. See what it adds to whom, what teachers say before and after, and
how mixed images get their labels."""

from __future__ import annotations

import streamlit as st

from pages.parts import beside, factors, feed, runbar, studio

QUESTION = "What does one pattern add to every class?"
folder = runbar.chosen(
    "Choose a run whose set is natural images and compensators",
    "Nothing has been distilled yet. Start a run that learns compensators, and take its set apart here.",
    "infer-digits-ipc10",
)
asked = runbar.readable(folder)
runbar.heading(folder, asked, QUESTION)
feed.live(
    [folder],
    "feed",
    panel=lambda states: runbar.status(folder, states[folder.id], played=False),
    classes=runbar.classes,
)
if not (folder.path / "set.safetensors").is_file():
    studio.stop("This run has no set yet; watch it learn until then.", page=studio.LIVE, label="Watch")
factors.section(folder)
beside.section(folder, maps=True)
st.page_link(
    studio.LIVE, label="Watch how they were learned", icon=":material/play_circle:", query_params={"run": folder.id}
)
