"""Diversity: do the learned images cover the real ones? The map, and the real images nearest to the one you click."""

from __future__ import annotations

import streamlit as st

from pages.parts import coverage, detail, feed, packets, planes, runbar, views

folder = runbar.chosen(
    "Choose a run to look at", "Nothing has been distilled yet. Start a run, and its map appears here."
)
asked = runbar.readable(folder)
classes = runbar.classes(str(asked["job"].get("data", "")))
records = packets.reader(str(folder.path)).refresh()

st.markdown(f"#### {runbar.escape(asked.get('name') or folder.id)}")
st.markdown(coverage.sentence(folder, records))
feed.live([folder], "feed", classes=runbar.classes)
runbar.keep_place(views.player([folder.id], "player", start=runbar.place()))

left, right = st.columns([5, 3], gap="medium")
with left:
    pin, lasso, wanted = views.feature_map([folder.id], "map", height=560, plane=st.query_params.get("view", "pca"))
    planes.ask_when_wanted([folder], wanted)
    st.caption(
        "How to read this: points lie near each other when the network says similar things of them. Only neighborhoods "
        "can be trusted, and only as far as the line above says; sizes of groups and gaps between groups mean little "
        "in t-SNE and UMAP. The real images are a sample. Nearest neighbors on the right are counted in the original "
        "space."
    )
with right:
    with st.container(border=True):
        detail.show(folder, records, pin, classes)
    if lasso and lasso.get("run") == folder.id:
        with st.container(border=True):
            coverage.selection(folder, records, lasso, classes)
coverage.per_class(folder, records, classes)
views.wall([folder.id], "wall")
