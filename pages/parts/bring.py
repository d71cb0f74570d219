"""A set from elsewhere: where it lies, the look at it, and the way into the library."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from . import errand, studio

ENDINGS = ["zip", "pt", "pth", "npy", "npz", "parquet", "safetensors"]
ERRAND = "bring"


def choose(catalog: dict[str, Any]) -> dict[str, Any]:
    """Where it lies and which data set it stands for; {} until there is something to look at."""
    with st.container(border=True):
        left, right = st.columns(2, gap="medium")
        with left:
            path = st.text_input(
                "Path on this machine",
                key="bring.path",
                placeholder="/home/me/result/res_DM_….pt",
                persist_state="session",
            )
            files = st.file_uploader("or files", type=ENDINGS, accept_multiple_files=True, key="bring.files")
        with right:
            names = ["", *(one["name"] for one in catalog["data"])]
            present = st.session_state.setdefault("bring.data", st.query_params.get("data", ""))
            titles = {one["name"]: one["title"] for one in catalog["data"]} | {"": "not said"}
            data = st.selectbox(
                "Data set it stands for",
                [*names, *([present] if present not in names else [])],
                format_func=lambda one: titles.get(one, one),
                key="bring.data",
                accept_new_options=True,
                persist_state="session",
                help="With its size where that is not the usual one, such as `digits:size=8`, or `folder:/a/path`.",
            )
            st.caption("What the numbers mean is found by holding them against this data set's own images.")
            if st.button("Look at it", icon=":material/search:", type="primary", disabled=not (path or files)):
                place = str(_kept(files) if files else Path(path.strip()).expanduser())
                st.session_state["bring.asked"] = {"path": place, "data": data or ""}
                _forget()
    asked = st.session_state.get("bring.asked") or {}
    if asked and (
        asked["data"] != (data or "") or (not files and path and asked["path"] != str(Path(path.strip()).expanduser()))
    ):
        st.caption(
            ":material/info: What is shown is what was looked at last. Press *Look at it* for what stands above."
        )
    return asked


def _forget() -> None:
    """A new look begins without the choices that were made on the last one."""
    for name in ("bring.pixels", "bring.factor", "bring.name", "bring.done"):
        st.session_state.pop(name, None)


def _kept(files: Sequence[Any]) -> Path:
    """Uploaded files in a folder of their own; a single one by itself."""
    folder = studio.home() / "data" / "uploads" / f"set-{secrets.token_hex(4)}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for one in files:
        paths.append(folder / (re.sub(r"[^A-Za-z0-9._-]+", "-", Path(one.name).name).lstrip(".")[-100:] or "file"))
        paths[-1].write_bytes(one.getbuffer())
    return paths[0] if len(paths) == 1 else folder


def question(asked: dict[str, Any]) -> dict[str, Any]:
    """What the engine is asked, with the choices that were made on the page."""
    chosen = {name: st.session_state.get(f"bring.{name}") for name in ("pixels", "factor")}
    return {**asked, **{name: value for name, value in chosen.items() if value}}


def look(asked: dict[str, Any]) -> dict[str, Any] | None:
    """What the engine finds; None with words on the page while it looks, or where it refuses."""
    values = question(asked)
    found = studio.answer("bring", **values)
    if found is None:
        st.caption(":material/hourglass_top: The engine reads it and holds it against the real images …")
        return None
    if "error" in found:
        st.error(studio.escape(str(found["error"])), icon=":material/block:")
        with st.container(horizontal=True):
            st.button(
                "Look again", on_click=studio.ask_again, args=("bring",), kwargs=values, icon=":material/refresh:"
            )
            if values.keys() & {"pixels", "factor"}:
                st.button("Without what I said", on_click=_forget, icon=":material/undo:")
        return None
    return found


def take(found: dict[str, Any], asked: dict[str, Any]) -> None:
    """Into the library, as a run that is over; experts into the cache."""
    experts = found["kind"] == "experts"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = (
            ""
            if experts
            else st.text_input("Name", Path(asked["path"]).stem, key="bring.name", max_chars=100, width=300)
        )
        label = "Take them in" if experts else "Take it"
        if st.button(label, type="primary", icon=":material/move_to_inbox:", disabled=errand.is_on_its_way(ERRAND)):
            errand.forget(ERRAND)
            errand.send(ERRAND, *words(question(asked), name))
    errand.wait(ERRAND, "It joins the library …")
    done = errand.outcome(ERRAND)
    if done:
        errand.forget(ERRAND)
        st.session_state["bring.done"] = done
    _done(st.session_state.get("bring.done"))


def words(asked: dict[str, Any], name: str) -> list[str]:
    """The command that takes it in as it was looked at."""
    said = [asked["path"]]
    for option in ("data", "pixels", "factor"):
        said += [f"--{option}", str(asked[option])] if asked.get(option) else []
    return ["import", *said, *(["--name", name] if name else [])]


def _done(done: dict[str, Any] | None) -> None:
    if not done:
        return
    if "error" in done:
        st.error(studio.escape(str(done["error"])), icon=":material/error:")
    elif "experts" in done:
        taken = done["experts"]
        st.success(f"{taken['experts']} experts of {taken['network']} are kept.", icon=":material/check_circle:")
        st.code(taken["use"], language=None, wrap_lines=True)
    else:
        st.success(f"It is in the library as {done['run']}.", icon=":material/check_circle:")
        with st.container(horizontal=True):
            st.page_link(
                studio.LIVE, label="Look at it", icon=":material/play_circle:", query_params={"run": done["run"]}
            )
            st.page_link(
                studio.SCORES, label="Score it", icon=":material/leaderboard:", query_params={"run": done["run"]}
            )


def known(catalog: dict[str, Any]) -> None:
    """What can be read, folded."""
    with st.expander("What can be read", icon=":material/list:"):
        rows = [f"- {studio.escape(one['title'])}" for one in catalog.get("layouts") or []]
        st.markdown("\n".join([*rows, "- experts' buffers, for trajectory matching here", "- our own sets and runs"]))
        st.caption("From a terminal: `distill-studio import PATH --data NAME --look`.")
