"""Several runs together: which ones, what differs between them, and whether they can be compared fairly."""

from __future__ import annotations

from collections import Counter
from typing import Any

import streamlit as st

from distill_core.errors import StudioError
from distill_core.record.folder import RunFolder

from . import feed, packets, standing, studio

MOST = 6
PIXELS = "Pixels: "  # how the note begins that says in which space a set's file was written
LETTERS = ("run", "b", "c", "d", "e", "f")  # names in the link


def linked() -> list[str]:
    """Run ids in the link: `?run=…&b=…&c=…`, or `?runs=…,…`."""
    given = st.query_params.get("runs", "").split(",") if st.query_params.get("runs") else []
    given += [st.query_params.get(letter, "") for letter in LETTERS]
    return list(dict.fromkeys(one.strip() for one in given if one.strip()))[:MOST]


def chooser(closed: bool) -> Any:
    """Where runs are chosen: behind a button once some are shown, in sight before that."""
    return st.popover("Choose runs", icon=":material/compare:", width="stretch") if closed else st.container()


def choose(
    nothing: str = "There is no run yet. Start two, and compare them here.", hint: str = "Choose two to six runs"
) -> list[RunFolder]:
    """The chosen runs; the link follows. Ids that are not there are said and left out. `nothing` is said in an empty home."""
    listed = {one["id"]: one for one in studio.runs()}
    if not listed:
        studio.stop(nothing, page=studio.NEW, label="New run")
    asked = linked()
    missing = [one for one in asked if one not in listed]
    if missing:
        st.warning(
            "There is no run called " + ", ".join(studio.escape(one) for one in missing) + ". It may be in the trash."
        )
    known = [one for one in asked if one in listed and listed[one].get("state") != "broken"]
    picked = st.multiselect(
        "Runs",
        [one for one, row in listed.items() if row.get("state") != "broken"],
        default=known or None,
        max_selections=MOST,
        format_func=labels(listed).__getitem__,
        key=f"_side.{','.join(known)}",
        placeholder=hint,
        label_visibility="collapsed",
    )
    if picked != known:
        remember(picked)
    if len(picked) == 1:
        _suggest(picked[0], listed)
    return [RunFolder.find(studio.home(), one) for one in picked]


def labels(listed: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Names that differ: a run that shares its name with another says the end of its id too, since a choice is kept by its
    label."""
    names = {one: str(row.get("name") or one) for one, row in listed.items()}
    counts = Counter(names.values())
    return {one: name if counts[name] == 1 else f"{name} ({one.rpartition('-')[2]})" for one, name in names.items()}


def remember(runs: list[str]) -> None:
    """Write the runs into the link."""
    st.query_params.pop("runs", None)
    for letter, run in zip(LETTERS, [*runs, *[""] * MOST], strict=False):
        if run:
            st.query_params[letter] = run
        else:
            st.query_params.pop(letter, None)


def _suggest(run: str, listed: dict[str, dict[str, Any]]) -> None:
    """Runs on the same data with as many images and the same seed are the fair ones to compare with."""
    mine = listed[run]
    fair = [
        one
        for one, row in listed.items()
        if one != run and all(row.get(k) == mine.get(k) for k in ("data", "ipc", "seed"))
    ]
    if not fair:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Lay beside it (same data, images per class and seed):", width="content")
        for one in fair[:4]:
            st.button(
                listed[one].get("name") or one,
                key=f"_with.{one}",
                on_click=remember,
                args=([run, one],),
                icon=":material/compare:",
            )


def titles(asked: list[dict[str, Any]]) -> list[str]:
    """Short names, told apart by a letter."""
    return [f"{'ABCDEF'[i]} {one.get('name') or one['method']}" for i, one in enumerate(asked)]


def warnings(asked: list[dict[str, Any]], names: list[str]) -> list[str]:
    """What makes a comparison of these runs unfair, as sentences."""
    words = {
        "data": "Different data: accuracies cannot be compared.",
        "ipc": "Different numbers of images per class: more images are worth more.",
        "seed": "Different seeds: the same place on the wall began as another image.",
    }
    said = []
    for field, sentence in words.items():
        values = [(name, str(one["job"][field])) for name, one in zip(names, asked, strict=True) if field in one["job"]]
        if len({value for _, value in values}) > 1:  # a set that was brought in has no seed
            each = ", ".join(f"{studio.escape(name)}: {studio.escape(value)}" for name, value in values)
            said.append(f"{sentence} ({each})")
    return said


def spaces(folders: list[RunFolder], names: list[str]) -> str:
    """Sets that were brought in may have been written in different numbers: said where that is so, since what is shown hides it."""
    found = {}
    for folder, name in zip(folders, names, strict=True):
        notes = [one["text"] for one in packets.reader(str(folder.path)).refresh() if one["kind"] == "note"]
        said = next((text for text in notes if text.startswith(PIXELS)), "")
        if said and feed.state_of(folder).get("imported"):
            found[name] = said.removeprefix(PIXELS).split(": ")[0]
    if len(set(found.values())) < 2:
        return ""
    each = "; ".join(f"{studio.escape(name)}: {studio.escape(space)}" for name, space in found.items())
    return f"Their files hold pixels in different spaces ({each}). Here all are shown as pixels in [0, 1]."


def status(states: dict[str, dict[str, Any]]) -> None:
    """One line per run that is not simply finished. Drawn inside the live fragment."""
    for run, state in states.items():
        if state.get("state") == "finished":
            continue
        try:
            folder = RunFolder.find(studio.home(), run)
            name = studio.escape(str(folder.request().get("name") or run))
            records = packets.reader(str(folder.path)).refresh()
            st.markdown(f"{name}: {standing.sentence(folder, state, records)}")
        except StudioError as error:
            st.warning(studio.escape(str(error)))
