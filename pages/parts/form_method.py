"""A new run's method: which one, why not, and whose settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
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


def choose_preset(method: dict[str, Any], data: str, catalog: dict[str, Any]) -> None:
    """Named settings, those that fit the data first; choosing one puts its values into the controls and the job."""
    known = method.get("presets") or []
    if not known:
        return
    needs = {one["title"]: needed(one, data, catalog) for one in known}
    presets = {one["title"]: one for one in sorted(known, key=lambda one: bool(needs[one["title"]]))}
    prefix = f"new.{method['name']}"
    st.pills(
        "Preset",
        list(presets),
        key=f"{prefix}!preset",
        on_change=_apply,
        args=(method, prefix),
        persist_state="session",
        format_func=lambda title: f"({needs[title]}) {title}" if needs.get(title) else title,
        help="A named set of values, those for the chosen data first. Change whatever you like afterwards.",
    )
    chosen = presets.get(st.session_state.get(f"{prefix}!preset") or "")
    if chosen and chosen.get("source"):
        st.caption(f"Values: {chosen['source']}")


def needed(preset: Mapping[str, Any], data: str, catalog: dict[str, Any]) -> str:
    """`needs CIFAR-10`: what a preset is for where that is not what is chosen; "" where it fits."""
    job, title = preset.get("job") or {}, str(preset["title"])
    titles = {one["name"]: one["title"] for one in catalog["data"]}
    wanted = job.get("data")
    if wanted:
        return "" if wanted == data.partition(":")[0] else f"needs {titles.get(wanted, wanted)}"
    if "torchvision" in str(job.get("teacher", "")):
        return "needs weights of torchvision"
    chosen = titles.get(data.partition(":")[0], data).lower()
    named = re.match(r"(CIFAR|Tiny-ImageNet|ImageNet-1K)", title)
    if named and named[1].lower() not in chosen:
        return f"needs {named[1]}, or its recipe on your data"
    wide = re.search(r"a (\d+)-pixel generator", title)
    return f"needs images of {wide[1]} pixels" if wide else ""


def _apply(method: dict[str, Any], prefix: str) -> None:
    title = st.session_state.get(f"{prefix}!preset")
    preset = next((one for one in method["presets"] if one["title"] == title), None)
    if preset:
        knobs.seed(method["fields"], prefix, preset.get("settings") or {}, anew=True)
        form.apply_job(preset.get("job") or {})


def asked(method: dict[str, Any], settings: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    """What the engine says of this choice: why not, what to know before, what is in force where a value is left to it; nothing
    while it thinks."""
    return studio.answer("why_not", method=method["name"], settings=settings, job=job) or {}


def why_not(reply: dict[str, Any]) -> list[str]:
    """The engine's reason why this method cannot do this job, if it has one by now; what it warns of is said at once."""
    if caution := reply.get("caution"):
        st.markdown(f":orange[:material/warning: {studio.escape(str(caution))}]")
    reason = reply.get("reason") or reply.get("error")
    return [str(reason)] if reason else []
