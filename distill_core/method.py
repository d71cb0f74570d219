"""The contract: a method is a generator that yields what can be seen and returns the synthetic set.

    class RandomReal(Method):
        card = Card(name="random", title="Random real images", ...)

        def distill(self, job):
            real = load(job.data)
            yield Images(...)
            return SyntheticSet(...)

A method *is* its settings: its fields are its hyper-parameters, and controls, flags, saved settings and errors come from them.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .axis import Axis
from .errors import BadSetting
from .events import Event, StageStarted
from .job import Job, explain
from .where import within

if TYPE_CHECKING:
    from .results import SyntheticSet

T = TypeVar("T")
Stream = Generator[Event, None, T]


@dataclass(frozen=True)
class Preset:
    """Named settings. `settings` are the method's fields, `job` what it suggests for the job; `source` says whose values."""

    title: str
    settings: dict[str, Any] = field(default_factory=dict)
    job: dict[str, Any] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class Ablation:
    """A question about the method that a sweep answers. `published` names the published choice, one label per axis."""

    title: str
    axes: tuple[Axis, ...]
    question: str
    published: tuple[str, ...] = ()
    source: str = ""  # where the published choice was read


@dataclass(frozen=True)
class Beside:
    """Another way to do the same job that says something when it is laid beside this one, with the same settings but these."""

    title: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    method: str = ""  # "" for this one


@dataclass(frozen=True)
class Card:
    """What a menu needs to know of a method."""

    name: str  # the short name people say: "dwa"
    title: str  # spelled out: "Directed weight adjustment"
    idea: str  # one plain sentence
    family: str  # "selection", "distribution matching", "statistics matching", …
    paper: str  # "Du et al., NeurIPS 2024, arXiv 2409.17612"
    url: str = ""
    learns: str = ""  # what is optimised
    matches: str = ""  # what is matched
    labels: str = ""  # hard, soft, on the fly
    departures: tuple[str, ...] = ()  # where ours differs from the paper or its released code
    presets: tuple[Preset, ...] = ()
    ablations: tuple[Ablation, ...] = ()
    beside: tuple[Beside, ...] = ()


def knob(
    default: Any,
    title: str,
    help: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    gt: float | None = None,
    live: bool = False,
    advanced: bool = False,
    scale: Literal["linear", "log"] = "linear",
    source: str = "",
) -> Any:
    """A field of a method. `live` knobs act at the next step of a run that is working; the others on the next run."""
    extra = {"live": live, "advanced": advanced, "scale": scale, "source": source}
    bounds = {name: bound for name, bound in (("ge", ge), ("le", le), ("gt", gt)) if bound is not None}
    return Field(default, title=title, description=help, json_schema_extra=extra, **bounds)  # type: ignore[call-overload]


def again(of: type[BaseModel], name: str, default: Any, *, source: str = "", advanced: bool | None = None) -> Any:
    """The field `name` of a shared base with another default: what a relative does differently, in one line."""
    known = of.model_fields[name]
    extra = dict(known.json_schema_extra) if isinstance(known.json_schema_extra, dict) else {}
    changed = {"source": source or extra.get("source"), "advanced": advanced}
    field = copy.copy(known)
    field.default, field.json_schema_extra = default, extra | {k: v for k, v in changed.items() if v is not None}
    return field


class Method(BaseModel):
    """Base of every method. Concrete classes are final: wrap or compose, do not subclass them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    card: ClassVar[Card]

    def distill(self, job: Job) -> Stream[SyntheticSet]:
        """Yield events, return the synthetic set."""
        raise NotImplementedError

    def why_not(self, job: Job) -> str | None:
        """Why this method cannot do this job, as a sentence with a way out, or None."""
        return None

    @classmethod
    def build(cls, settings: dict[str, Any]) -> Method:
        """The method with these settings; raises `BadSetting` with a sentence."""
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise explain(error, list(cls.model_fields)) from None

    def moved(self, **values: Any) -> Method:
        """A copy with live knobs moved; raises `BadSetting` when a knob is not live or its value cannot work."""
        for name in values:
            known = type(self).model_fields.get(name)
            extra = known.json_schema_extra if known else None
            if not isinstance(extra, dict) or not extra.get("live"):
                live = [n for n, f in type(self).model_fields.items() if (f.json_schema_extra or {}).get("live")]  # type: ignore[union-attr]
                raise BadSetting(
                    f"{name!r} cannot be moved while the run works. Live knobs: {', '.join(live) or 'none'}."
                )
        return self.build({**self.model_dump(), **values})


def drained(stream: Stream[T]) -> T:
    """What a stream returns; what it yields is not looked at."""
    while True:
        try:
            next(stream)
        except StopIteration as end:
            return end.value


def stage(name: str, stream: Stream[T], steps: int = 0, part: int = 0, parts: int = 1) -> Stream[T]:
    """Announce a part of the run, then run it: `teacher = yield from stage("squeeze", self.squeeze(job))`."""
    yield StageStarted(name, steps, part, parts)
    with within(name, part):
        return (yield from stream)
