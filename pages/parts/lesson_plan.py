"""The teacher's page: every lesson as a plan of minutes, questions, answers and what to beware of, made to be printed."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from distill_core.errors import nearest

from . import studio, teach
from .lessons import PLACES, Lesson
from .teach import Stand

PRINT = """
@media print {
  [data-testid="stHeader"], .st-key-_chip, .st-key-_screen { display: none !important; }
  html, body, #root, .stApp, [data-testid="stAppViewContainer"], [data-testid="stMain"], [data-testid="stMainBlockContainer"] {
    position: static !important; display: block !important; height: auto !important; overflow: visible !important; padding: 0 !important; }
  body, .stApp, [data-testid="stMarkdownContainer"] { color: #000 !important; background: #fff !important; }
  h2 { break-after: avoid; } li { break-inside: avoid; } }
"""


def show(shelf: Mapping[str, Lesson], asked: str) -> None:
    """The plan of one lesson, or of all of them with `all`; a name that is none says so and gives all."""
    st.html(f"<style>{PRINT}</style>")
    st.title("Teacher's page")
    with st.container(key="_screen"):
        st.page_link(teach.TOUR, label="All lessons", icon=":material/arrow_back:", query_params={"plan": ""})
        if asked != "all" and asked not in shelf:
            st.warning(f'There is no lesson "{studio.escape(asked)}".{nearest(asked, list(shelf))} Here are all.')
        st.caption(
            "Print with Ctrl+P (⌘P on a Mac): the menu stays away. Numbers are those of the recordings that ship."
        )
    chosen = [shelf[asked]] if asked in shelf else list(shelf.values())
    st.markdown(f"{sum(one.minutes for one in chosen)} minutes · {sum(len(one.steps) for one in chosen)} steps")
    for lesson in chosen:
        st.header(lesson.title)
        st.markdown(f"**{lesson.question}** · {lesson.minutes} min · link: `/?lesson={lesson.name}&step=1`")
        st.markdown("\n".join(_step(Stand(lesson, at, ())) for at in range(1, len(lesson.steps) + 1)))


def _step(at: Stand) -> str:
    """One step as an item of a list: ask, guess, say, try, beware."""
    step = at.now
    lines = [f"{at.step}. **{teach.say(at, step.ask)}** ({PLACES[step.show.page][1]})"]
    if step.guess:
        lines.append(
            f"*Guess:* {step.guess.low:g} to {step.guess.high:g} {step.guess.unit}; measured {teach.truth(at).text}."
        )
    lines.append(f"*Say:* {teach.say(at, step.say)}")
    if step.click:
        lines.append(f"*Try:* {step.click.do}")
    if step.beware:
        lines.append(f"*Beware:* {teach.say(at, step.beware)}")
    return "<br>\n   ".join(lines).replace("<br>\n", "  \n")
