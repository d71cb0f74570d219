"""The card of a lesson: what to ask, a guess before the answer, one thing to try, what to beware of, back and forth."""

from __future__ import annotations

import streamlit as st

from distill_core.errors import StudioError

from . import studio, teach, views
from .lessons import PLACES, Guess, Step
from .teach import Stand

MENU = '[data-testid="stHeader"]'
HIDDEN = {  # word of `?hide=` → what is not drawn then; `say` is left out of the card itself
    "menu": MENU,
    "run": ".st-key-_chip",
    "settings": ".st-key-_settings",
}
STAGES = {  # page → what is seen of it in a step that lights no part with a room of its own; a page that is not named stays whole
    "start": ("race",),
    "live": ("wall",),
    "layers": ("layers", "strip"),
    "diversity": ("map",),
    "side": ("wall",),
}
ALONE = ("scores", "plots", "layers", "strip", "map")  # parts that get the whole room when they are lit
ALWAYS = ("lesson", "player", "feed", "_detail")
SAID = '[data-testid="stAlert"], [data-testid="stException"]'
FRAME = """
.st-key-lesson { position: fixed; z-index: 95; overflow-y: auto; gap: .6rem; padding: .9rem 1rem; background: var(--st-background-color, Canvas);
  border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .6rem; }
.st-key-lesson h3 { padding: 0; margin-bottom: 0; padding-bottom: 1.2rem; font-size: 1.6rem; line-height: 1.25; }
.st-key-_answered [data-testid="stSlider"] { display: none; }
.st-key-_try { background: color-mix(in srgb, #E58A00 13%, transparent); border-radius: .5rem; padding: .6rem .75rem; } .st-key-lesson button { min-height: 2.6rem; padding: 0 .5rem; }
.st-key-_moves, .st-key-_head { flex-wrap: nowrap !important; gap: .5rem; }
@media (min-width: 1000px) {
  .st-key-lesson { top: 4.25rem; left: 1rem; width: 21rem; max-height: calc(100vh - 5.25rem); }
  [data-testid="stMainBlockContainer"] { padding-left: 24rem; padding-right: 1.5rem; } }
@media (max-width: 999px) {
  .st-key-lesson { left: .4rem; right: .4rem; bottom: .4rem; width: auto; max-height: 42vh; padding: .6rem .8rem; gap: .4rem; box-shadow: 0 -4px 18px rgb(0 0 0 / 22%); }
  .st-key-lesson h3 { font-size: 1.25rem; padding-bottom: 1rem; } .st-key-lesson kbd { display: none; }
  [data-testid="stMainBlockContainer"] { padding-bottom: 48vh; } }
@media print { .st-key-lesson { display: none; } }
"""


def draw(page: str) -> None:
    """The card where a lesson goes on; nothing elsewhere, and nothing on the list of lessons."""
    if page == "tour":
        return
    found = teach.follow(page)
    if found is None:
        return
    try:
        _dress(found, (page or "start") == found.now.show.page)
        with st.container(key="lesson"):
            _card(found, page)
            views.teach(teach.entry(), found.now.light, found.now.show.only, "teach")
    except StudioError as error:
        st.error(studio.escape(str(error)))


def _dress(found: Stand, here: bool) -> None:
    """What the page looks like in this step: one part lit, what would tell the answer covered, what a class does not need gone."""
    step, rules = found.now, [FRAME]
    if step.light:
        rules.append(
            f".st-key-{step.light} {{ outline: 3px solid #E58A00; outline-offset: 6px; border-radius: 6px; scroll-margin-top: 15rem; }}"
        )
    covered = step.cover if step.guess is None or not guessed(found) else ()
    rules += [f".st-key-{key} {{ display: none !important; }}" for key in covered]
    if here and not found.last and (parts := needed(step)):
        rules.append(_alone(tuple(one for one in parts if one not in covered)))
    if not found.last:  # the end is free
        rules += [f"{HIDDEN[one]} {{ display: none !important; }}" for one in found.hidden if one in HIDDEN]
    st.html(f"<style>{''.join(rules)}</style>")


