"""Layers: through which layers of a generator a search got anywhere. The images at every layer at the clock, what each layer
changed, and how near to real images it came; every step, maps, a walk and rankings are folded below."""

from __future__ import annotations

import streamlit as st

from pages.parts import feed, inside, packets, runbar, studio, studying, terms, views, walk_pad

EXAMPLE = "hglad-fashion-ipc1"
QUESTION = "Through which layers of a generator should one search?"
MECHANISM = (
    "A **generator** turns a short random code into a picture, **layer** by layer. This search moves the numbers that come out of "
    "layer 1, keeps the step whose images are nearest to real ones, goes on from there at layer 2, and so to the last. Near is the "
    "**feature distance**: how differently a classifier sees learned and real images; smaller is nearer."
)

folder = runbar.chosen(
    "Choose a run to look into",
    "Nothing has been distilled yet. Start a run, and look inside it here.",
    EXAMPLE,
    fits=lambda row: walk_pad.searches(row["method"]),
)
asked = runbar.readable(folder)
records = packets.reader(str(folder.path)).refresh()
searches = any(one.get("stage") == "walk" for one in records) or walk_pad.prior_of(asked) not in (*walk_pad.NONE, None)
runbar.heading(folder, asked, QUESTION if searches else "")
if searches:
    terms.write(MECHANISM)

with st.container(gap=None):
    told = runbar.unfinished if searches else runbar.status
    feed.live([folder], "feed", panel=lambda states: told(folder, states[folder.id]), classes=runbar.classes)
    at = views.player([folder.id], "player", start=runbar.place(), story=not searches)
runbar.keep_place(at)
if studying.page_of(asked["method"]):
    studying.watched(folder, asked["method"])
    st.stop()
if not searches and folder.id != EXAMPLE:
    st.page_link(
        studio.LAYERS,
        label="This run searched no generator. Open a recorded search through one",
        icon=":material/movie:",
        query_params={"run": EXAMPLE},
    )
inside.section(folder, records, (at or {}).get("n"), searches)
