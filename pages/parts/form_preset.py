"""A new run's preset: named settings, those that fit the chosen data in sight, the others behind a button."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from distill_core.fields import complete, named

from . import form, knobs, standing


def choose(method: dict[str, Any], data: str, catalog: dict[str, Any]) -> None:
    """Choosing one puts its values into the controls and the job; the data set stays as it is."""
    known = {one["title"]: one for one in method.get("presets") or []}
    if not known:
        return
    prefix = f"new.{method['name']}"
    key = f"{prefix}!preset"
    _begin(method, prefix, key)
    chosen = known.get(st.session_state.get(key) or "")
    needs = {title: needed(one, data, catalog) for title, one in known.items()}
    fitting = [title for title, need in needs.items() if not need or (chosen and title == chosen["title"])]
    others = {title: need for title, need in needs.items() if title not in fitting}
    if fitting:
        st.pills(
            "Preset",
            fitting,
            key=key,
            on_change=_apply,
            args=(method, prefix),
            persist_state="session",
            format_func=standing.preset_said,
            help="A named set of values. Change whatever you like afterwards.",
        )
    if chosen:
        st.caption(" · ".join(filter(None, said(method, chosen, needs[chosen["title"]]))))
    if others:
        _others(method, prefix, others)


def _begin(method: dict[str, Any], prefix: str, key: str) -> None:
    """A preset that is the method's own values is what a form begins with: it is marked."""
    own = next((one["title"] for one in method["presets"] if not one.get("settings") and not one.get("job")), None)
    if own and key not in st.session_state and not changed(method, {}):
        st.session_state[key] = own


def _others(method: dict[str, Any], prefix: str, needs: Mapping[str, str]) -> None:
    """The presets that were made for other data, each with what it needs."""
    with st.popover("Presets for other data", icon=":material/more_horiz:", type="tertiary"):
        st.caption("Their values can be tried on your data too: the data set stays as you chose it.")
        for title, need in needs.items():
            words, args = standing.preset_said(title), (method, prefix, title)
            with st.container(gap=None):
                st.button(words, key=f"{prefix}!preset={title}", type="tertiary", on_click=_take, args=args)
                st.caption(need)


def said(method: dict[str, Any], preset: Mapping[str, Any], need: str) -> list[str]:
    """Of the chosen preset: whose values, what it was made for, and how many values were changed since."""
    many = changed(method, preset.get("settings") or {})
    return [
        f":orange[{need}]" if need else "",
        f"Values: {preset['source']}" if preset.get("source") else "",
        f":orange[●] {many} value{'s' if many > 1 else ''} changed since" if many else "",
    ]


def changed(method: dict[str, Any], settings: Mapping[str, Any]) -> int:
    """How many of the method's values in the form are not those that these settings would put there."""
    fields = method["fields"]
    now, then = knobs.read(fields, f"new.{method['name']}"), complete(fields, named(fields, settings))
    return sum(now.get(name) != then.get(name) for name in now.keys() | then.keys())


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
    known = re.match(r"(CIFAR|Tiny-ImageNet|ImageNet-1K)", title)
    if known and known[1].lower() not in chosen:
        return f"needs {known[1]}, or its recipe on your data"
    wide = re.search(r"a (\d+)-pixel generator", title)
    return f"needs images of {wide[1]} pixels" if wide else ""


def _take(method: dict[str, Any], prefix: str, title: str) -> None:
    st.session_state[f"{prefix}!preset"] = title
    _apply(method, prefix)


def _apply(method: dict[str, Any], prefix: str) -> None:
    title = st.session_state.get(f"{prefix}!preset")
    preset = next((one for one in method["presets"] if one["title"] == title), None)
    if preset:
        knobs.seed(method["fields"], prefix, preset.get("settings") or {}, anew=True)
        form.apply_job(preset.get("job") or {})
