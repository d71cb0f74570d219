"""A new run's data: a set by name with its size, images per class, and images of the visitor's own."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

import streamlit as st

from distill_core.errors import BadSetting
from distill_core.job import ask
from distill_core.spec import Spec, Value, number

from . import examples, studio

USUAL = (1, 5, 10, 50)
MIRROR = {"by their classes": None, "yes": True, "no": False}


def choose_data(catalog: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The data set with its options; returns its spec and what the catalog knows of it."""
    infos = {one["name"]: one for one in catalog["data"]}
    if "new.data" not in st.session_state:
        _, first = examples.played_first()
        st.session_state["new.data"] = first if first in infos else next(iter(infos))
    present = st.session_state["new.data"]
    names = [*infos, *([present] if present not in infos else [])]
    titles = {one: infos[one]["title"] if one in infos else one for one in names}
    name = st.selectbox("Data set", names, key="new.data", format_func=titles.get, persist_state="session")
    if name not in infos:
        return name, {}  # a folder of the user's own, named by a run or a link
    info = infos[name]
    sizes = list(info.get("sizes") or [])
    options: dict[str, Value] = _mirroring(info) if name.startswith("own/") else {}
    if len(sizes) > 1:
        key = f"new.size.{name}"
        if st.session_state.get(key) not in sizes:
            st.session_state[key] = info.get("size") if info.get("size") in sizes else sizes[0]
        label = {size: f"{size}×{size}" for size in sizes}
        size = st.segmented_control(
            "Size in pixels", sizes, key=key, format_func=label.get, required=True, persist_state="session"
        )
        options |= {"size": size} if size != info.get("size") else {}
    train = info.get("train")
    about = [
        f"{train:,} real images, a tenth of them set aside to choose by" if train else "",
        f"{len(info.get('classes') or [])} classes",
        info.get("about", ""),
    ]
    st.caption(" · ".join(part for part in about if part))
    if info and not info.get("ready", True):
        size = info.get("download_mb")
        st.caption(f":material/download: downloaded when the run starts{f', {size:g} MB' if size else ''}")
    return str(Spec.of(name, options)), info


def _mirroring(info: dict[str, Any]) -> dict[str, Value]:
    """A switch for the visitor's own images; said in the spec where it is not what was answered when they came in."""
    usual, key = bool(info.get("may_mirror", True)), f"new.mirror.{info['name']}"
    said = st.session_state.get(key, usual)
    st.session_state[key] = said if isinstance(said, bool) else said == "yes"
    may = st.toggle(
        "May be mirrored", key=key, help="Off: training shows these images as they are.", persist_state="session"
    )
    return {} if may == usual else {"mirror": "yes" if may else "no"}


def choose_ipc() -> int | str:
    """Images per class: the usual numbers, or any other that is typed; what is no number comes back as it was typed."""
    present = st.session_state.setdefault("new.ipc", 1)
    value = st.selectbox(
        "Images per class",
        [*USUAL, *([present] if present not in USUAL else [])],
        key="new.ipc",
        accept_new_options=True,
        help="How many images each class keeps. Type any number.",
        persist_state="session",
    )
    value = number(str(value))
    try:
        ask(ipc=value)
    except BadSetting as error:
        st.markdown(f":red[:material/error: {error}]")
    return value


def own_images() -> None:
    """A folder with a sub-folder per class, or a zip of one: checked by the engine, then a data set like the others."""
    with st.expander("Your own images", icon=":material/add_photo_alternate:", key="new.own"):
        st.caption("A folder with a sub-folder per class, or a zip of one. Everything stays on this machine.")
        folder = st.text_input("Folder on this machine", key="new.own.folder", placeholder="/home/me/flowers")
        packed = st.file_uploader("or a zip", type="zip", key="new.own.zip")
        name = st.text_input("Call it", key="new.own.name", placeholder="flowers", max_chars=40)
        mirror = st.segmented_control(
            "May these images be mirrored?",
            list(MIRROR),
            default="by their classes",
            key="new.own.mirror",
            required=True,
            help="Training mirrors half of the images where it may. Letters and digits may not be mirrored: a mirrored b is a "
            "d. *By their classes*: not where every class is a single letter or digit, else yes.",
        )
        size = st.number_input(
            "Size in pixels",
            min_value=8,
            max_value=256,
            value=None,
            step=1,
            key="new.own.size",
            placeholder="as they are, up to 64",
            help="Pictures are cut square and brought to this side. Empty takes their most common shorter side, and no more than 64: "
            "larger ones have to be asked for, as every pixel costs time.",
        )
        if st.button("Check and import", icon=":material/fact_check:", disabled=not (folder.strip() or packed)):
            source = folder.strip() or str(_save(packed))
            st.session_state["new.own.ask"] = {"path": source, "name": _short(name or Path(source).stem)}
            st.session_state["new.own.ask"] |= {"mirror": MIRROR[mirror], "size": size}
        if "new.own.ask" in st.session_state:
            _imported(studio.answer("import_data", **st.session_state["new.own.ask"]))


def _save(packed: Any) -> Path:
    """The upload as a file of the home's own naming; its content is judged by the engine, never here."""
    folder = studio.home() / "data" / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_short(Path(packed.name).stem)}-{secrets.token_hex(3)}.zip"
    path.write_bytes(packed.getbuffer())
    return path


def _short(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "mine"


def _imported(reply: dict[str, Any] | None) -> None:
    """What the engine said about the images: its refusal, or what it took and what it could not read."""
    if reply is None:
        st.caption(":material/hourglass_top: The images are being checked …")
        return
    if reply.get("error"):
        st.error(str(reply["error"]), icon=":material/error:")
        return
    name = reply["data"]["name"]
    given, classes = reply.get("given"), ", ".join(studio.escape(one) for one in reply["data"]["classes"])
    of = f"of {given:,} files " if given else ""
    st.success(f"{name}: {of}{reply.get('read', 0):,} images were taken. Classes: {classes}.")
    skipped = reply.get("skipped") or []
    if skipped:
        with st.popover(f"{len(skipped)} files were left out", icon=":material/warning:"):
            st.dataframe([{"File": path, "Reason": reason} for path, reason in skipped], hide_index=True)
    for note in reply.get("notes") or []:
        st.caption(f":material/info: {studio.escape(note)}")
    st.button("Use these images", on_click=_use, args=(name,), icon=":material/check:")


def _use(data: str) -> None:
    st.session_state["new.data"] = data
    del st.session_state["new.own.ask"]
