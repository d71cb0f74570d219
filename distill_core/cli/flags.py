"""Flags made from fields: every setting of a method and every value of a job is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from ..errors import BadSetting, nearest
from ..fields import Field, Plain, Values, candidates, named, short_names
from ..method import Method, Preset
from ..part import fields_of
from ..spec import number


def split(words: Sequence[str], models: Sequence[type[BaseModel]], owner: str) -> list[Values]:
    """`["--rho", "0.015", "--space.lr-img=0.1", "--no-mix"]` → one dict of values per model, by path.

    A flag is a field's path, or its short name where only one field has it. Values stay text where the field can read text
    itself; the models check them. Raises `BadSetting` for an unknown or ambiguous flag (with the nearest one), a missing
    value, or a word that belongs to no flag.
    """
    found: list[Values] = [{} for _ in models]
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise BadSetting(f"{word!r} belongs to no flag. Write --name value.")
        flag, equals, value = word[2:].partition("=")
        where, fields, turned_off = _field(flag.replace("-", "_"), models, owner)
        name, plain = fields[0]["name"], fields[0]["type"] == "bool"
        if len({one["name"] for one in fields}) > 1:
            name = flag.replace("-", "_")  # the other settings say which one is meant
        if turned_off:
            found[where][name] = False
        elif equals:
            found[where][name] = _value(value, fields[0])
        elif plain and (not rest or rest[0].startswith("--")):
            found[where][name] = True
        elif not rest:
            raise BadSetting(f"--{flag} needs a value.")
        else:
            found[where][name] = _value(rest.pop(0), fields[0])
    return found


def _field(name: str, models: Sequence[type[BaseModel]], owner: str) -> tuple[int, list[Field], bool]:
    """The model and the fields that a flag may mean, and whether it turns a switch off; a full path comes first."""
    own = [[one for one in fields_of(model) if one["name"] != "moves"] for model in models]
    for where, known in enumerate(own):
        if exact := [one for one in known if one["name"] == name]:
            return where, exact, False
    for where, known in enumerate(own):
        paths = candidates(known, name)
        if paths:
            return where, [one for one in known if one["name"] in paths], False
        off = candidates(known, name.removeprefix("no_")) if name.startswith("no_") else []
        switches = [one for one in known if one["name"] in off and one["type"] == "bool"]
        if switches:
            return where, switches, True
    names = [short for known in own for short in short_names(known)]
    guess = nearest(name, names).replace('"', "").replace("Did you mean ", "Did you mean --").replace("_", "-")
    flag = name.replace("_", "-")
    raise BadSetting(f"{owner} has no flag --{flag}.{guess} `distill-studio methods {owner}` lists them.")


def _value(text: str, field: Field) -> Plain:
    """Text, except for a choice among numbers or truths."""
    if field["type"] == "choice" and text not in field["choices"] and number(text) in field["choices"]:
        return number(text)
    return text


def over(method: type[Method], preset: Mapping[str, object], given: Mapping[str, object]) -> Values:
    """A preset's settings with those that were given over them, by path."""
    known = fields_of(method)
    return {**named(known, preset), **named(known, {**named(known, preset), **given})}


def preset_of(method: type[Method], title: str) -> Preset:
    """The preset with this title, however it is capitalized; no title is the empty preset."""
    if not title:
        return Preset("")
    known = {one.title.lower(): one for one in method.card.presets}
    if title.lower() not in known:
        titles = [one.title for one in method.card.presets]
        listed = ", ".join(f'"{one}"' for one in titles) or "none"
        raise BadSetting(f"{method.card.name} has no preset {title!r}.{nearest(title, list(known))} It has: {listed}.")
    return known[title.lower()]
