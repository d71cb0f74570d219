"""What a new run will take: as the runs of the same kind took, else from a trial of a few steps in the background."""

from __future__ import annotations

import statistics
import time
from typing import Any

import streamlit as st

from . import draw, examples, form, studio

SETTLED = 2.0  # seconds without a change after which a trial is asked for by itself


def cost(method: dict[str, Any], settings: dict[str, Any], job: dict[str, Any], runs: int) -> None:
    """Seconds, disk and memory of what is chosen. A trial takes the waiting worker for some seconds, so none is made by itself
    where runs of the same kind say it, nor beside a run that works."""
    mark = form.fingerprint(method["name"], settings, job)
    if st.session_state.get("new.trial") == mark:
        _tried(method, settings, job, runs)
    elif took := alike(method["name"], job):
        many = f"{len(took)} runs" if len(took) > 1 else "a run"
        st.markdown(
            f":material/timer: ≈ {draw.duration(statistics.median(took) * runs)}, as {many} of this kind took here"
        )
        _ask(mark, "Try these settings to know better")
    elif studio.runs(state="running", limit=1):
        st.caption(":material/timer: How long it takes can be tried; that would slow the run that works down.")
        _ask(mark, "What will it cost?")
    else:
        _ask(mark, "What will it cost?")
        _settling(mark)


def alike(method: str, job: dict[str, Any]) -> list[float]:
    """Seconds of the finished runs of the same method, data and images per class, the newest ten. What came with the studio ran on
    another machine."""
    shipped = examples.names()
    rows = studio.runs(method=method, data=str(job["data"]), state="finished")
    same = [row for row in rows if row.get("ipc") == job["ipc"] and row["id"] not in shipped]
    return [float(row["seconds"]) for row in same if row.get("seconds")][:10]


def expected(method: dict[str, Any], settings: dict[str, Any], job: dict[str, Any]) -> float | None:
    """Seconds of one run, as far as the form has said them: of the trial of these settings, else as runs of this kind took."""
    if st.session_state.get("new.trial") == form.fingerprint(method["name"], settings, job):
        reply = studio.answer("trial", method=method["name"], settings=settings, job={**job, "seed": 0}) or {}
        return float(reply["seconds"]) if reply.get("seconds") else None
    took = alike(method["name"], job)
    return statistics.median(took) if took else None


def _ask(mark: str, label: str) -> None:
    if st.button(
        label,
        icon=":material/timer:",
        key="new.cost",
        help="A few steps are made now, and thrown away.",
        type="tertiary",
    ):
        st.session_state["new.trial"] = mark
        st.rerun()


@st.fragment(run_every=1.0)
def _settling(mark: str) -> None:
    """Ask for the trial as soon as the choice has stood still for a while."""
    before, since = st.session_state.get("new.settling", ("", 0.0))
    if before != mark:
        st.session_state["new.settling"] = (mark, time.monotonic())
    elif time.monotonic() - since > SETTLED:
        st.session_state["new.trial"] = mark
        st.rerun()


def _tried(method: dict[str, Any], settings: dict[str, Any], job: dict[str, Any], runs: int) -> None:
    reply = studio.answer("trial", method=method["name"], settings=settings, job={**job, "seed": 0})
    if reply is None:
        st.caption(":material/hourglass_top: Trying a few steps, to say how long it will take …")
    elif reply.get("error"):
        st.markdown(f":red[:material/error: {reply['error']}]")
    else:
        parts = [f"≈ {draw.duration(reply['seconds'] * runs)} on this machine" if reply.get("seconds") else ""]
        parts += [f"{draw.size(reply['disk'] * runs)} on disk" if reply.get("disk") else ""]
        parts += [f"{draw.size(reply['memory'])} of memory" if reply.get("memory") else ""]
        st.markdown(":material/timer: " + " · ".join(part for part in parts if part))
