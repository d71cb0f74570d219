"""A method's or a job's fields as controls: drawn from the catalog's field schema, checked with the engine's sentences.

A field is one of `distill_core.fields`: its name is its path among the parts of the method. Shown are the fields of the parts
that are chosen and of no other. Values live in the session under `<prefix>.<name>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

import streamlit as st
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic import Field as limited

from distill_core.fields import Field, Plain, Values, active, complete, named
from distill_core.job import explain

from . import terms

TYPES: dict[str, type] = {"int": int, "float": float, "bool": bool, "text": str}
BESIDES = "Besides"  # what the fields that belong to no larger part are called
WORDS = {"siamese": "alike on both sides"}  # choices whose own word says too little
WIDE = 200  # an int with more values than this is typed, not slid


def seed(fields: list[Field], prefix: str, values: Mapping[str, object], *, anew: bool = False) -> None:
    """Put values into the session where there are none yet (or `anew` over what is there); the rest is the default."""
    if anew:
        for name in _there(fields, prefix):
            del st.session_state[f"{prefix}.{name}"]
    given: Values = {**named(fields, values), **_there(fields, prefix)}
    for field in active(fields, given):
        key = f"{prefix}.{field['name']}"
        if key not in st.session_state:
            st.session_state[key] = held(field, fit(field, given.get(field["name"], field.get("default"))))


def _there(fields: Iterable[Field], prefix: str) -> Values:
    """What the session holds of these fields."""
    keys = {f"{prefix}.{field['name']}": field for field in fields}
    return {one["name"]: meant(one, st.session_state[key]) for key, one in keys.items() if key in st.session_state}


def held(field: Mapping[str, Any], value: Any) -> Any:
    """What a control holds for a value: nothing where a number is left to the method, so that no 0 is read as a number."""
    return None if field["type"] in ("int", "float") and "auto" in field and value == field["auto"] else value


def meant(field: Mapping[str, Any], value: Any) -> Any:
    """The value that a control means: what leaves it to the method where it is empty."""
    return field["auto"] if value is None and "auto" in field else value


def read(fields: list[Field], prefix: str) -> Values:
    """What the form stands at, before it is drawn."""
    seed(fields, prefix, {})
    return complete(fields, _there(fields, prefix))


def automatic(field: Mapping[str, Any], force: Mapping[str, object]) -> str:
    """`auto = 0.01`; `auto` where what is in force is not known (yet)."""
    now = force.get(field["name"])
    return "auto" if now is None else f"auto = {number(now)}"


def number(value: object) -> str:
    """A value as people read it: `0.0001`, `1,000`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def shown(fields: list[Field], prefix: str) -> list[Field]:
    """The fields of the parts that are chosen in the session."""
    return active(fields, _there(fields, prefix))


def fit(field: Mapping[str, Any], value: Any) -> Any:
    """The value in the type that the control wants; the default where it cannot be read as that type."""
    kind = TYPES.get(field["type"])
    if value is None or kind is None:
        return value if value in (field.get("choices") or [value]) else field.get("default")
    try:
        return kind(value)
    except (TypeError, ValueError):
        return kind(field["default"])


