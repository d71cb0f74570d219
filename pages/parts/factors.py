"""A set that is stored as natural images and compensators, taken apart: the view, and who recognizes the sums."""

from __future__ import annotations

import streamlit as st

from distill_core.figures import factors as figures
from distill_core.looks import factors
from distill_core.record.folder import RunFolder

from . import draw, studio, views


def section(folder: RunFolder) -> None:
    """Everything of the run's final set, or a kind word where it is not stored in factors."""
    found = factors.kept(folder) or studio.found_out(
        "factors",
        lambda: factors.kept(folder),
        waiting="A worker takes the set apart and asks its teachers; it appears here by itself.",
        lost="The set was taken apart and cannot be read any more.",
        run=folder.id,
    )
    if found is None:
        return
    titles = {one["name"]: one["title"] for one in studio.catalog()["networks"]}
    names = figures.names(found, titles)
    st.markdown(figures.sentence(found))
    views.factors(folder.id, found.about, names, found.naturals, found.compensators, found.answers, "_factors")
    draw.figure(
        figures.transfer(found, names), "_factors_transfer", "Which teacher recognizes the sums with whose compensators"
    )
    st.caption(
        "How many are called by their class. Rows: natural images, and their sums with the compensators of each teacher. A sum that only its own teacher recognizes would "
        f"have learned that network's habits. Shown are {found.about['shown']} of {found.about['groups']} groups; a group has one natural image of every class. The "
        "compensator is shown in pixels, with one scale for all. Answers are the mean logits of all teachers on the plain image: "
        "the label that is stored with it. Percentages are over all groups."
    )
    if (chart := figures.alike(found)) is not None:
        draw.figure(chart, "_factors_alike", "How much two images of a class are alike, as the set grows")
        st.caption(
            "1: all images of a class look the same to the first teacher's last features; less is more variety. A natural image and its "
            "sums show the same thing, so a set grown out of few naturals repeats itself; more groups (a larger ipc) help."
        )
