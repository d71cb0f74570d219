"""A lesson that is going on: where it stands, and its card beside the real page, whichever page a step shows.

The link says which (`?lesson=…&step=…&hide=…`); the session remembers it from page to page, as it does the run. A step is entered once:
then its part of the link is laid under what the link says itself, and what it wants to see changed is remembered as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import streamlit as st

from distill_core.errors import BadSetting, StudioError, nearest

from . import examples, lesson_facts, pairing, recorded, studio
from .lessons import HIDES, PLACES, Click, Lesson, Show, Step, lessons, recordings

TOUR = "pages/learn/tour.py"
STATE = "_lesson"  # session: {"name", "step", "hide", "mark", "drawn", "going", "base", "done": set, "guessed": set}


@dataclass(frozen=True)
class Stand:
    """Where a lesson stands: its step counted from 1, what is hidden, and what has to be said about the link."""

    lesson: Lesson
    step: int
    hidden: tuple[str, ...]
    said: tuple[str, ...] = ()

    @property
    def now(self) -> Step:
        return self.lesson.steps[self.step - 1]

    @property
    def mark(self) -> str:
        return f"{self.lesson.name}.{self.step}"

    @property
    def last(self) -> bool:
        return self.step == len(self.lesson.steps)


def memory() -> dict[str, Any]:
    """What the session knows of the lesson that goes on."""
    return st.session_state.setdefault(STATE, {"done": set(), "guessed": set()})


def entry() -> int:
    """Counts the steps that were entered; a player that is told another number goes where the link says."""
    return int(st.session_state.get("_entry", 0))


def stand() -> Stand | None:
    """The lesson of the link, or the one that went on before the page changed; None where there is none.

    A step that the lesson does not have becomes the nearest, a word of `hide` that nobody knows is left out; both are said.
    """
    name = st.query_params.get("lesson") or memory().get("name", "")
    if not name:
        return None
    known = lessons()
    if name not in known:
        st.warning(
            f'There is no lesson "{studio.escape(name)}".{nearest(name, list(known))} Lessons: {", ".join(known)}.'
        )
        leave()
        return None
    linked = "lesson" in st.query_params
    step, wrong = _step(st.query_params.get("step", "1") if linked else str(memory()["step"]), known[name])
    hidden, odd = _hidden(st.query_params.get("hide", "") if linked else memory()["hide"])
    return Stand(known[name], step, hidden, tuple(one for one in (wrong, odd) if one))


def _keep_said(found: Stand) -> Stand:
    """What had to be said about a link is said for as long as its step is shown: the link itself is right by then."""
    state = memory()
    if found.said:
        state["said"] = (found.mark, found.said)
    of, said = state.get("said", ("", ()))
    return replace(found, said=said if of == found.mark else ())


def _step(asked: str, lesson: Lesson) -> tuple[int, str]:
    last = len(lesson.steps)
    try:
        step = min(max(int(asked), 1), last)
    except ValueError:
        return 1, f"“{studio.escape(asked)}” is no step; this is step 1 of {last}."
    return step, "" if str(step) == asked.strip() else f"There is no step {asked}; this is step {step} of {last}."


def _hidden(asked: str) -> tuple[tuple[str, ...], str]:
    words = [one.strip() for one in asked.split(",") if one.strip()]
    odd = [studio.escape(one) for one in words if one not in HIDES]
    said = f"Nothing called {', '.join(odd)} can be hidden. What can: {', '.join(HIDES)}." if odd else ""
    return tuple(one for one in HIDES if one in words), said


def link(lesson: Lesson, step: int, hidden: tuple[str, ...] = ()) -> dict[str, str]:
    """All that a step puts into the link of its page; its runs are in the library afterwards."""
    own = {"lesson": lesson.name, "step": str(step)} | ({"hide": ",".join(hidden)} if hidden else {})
    return {**shown(lesson.steps[step - 1].show), **own}


def shown(show: Show) -> dict[str, str]:
    """The part of the link that says what the page shows; recordings are taken into the library for it."""
    known, asked = recordings(), dict(show.link)
    if show.page == "start":
        labels = {run: label for label, run in recorded.shelf().items()}
        return asked | ({"recording": labels[known[show.run]]} if known.get(show.run) in labels else {})
    for letter, name in zip(pairing.LETTERS, (show.run, *show.beside), strict=False):
        run = examples.opened(known[name]) if name else ""
        if run and letter in PLACES[show.page][2]:
            asked[letter] = run
    return asked | ({} if show.at is None else {"t": f"{show.at:g}"})


def go(lesson: Lesson, step: int, hidden: tuple[str, ...] = ()) -> NoReturn:
    """Show a step, from wherever one is."""
    _enter(Stand(lesson, step, hidden))
    memory()["going"] = (lesson.name, step)
    st.switch_page(PLACES[lesson.steps[step - 1].show.page][0], query_params=link(lesson, step, hidden))


def leave() -> None:
    """End the lesson; the page stays as it is, with everything on it."""
    st.session_state.pop(STATE, None)
    for key in ("lesson", "step", "hide"):
        st.query_params.pop(key, None)


def follow(page: str) -> Stand | None:
    """The lesson on this page (its address, "" for the start page): entered if it is not yet, with a link that says so."""
    try:
        found = stand()
    except StudioError as error:
        st.error(studio.escape(str(error)))
        return None
    if found is None:
        return None
    going = memory().pop("going", None)
    if going and going != (found.lesson.name, found.step):
        go(lessons()[going[0]], going[1], found.hidden)  # a part of the page reran it meanwhile with the link of before
    found = _keep_said(found)
    fresh, here = memory().get("mark") != found.mark, (page or "start") == found.now.show.page
    if fresh and page == "" and not here:
        go(found.lesson, found.step, found.hidden)  # a link that was handed out: `/?lesson=…&step=…`
    if fresh:
        _enter(found)
        wanted = shown(found.now.show) if here else {}
        st.query_params.update({key: value for key, value in wanted.items() if key not in st.query_params})
    own = {"lesson": found.lesson.name, "step": str(found.step), "hide": ",".join(found.hidden)}
    for key, value in own.items():
        if value and st.query_params.get(key) != value:
            st.query_params[key] = value
    memory().update(hide=own["hide"], drawn=found.mark)
    return found


def _enter(found: Stand) -> None:
    state = memory()
    if state.get("mark") == found.mark:
        return
    st.session_state["_entry"] = entry() + 1
    if found.now.show.run and found.now.show.page != "start":
        st.session_state.pop("run", None)  # the step's own run is chosen, not the one from before
    state |= {
        "name": found.lesson.name,
        "step": found.step,
        "hide": ",".join(found.hidden),
        "mark": found.mark,
        "base": None,
        "drawn": "",
    }


# ---- what was done


def remember(page: str) -> None:
    """Once a page has been drawn: how the thing stands that a step wants to see changed; draws anew where it just was.

    What a page writes into its link it writes after the card was drawn, so that the card would be one move behind.
    """
    state = st.session_state.get(STATE)
    if not state or "mark" not in state or state.get("drawn") != state["mark"]:
        return  # no lesson, or the page is just being left for another step
    step = lessons()[state["name"]].steps[state["step"] - 1]
    if step.click is None or (page or "start") != step.show.page:
        return
    if state.get("base") is None:
        state["base"] = {"is": sign(step.click)}
    elif state["mark"] not in state["done"] and not step.click.page and sign(step.click) != state["base"]["is"]:
        state["done"].add(state["mark"])
        st.rerun()


def sign(click: Click) -> object:
    """What a click changes, as it stands now."""
    if click.link:
        return st.query_params.get(click.link)
    name, _, part = click.widget.partition(".")
    held = st.session_state.get(name) if name else None
    if isinstance(held, Mapping) and part:
        held = held.get(part)
    return held


def ticked(found: Stand, page: str) -> bool:
    """Whether the thing to try was done in this step; once done, it stays so."""
    state, click = memory(), found.now.click
    if click is None or found.mark in state["done"]:
        return click is not None
    base, here = state.get("base"), page or "start"
    changed = base is not None and here == found.now.show.page and sign(click) != base["is"]
    done = here == click.page if click.page else changed
    if done:
        state["done"].add(found.mark)
    return done


def say(found: Stand, words: str) -> str:
    """A step's words with the numbers of its recording."""
    return lesson_facts.filled(words, found.now.show.run or found.lesson.picture.run, recordings())


def truth(found: Stand) -> lesson_facts.Fact:
    """The number that a step asks for; `BadSetting` where its recording does not hold it in that unit."""
    guess, runs = found.now.guess, recordings()
    assert guess is not None
    known = lesson_facts.fact(guess.of, found.now.show.run or found.lesson.picture.run, runs)
    if known is None or known.unit != guess.unit or not guess.low <= known.value <= guess.high:
        held = "nothing" if known is None else f"{known.text} in {known.unit or 'no unit'}"
        raise BadSetting(
            f"Step {found.step} of {found.lesson.name} asks for {guess.of} between {guess.low:g} and {guess.high:g} "
            f"{guess.unit}; the recording holds {held}."
        )
    return known
