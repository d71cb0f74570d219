"""A new run's form as a whole: filled from a link or a run, its seeds, and the same thing as a command line.

Choices live in the session under `new.*`, so that leaving the page loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.axis import read_seeds
from distill_core.errors import BadSetting, StudioError, nearest
from distill_core.record.command import command
from distill_core.record.folder import RunFolder
from distill_core.spec import parse

from . import knobs, studio

__all__ = ["apply_job", "command", "fill", "fingerprint", "read_seeds"]


def fill(catalog: dict[str, Any]) -> None:
    """Fill the form from the link: `?from=RUN` takes everything, `?method=` and `?data=` one choice; once per link."""
    link = {key: st.query_params.get(key, "") for key in ("from", "method", "data")}
    if link == st.session_state.get("new.link"):
        return
    st.session_state["new.link"] = link
    if link["from"]:
        _fill_from_run(catalog, link["from"])
    methods = [one["name"] for one in catalog["methods"]]
    if link["method"] in methods:
        st.session_state["new.method"] = link["method"]
    elif link["method"]:
        st.warning(f"There is no method called {link['method']!r}.{nearest(link['method'], methods)}")
    if link["data"]:
        _fill_data(catalog, link["data"])


def _fill_from_run(catalog: dict[str, Any], run: str) -> None:
    try:
        folder = RunFolder.find(studio.home(), run)
        asked, brought = folder.request(), folder.state().get("imported")
    except StudioError as error:
        st.warning(f"The form could not be filled from that run. {error}")
        return
    if brought:
        st.warning(
            f"Run {run!r} was brought in and not distilled here, so it has no settings to take over. Choose a method below."
        )
        return
    method = next((one for one in catalog["methods"] if one["name"] == asked["method"]), None)
    if method is None:
        gone = f"lies in {file}, and that file is not there" if (file := asked.get("file")) else "is not installed here"
        st.warning(f"Run {run!r} used the method {asked['method']!r}, which {gone}. The run itself can be watched.")
        return
    st.session_state["new.method"] = method["name"]
    try:
        settings = shelf.settings(method, asked["settings"])
    except BadSetting as error:
        st.warning(
            studio.escape(f"The settings of that run could not be taken over; these are the method's own. {error}")
        )
        settings = {}
    knobs.seed(method["fields"], f"new.{method['name']}", settings, anew=True)
    titles = [one["title"] for one in method.get("presets") or []]
    st.session_state[f"new.{method['name']}!preset"] = preset if (preset := asked.get("preset")) in titles else None
    apply_job(asked["job"])
    st.session_state["new.seeds"] = str(asked["job"].get("seed", 0))
    _fill_data(catalog, str(asked["job"].get("data", "")))
    st.toast(f"Filled from {asked.get('name', run)}", icon=":material/content_copy:")


def _fill_data(catalog: dict[str, Any], spec: str) -> None:
    known = [one["name"] for one in catalog["data"]]
    if spec.startswith("folder:"):
        st.session_state["new.data"] = spec
        return
    try:
        asked = parse(spec)
    except BadSetting as error:
        st.warning(str(error))
        return
    if asked.name not in known:
        st.warning(f"There is no data set called {asked.name!r}.{nearest(asked.name, known)}")
        return
    st.session_state["new.data"] = asked.name
    for option in ("size", "mirror"):
        key = f"new.{option}.{asked.name}"
        if option in asked.options:
            st.session_state[key] = asked.options[option]
        else:
            st.session_state.pop(key, None)  # the set's own, whatever was chosen before


def apply_job(values: Mapping[str, Any]) -> None:
    """Put job values (of a preset or of a run) into the form."""
    for name in ("ipc", "teacher", "student", "protocol", "device", "students", "draws", "epochs"):
        if name in values:
            st.session_state[f"new.{name}"] = values[name]


def fingerprint(*values: Any) -> str:
    """One string for a choice, to see whether an answer still belongs to it."""
    return json.dumps(values, sort_keys=True, default=str)