def needed(step: Step) -> tuple[str, ...]:
    """Keys of the parts of its page that a step needs; none where the page stays as it is."""
    stage = STAGES.get(step.show.page)
    if stage is None:
        return ()
    used = step.click.widget.partition(".")[0] if step.click else ""
    own = (step.light, used, *step.keep, *(() if step.light in ALONE else stage))
    return tuple(dict.fromkeys(one for one in (*ALWAYS, *own) if one))


def _alone(parts: tuple[str, ...]) -> str:
    """The rule that takes away whatever neither is, nor holds, nor belongs to one of these parts; what goes wrong is still said."""
    kept = f":is({', '.join(f'.st-key-{key}' for key in parts)}, {SAID})"
    outside = f":not({kept}, {kept} *, :has({kept}))"
    blocks = f'[data-testid="stVerticalBlock"] > *{outside}, [data-testid="stColumn"]{outside}'
    return f'[data-testid="stMainBlockContainer"] :is({blocks}) {{ display: none !important; }}'


def _card(found: Stand, page: str) -> None:
    lesson, step = found.lesson, found.now
    with st.container(horizontal=True, vertical_alignment="center", key="_head"):
        st.caption(f"{lesson.title} · step {found.step} of {len(lesson.steps)}", width="stretch")
        if st.button("Leave", key="_leave", type="tertiary", help="End the lesson and keep the page."):
            teach.leave()
            st.rerun()
    for said in found.said:
        st.warning(said)
    if (page or "start") != step.show.page:
        title = PLACES[step.show.page][1]
        if st.button(f"Back to {title}", key="_return", icon=":material/undo:", help="This step is about that page."):
            teach.go(lesson, found.step, found.hidden)
    st.markdown(f"### {teach.say(found, step.ask)}")
    if step.guess is not None:
        _guess(found, step.guess)
    if guessed(found):
        _answer(found, page)
    _moves(found)


def guessed(found: Stand) -> bool:
    """Whether the answer may be seen."""
    return found.now.guess is None or found.mark in teach.memory()["guessed"]


def _guess(found: Stand, guess: Guess) -> None:
    span, shown = guess.high - guess.low, guessed(found)
    with st.container(key="_answered" if shown else "_asked"):
        value = st.slider(
            "Your guess: drag the bar",
            guess.low,
            guess.high,
            guess.low + guess.step * round(span / 2 / guess.step),
            guess.step,
            format=f"%g {guess.unit.replace('%', '%%')}",
            key=f"_guess.{found.mark}",
            disabled=shown,
        )
    if not shown and st.button("Show what was measured", key="_reveal", type="primary", icon=":material/visibility:"):
        teach.memory()["guessed"].add(found.mark)
        st.rerun()
    if shown:
        true = teach.truth(found)
        st.progress((value - guess.low) / span, text=f"You: {value:g} {guess.unit}")
        st.progress((true.value - guess.low) / span, text=f"Measured: **{true.value:g} {guess.unit}**")


def _answer(found: Stand, page: str) -> None:
    step, done = found.now, teach.ticked(found, page)
    if "say" not in found.hidden:
        st.markdown(teach.say(found, step.say))
    if step.click is not None:
        mark = ":green[:material/check_circle:] " if done else ":material/touch_app: "
        with st.container(key="_try"):
            st.markdown(f"{mark}**{'Done' if done else 'Try'}:** {step.click.do}")
    if step.beware and "say" not in found.hidden:
        st.markdown(f":orange[:material/warning:] {teach.say(found, step.beware)}")


def _moves(found: Stand) -> None:
    """Back and forth, by button or by the keys of a presenter; arrows belong to the player."""
    with st.container(horizontal=True, key="_moves"):
        if st.button("Back", key="_back", icon=":material/arrow_back:", shortcut="PageUp", disabled=found.step == 1):
            teach.go(found.lesson, found.step - 1, found.hidden)
        if not found.last:
            title, kind = ("Next", "primary") if guessed(found) else ("Skip", "tertiary")
            if st.button(title, key="_next", type=kind, icon=":material/arrow_forward:", shortcut="PageDown"):
                teach.go(found.lesson, found.step + 1, found.hidden)
        elif st.button(
            "Done: the page is yours", key="_done", type="primary", icon=":material/lock_open:", shortcut="PageDown"
        ):
            teach.leave()
            st.rerun()
