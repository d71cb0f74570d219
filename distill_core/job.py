"""What every method is asked: plain values, the same for all of them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .errors import BadSetting, nearest
from .spec import SPECS, parse


class Move(BaseModel):
    """A live knob moved while a run worked: from `step` of `stage` on, `name` has `value`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    stage: str
    step: int
    name: str
    value: float


class Job(BaseModel):
    """The same job and the same seed give every method the same starting images, so that methods can be laid side by side.

    Specs are spelled the one way, so that jobs which ask for the same are equal whatever the order of their options.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str = Field("digits", title="Data set", description="A real data set by name, with options: `digits:size=8`.")
    ipc: int = Field(1, ge=1, le=10_000, title="Images per class", description="How many images each class keeps.")
    seed: int = Field(0, ge=0, le=2**31 - 1, title="Seed", description="Start of every random draw of the run.")
    device: str = Field(
        "auto", title="Device", description="`auto`, `cpu`, `cuda` or `cuda:1`.", json_schema_extra={"auto": "auto"}
    )
    teacher: str = Field(
        "auto",
        title="Teacher",
        description="The network that is inverted or labels: `convnet:width=64`.",
        json_schema_extra={"auto": "auto"},
    )
    student: str = Field(
        "auto",
        title="Student",
        description="The network that is trained on the synthetic set.",
        json_schema_extra={"auto": "auto"},
    )
    protocol: str = Field(
        "auto",
        title="Protocol",
        description="How students are trained; `auto` is the method's own.",
        json_schema_extra={"auto": "auto"},
    )
    students: int = Field(
        3, ge=0, le=100, title="Students", description="How many students are trained; 0 skips the scores."
    )
    draws: int = Field(
        0,
        ge=0,
        le=100,
        title="Control draws",
        description="How many draws of random real images stand beside the set; 0 takes 5, or 3 where a teacher labels every "
        "image in many views.",
        json_schema_extra={"auto": 0},
    )
    epochs: int = Field(
        0,
        ge=0,
        le=100_000,
        title="Student epochs",
        description="0 takes the protocol's own number.",
        json_schema_extra={"auto": 0},
    )
    moves: tuple[Move, ...] = Field((), title="Moves", description="Live knobs that were moved, and when.")

    @field_validator(*SPECS)
    @classmethod
    def _one_spelling(cls, spec: str) -> str:
        return str(parse(spec))


def explain(error: ValidationError, known: list[str] | None = None) -> BadSetting:
    """Turn pydantic's report into one sentence per field: what was given, what is wanted."""
    sentences = []
    for one in error.errors(include_url=False):
        name = _path(one["loc"], known or []) or "settings"
        if one["type"] == "extra_forbidden":
            sentences.append(f"There is no setting called {name!r}.{nearest(name, known or [])}")
        else:
            wanted = one["msg"][:1].lower() + one["msg"][1:]
            sentences.append(f"{name}={one['input']!r} cannot work: {wanted}.")
    return BadSetting(" ".join(sentences))


def _path(place: tuple[int | str, ...], known: list[str]) -> str:
    """Where a value stands, without the kinds of parts that pydantic names on the way: `recover.adjustment.reach.rho`."""
    words = [str(word) for word in place]
    fits = [one for one in known if words and one.split(".")[-1] == words[-1] and _within(one.split("."), words)]
    return max(fits, key=len, default=words[0] if words else "")


def _within(few: list[str], many: list[str]) -> bool:
    """Whether the words come among the many in this order."""
    left = iter(many)
    return all(word in left for word in few)


def ask(**values: object) -> Job:
    """A `Job` from plain values; raises `BadSetting` with a sentence instead of a pydantic report."""
    try:
        return Job(**values)
    except ValidationError as error:
        raise explain(error, list(Job.model_fields)) from None
