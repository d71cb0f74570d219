"""Runs that ship with the studio, so that a page can explain itself before anything was distilled here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from distill_core.errors import StudioError
from distill_core.home import ASSETS
from distill_core.queue.shipped import runs_of, shipped
from distill_core.record import archive
from distill_core.record.folder import RunFolder

from . import pairing, studio

SHELF, PLAYED = ASSETS / "examples", ASSETS / "recordings"


def names() -> set[str]:
    """Of the runs that ship."""
    return {path.name for path in paths()}


def paths() -> list[Path]:
    """Where they lie."""
    return [path for shelf in (PLAYED, SHELF) if shelf.is_dir() for path in sorted(shelf.iterdir()) if path.is_dir()]


def played_first() -> tuple[str, str]:
    """Method and data of the recording that the start page plays first; ("", "") where none ships."""
    first = next(iter(sorted(PLAYED.iterdir())), None) if PLAYED.is_dir() else None
    asked = RunFolder(first).request() if first else {}
    return str(asked.get("method", "")), str(asked.get("job", {}).get("data", ""))


def at_first(*wanted: str) -> None:
    """Shipped runs that a link names come into the library; where it names none and no run was made here, these are shown."""
    shipped, asked = names(), pairing.linked()
    if not asked and set(wanted) <= shipped and all(one["id"] in shipped for one in studio.runs()):
        asked = list(wanted)
        pairing.remember(asked)
    try:
        for one in asked:
            if one in shipped:
                opened(one)
    except (StudioError, OSError) as error:
        st.error(f"The recorded runs cannot be opened. {studio.escape(str(error))}")


def marked(runs: Sequence[str]) -> None:
    """Says that what is shown ships with the studio, where all of it does."""
    if set(runs) <= names():
        st.caption(":material/movie: An example that ships with the studio; choose runs of your own above.")


def offer_sweeps(page: str) -> None:
    """A button for each recorded sweep whose runs ship; nothing where several runs or one of the library are shown."""
    linked = pairing.linked()
    if len(linked) > 1 or set(linked) - names():
        return
    for name, one in shipped().items():
        runs = runs_of(one)
        label = f"Open the recorded runs of “{one['sweep'].plan.title}”"
        if len(runs) > 1 and st.button(label, icon=":material/movie:", key=f"_recorded.{name}"):
            opened_together(runs, page)


def opened_together(names: list[str], page: str) -> None:
    """Take several into the library and show them on a page, first to last."""
    try:
        runs = [opened(name) for name in names]
    except (StudioError, OSError) as error:
        st.error(f"The recorded runs cannot be opened. {studio.escape(str(error))}")
        return
    st.switch_page(page, query_params=dict(zip(pairing.LETTERS, runs, strict=False)))


def opened(name: str) -> str:
    """Its id in the library; copied there the first time."""
    there = studio.home() / "runs" / name
    if there.is_dir():
        return name
    shelf = SHELF if (SHELF / name).is_dir() else PLAYED  # what the start page plays can be looked into as well
    return archive.copy_run(studio.home(), RunFolder(shelf / name)).id
