"""A new run's method: which one, why not, and whose settings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from . import form, knobs, studio


def choose(catalog: dict[str, Any]) -> dict[str, Any]:
    """One method of the catalog, with its card; returns the catalog's entry."""
    methods = {one["name"]: one for one in catalog["methods"]}
    if st.session_state.get("new.method") not in methods:
        st.session_state["new.method"] = next(iter(methods))
    name = st.pills(
        "Method",
        list(methods),
        key="new.method",
        required=True,
        persist_state="session",
        label_visibility="collapsed",
    )
    method = methods[name]
    st.markdown(f"**{method['title']}.** {method['idea']}")
    link = f"[{method['paper']}]({method['url']})" if method.get("url") else method.get("paper", "")
    facts = [
        f"learns {method['learns']}" if method.get("learns") else "",
        f"labels: {method.get('labels') or 'hard'}",
        link,
    ]
    st.caption(" · ".join(part for part in facts if part))
    return method


def choose_preset(method: dict[str, Any]) -> None:
    """Named settings; choosing one puts its values into the controls and the job."""
    presets = {one["title"]: one for one in method.get("presets") or []}
    if not presets:
        return
    prefix = f"new.{method['name']}"
    st.pills(
        "Preset",
        list(presets),
        key=f"{prefix}!preset",
        on_change=_apply,
        args=(method, prefix),
        persist_state="session",
        help="A named set of values. Change whatever you like afterwards.",
    )
    chosen = presets.get(st.session_state.get(f"{prefix}!preset") or "")
    if chosen and chosen.get("source"):
        st.caption(f"Values: {chosen['source']}")


def _apply(method: dict[str, Any], prefix: str) -> None:
    title = st.session_state.get(f"{prefix}!preset")
    preset = next((one for one in method["presets"] if one["title"] == title), None)
    if preset:
        knobs.seed(method["fields"], prefix, preset.get("settings") or {}, anew=True)
        form.apply_job(preset.get("job") or {})


def why_not(method: dict[str, Any], settings: dict[str, Any], job: dict[str, Any]) -> list[str]:
    """The engine's reason why this method cannot do this job, if it has one by now; what it warns of is said at once."""
    reply = studio.answer("why_not", method=method["name"], settings=settings, job=job) or {}
    if caution := reply.get("caution"):
        st.markdown(f":orange[:material/warning: {studio.escape(str(caution))}]")
    reason = reply.get("reason") or reply.get("error")
    return [str(reason)] if reason else []
