"""The latent walk: around one class in the generator that a run searched, everything that moves when w does."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.errors import StudioError
from distill_core.fields import active
from distill_core.looks import walk
from distill_core.record.folder import RunFolder

from . import detail, runbar, studio, views

MOST_PILLS = 20  # classes; more are chosen from a list
NONE = ("", "pixels")  # no generator


def section(folder: RunFolder) -> None:
    """The pad with its choices; a kind word for a run that searched no generator."""
    try:
        asked = folder.request()
    except StudioError as error:  # the rest of the page may still have something to show
        st.warning(studio.escape(str(error)))
        return
    if prior_of(asked) in NONE:
        _no_generator()
        return
    names = runbar.classes(folder) or ["0"]
    rows = [walk.ALL, *st.session_state.get("_walk_rows", {}).get(folder.id, [])]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        said = {"options": range(len(names)), "format_func": lambda one: detail.name_of(names, one)}
        many = len(names) > MOST_PILLS
        label = (
            st.selectbox("Class", **said, key="_walk_one")
            if many
            else st.pills("Class", **said, default=0, key="_walk_class")
        )
    with right:
        row = st.selectbox(
            "What moves", rows, key=f"_walk_row_{folder.id}", format_func=_said,
            help="Every layer is driven by a row of w of its own. Moving one alone shows what that layer decides.",
        )  # fmt: skip
    if label is None:
        st.caption("Choose a class to walk around.")
        return
    found = walk.kept(folder, label, row) or _asked(folder, label, row)
    if found is not None:
        st.session_state["_walk"] = (folder.id, label, row)
    elif (before := st.session_state.get("_walk")) and before[0] == folder.id:
        found = walk.kept(folder, before[1], before[2])  # until the other is there, so that nothing jumps
    if found is None:
        return
    about, pixels = found
    if len(rows) == 1 and about["rows"]:  # the walk says which rows there are
        st.session_state.setdefault("_walk_rows", {})[folder.id] = about["rows"]
        st.rerun()
    views.pad(folder.id, about, pixels.tobytes(), "_walk_pad")
    every = "" if about["every"] == 1 else f" at the nearest of every {about['every']}th point"
    st.caption(
        f"The generator is `{about['prior']}`. Its mapped latents of one class spread most along directions 1 and 2; every point of "
        f"a grid of {about['grid']}×{about['grid']} was decoded. A bar says by how much of its length a feature map differs from that of "
        "the mean, ‖f(w) − f(w̄)‖ ÷ ‖f(w̄)‖; a full bar is the largest change in this square. The picture beside it shows the map's "
        f"first three principal channels as colors{every}; one fit and one scale for all points, so a color means the same wherever "
        "you drag."
    )


def prior_of(asked: dict[str, Any]) -> str | None:
    """The generator that the run was asked to search: its setting, else its method's default; "" where it has none, None where
    the run does not say and the catalog does not know the method: the worker has to say."""
    known = next((one for one in runbar.catalog()["methods"] if one["name"] == asked["method"]), None)
    settings = shelf.settings_of_run(studio.home(), asked)
    unsaid = None if known is None else ""
    return next((str(value) for path, value in settings.items() if is_prior(path)), unsaid)


def searches(method: str) -> bool:
    """Whether a method searches a generator unless it is told otherwise."""
    return prior_of({"method": method, "settings": {}, "job": {}}) not in (*NONE, None)


def is_prior(path: str) -> bool:
    """Whether a setting names a generator."""
    return path.rpartition(".")[2] == "prior"


def _no_generator() -> None:
    with_one = [
        one["title"]
        for one in runbar.catalog()["methods"]
        if any(is_prior(f["name"]) for f in active(one["fields"], {}))
    ]
    others = f" These methods search one: {', '.join(map(studio.escape, with_one))}." if with_one else ""
    st.info(
        f"This run moved pixels and searched no generator, so there is no w to walk in.{others}",
        icon=":material/open_with:",
    )


def _said(row: str) -> str:
    return "all rows of w" if row == walk.ALL else f"the row of {row} alone"


def _asked(folder: RunFolder, label: int, row: str) -> Any:
    """Put the question, or say that it is being answered."""
    return studio.found_out(
        "walk",
        lambda: walk.kept(folder, label, row),
        waiting="A worker is decoding the square around this class; it appears here by itself.",
        lost="The walk was made and cannot be read any more.",
        run=folder.id,
        label=label,
        row=row,
    )
