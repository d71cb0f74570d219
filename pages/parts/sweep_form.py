"""A sweep proposed: an ablation with one click or axes of one's own, what it costs, and the button that queues it.

The base (data, settings, networks) is the form of a new run: what was chosen there holds here, and the other way round.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from distill_core.axis import FIXED, Axis, read_values
from distill_core.errors import BadSetting, StudioError
from distill_core.fields import active, short
from distill_core.queue import sweeping, sweeps
from distill_core.queue.known import known_runs
from distill_core.queue.planning import cost, plan
from distill_core.queue.sweep import ASKS, Sweep, cells_in_words, spoken

from . import draw, form, form_data, form_job, form_method, form_preset, knobs, studio

OWN = "Any two fields"
NONE = "–"


def propose(catalog: dict[str, Any]) -> None:
    """The whole proposal; nothing is queued before its button is pressed."""
    form.fill(catalog)
    with st.container(border=True):
        st.subheader("Ask a question")
        method = form_method.choose(catalog)
        offered = _offer(method)
        if offered is None:
            return
        fields = _fields(method, catalog)
        axes, wrong = _axes(method["name"], fields, offered)
        one, two = st.columns(2, gap="medium", vertical_alignment="bottom")
        with one:
            seeds, more = form_job.choose_seeds()
        settings, job, other = _base(method, catalog, two)
        wrong = [*wrong, *more, *other, *form_job.check(job, seeds[0])]
        made = None
        if not wrong:
            about = {key: offered[key] for key in ("title", "question", "published") if offered.get(key)}
            try:
                made = plan(method, settings, job, axes, seeds, preset=_preset(method), **about)
            except StudioError as error:
                wrong.append(str(error))
        for sentence in dict.fromkeys(wrong):
            st.markdown(f":red[:material/error: {sentence}]")
        if made is not None:
            _confirm(made)


def _offer(method: dict[str, Any]) -> dict[str, Any] | None:
    """The ablation that was clicked, or an empty one for axes of one's own; None before any click."""
    known = {one["title"]: one for one in method.get("ablations") or []}
    title = st.pills(
        "Ablations of this method" if known else "Sweeps",
        [*known, OWN],
        key=f"sweep.{method['name']}!offer",
        on_change=_take,
        args=(method,),
        persist_state="session",
        help="One click proposes it; nothing runs before you say so.",
    )
    if title is None:
        return None
    if title in known:
        source = f" Published: {known[title]['source']}." if known[title].get("source") else ""
        st.markdown(f"**{known[title]['question']}**")
        st.caption(f"{source.strip()}")
    return known.get(title, {"title": "", "axes": []})


def _take(method: dict[str, Any]) -> None:
    """Put the ablation's axes into the editors."""
    prefix = f"sweep.{method['name']}"
    title = st.session_state.get(f"{prefix}!offer")
    offered = next((one for one in method.get("ablations") or [] if one["title"] == title), {"axes": []})
    for i in (0, 1):
        axis = Axis(**offered["axes"][i]) if i < len(offered["axes"]) else None
        field = axis.field if axis else (next((one["name"] for one in method["fields"]), "ipc") if i == 0 else NONE)
        st.session_state[f"{prefix}!field{i}"] = field
        st.session_state[f"{prefix}!values{i}"] = ", ".join(axis.cases) if axis and field else ""
        st.session_state[f"{prefix}!cases{i}"] = list(axis.cases) if axis and not field else []
    if not offered["axes"]:
        _usual({one["name"]: one for one in method["fields"]}, prefix, 0)
    if st.session_state.get("new.seeds", "0") == "0":
        st.session_state["new.seeds"] = "0-2"  # one seed says nothing about the spread
    st.session_state["sweep.yes"] = False


