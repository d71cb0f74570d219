"""The one live part of a page: it pulls from the runs' folders and hands the browser what it has not seen yet.

A fragment with a timer reruns twice a second while a run works and not at all afterwards. It holds an invisible
component of half a kilobyte, which puts the packet into the store that all views share. Nothing pushes; closing the
page changes nothing for the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from distill_core.errors import StudioError
from distill_core.figures.plane import Plane
from distill_core.record.folder import OVER, RunFolder

from . import packets, packing, plane_packets, planes

EVERY = 0.5  # seconds between two looks while a run works
AGAIN = 1.0  # seconds between two looks while old records wait; the browser itself asks for the next as it takes one

_FEEDER = st.components.v2.component(
    "distill_feed", js=(Path(__file__).with_name("web") / "feed.js").read_text(encoding="utf-8")
)


def live(
    folders: Sequence[RunFolder],
    key: str,
    *,
    panel: Callable[[dict[str, dict[str, Any]]], None] | None = None,
    classes: Callable[[RunFolder], list[str]] = lambda folder: [],
    measure: bool = False,
) -> dict[str, dict[str, Any]]:
    """Feed the views of this page; returns how the runs stand now, by id.

    Args:
        folders: the runs, side by side.
        panel: drawn inside the fragment with the states, so that it is as fresh as the pictures.
        classes: names of the classes of a run.
        measure: let a worker measure the runs, again and again while one works.
    """
    states = {folder.id: state_of(folder) for folder in folders}
    active = any(not is_over(state) for state in states.values())
    waiting = any(_much_waits(folder) for folder in folders)
    every = EVERY if active or planes.waiting(folders) else AGAIN if waiting else None

    def body() -> None:
        now = {folder.id: state_of(folder) for folder in folders}
        planes.keep_fresh(folders, measure=measure, works=not all(is_over(state) for state in now.values()))
        if panel is not None:
            panel(now)
        packet, more = _packet(folders, classes)
        _FEEDER(key=key, data=packet, on_have_change=lambda: _told(key))
        works = bool(planes.waiting(folders)) or not all(is_over(state) for state in now.values())
        if works if every is None else not (works or more):  # somebody resumed it, or it ended: the timer changes
            st.rerun()

    st.fragment(run_every=every)(body)()
    return states


def state_of(folder: RunFolder) -> dict[str, Any]:
    """How a run stands; a run whose state cannot be read says so as a state."""
    try:
        return folder.state()
    except StudioError as error:
        return {"state": "broken", "message": str(error)}


def is_over(state: dict[str, Any]) -> bool:
    """Nothing will be written to this run unless someone resumes it."""
    return state.get("state") in (*OVER, "broken")


def _sent() -> dict[str, dict[str, Any]]:
    """What this session's browser has: run → {"n": next record, "planes": {kind: time}}."""
    return st.session_state.setdefault("_sent", {})


def _packet(folders: Sequence[RunFolder], classes: Callable[[RunFolder], list[str]]) -> tuple[bytes, bool]:
    """Everything unseen of these runs, up to the budget of one tick, and whether more waits."""
    body, parts, more, sent = packing.Body(), [], False, _sent()
    lead = _lead(folders)
    for folder in folders:
        have = sent.get(folder.id, {})
        whose = folders[0].id if lead else folder.id
        if have.get("lead") != whose:
            have = {"n": 0, "planes": {}, "lead": whose}
        try:
            read = packets.reader(str(folder.path))
            names = classes(folder) if have["n"] == 0 else None
            budget = packets.CHUNK // len(folders)
            part, to = packets.one_run(read, have["n"], body, budget=budget, classes=names, lead=lead)
            part["lead"] = whose
            part["planes"], _ = plane_packets.made_planes(folders, folder.id, body, have["planes"])
            part["more"] = part["more"] or have.get("missed", False)
        except (StudioError, OSError) as error:
            part = {"run": folder.id, "from": 0, "to": 0, "more": False, "records": []}
            part["state"] = {"state": "broken", "message": str(error)}
            to = have["n"]
        # a part that is not the last is sent again until the browser says that it has it
        n = have["n"] if part["more"] else to
        sent[folder.id] = {"n": n, "planes": have["planes"], "lead": whose, "missed": have.get("missed", False)}
        more = more or part["more"]
        parts.append(part)
    # no two packets are equal, since an equal one would not wake a browser that missed something
    st.session_state["_tick"] = tick = st.session_state.get("_tick", 0) + 1
    return packing.assemble(parts, body, tick=tick), more


def _lead(folders: Sequence[RunFolder]) -> tuple[Plane, Plane] | None:
    """Several runs lie in the first one's plane, so that near means alike; a run alone in its own."""
    if len(folders) < 2:
        return None
    try:
        first = packets.reader(str(folders[0].path))
        first.refresh()
        return first.fitted()
    except (StudioError, OSError, ValueError):
        return None  # its own records say what cannot be read


def _told(key: str) -> None:
    """The browser said up to which record it has everything: go on from there, also where it missed something."""
    told = (st.session_state.get(key) or {}).get("have") or {}  # a report may arrive when its page was left
    for run, made in told.get("planes", {}).items():  # until then they are sent again: a packet may be replaced unseen
        if run in _sent():
            _sent()[run]["planes"] = {**_sent()[run]["planes"], **made}
    for run, have in told.get("runs", {}).items():
        if run in _sent() and isinstance(have, int):
            planes = {} if have == 0 else _sent()[run]["planes"]
            # a packet may be replaced by the next one before the browser has looked at it: what was missed is sent
            # again and again until the browser says that it is there
            missed = have < _sent()[run]["n"]
            _sent()[run] |= {"n": max(0, have), "planes": planes, "missed": missed}


def _much_waits(folder: RunFolder) -> bool:
    """Whether more than one tick's worth is unsent."""
    try:
        folder.request()  # what cannot be read is not waited for
        have = _sent().get(folder.id, {"n": 0})["n"]
        waiting = [r for r in packets.reader(str(folder.path)).refresh() if r["n"] >= have]
        size = 0
        for record in waiting:
            size += 60
            if record["kind"] == "images":
                size += (folder.path / record["sheet"]).stat().st_size
            if size > packets.CHUNK:
                return True
    except (StudioError, OSError, KeyError):
        return False  # a file that is missing is told in the packet itself
    return False
