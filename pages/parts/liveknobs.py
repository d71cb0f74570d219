"""Live knobs: settings that may be moved while a run works. They act at the next step and are kept with the run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.errors import StudioError
from distill_core.fields import Field, Plain, Values, active, path_of
from distill_core.record.folder import RunFolder

from . import feed, knobs, runbar, studio

POINTS = 40  # places on a logarithmic slider


def panel(folder: RunFolder, asked: dict[str, Any], state: dict[str, Any]) -> None:
    """Sliders for what may be moved now, beside what they move; a sentence before and nothing after the images are made."""
    found = _known(asked) if _listens(state) else None
    if found is None:
        return
    fields, settings = found
    live = [one for one in fields if one.get("live")]
    if not live:
        return
    with st.container(border=True):
        st.markdown("**Move while it works**")
        moved = {path_of(fields, name, settings): value for name, value in folder.control()["knobs"].items()}
        with st.grid(min_column_width=220, gap="medium"):
            for one in live:
                at = in_force(one, moved.get(one["name"], settings[one["name"]]), state)
                if at is None:
                    st.caption(
                        f"**{one['title']}**: the method's own; it can be moved as soon as the run has said which."
                    )
                else:
                    slider(folder, one, at)
        titles = {one["name"]: one["title"] for one in fields}
        said = ", ".join(f"{titles.get(name, name)} = {value:g}" for name, value in moved.items())
        st.caption(
            f"Moved: {said}, each from the next step on." if moved else "Acts at the next step; ◆ on the timeline."
        )


def others(folder: RunFolder, asked: dict[str, Any], state: dict[str, Any]) -> None:
    """What cannot be moved any more, and the way to start again with other settings."""
    if state.get("imported"):
        st.caption(
            "Nothing was distilled here, so there is no setting to move. Students of other networks and labels: see Transfer."
        )
        return
    found = _known(asked)
    if found is None:
        return
    fields, settings = found
    live = [one for one in fields if one.get("live")]
    with st.expander("The settings of this run", icon=":material/tune:"):
        if live:
            names = ", ".join(one["title"] for one in live)
            st.caption(f"While images are learned these can be moved: {names}. The others apply to the next run.")
        else:
            st.caption("This method has no setting that can be moved while it works.")
        _rest(folder, settings, fields)


def _known(asked: dict[str, Any]) -> tuple[list[Field], Values] | None:
    """The fields that mean something in this run and its settings; None, with a sentence, where the catalog has no such method."""
    try:
        entry = shelf.method(runbar.catalog(), asked["method"])
        settings = shelf.settings(entry, asked["settings"])
    except StudioError as error:
        st.caption(studio.escape(str(error)))
        return None
    return active(entry["fields"], settings), settings


def _listens(state: dict[str, Any]) -> bool:
    """Whether a moved knob would still act: the run works, and its images are not made yet."""
    return state.get("state") in ("running", "paused", "queued") and state.get("stage") != "evaluate"


def in_force(field: Field, value: Plain, state: Mapping[str, Any]) -> float | None:
    """Where a knob stands: what the run says is in force where the setting is left to the method; None before it has said so."""
    if "auto" in field and value == field["auto"]:
        value = (state.get("in_force") or {}).get(field["name"])
    return float(value) if isinstance(value, (int, float)) else None


def stops(field: Field, value: float) -> list[float]:
    """Places of a logarithmic slider: a hundredth to a hundred times the default (of the value in force where that is the
    method's own), in bounds, the value among them."""
    left = "auto" in field and field["default"] == field["auto"]
    middle = value if left and value else float(field["default"]) or value or 1.0
    low, high = middle / 100, middle * 100
    if field.get("minimum") is not None:
        low = max(low, float(field["minimum"]))
    if field.get("maximum") is not None:
        high = min(high, float(field["maximum"]))
    low = min(x for x in (low, value, middle) if x > 0) if low <= 0 else min(low, value if value > 0 else low)
    high = max(high, value, low * 10)
    grid = {float(f"{low * (high / low) ** (i / POINTS):.2g}") for i in range(POINTS + 1)}
    if field.get("minimum") == 0 and not field.get("exclusive_minimum") and "auto" not in field:
        grid.add(0.0)  # where 0 leaves it to the method, 0 is no place to stand at
    inside = {x for x in grid if low * 0.999 <= x <= high * 1.001 or x == 0.0}
    return sorted({*inside, value, *([] if left else [float(field["default"])])})


def slider(folder: RunFolder, field: Field, value: float) -> None:
    """One knob; moving it writes to the run's control file."""
    key, label = f"_live.{folder.id}.{field['name']}", field.get("title") or field["name"]
    common: dict[str, Any] = {
        "key": key,
        "help": field.get("help") or None,
        "on_change": _move,
        "args": (folder, field["name"], key, value),
    }
    low, high = field.get("minimum"), field.get("maximum")
    if field.get("scale") == "log" or low is None or high is None or not math.isfinite(float(high) - float(low)):
        st.select_slider(label, stops(field, value), value=value, format_func=lambda x: f"{x:g}", **common)
    else:
        st.slider(
            label, float(low), float(high), value=value, step=(float(high) - float(low)) / 100, format="%g", **common
        )


def _move(folder: RunFolder, name: str, key: str, before: float) -> None:
    if float(st.session_state[key]) == before:
        return  # Streamlit also calls when a slider leaves the page; nothing was moved
    if not _listens(feed.state_of(folder)):
        return  # the page is older than the run; it is drawn anew now, and says so
    folder.steer(knobs={name: float(st.session_state[key])})


def _said(field: Field, value: Plain, force: Mapping[str, object]) -> str:
    """A setting's value, with what was in force where it was left to the method."""
    left = "auto" in field and value == field["auto"]
    return knobs.automatic(field, force) if left else knobs.number(value)


def _rest(folder: RunFolder, settings: Values, fields: list[Field]) -> None:
    force = feed.state_of(folder).get("in_force") or {}
    rows = {
        "setting": [one.get("title") or one["name"] for one in fields],
        "value": [
            knobs.spoken(settings[one["name"]]) if one.get("part") else _said(one, settings[one["name"]], force)
            for one in fields
        ],
        "what it does": [one.get("help") or "" for one in fields],
    }
    st.dataframe(rows, hide_index=True, height="content")
    if st.button("Start again with these", icon=":material/replay:", key="_again"):
        st.switch_page(studio.NEW, query_params={"from": folder.id})
