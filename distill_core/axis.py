"""The axes of a sweep and how they are written: `rho=0.005,0.015`, seeds `0-2`.

An axis is a title and its cases: a label, and the fields (of the method or of the job) that this case sets. Most axes move
one field; a case may also set several at once ("coupled", "decoupled").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import BadSetting, nearest
from .fields import Field, Plain, Values, candidates, resolve, short_names
from .spec import number

SEEDS_MOST = 50
FIXED = {
    "seed": "seeds are given beside the axes",
    "device": "it changes nothing that is computed",
    "moves": "it is a log",
}


@dataclass(frozen=True)
class Axis:
    """A direction of a sweep: `cases` maps a label to the values of the fields that it sets."""

    title: str
    cases: dict[str, Values]

    @property
    def field(self) -> str:
        """The one field that this axis moves, or "" where its cases set several."""
        names = {name for case in self.cases.values() for name in case}
        plain = all(list(map(spell, case.values())) == [label] for label, case in self.cases.items())
        return names.pop() if len(names) == 1 and plain else ""


def along(field: str, *values: Plain, title: str = "") -> Axis:
    """An axis that moves one field: `along("rho", 0.005, 0.015, title="ρ")`."""
    return Axis(title or field, {spell(value): {field: value} for value in values})


def spell(value: Plain) -> str:
    """A value as its label: `0.015`, `12`, `yes`, `convnet:width=64`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def typed(field: Field, text: str) -> Plain:
    """What was typed, in the type of a field of the catalog; left as text where it is none, for the engine to refuse."""
    read = number(text)
    if field["type"] == "bool":
        return {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}.get(
            text.lower(), text
        )
    if field["type"] == "choice":
        return read if read in field["choices"] and text not in field["choices"] else text
    if field["type"] == "text" or isinstance(read, str):
        return text
    if field["type"] == "int":
        return int(read) if read == read and abs(read) != float("inf") and int(read) == read else text
    return float(read)


def read_values(text: str, field: Field) -> Axis:
    """`"0.005, 0.015"` → the axis of one field. Values that hold commas are parted by semicolons.

    Raises `BadSetting` where nothing is given.
    """
    parts = [part.strip() for part in text.split(";" if ";" in text else ",")]
    values = [typed(field, part) for part in parts if part]
    if not values:
        raise BadSetting(f"{field['name']} has no value on its axis. Write some, parted by commas: {_example(field)}.")
    return along(field["name"], *values, title=field.get("title") or field["name"])


def _example(field: Field) -> str:
    return ", ".join(map(spell, field["choices"])) if field.get("choices") else spell(field["default"])


def read_axis(text: str, fields: Iterable[Field]) -> Axis:
    """`"rho=0.005,0.015"` → an axis; `fields` are those of the method and then of the job, from the catalog."""
    name, equals, values = text.partition("=")
    name = name.strip().lstrip("-").replace("-", "_")
    if not equals:
        raise BadSetting(f"{text!r} is no axis. Write a field and its values: rho=0.005,0.015.")
    return read_values(values, field_named(name, fields))


def field_named(name: str, fields: Iterable[Field]) -> Field:
    """The catalog's entry of a field that can be an axis, by path or short name; `BadSetting` with the nearest one."""
    if name in FIXED:
        raise BadSetting(f"{name} cannot be an axis: {FIXED[name]}.")
    known = list(fields)
    if not candidates(known, name):
        offered = [one for one in short_names(known) if one not in FIXED]
        raise BadSetting(f"There is no field called {name!r}.{nearest(name, offered)} There are: {', '.join(offered)}.")
    path = resolve(known, name, {})
    return next(one for one in known if one["name"] == path)


def read_seeds(text: str) -> list[int]:
    """`"0"`, `"0-2"`, `"0, 3, 7"` → seeds; raises `BadSetting` with a sentence."""
    seeds: list[int] = []
    for part in re.split(r"[,\s]+", text.strip()):
        found = re.fullmatch(r"(\d{1,10})(?:-(\d{1,10}))?", part)
        if not found:
            raise BadSetting(f"seeds={text!r} cannot be read at {part!r}. Write 0, or 0-2, or 0, 3, 7.")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first or last - first >= SEEDS_MOST or last >= 2**31:
            raise BadSetting(
                f"seeds={text!r} cannot work at {part!r}. A range goes up and holds at most {SEEDS_MOST} seeds."
            )
        seeds += [one for one in range(first, last + 1) if one not in seeds]
    if len(seeds) > SEEDS_MOST:
        raise BadSetting(f"seeds={text!r} asks for {len(seeds)} runs. At most {SEEDS_MOST} can be started at once.")
    return seeds
