"""What can be done with the chosen runs: watch, compare, duplicate, rename, resume, export, trash and back."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.errors import StudioError
from distill_core.record import trash as the_trash
from distill_core.record.folder import RunFolder

from . import draw, exports, studio

OTHERS = ("b", "c", "d", "e", "f")  # the link's names of the second to sixth compared run


def bar(chosen: list[dict[str, Any]]) -> None:
    """The buttons that fit what is chosen."""
    _undo()
    if not chosen:
        st.caption("Tick one run to open, rename, duplicate or export it; two to six to compare them.")
        return
    one = chosen[0] if len(chosen) == 1 else None
    with st.container(horizontal=True):
        if one and one["state"] != "broken":
            _single(one)
        if 2 <= len(chosen) <= 6 and st.button("Compare", type="primary", icon=":material/compare:"):
            others = dict(zip(OTHERS, (row["id"] for row in chosen[1:]), strict=False))
            st.switch_page(studio.SIDE, query_params={"run": chosen[0]["id"], **others})
        if len(chosen) > 6:
            st.caption("Side by side takes two to six runs; more are in the scores.")
        label = "Move to trash" if one else f"Move {len(chosen)} to trash"
        st.button(label, icon=":material/delete:", on_click=trash, args=([row["id"] for row in chosen],))


def _single(row: dict[str, Any]) -> None:
    run = row["id"]
    if st.button("Watch", type="primary", icon=":material/play_circle:"):
        studio.watch(run)
    if st.button("Duplicate and edit", icon=":material/content_copy:"):
        st.switch_page(studio.NEW, query_params={"from": run})
    with st.popover("Rename", icon=":material/edit:"):
        st.text_input("Name", value=row["name"], max_chars=120, key=f"name.{run}")
        st.button("Save", key=f"rename.{run}", on_click=rename, args=(run,))
    if row["state"] in ("stopped", "failed", "lost"):
        st.button("Resume", icon=":material/resume:", on_click=resume, args=(run,))
    with st.popover("Export", icon=":material/download:"):
        exports.offer(RunFolder.find(studio.home(), run))


def rename(run: str) -> None:
    """Give the run the name that was typed."""
    _told(lambda: RunFolder.find(studio.home(), run).rename(st.session_state[f"name.{run}"]))


def resume(run: str) -> None:
    """Queue it again; it goes on from its newest checkpoint."""
    _told(lambda: studio.resume(run))


def trash(runs: list[str]) -> None:
    """Take runs away; they wait in the trash until it is emptied."""
    gone = [run for run in runs if _told(lambda run=run: the_trash.trash(studio.home(), run))]
    st.session_state["runs.gone"] = gone


def restore(runs: list[str]) -> None:
    """Bring runs back from the trash."""
    for run in runs:
        _told(lambda run=run: the_trash.restore(studio.home(), run))
    st.session_state["runs.gone"] = []


def _told(act: Any) -> bool:
    """Do it; a refusal becomes a sentence at the top of the page."""
    try:
        act()
    except StudioError as error:
        st.session_state.setdefault("runs.refused", []).append(str(error))
        return False
    return True


def _undo() -> None:
    for sentence in st.session_state.pop("runs.refused", []):
        st.error(sentence, icon=":material/error:")
    gone = st.session_state.get("runs.gone") or []
    if gone:
        with st.container(horizontal=True, vertical_alignment="center"):
            what = gone[0] if len(gone) == 1 else f"{len(gone)} runs"
            st.markdown(f"Moved `{what}` to the trash.", width="content")
            st.button("Undo", icon=":material/undo:", on_click=restore, args=(gone,), type="tertiary")


def trash_can() -> None:
    """What lies in the trash, with the way back and the way out."""
    can = st.expander("Trash", icon=":material/delete:", key="runs.can", on_change="rerun")
    if not can.open:
        return
    with can:
        rows = the_trash.list_trash(studio.home())
        if not rows:
            st.caption("The trash is empty.")
            return
        for row in rows:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"`{row['id']}` · {draw.size(row.get('bytes'))}", width="content")
                button = {"key": f"restore.{row['id']}", "icon": ":material/restore_from_trash:", "type": "tertiary"}
                st.button("Restore", on_click=restore, args=([row["id"]],), **button)
        with st.popover("Empty the trash", icon=":material/delete_forever:"):
            st.markdown(f"{len(rows)} runs are deleted for good.")
            st.button("Delete for good", type="primary", on_click=_empty)


def _empty() -> None:
    freed = the_trash.empty_trash(studio.home())
    st.session_state["runs.gone"] = []
    st.toast(f"{draw.size(freed)} became free", icon=":material/delete_forever:")
