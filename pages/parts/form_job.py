"""A new run's job: images per class, seeds, students, networks, and what it will cost on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from distill_core.errors import StudioError
from distill_core.job import ask

from . import form, knobs, studio

PICKED = ("teacher", "student", "protocol", "device")
NUMBERS = ("students", "draws", "epochs")


def now(catalog: dict[str, Any], data: str, ipc: int | str) -> dict[str, Any]:
    """The job as the form stands at it, without its seed, before it is drawn."""
    picked = {name: st.session_state.get(f"new.{name}") or "auto" for name in PICKED}
    counted = [one for one in catalog.get("job") or [] if one["name"] in NUMBERS]
    return {"data": data, "ipc": ipc, **picked, **knobs.read(counted, "new")}


def choose(
    catalog: dict[str, Any], data: str, ipc: int | str, force: Mapping[str, object]
) -> tuple[dict[str, Any], list[int], list[str]]:
    """The job without its seed, the seeds, and sentences about what cannot work. `force`: what is in force where a value is left
    to the method, by name."""
    one, two = st.columns(2, gap="medium")
    with one:
        seeds, wrong = choose_seeds()
    with two:
        protocol = choose_protocol(catalog, force)
    job = {"data": data, "ipc": ipc, "protocol": protocol, **choose_networks(catalog, force)}
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


def choose_protocol(catalog: dict[str, Any], force: Mapping[str, object] = {}) -> str:
    """How students are trained."""
    protocols = {item["name"]: item for item in catalog.get("protocols") or []}
    titles = {name: item.get("title") or name for name, item in protocols.items()}
    own = str(force.get("protocol", ""))
    said = {"auto": f"auto = {titles.get(own, own)}" if own else "auto", **titles}
    protocol = _pick("protocol", "How students are trained", ["auto", *protocols], said)
    meant = own if protocol == "auto" else protocol
    st.caption(protocols[meant].get("about", "") if meant in protocols else "The method's own protocol.")
    return protocol


def choose_networks(catalog: dict[str, Any], force: Mapping[str, object] = {}) -> dict[str, Any]:
    """Teacher, student, device, number of students, draws of their control, epochs."""
    with st.expander("Networks, students and device", icon=":material/tune:"), st.grid(min_column_width=230):
        networks = ["auto", *(item["name"] for item in catalog.get("networks") or [])]
        said = {name: {"auto": knobs.automatic({"name": name}, force)} for name in PICKED}
        free = {name: _pick(name, name.capitalize(), networks, said[name], True) for name in ("teacher", "student")}
        free["device"] = _pick("device", "Device", ["auto", *studio.executor().devices()], said["device"])
        for field in catalog.get("job") or []:
            if field["name"] in NUMBERS:
                told = {**field, "said": knobs.automatic(field, force)} if "auto" in field else field
                free[field["name"]] = knobs.draw(told, f"new.{field['name']}")
    return free


def check(job: dict[str, Any], seed: int) -> list[str]:
    """The engine's sentence about a job that cannot work, if it has one."""
    try:
        ask(**job, seed=seed)
    except StudioError as error:
        return [str(error)]
    return []


def _pick(name: str, label: str, options: list[str], said: Mapping[str, str], free: bool = False) -> str:
    """One of the options, as `said` has it in words; any other text where it is `free`."""
    key = f"new.{name}"
    present = st.session_state.setdefault(key, "auto") or "auto"
    st.session_state[key] = present
    return st.selectbox(
        label,
        [*options, *([present] if present not in options else [])],
        key=key,
        accept_new_options=free,
        format_func=lambda one: said.get(one, one),
        help="`auto` takes what fits the data." + (" Options are typed: `convnet:width=64`." if free else ""),
        persist_state="session",
    )
