"""Flags made from fields: every setting of a method and every value of a job is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from ..errors import BadSetting, nearest
from ..method import Method, Preset
from ..spec import number


def split(words: Sequence[str], models: Sequence[type[BaseModel]], owner: str) -> list[dict[str, Any]]:
    """`["--rho", "0.015", "--lr-img=0.1", "--no-mix"]` → one dict of values per model, by field name.

    Values stay text where the field can read text itself; the models check them. Raises `BadSetting` for an unknown flag (with
    the nearest one), a missing value, or a word that belongs to no flag.
    """
    found: list[dict[str, Any]] = [{} for _ in models]
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise BadSetting(f"{word!r} belongs to no flag. Write --name value.")
        flag, equals, value = word[2:].partition("=")
        name, where, turned_off = _field(flag.replace("-", "_"), models, owner)
        annotation = models[where].model_fields[name].annotation
        if turned_off:
            found[where][name] = False
        elif equals:
            found[where][name] = _value(value, annotation)
        elif annotation is bool and (not rest or rest[0].startswith("--")):
            found[where][name] = True
        elif not rest:
            raise BadSetting(f"--{flag} needs a value.")
        else:
            found[where][name] = _value(rest.pop(0), annotation)
    return found


def _field(name: str, models: Sequence[type[BaseModel]], owner: str) -> tuple[str, int, bool]:
    for where, model in enumerate(models):
        if name in model.model_fields and name != "moves":
            return name, where, False
        if (
            name.startswith("no_")
            and name[3:] in model.model_fields
            and model.model_fields[name[3:]].annotation is bool
        ):
            return name[3:], where, True
    known = [one for model in models for one in model.model_fields if one != "moves"]
    guess = nearest(name, known).replace('"', "").replace("Did you mean ", "Did you mean --").replace("_", "-")
    flag = name.replace("_", "-")
    raise BadSetting(f"{owner} has no flag --{flag}.{guess} `distill-studio methods {owner}` lists them.")


def _value(text: str, annotation: Any) -> Any:
    """Text, except for a choice among numbers or truths."""
    if get_origin(annotation) is Literal:
        choices = get_args(annotation)
        if text not in choices and number(text) in choices:
            return number(text)
    return text


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
