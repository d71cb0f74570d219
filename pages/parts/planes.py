"""t-SNE and UMAP of a run: jobs that a worker does when somebody asks; the feed brings the plane when it is there."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.errors import StudioError
from distill_core.runs import ask
from distill_core.runs.folder import RunFolder

from . import runbar, studio

NAMES = {"tsne": "t-SNE", "umap": "UMAP"}


def ask_when_wanted(folders: Sequence[RunFolder], kind: str | None) -> None:
    """Put the question to a worker, once per run and kind in this session."""
    if kind not in NAMES:
        return
    asked = st.session_state.setdefault("_planes", {})
    for folder in folders:
        if (folder.path / "planes" / f"{kind}.json").exists():
            continue
        try:
            asked[f"{folder.id}/{kind}"] = ask.ask(studio.home(), "plane", run=folder.id, kind=kind)
        except (StudioError, OSError) as error:
            st.warning(runbar.escape(str(error)))
    st.toast(f"{NAMES[kind]} is being made by a worker. It appears here when it is ready.")


def waiting(folders: Sequence[RunFolder]) -> list[str]:
    """Planes that this session asked for and that are not there yet; failures are said and forgotten."""
    asked, still = st.session_state.setdefault("_planes", {}), []
    for name, question in list(asked.items()):
        run, _, kind = name.partition("/")
        folder = next((one for one in folders if one.id == run), None)
        if folder is None:
            continue
        found = ask.answer(studio.home(), question) or {}
        if found.get("state") == "failed":
            st.warning(f"{NAMES[kind]}: {runbar.escape(str(found.get('message')))}")
            del asked[name]
        elif found.get("state") == "done" or (folder.path / "planes" / f"{kind}.json").exists():
            del asked[name]
        else:
            still.append(kind)
    return still
