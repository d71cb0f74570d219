"""What a set says of itself beside its tensors, looked at before it is believed: the header of a file, the card of any other form."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, NonNegativeInt, PositiveFloat, ValidationError

from ..errors import BadRecord

Plain = dict[str, Any]  # values that JSON has
M = TypeVar("M", bound=BaseModel)


def _is_number(given: object) -> object:
    """Numbers as numbers, not as texts that read like some."""
    if isinstance(given, (str, bool)):
        raise ValueError("a number was wanted")
    return given


Real = Annotated[float, BeforeValidator(_is_number)]
Deviation = Annotated[PositiveFloat, BeforeValidator(_is_number)]
Count = Annotated[NonNegativeInt, BeforeValidator(_is_number)]
Name = Annotated[str, Field(coerce_numbers_to_str=True)]


class Brought(BaseModel):
    """What was said when a set was brought in."""

    model_config = ConfigDict(frozen=True, extra="allow")
    notes: tuple[str, ...] = ()


class About(BaseModel):
    """Where a set comes from: the part of it that is read by name."""

    model_config = ConfigDict(frozen=True, extra="allow")
    method: str = ""
    settings: Plain = {}
    job: Plain = {}
    data: str = ""
    fingerprint: str = ""
    brought: Brought = Brought()


class Header(BaseModel):
    """What a file says beside its tensors, and the card of every other form; more that it says is left alone."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)
    format: Count = 1
    kind: str = "pictures"  # format 1 knew no other
    classes: tuple[Name, ...] = Field(min_length=1)
    mean: tuple[Real, ...]
    std: tuple[Deviation, ...]
    stages: tuple[Count, ...] = ()
    protocol: str = "hard"
    teacher: str = ""
    about: About = About()
    dial: Plain = {}
    stored_bytes: Count = 0
    packed: Annotated[Count, Field(ge=1)] = 1


def believed(model: type[M], said: object, name: str) -> M:
    """What a file says, once it has been looked at; `BadRecord` with the first thing that is wrong: what was given, what was wanted.

    Args:
        name: of what says it, for the sentence.
    """
    try:
        return model.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at, given = ".".join(map(str, first["loc"])) or "all of it", first["input"]
        wanted = first["msg"].removeprefix("Value error, ")
        missing = first["type"] == "missing"
        what = f"{at} is missing" if missing else f"{at} is {_short(given)}, and {wanted[:1].lower()}{wanted[1:]}"
        raise BadRecord(f"{name} is damaged: {what}. Export the set again, or mend it there.") from None


def _short(given: object) -> str:
    said = repr(given)
    return said if len(said) <= 60 else f"{said[:60]} …"
