"""The one grammar for things chosen by name with options: `convnet:width=64,norm=batch`, `digits:size=8`.

Two texts that say the same options in another order are one `Spec`, and `str` spells it in one way. Where it is known which
options there are (`networks.resolve`), a default that is said is also the same as one that is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import BadSetting

Value = int | float | str
ZOO = "timm"  # `timm:resnet10t` is short for `timm:model=resnet10t`
SPECS = ("data", "teacher", "student")  # the fields of a job that are specs
_BEFORE_PATH = re.compile(r"(\w+=\w+(?:,\w+=\w+)*):(.+)")


@dataclass(frozen=True)
class Spec:
    """A name with options, and the key of the weights where very ones are meant (`resnet18@756ee6198d62b83a`)."""

    name: str
    pairs: tuple[tuple[str, Value], ...] = ()  # options, sorted by name
    weights: str = ""

    @classmethod
    def of(cls, name: str, options: Mapping[str, Value], weights: str = "") -> Spec:
        return cls(name, tuple(sorted((key, _plain(value)) for key, value in options.items())), weights)

    @property
    def options(self) -> dict[str, Value]:
        return dict(self.pairs)

    def __str__(self) -> str:
        """What `parse` reads as this spec; options sorted."""
        pairs = [(key, value) for key, value in self.pairs if (self.name, key) != ("folder", "path")]
        said = ",".join(f"{key}={value}" for key, value in pairs)
        if self.name == "folder":
            return f"folder:{said}{':' if said else ''}{self.options.get('path', '')}"
        if self.name == ZOO and set(self.options) == {"model"}:
            return f"{ZOO}:{self.options['model']}"
        return self.name + (f":{said}" if said else "") + (f"@{self.weights}" if self.weights else "")


def parse(text: str) -> Spec:
    """`"convnet:width=64,norm=batch"` → its `Spec`. Numbers become numbers.

    After `folder:` comes a path, with options before it: `"folder:/a/b"`, `"folder:mirror=no:/a/b"`.
    """
    name, _, rest = text.strip().partition(":")
    if name == "folder":
        return _folder(rest)
    said, _, weights = text.strip().partition("@")
    name, _, rest = said.partition(":")
    if name.strip() == ZOO and rest.strip() and "=" not in rest and "," not in rest:
        return Spec.of(ZOO, {"model": rest.strip()}, weights.strip())
    return Spec.of(name.strip(), _options(said, rest), weights.strip())


def _folder(rest: str) -> Spec:
    found = _BEFORE_PATH.fullmatch(rest)
    said, path = found.groups() if found else ("", rest)
    return Spec.of("folder", {**_options(rest, said), "path": path})


def _options(text: str, said: str) -> dict[str, Value]:
    options: dict[str, Value] = {}
    for part in filter(None, (p.strip() for p in said.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise BadSetting(f"{text!r} cannot be read at {part!r}. Write name:option=value,option=value.")
        options[key.strip()] = number(value.strip())
    return options


def respelled(values: Mapping[str, object]) -> dict[str, object]:
    """A job's values with its specs in the one spelling. What cannot be read stays: whoever works on it refuses it."""
    return {name: _respelled(value) if name in SPECS else value for name, value in values.items()}


def _respelled(value: object) -> object:
    try:
        return str(parse(str(value)))
    except BadSetting:
        return value


def number(text: str) -> Value:
    """An int, a float, or the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _plain(value: Value) -> Value:
    """16.0 is 16."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
