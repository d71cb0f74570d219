"""The settings of a method as a flat list of named fields: what forms, flags, sweeps and saved runs share. Loads no torch.

A method's settings are nested as its parts are: `{"recover": {"kind": "inversion", "adjustment": {"kind": "directed", "rho": 0.015}}}`.
Here every value has one name, its path: `recover.adjustment.reach.rho`. The choice of a part is a field as well, named by the path of
the part: `recover.adjustment` = `directed`. A field stands with the choices under which it means anything (`when`), so a form
shows the fields of the part that is chosen and of no other.

Short names serve where they are unambiguous (`rho`), and the names that a field had in earlier versions (`was`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from .errors import BadSetting, nearest

Scalar = bool | int | float | str | None
Plain = Scalar | list[Scalar]
Values = dict[str, Plain]


class Field(TypedDict):
    """One value that can be set: what a control, a flag or an axis needs to know of it."""

    name: str
    title: str
    help: str
    type: Literal["int", "float", "bool", "choice", "text"]
    default: Plain
    choices: list[Plain]
    minimum: float | None
    maximum: float | None
    exclusive_minimum: bool
    live: bool
    advanced: bool
    scale: str
    source: str
    cost: NotRequired[bool]  # it changes the time or the memory, not the result
    implied: NotRequired[bool]  # in a run of an earlier version a value other than 0 chose the part that it belongs to
    heir: NotRequired[
        list[str]
    ]  # an earlier name whose value it takes where one of the other names had the last one's value
    auto: NotRequired[Plain]  # this value leaves it to the method: what is in force then, `Part.in_force` says
    part: NotRequired[bool]  # its choices are kinds of a part
    kinds: NotRequired[dict[str, str]]  # what each kind is, in a sentence
    when: NotRequired[list[tuple[str, list[str]]]]  # the choices under which it means anything, all of them
    was: NotRequired[list[str]]  # earlier names


def is_active(field: Field, values: Mapping[str, object]) -> bool:
    """Whether a field means anything beside these choices."""
    return all(values.get(path) in kinds for path, kinds in field.get("when", ()))


def complete(fields: Iterable[Field], values: Mapping[str, Plain]) -> Values:
    """Every field that means anything, by its path: what is given, else its default. A choice stands before its fields."""
    found: Values = {}
    for field in fields:
        if is_active(field, found):
            found[field["name"]] = values.get(field["name"], field["default"])
    return found


def active(fields: Iterable[Field], values: Mapping[str, Plain]) -> list[Field]:
    """The fields that mean anything beside these values, in order; each name once."""
    fields = list(fields)
    full = complete(fields, values)
    return [field for field in fields if is_active(field, full)]


def read(fields: Sequence[Field], given: Mapping[str, object], *, saved: bool = False) -> Values:
    """Complete settings by path, from what a person or a file says: nested, dotted, short or earlier names.

    Args:
        saved: the values are those of a run: flat ones of earlier versions name every field, also those of parts that were
            not chosen, which meant nothing and are left out.

    Raises:
        BadSetting: an unknown or ambiguous name, or a value of a part that is not chosen, with the way out.
    """
    said = flat(given)
    named = _resolved(fields, _inherited(fields, said) if saved else said, saved)
    values = {path: value for path, (value, _) in named.items()}
    if saved:
        values = {**_implied(fields, named), **values}
    full = complete(fields, values)
    for path, (_, name) in named.items():
        if path not in full and not (saved and "." not in name):
            raise BadSetting(belongs(fields, path, full))
    return full


def named(fields: Sequence[Field], given: Mapping[str, object]) -> Values:
    """What is given, by path, nothing filled in: what a preset changes."""
    return {path: value for path, (value, _) in _resolved(fields, flat(given), False).items()}


def resolve(fields: Sequence[Field], name: str, values: Mapping[str, Plain] | None = None) -> str:
    """The path that a name means: itself, the only field that ends in it, or the one that had it before.

    Args:
        values: where several fields end in the name, the one that means something beside these is meant.
    """
    found = candidates(fields, name)
    if len(found) > 1 and values is not None:
        found = [field["name"] for field in active(fields, values) if field["name"] in found] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise BadSetting(f"{name!r} is the name of several settings: {', '.join(found)}. Write one of them in full.")
    raise BadSetting(f"There is no setting called {name!r}.{nearest(name, short_names(fields))}")


def path_of(fields: Sequence[Field], name: str, values: Mapping[str, Plain] | None = None) -> str:
    """As `resolve`; the name itself where it means nothing here."""
    try:
        return resolve(fields, name, values)
    except BadSetting:
        return name


def candidates(fields: Iterable[Field], name: str) -> list[str]:
    """The paths that a name may mean; one where it is a path itself."""
    return _meant(_ways(fields), name)


def short_names(fields: Sequence[Field]) -> list[str]:
    """The shortest unambiguous name of every field, in order."""
    return list(dict.fromkeys(short(fields, field["name"]) for field in fields))


def short(fields: Iterable[Field], path: str, taken: Container[str] = ()) -> str:
    """The shortest end of a path that no other field has: `rho`, `objective.view`; none of the names that are `taken`."""
    words = path.split(".")
    others = {field["name"] for field in fields} - {path}
    for start in range(len(words) - 1, 0, -1):
        end = ".".join(words[start:])
        if end not in others and end not in taken and not any(other.endswith("." + end) for other in others):
            return end
    return path


def field_at(fields: Iterable[Field], path: str, values: Mapping[str, Plain]) -> Field | None:
    """The field of a path beside these complete values."""
    return next((field for field in fields if field["name"] == path and is_active(field, values)), None)


def belongs(fields: Sequence[Field], path: str, values: Values) -> str:
    """Why a value means nothing beside the others, and what would give it a meaning."""
    ways = [field["when"] for field in fields if field["name"] == path and "when" in field]
    for where, kinds in ways[0]:
        if values.get(where) not in kinds:
            listed = " or ".join(kinds)
            return (
                f"{path} means nothing here: it belongs to {where}={listed}, and {where} is {values.get(where)}. "
                f"Choose {where}={kinds[0]} too, or leave it out."
            )
    return f"{path} means nothing beside the other settings. Leave it out."


def nest(fields: Sequence[Field], values: Mapping[str, Plain]) -> dict[str, object]:
    """Flat values as the nested ones that a method is built from and a run is saved with."""
    chosen = {field["name"] for field in fields if field.get("part")}
    root: dict[str, object] = {}
    for path, value in values.items():
        *place, last = [*path.split("."), "kind"] if path in chosen else path.split(".")
        at = root
        for word in place:
            at = at.setdefault(word, {})  # type: ignore[assignment]
        at[last] = value
    return root


def flat(given: Mapping[str, object], prefix: str = "") -> Values:
    """Nested values by path; a part's `kind` is the value at the part's own path."""
    found: Values = {}
    for name, value in given.items():
        path = prefix.rstrip(".") if name == "kind" and prefix else prefix + name
        if isinstance(value, Mapping):
            found |= flat(value, path + ".")
        else:
            found[path] = value  # type: ignore[assignment]
    return found


def _ways(fields: Iterable[Field]) -> dict[str, list[str]]:
    """Every way to say a name → the paths that it may mean, in order: an end of a path, the path with _, an earlier name."""
    found: dict[str, dict[str, None]] = {}
    for field in fields:
        words = field["name"].split(".")
        ends = [".".join(words[start:]) for start in range(len(words))]
        for way in (*ends, "_".join(words), *field.get("was", ())):
            found.setdefault(way, {})[field["name"]] = None
    return {way: list(paths) for way, paths in found.items()}


def _meant(ways: Mapping[str, list[str]], name: str) -> list[str]:
    word = name.strip().replace("-", "_")
    paths = ways.get(word, [])
    return [word] if word in paths else list(paths)


def _resolved(fields: Sequence[Field], said: Values, saved: bool) -> dict[str, tuple[Plain, str]]:
    """Path → value and the name under which it was given: choices first, since they say which of two names is meant."""
    kinds, ways = {field["name"] for field in fields if field.get("part")}, _ways(fields)
    found: dict[str, tuple[Plain, str]] = {}
    later = []
    for name, value in said.items():
        paths = _meant(ways, name)
        if len(paths) == 1:
            found[paths[0]] = (_kind(fields, paths[0], value) if paths[0] in kinds else value, name)
        else:
            later.append(name)
    for name in later:
        chosen = {path: value for path, (value, _) in found.items()}
        meant = [field["name"] for field in active(fields, chosen) if field["name"] in _meant(ways, name)]
        if meant or not (saved and _meant(ways, name)):
            found[resolve(fields, name, chosen)] = (said[name], name)
    return found


def _inherited(fields: Iterable[Field], said: Values) -> Values:
    """Flat values of an earlier version, with those that meant another setting in this very case under its name."""
    found = dict(said)
    for field in fields:
        name, *cases, value = field.get("heir", ("", ""))
        if found.get(name) and any(found.get(case) == value for case in cases):
            found[field["name"].rpartition(".")[2]] = found.pop(name)
    return found


def _implied(fields: Sequence[Field], named: Mapping[str, tuple[Plain, str]]) -> Values:
    """The parts that flat values of an earlier version chose by not being 0."""
    chosen: Values = {}
    for field in fields:
        value, name = named.get(field["name"], (None, "."))
        if field.get("implied") and value and "." not in name:
            chosen |= {where: kinds[0] for where, kinds in field["when"]}
    return chosen


def _kind(fields: Sequence[Field], path: str, value: Plain) -> Plain:
    """What was once a switch is now the choice between two kinds."""
    choices = next(field["choices"] for field in fields if field["name"] == path)
    return choices[int(value)] if isinstance(value, bool) and len(choices) == 2 else value
