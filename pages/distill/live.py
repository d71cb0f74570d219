"""Watch a run: while it works, or again afterwards. Pause, step, stop and resume it, and move its live knobs."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.parts import dense, detail, feed, liveknobs, packets, planes, runbar, studio, studying, views

folder = runbar.chosen(
    "Choose a run to watch", "Nothing has been distilled yet. Start a run, and watch it here.", "dm-fashion-ipc1"
)
asked = runbar.readable(folder)
classes = runbar.classes(folder)

runbar.heading(folder, asked)

states = feed.live(
    [folder],
    "feed",
    panel=lambda states: runbar.status(folder, states[folder.id]),
    classes=runbar.classes,
)
runbar.keep_place(views.player([folder.id], "player", start=runbar.place(), wiring=True))

if studying.page_of(asked["method"]):
    studying.watched(folder, asked["method"])
    st.stop()

records = packets.reader(str(folder.path)).refresh()
if any(one.get("space") == "compensator" for one in records):
    inside = studio.COMPENSATORS, "Natural image + compensator", ":material/add_photo_alternate:"
elif any(one.get("stage") == "walk" for one in records):
    inside = studio.LAYERS, "Layer by layer", ":material/layers:"
else:
    inside = None
if inside:
    st.page_link(inside[0], label=inside[1], icon=inside[2], query_params={"run": folder.id})
with st.container(key="_watch"):
    left, right = st.columns([3, 2], gap="medium")
with left:
    pin = views.wall([folder.id], "wall")
    views.plots([folder.id], "plots")
with right, st.container(key="_beside"):
    liveknobs.panel(folder, asked, states[folder.id])
    views.plots([folder.id], "scores", kinds=("scores",))
    if pin and pin.get("run") == folder.id:
        with st.container(border=True, key="_detail"):
            detail.show(folder, records, pin, classes)
    with st.container(key="_seen"):
        st.markdown("**How a network sees them**: real images hollow, learned ones filled; near means alike to it.")
        asks = partial(planes.ask_for, [folder])
        views.feature_map([folder.id], "map", height=300, troubles=planes.troubles([folder]), ask=asks)

dense.section(folder, records)
with st.container(key="_settings"):
    with st.expander("What the run said", icon=":material/chat:"):
        views.plots([folder.id], "said", kinds=("log",))
    liveknobs.others(folder, asked, states[folder.id])
    runbar.downloads(folder)