def draw_all(
    fields: list[Field], prefix: str, force: Mapping[str, object] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Every field that means anything, part by part, advanced ones folded; what holds no value yet begins with its default.
    `force`: by path, what is in force where a field is left to the method.

    Returns the values, and a sentence about each that cannot work.
    """
    seed(fields, prefix, {})
    now = [{**one, "said": automatic(one, force or {})} if "auto" in one else one for one in shown(fields, prefix)]
    mistakes = check(fields, _there(now, prefix))
    folded = _folded(now)
    values: dict[str, Any] = {}
    for title, group in groups([one for one in now if one not in folded], fields):
        values |= _group(title, group, prefix, mistakes)
    if folded:
        wrong = any(one["name"] in mistakes for one in folded)
        changed = sum(_there([one], prefix)[one["name"]] != fit(one, one.get("default")) for one in folded)
        label = f"Advanced · {changed} changed" if changed else "Advanced"
        with st.expander(label, icon=":material/tune:", expanded=wrong):
            values |= _grid(folded, prefix, mistakes)
    return {one["name"]: values[one["name"]] for one in now}, list(mistakes.values())


def _folded(now: list[Field]) -> list[Field]:
    """The advanced fields, and those below an advanced choice: they stand beside it."""
    names = {one["name"] for one in now if one.get("advanced")}
    return [one for one in now if one["name"] in names or any(where in names for where, _ in one.get("when", ()))]


def groups(now: list[Field], fields: list[Field]) -> list[tuple[str, list[Field]]]:
    """The fields by the part at the top that they belong to, with what this part is called; lone ones together."""
    titles = {one["name"]: one["title"] for one in fields if one.get("part")}
    found: dict[str, list[Field]] = {}
    for one in now:
        found.setdefault(one["name"].partition(".")[0], []).append(one)
    many = [(titles.get(top, top.capitalize()), group) for top, group in found.items() if len(group) > 1]
    alone = [one for group in found.values() if len(group) == 1 for one in group]
    return [*many, (BESIDES if many else "", alone)] if alone else many


def rows(group: list[Field]) -> list[list[Field]]:
    """A part's fields in rows: what it says itself, every choice below it with its fields, then the choices without any."""
    heads = [one["name"] for one in group if one.get("part") and one["name"].count(".") == 1]
    below = [[one for one in group if f"{one['name']}.".startswith(f"{head}.")] for head in heads]
    own = [row for row in below if len(row) > 1]
    if not own:
        return [group]
    lone = [row[0] for row in below if len(row) == 1]
    first = [one for one in group if one not in lone and not any(one in row for row in own)]
    return [row for row in (first, *own, lone) if row]


def _group(title: str, group: list[Field], prefix: str, mistakes: Mapping[str, str]) -> dict[str, Any]:
    """A part under its name: the choice that has this name stands first and serves as the heading; lone fields are folded."""
    head, *rest = group
    if head.get("part") and head["title"] == title:
        group = [{**head, "title": f"**{title}**"}, *rest]
    elif title == BESIDES:
        wrong = any(one["name"] in mistakes for one in group)
        titles = ", ".join(one["title"].lower() for one in group)
        with st.expander(f"{BESIDES}: {titles}", icon=":material/more_horiz:", expanded=wrong):
            return _grid(group, prefix, mistakes)
    elif title:
        st.markdown(f"**{title}**")
    values: dict[str, Any] = {}
    for row in rows(group):
        values |= _grid(row, prefix, mistakes)
    return values


def _grid(fields: list[Field], prefix: str, mistakes: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    with st.grid(min_column_width=230, gap="medium"):
        for field in fields:
            with st.container(gap="xsmall"):
                values[field["name"]] = draw(field, f"{prefix}.{field['name']}")
                _below(field, prefix, mistakes.get(field["name"], ""))
    return values


def draw(field: Mapping[str, Any], key: str) -> Any:
    """The control that fits one field; its value lives in the session under `key`."""
    there = st.session_state.setdefault(key, held(field, fit(field, field.get("default"))))
    if held(field, there) is not there:  # a run or a preset says it with the number that leaves it to the method
        st.session_state[key] = held(field, there)
    return meant(field, _control(field, key))


def _control(field: Mapping[str, Any], key: str) -> Any:
    label = field.get("title") or field["name"]
    common: dict[str, Any] = {"key": key, "help": helped(field) or None, "persist_state": "session"}
    kind = field["type"]
    if kind == "bool":
        return st.toggle(label, **common)
    if kind == "choice":
        choices = list(field["choices"])
        common["format_func"] = spoken
        if field.get("part"):
            common |= {"on_change": _turned, "args": (key,)}
        if len(choices) <= 4:
            return st.segmented_control(label, choices, required=True, **common)
        return st.selectbox(label, choices, **common)
    if kind == "text":
        return st.text_input(label, placeholder=field.get("said"), **common)
    low, high = field.get("minimum"), field.get("maximum")
    if "auto" in field:
        step = 1 if kind == "int" else max(abs(float(st.session_state[key] or 0)) / 10, 1e-6)
        shape = "%d" if kind == "int" else "%g"
        return st.number_input(label, step=step, format=shape, placeholder=field.get("said", "auto"), **common)
    if kind == "int":
        if low is not None and high is not None and high - low <= WIDE:
            return st.slider(label, int(low), int(high), step=1, **common)
        return st.number_input(label, step=1, format="%d", **common)
    if low is not None and high is not None and field.get("scale") != "log" and not field.get("exclusive_minimum"):
        return st.slider(label, float(low), float(high), step=(high - low) / 100, format="%g", **common)
    step = max(abs(float(st.session_state[key] or 0)) / 10, 1e-6)
    return st.number_input(label, step=step, format="%g", **common)


def helped(field: Mapping[str, Any]) -> str:
    """What stands behind the question mark: the field's sentence, and one for each kind of a part."""
    kinds = [f"* **{spoken(kind)}**: {said}" for kind, said in (field.get("kinds") or {}).items()]
    whose = f"The value's source: {field['source']}." if field.get("source") else ""
    said = terms.helped(field.get("title") or "", field.get("help") or "")
    return "\n\n".join(filter(None, (said, "\n".join(kinds), whose)))


def remark(field: Mapping[str, Any]) -> str:
    """What of a value's source has to stand in sight: where it departs from the papers, and how; the rest is said behind the `?`."""
    source = str(field.get("source") or "")
    return source if source.startswith("ours") and source != "ours" else ""


def spoken(choice: Plain) -> str:
    """A choice as words: `all_layers` → `all layers`."""
    return WORDS.get(str(choice)) or str(choice).replace("_", " ")


def _turned(key: str) -> None:
    """Another part was chosen: its fields begin with their own defaults."""
    for one in [one for one in st.session_state if str(one).startswith(f"{key}.")]:
        del st.session_state[one]


def _below(field: Mapping[str, Any], prefix: str, mistake: str) -> None:
    """Under a control: what is wrong, whether it was changed (with the way back), whose value it is, if it is live."""
    if mistake:
        st.markdown(f":red[:material/error: {mistake}]")
    key, default = f"{prefix}.{field['name']}", fit(field, field.get("default"))
    marks = [":green[:material/bolt: live]"] if field.get("live") else []
    marks += [remark(field)] if remark(field) else []
    marks[:0] = [field["said"]] if field.get("said") and st.session_state[key] == "auto" else []
    if meant(field, st.session_state[key]) != default:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(" · ".join([":orange[●] changed", *marks]), width="content")
            label = f"Back to {field['said'] if 'said' in field and default == field['auto'] else number(default)}"
            args = (key, held(field, default))
            st.button(label, key=f"{key}!reset", type="tertiary", on_click=_reset, args=args)
    elif marks:
        st.caption(" · ".join(marks))


def _reset(key: str, default: Any) -> None:
    st.session_state[key] = default


def check(fields: list[Field], values: Mapping[str, Any]) -> dict[str, str]:
    """Field name → the engine's sentence about a value that cannot work. The engine checks again when a run starts."""
    wrong = {}
    full = complete(fields, values)
    for field in active(fields, values):
        name = field["name"]
        choices = tuple(field["choices"]) if field["type"] == "choice" else ()
        bounds = (field.get("minimum"), bool(field.get("exclusive_minimum")), field.get("maximum"))
        try:
            _model(field["type"], choices, bounds, field.get("default") is None).model_validate({"value": full[name]})
        except ValidationError as error:
            wrong[name] = str(explain(error)).replace("value=", f"{name.rpartition('.')[2]}=", 1)
    return wrong


@lru_cache(maxsize=512)
def _model(kind: str, choices: tuple, bounds: tuple[Any, bool, Any], optional: bool) -> type[BaseModel]:
    """A model with this one field, the way the engine's own model has it."""
    low, above, high = bounds
    limits = {word: bound for word, bound in (("gt" if above else "ge", low), ("le", high)) if bound is not None}
    type_: Any = Literal[choices] if choices else TYPES[kind]
    made: Any = (type_ | None if optional else type_, limited(**limits))
    return create_model("Settings", __config__=ConfigDict(allow_inf_nan=False, protected_namespaces=()), value=made)