def _fields(method: dict[str, Any], catalog: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What can be an axis: fields of the method, then of the job, by name."""
    known: dict[str, dict[str, Any]] = {}
    for one in [*method["fields"], *(catalog.get("job") or [])]:
        if one["name"] not in FIXED:
            known.setdefault(one["name"], one)
    return known


def _axes(method: str, fields: dict[str, dict[str, Any]], offered: dict[str, Any]) -> tuple[list[Axis], list[str]]:
    """One or two axes as they are edited, and sentences about what cannot be read."""
    axes, wrong, prefix = list[Axis](), list[str](), f"sweep.{method}"
    for i, column in enumerate(st.columns(2, gap="medium")):
        with column:
            given = Axis(**offered["axes"][i]) if i < len(offered["axes"]) else None
            try:
                axis = (
                    _cases(given, f"{prefix}!cases{i}")
                    if given and not given.field
                    else _along(fields, prefix, i, given)
                )
            except BadSetting as error:
                wrong.append(str(error))
            else:
                axes += [axis] if axis else []
    return axes, wrong


def _cases(given: Axis, key: str) -> Axis:
    """Cases that set several fields each: any of them can be left out."""
    st.session_state.setdefault(key, list(given.cases))
    wanted = st.multiselect(given.title, list(given.cases), key=key, persist_state="session")
    said = [f"{label}: " + ", ".join(f"{k} = {v}" for k, v in given.cases[label].items()) for label in wanted]
    st.caption(" · ".join(said))
    if not wanted:
        raise BadSetting(f"No case of {given.title!r} is left. Choose at least one.")
    return Axis(given.title, {label: given.cases[label] for label in given.cases if label in wanted})


def _along(fields: dict[str, dict[str, Any]], prefix: str, i: int, given: Axis | None) -> Axis | None:
    """A field and its values, typed; while it is the ablation's field it keeps the ablation's name."""
    options = [*([NONE] if i else []), *fields]
    key, label = f"{prefix}!field{i}", "And" if i else "Vary"
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    known = list(fields.values())
    titles = {name: f"{one.get('title') or name} ({short(known, name)})" for name, one in fields.items()}
    name = st.selectbox(
        label, options, key=key, format_func=lambda one: titles.get(one, "nothing else"), persist_state="session",
        on_change=_usual, args=(fields, prefix, i),
    )  # fmt: skip
    if name == NONE:
        return None
    values = st.text_input(
        "Values",
        key=f"{prefix}!values{i}",
        persist_state="session",
        placeholder="parted by commas",
        help=f"{fields[name].get('help', '')} Values with a comma inside are parted by semicolons.",
    )
    axis = read_values(values, fields[name])
    return replace(axis, title=given.title) if given and given.field == name else axis


def _usual(fields: dict[str, dict[str, Any]], prefix: str, i: int) -> None:
    """A field was chosen: all its choices, or nothing, since only its user knows what values are worth a run."""
    field = fields.get(st.session_state[f"{prefix}!field{i}"], {})
    choices = ["yes", "no"] if field.get("type") == "bool" else field.get("choices") or []
    st.session_state[f"{prefix}!values{i}"] = ", ".join(map(str, choices))


def _base(
    method: dict[str, Any], catalog: dict[str, Any], column: Any
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """All that stays the same: the form of a new run, folded."""
    prefix = f"new.{method['name']}"
    folded = st.expander("What stays the same in all cells", icon=":material/tune:")
    with folded:
        one, two = st.columns(2, gap="medium")
        with one:
            data, _ = form_data.choose_data(catalog)
            ipc = form_data.choose_ipc()
        with two:
            protocol = form_job.choose_protocol(catalog)
            form_preset.choose(method, data, catalog)
        free = form_job.choose_networks(catalog)
        settings, wrong = knobs.draw_all(method["fields"], prefix)
    job = {"data": data, "ipc": ipc, "protocol": protocol, **free}
    known = active(method["fields"], settings)
    changed = [one["name"] for one in known if settings[one["name"]] != knobs.fit(one, one.get("default"))]
    titles = {one["name"]: one["title"] for one in known}
    words = [f"{titles[name]} {knobs.number(settings[name])}" for name in changed]
    said = [data, f"{ipc} per class", f"{job.get('students')} students", *words]
    column.caption(":material/tune: The same in all cells: " + " · ".join(map(studio.escape, map(str, said))))
    return settings, job, wrong


def _preset(method: dict[str, Any]) -> str:
    return st.session_state.get(f"new.{method['name']}!preset") or ""


# ── before it starts ────────────────────────────────────────────────────────────────────────────────────────────────────


def _confirm(made: Sweep) -> None:
    """How many runs, what is there already, what the rest costs, and the button."""
    reply = studio.answer("check_sweep", plan=made.model_dump(mode="json"))
    there = len(known_runs(studio.home(), made))
    left = len(made) - there
    found = f" **{there:,}** of them are there already and are not repeated." if there else ""
    st.markdown(f":material/grid_on: {cells_in_words(made)}.{found}")
    reason = (reply or {}).get("reason") or (reply or {}).get("error")
    if reason:
        st.markdown(f":red[:material/error: {reason}]")
        return
    if reply is None:
        st.caption(":material/hourglass_top: The engine looks at every cell …")
        return
    if any(one.id == made.id and one.state == "going" for one in sweeps.list_sweeps(studio.home())):
        st.button("It is under way: show it", icon=":material/play_circle:", on_click=_choose, args=(made.id,))
        return
    said = _cost(made, left) if left else "nothing has to be computed"
    agreed = left <= ASKS
    if not agreed:
        label = f"Yes, queue {left:,} runs ({said or 'cost not known yet'})."
        agreed = st.checkbox(label, key="sweep.yes")
    word = f"Queue {spoken(left, 'run')}" if left else "Show"
    st.button(
        word,
        type="primary",
        icon=":material/play_arrow:",
        key="sweep.start",
        disabled=not agreed or (left > 0 and not said),
        on_click=_start,
        args=(made,),
    )
    if problem := st.session_state.pop("sweep.problem", ""):
        st.error(problem, icon=":material/error:")


def _cost(made: Sweep, left: int) -> str:
    """What the runs that are left cost, from a trial of the cell with the largest numbers; "" while it is being tried."""
    cell = made.dearest()
    reply = studio.answer("trial", method=made.method, settings=cell.settings, job={**cell.job, "seed": 0})
    if reply is None:
        st.caption(f":material/hourglass_top: A few steps of “{made.words(cell)}” are being tried, for the cost …")
        return ""
    if reply.get("error"):
        st.markdown(f":red[:material/error: {reply['error']}]")
        return ""
    at_once = len(sweeping.devices(studio.home(), made))
    sum_ = cost(reply, left, at_once)
    least = "" if reply.get("complete", True) else "more than "
    said = f"{least}≈ {draw.duration(sum_['seconds'])}, {draw.size(sum_['disk'])} on disk"
    each = f"{left:,} × {draw.duration(reply['seconds'])}" + (f" on {at_once} devices" if at_once > 1 else "")
    st.markdown(f":material/timer: {said} ({each}, as tried for “{made.words(cell)}”)")
    return said


def _choose(sweep: str) -> None:
    st.session_state["sweep"] = sweep


def _start(made: Sweep) -> None:
    try:
        st.session_state["sweep"] = sweeping.start(studio.home(), made).id
    except (StudioError, OSError) as error:
        st.session_state["sweep.problem"] = str(error)
    st.session_state["sweep.yes"] = False
