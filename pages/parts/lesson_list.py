"""The list of lessons: a picture from its recording, the question, the minutes, and where to begin."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import streamlit as st
from PIL import Image

from distill_core.record.log import Timeline
from distill_core.record.sheets import read_sheet

from . import lesson_facts, teach
from .lessons import Lesson, recordings

ACROSS, ZOOM = 10, 3  # images in a row of a picture; every pixel as many times as large
CLASS = ("menu", "run", "settings")


def show(shelf: Mapping[str, Lesson]) -> None:
    """Title, the lesson that goes on, one card for each lesson."""
    st.title("Lessons")
    minutes = sum(one.minutes for one in shelf.values())
    st.markdown(
        f"{len(shelf)} lessons on recorded runs, {minutes} minutes together. Each asks before it tells, stands beside the real page "
        "and leaves it to you at the end. *In class* hides menu and settings, for a projector. **Page Down** and **Page Up** go forth and "
        "back; arrow keys move the recording."
    )
    with st.container(horizontal=True):
        st.page_link(
            teach.TOUR,
            label="Teacher's page: the plan, to print",
            icon=":material/print:",
            query_params={"plan": "all"},
        )
        if (name := teach.memory().get("name", "")) in shelf:
            at = teach.memory()["step"]
            if st.button(
                f"Go on: {shelf[name].title}, step {at}", icon=":material/resume:", type="primary", key="_resume"
            ):
                teach.go(shelf[name], at)
    with st.grid(min_column_width=300):
        for number, lesson in enumerate(shelf.values(), 1):
            with st.container(border=True, height="stretch"):
                _card(number, lesson)


def _card(number: int, lesson: Lesson) -> None:
    words = f"Images of the recording behind the lesson “{lesson.title}”"
    st.image(picture(recordings()[lesson.picture.run], lesson.picture.at), width="stretch", alt=words)
    st.subheader(f"{number} · {lesson.title}")
    st.markdown(lesson.question)
    st.caption(f"{lesson.minutes} min · {len(lesson.steps)} steps")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Begin", key=f"_begin.{lesson.name}", icon=":material/play_arrow:", type="primary"):
            teach.go(lesson, 1)
        if st.button("In class", key=f"_class.{lesson.name}", help="Without menu, run and settings, for a projector."):
            teach.go(lesson, 1, CLASS)
        st.page_link(teach.TOUR, label="Plan", icon=":material/list:", query_params={"plan": lesson.name})


@st.cache_data(show_spinner=False)
def picture(run: str, at: tuple[float, ...]) -> bytes:
    """PNG: the first ten images of a recording at shares of the reports on its images, a row each."""
    folder = lesson_facts.folder_of(run)
    frames = [one for one in Timeline.all(folder) if one["kind"] == "images" and one["source"] == "synthetic"]
    rows = [read_sheet(folder, frames[round(share * (len(frames) - 1))])[:ACROSS] for share in at]
    large = np.concatenate([np.concatenate([_framed(one) for one in row], axis=1) for row in rows])
    file = io.BytesIO()
    Image.fromarray(large).save(file, "PNG")
    return file.getvalue()


def _framed(pixels: np.ndarray) -> np.ndarray:
    """(h, w, c) uint8 → RGB, larger, with a light edge."""
    color = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    return np.pad(color.repeat(ZOOM, 0).repeat(ZOOM, 1), ((1, 1), (1, 1), (0, 0)), constant_values=200)
