"""A run's bar: which run is meant, how it stands, and the buttons that steer it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.errors import StudioError
from distill_core.record.classes import names_in
from distill_core.record.folder import RunFolder
from distill_core.spec import parse

from . import detail, examples, exports, feed, packets, standing, studio, terms


def chosen(
    question: str, nothing: str, example: str = "", fits: Callable[[dict[str, Any]], bool] = lambda row: True
) -> RunFolder:
    """The run of `?run=`; a shipped one of this name where the library has none, and the page's `example` where no run was made
    here that `fits` the page.

    Asks which one where none is given, says so where there is none, and stops the page then.
    """
    asked = st.query_params.get("run") or st.session_state.get("run", "")
    listed, shipped = studio.runs(), examples.names()
    if not asked and example in shipped and not any(fits(one) for one in listed if one["id"] not in shipped):
        asked = st.query_params["run"] = example
    if not asked:
        if not listed:
            studio.stop(nothing, page=studio.NEW, label="New run")
        names = {one["id"]: one for one in listed}
        picked = st.selectbox(question, list(names), index=None, format_func=lambda one: names[one].get("name") or one)
        if not picked:
            st.stop()
        asked = picked
        st.query_params["run"] = asked
    st.session_state["run"] = asked
    try:
        return RunFolder.find(studio.home(), examples.opened(asked) if asked in shipped else asked)
    except (StudioError, OSError) as error:
        studio.stop(studio.escape(str(error)), icon=":material/search_off:", page=studio.RUNS, label="All runs")


def readable(folder: RunFolder) -> dict[str, Any]:
    """What was asked of the run; stops the page with a sentence where that cannot be read."""
    try:
        asked = folder.request()
        folder.state()
    except StudioError as error:
        studio.stop(studio.escape(str(error)), icon=":material/broken_image:", page=studio.RUNS, label="All runs")
    return asked


def heading(folder: RunFolder, asked: dict[str, Any], question: str = "") -> None:
    """Which run this is: its name, and what it was asked for; where the page asks a `question`, this is its title."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = studio.escape(title(folder, asked))
        st.markdown(f"## {question or name}", width="content")
        shown = ":material/movie: an example that ships with the studio · " if folder.id in examples.names() else ""
        of = standing.summary(asked)
        if question:  # the name of an example says method and data already
            of = f"{name} · seed {asked['job'].get('seed', 0)}" if shown else f"{name} · {of}"
        terms.style()
        terms.write(shown + of, caption=True)


def title(folder: RunFolder, asked: dict[str, Any]) -> str:
    """The name that a run was given; an example is called by its method and data, in words."""
    if folder.id in examples.names():
        job = asked["job"]
        method, data = studio.method_info(asked["method"]), studio.data_info(parse(str(job.get("data", ""))).name)
        if method and data:
            return f"{method['title']} on {str(data['title']).lower()}, {job.get('ipc', 1)} per class"
    return str(asked.get("name") or folder.id)


def brought_in(runs: list[str]) -> None:
    """Say which of these runs are sets that were brought in, where any is."""
    folders = [RunFolder(studio.home() / "runs" / run) for run in dict.fromkeys(runs)]
    names = [str(one.request().get("name") or one.id) for one in folders if feed.state_of(one).get("imported")]
    if names:
        st.caption(standing.brought_in(names))


def catalog() -> dict[str, Any]:
    """What the engine can do; empty where no worker has said so yet, because watching a run needs no engine."""
    try:
        return shelf.read(studio.home())
    except StudioError:
        return {"methods": [], "data": []}


def classes(folder: RunFolder) -> list[str]:
    """Names of a run's classes, by the catalog or by its own folder; numbers are shown where nobody knows them."""
    data = str(folder.request()["job"].get("data", ""))
    return packets.class_names(catalog(), data) or names_in(folder)


def status(folder: RunFolder, state: dict[str, Any], played: bool = True) -> None:
    """The sentence and the buttons that make sense now; `played`: the page has a player. Drawn inside the live fragment."""
    records = packets.reader(str(folder.path)).refresh()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="status"):
        st.markdown(standing.sentence(folder, state, records, played), width="stretch")
        kind = state.get("state")
        if kind == "running":
            _button("Pause", "pause", folder, want="pause")
        if kind == "paused":
            _button("Step", "skip_next", folder, want="pause", steps=1)
            _button("Continue", "play_arrow", folder, want="run")
        if kind in ("queued", "running", "paused"):
            st.button("Stop", icon=":material/stop:", key="_stop", on_click=_guarded, args=(studio.halt, folder.id))
        if kind in ("lost", "stopped", "failed"):
            st.button(
                "Resume",
                icon=":material/resume:",
                key="_resume",
                type="primary",
                on_click=_guarded,
                args=(studio.resume, folder.id),
            )
    if known := standing.known_by(records):
        st.caption(known)
    if problem := st.session_state.pop("_problem", ""):
        st.error(problem)
    if kind == "failed" and (log := studio.executor().logs(folder)):
        with st.expander("What the engine wrote down", icon=":material/bug_report:"):
            st.code(log, language=None)


def unfinished(folder: RunFolder, state: dict[str, Any]) -> None:
    """The same while a run is not finished; a page that tells by itself how it ended needs no more."""
    if state.get("state") != "finished":
        status(folder, state)


def _button(label: str, icon: str, folder: RunFolder, **asked: Any) -> None:
    st.button(label, icon=f":material/{icon}:", key=f"_{label}", on_click=_guarded, args=(_steer, folder, asked))


def _guarded(what: Any, *args: Any) -> None:
    """Do what a button says; what goes wrong becomes a sentence on the page."""
    try:
        what(*args)
    except (StudioError, OSError) as error:
        st.session_state["_problem"] = studio.escape(str(error))


def _steer(folder: RunFolder, asked: dict[str, Any]) -> None:
    folder.steer(**asked)


def place() -> float | None:
    """Where the link says that the clock stands: a share of the run from 0 to 1, or None for its end."""
    try:
        share = float(st.query_params.get("t", ""))
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def keep_place(at: dict[str, Any] | None) -> None:
    """Write into the link where the clock was left."""
    share = (at or {}).get("share")
    if at is None:
        return
    if share is None:
        st.query_params.pop("t", None)
    elif st.query_params.get("t") != str(share):
        st.query_params["t"] = str(share)


def downloads(folder: RunFolder) -> None:
    """The synthetic set as a file, the last images as a picture, and every other form."""
    with st.container(horizontal=True, vertical_alignment="center"):
        stored = folder.path / "set.safetensors"
        if stored.is_file():
            name = f"{folder.id}.safetensors"
            st.download_button("Synthetic set", stored.read_bytes, name, icon=":material/download:", on_click="ignore")
        records = packets.reader(str(folder.path)).refresh()
        sheets = [r for r in records if r["kind"] == "images" and r["source"] == "synthetic"]
        if sheets:
            st.download_button(
                "Last images (PNG)",
                lambda: detail.sheet_png(folder, sheets[-1]),
                f"{folder.id}.png",
                "image/png",
                icon=":material/image:",
                on_click="ignore",
            )
        with st.popover("Other forms", icon=":material/folder_zip:"):
            exports.offer(folder)
