"""A run's bar: which run is meant, how it stands in one sentence, and the buttons that steer it."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.errors import StudioError
from distill_core.record.folder import RunFolder

from . import detail, exports, packets, studio


def escape(text: str) -> str:
    """A name as plain words inside Markdown."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-!|<>~$:" else c for c in text)


def chosen(question: str, nothing: str) -> RunFolder:
    """The run of `?run=`; asks which one where none is given, says so where there is none, and stops the page then."""
    asked = st.query_params.get("run") or st.session_state.get("run", "")
    listed = studio.runs()
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
        return RunFolder.find(studio.home(), asked)
    except StudioError as error:
        studio.stop(escape(str(error)), icon=":material/search_off:", page=studio.RUNS, label="All runs")


def readable(folder: RunFolder) -> dict[str, Any]:
    """What was asked of the run; stops the page with a sentence where that cannot be read."""
    try:
        asked = folder.request()
        folder.state()
    except StudioError as error:
        studio.stop(escape(str(error)), icon=":material/broken_image:", page=studio.RUNS, label="All runs")
    return asked


def catalog() -> dict[str, Any]:
    """What the engine can do; empty where no worker has said so yet, because watching a run needs no engine."""
    try:
        return shelf.read(studio.home())
    except StudioError:
        return {"methods": [], "data": []}


def classes(data: str) -> list[str]:
    """Names of a data set's classes; numbers are shown where nobody knows them."""
    return packets.class_names(catalog(), data)


def summary(asked: dict[str, Any]) -> str:
    """The run in one line."""
    job = asked["job"]
    words = [asked["method"], str(job.get("data", "")), f"{job.get('ipc', 1)} per class", f"seed {job.get('seed', 0)}"]
    if asked.get("preset"):
        words.append(str(asked["preset"]))
    return " · ".join(escape(word) for word in words)


def reached(records: list[dict[str, Any]]) -> tuple[str, int, int, float, float]:
    """Where the records end: (stage, step, steps of the stage, seconds of the run, seconds when the stage began)."""
    stage, steps, began, step, now = "", 0, 0.0, 0, 0.0
    for record in records:
        now = record["t"]
        if record["kind"] == "stage":
            stage, steps, began, step = record["stage"], record["steps"], record["t"], 0
        elif isinstance(record.get("step"), int) and not (
            record["kind"] in ("images", "logits") and record.get("source") == "real"
        ):
            step = max(step, record["step"])
    return stage, step, steps, now, began


def progress(records: list[dict[str, Any]]) -> str:
    """`stage 2: recover · step 340 of 1,000 · 5.1 steps/s · 2:09 left in this stage`."""
    stage, step, steps, now, began = reached(records)
    if not stage:
        return "getting ready"
    begun = [r for r in records if r["kind"] == "stage"]
    part = f" {begun[-1]['part'] + 1} of {begun[-1]['parts']}" if begun[-1].get("parts", 1) > 1 else ""
    words = [f"stage {len(begun)}: {stage}{part}"]
    if steps:
        words.append(f"step {min(step + 1, steps):,} of {steps:,}")
    speed = step / (now - began) if now > began and step else 0.0
    if speed:
        words.append(f"{speed:,.1f} steps/s" if speed >= 1 else f"{1 / speed:,.1f} s per step")
        left = max(0, steps - step - 1) / speed
        if steps:
            words.append(f"{int(left) // 60}:{int(left) % 60:02d} left in this stage")
    return " · ".join(words)


def sentence(folder: RunFolder, state: dict[str, Any], records: list[dict[str, Any]]) -> str:
    """How the run stands, in one sentence."""
    kind, message = state.get("state"), escape(str(state.get("message") or ""))
    dot = studio.DOTS.get(str(kind), "")
    took = f"{records[-1]['t']:,.0f} s" if records else "no time"
    if kind == "queued":
        before = studio.place(folder.id)
        wait = "it is next" if not before else f"{before} run{'s' * (before > 1)} before it"
        return f"{dot} **Queued**, {wait}."
    where = progress(records)
    if kind in ("running", "paused"):
        quiet = time.time() - float(state.get("heartbeat") or time.time())
        silent = f" · silent for {quiet:.0f} s" if quiet > 20 else ""
        return f"{dot} **{str(kind).capitalize()}** · {where}{silent}"
    if kind == "lost":
        return f"{dot} **Lost** at {where}. {message} *Resume* goes on from the last checkpoint."
    if kind == "failed":
        return f"{dot} **Failed** after {took}, {where}. {message}"
    if kind == "stopped":
        return f"{dot} **Stopped** after {took}, {where}. {message}"
    if kind == "finished":
        return f"{dot} **Finished** in {took}. Press play to watch it again."
    return f"{dot} {message or str(kind)}"


def status(folder: RunFolder, state: dict[str, Any]) -> None:
    """The sentence and the buttons that make sense now. Drawn inside the live fragment."""
    records = packets.reader(str(folder.path)).refresh()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(sentence(folder, state, records), width="stretch")
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
    if problem := st.session_state.pop("_problem", ""):
        st.error(problem)
    if kind == "failed" and (log := studio.executor().logs(folder)):
        with st.expander("What the engine wrote down", icon=":material/bug_report:"):
            st.code(log, language=None)


def _button(label: str, icon: str, folder: RunFolder, **asked: Any) -> None:
    st.button(label, icon=f":material/{icon}:", key=f"_{label}", on_click=_guarded, args=(_steer, folder, asked))


def _guarded(what: Any, *args: Any) -> None:
    """Do what a button says; what goes wrong becomes a sentence on the page."""
    try:
        what(*args)
    except (StudioError, OSError) as error:
        st.session_state["_problem"] = escape(str(error))


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
