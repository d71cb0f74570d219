"""The head of a new run's form: what will be started, what it takes, and the button, where the eye is."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.errors import StudioError
from distill_core.spec import parse

from . import form_cost, standing, studio, terms


def bar(
    method: dict[str, Any], settings: dict[str, Any], job: dict[str, Any], seeds: list[int], wrong: list[str]
) -> None:
    """One sentence, the cost, the button; or what is wrong."""
    many, preset = len(seeds), st.session_state.get(f"new.{method['name']}!preset") or ""
    words = {"method": method["name"], "job": {**job, "seed": seeds[0]}, "preset": preset}
    terms.write(f"**{standing.summary(words)}**" + (f" and {many - 1} more seeds" if many > 1 else ""))
    each, classes = job.get("ipc", 1), len(studio.data_info(parse(str(job.get("data", ""))).name).get("classes") or [])
    if classes and isinstance(each, int):
        images = f"{classes * each:,} images, {each} of each class"
        st.caption(f"Makes {images}; then new networks learn from these alone and are tested on real images.")
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Start {many} runs" if many > 1 else "Start"
        begin = st.button(
            label, type="primary", icon=":material/play_arrow:", disabled=bool(wrong), shortcut="Ctrl+Enter"
        )
        with st.popover("Name", icon=":material/edit:"):
            name = st.text_input("Name", key="new.name", placeholder="made from the choices", max_chars=100)
        st.page_link(
            studio.SCORES, label="Try several values…", icon=":material/grid_on:", query_params={"show": "Ablations"}
        )
        if not wrong:
            form_cost.cost(method, settings, job, many)
    for sentence in dict.fromkeys(wrong):
        st.markdown(f":red[:material/error: {sentence}]")
    if begin:
        expected = form_cost.expected(method, settings, job)
        _start(method["name"], settings, job, seeds, name=name, preset=preset, expected=expected)


def _start(method: str, settings: dict[str, Any], job: dict[str, Any], seeds: list[int], **about: Any) -> None:
    try:
        asked = [studio.start(method, settings, {**job, "seed": one}, **about) for one in seeds]
    except StudioError as error:
        st.error(str(error))
    else:
        studio.watch(asked[0].id)
