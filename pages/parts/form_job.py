"""A new run's job: images per class, seeds, students, networks, and what it will cost on this machine."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.errors import StudioError
from distill_core.job import ask

from . import draw, form, knobs, studio


def choose(catalog: dict[str, Any], data: str, ipc: int | str) -> tuple[dict[str, Any], list[int], list[str]]:
    """The job without its seed, the seeds, and sentences about what cannot work."""
    one, two = st.columns(2, gap="medium")
    with one:
        seeds, wrong = choose_seeds()
    with two:
        protocol = choose_protocol(catalog)
    job = {"data": data, "ipc": ipc, "protocol": protocol, **choose_networks(catalog)}
    return job, seeds, wrong + check(job, seeds[0])


def choose_seeds() -> tuple[list[int], list[str]]:
    """The seeds, and a sentence where they cannot be read."""
    st.session_state.setdefault("new.seeds", "0")
    text = st.text_input(
        "Seeds", key="new.seeds", help="One run per seed: 0, or 0-2, or 0, 3, 7.", persist_state="session"
    )
    try:
        return form.read_seeds(text), []
    except StudioError as error:
        st.markdown(f":red[:material/error: {error}]")
        return [0], [str(error)]


def choose_protocol(catalog: dict[str, Any]) -> str:
    """How students are trained."""
    protocols = {item["name"]: item for item in catalog.get("protocols") or []}
    protocol = _pick("protocol", "How students are trained", ["auto", *protocols])
    st.caption(protocols[protocol].get("about", "") if protocol in protocols else "The method's own protocol.")
    return protocol


def choose_networks(catalog: dict[str, Any]) -> dict[str, Any]:
    """Teacher, student, device, number of students, draws of their control, epochs."""
    with st.expander("Networks, students and device", icon=":material/tune:"), st.grid(min_column_width=230):
        networks = ["auto", *(item["name"] for item in catalog.get("networks") or [])]
        free = {name: _pick(name, name.capitalize(), networks, free=True) for name in ("teacher", "student")}
        free["device"] = _pick("device", "Device", ["auto", *studio.executor().devices()])
        for field in catalog.get("job") or []:
            if field["name"] in ("students", "draws", "epochs"):
                free[field["name"]] = knobs.draw(field, f"new.{field['name']}")
    return free


def check(job: dict[str, Any], seed: int) -> list[str]:
    """The engine's sentence about a job that cannot work, if it has one."""
    try:
        ask(**job, seed=seed)
    except StudioError as error:
        return [str(error)]
    return []


def _pick(name: str, label: str, options: list[str], *, free: bool = False) -> str:
    key = f"new.{name}"
    present = st.session_state.setdefault(key, "auto") or "auto"
    st.session_state[key] = present
    return st.selectbox(
        label,
        [*options, *([present] if present not in options else [])],
        key=key,
        accept_new_options=free,
        help="`auto` takes what fits the data." + (" Options are typed: `convnet:width=64`." if free else ""),
        persist_state="session",
    )


def cost(method: dict[str, Any], settings: dict[str, Any], job: dict[str, Any], runs: int) -> None:
    """Seconds, memory and disk, from a trial of a few steps that the warm worker makes when asked."""
    mark = form.fingerprint(method["name"], settings, job)
    if st.button("What will it cost?", icon=":material/timer:", key="new.cost", help="A trial of a few steps."):
        st.session_state["new.trial"] = mark
    if st.session_state.get("new.trial") != mark:
        return
    reply = studio.answer("trial", method=method["name"], settings=settings, job={**job, "seed": 0})
    if reply is None:
        st.caption(":material/hourglass_top: A few steps are being tried …")
    elif reply.get("error"):
        st.markdown(f":red[:material/error: {reply['error']}]")
    else:
        parts = [f"≈ {draw.duration(reply['seconds'] * runs)} on this machine" if reply.get("seconds") else ""]
        parts += [f"{draw.size(reply['disk'] * runs)} on disk" if reply.get("disk") else ""]
        parts += [f"{draw.size(reply['memory'])} of memory" if reply.get("memory") else ""]
        st.markdown(":material/timer: " + " · ".join(part for part in parts if part))
