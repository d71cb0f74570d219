"""The contract: a method is a generator that yields what can be seen and returns the result.

    class RandomReal(Method):
        card = Card(name="random", title="Random real images", ...)

        def distill(self, job):
            real = load(job.data)
            yield Images(...)
            return Pictures(...)

A method *is* its settings: its fields are its parts and its own hyper-parameters, and controls, flags, saved settings and
errors come from them. What is said about it (idea, departures, presets, ablations, sources) is a card: data beside the code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from pydantic import ValidationError

from . import fields
from .axis import Axis, along
from .errors import BadSetting
from .events import Event, StageStarted
from .fields import Plain
from .job import Job, explain
from .part import Offering, fields_of, settings_of
from .where import within

if TYPE_CHECKING:
    from .results import Result

T = TypeVar("T")
Stream = Generator[Event, None, T]


@dataclass(frozen=True)
class Preset:
    """Named settings. `settings` are the method's fields, `job` what it suggests for the job; `source` says whose values."""

    title: str
    settings: Mapping[str, object] = field(default_factory=dict)
    job: Mapping[str, Plain] = field(default_factory=dict)
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
    changes: Mapping[str, object] = field(default_factory=dict)
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
    stages: tuple[str, ...] = ()  # that come before students are trained, in their order; settings may leave some out
    by_rule: bool = False  # chooses by a rule and not by chance: every seed gives the same set
    descends: Mapping[str, str] = field(default_factory=dict)  # method → what this one does differently
    departures: tuple[str, ...] = ()  # where ours differs from the paper or its released code
    presets: tuple[Preset, ...] = ()
    ablations: tuple[Ablation, ...] = ()
    beside: tuple[Beside, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)  # field → whose value the default is

    @classmethod
    def of(cls, file: str) -> Card:
        """The card that lies beside a Python file as TOML: `card = Card.of(__file__)` in `dwa.py` reads `dwa.toml`.

        Raises `BadSetting` where it lacks something or says something that a card has no place for.
        """
        path = Path(file).with_suffix(".toml")
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        try:
            return cls(
                **{
                    "name": path.stem,
                    **said,
                    "stages": tuple(said.get("stages", ())),
                    "departures": tuple(said.get("departures", ())),
                    "presets": tuple(Preset(**one) for one in said.get("presets", ())),
                    "ablations": tuple(_ablation(one) for one in said.get("ablations", ())),
                    "beside": tuple(Beside(**one) for one in said.get("beside", ())),
                }
            )
        except TypeError as error:
            raise BadSetting(f"{path.name} is no card of a method: {error}.") from None


def _ablation(said: dict[str, object]) -> Ablation:
    axes = tuple(_axis(**one) for one in said["axes"])  # type: ignore[attr-defined]
    return Ablation(**{**said, "axes": axes, "published": tuple(said.get("published", ()))})  # type: ignore[arg-type, call-overload]


def _axis(
    title: str, field: str = "", values: list[Plain] | None = None, cases: dict[str, dict[str, Plain]] | None = None
) -> Axis:
    return Axis(title, cases) if cases else along(field, *(values or ()), title=title)


class Method(Offering):
    """Base of every method. Concrete classes are final: wrap or compose, do not subclass them."""

    card: ClassVar[Card]

    def distill(self, job: Job) -> Stream[Result]:
        """Yield events, return the result."""
        raise NotImplementedError

    def model_post_init(self, _: object, /) -> None:
        self._placed("")

    @classmethod
    def build(cls, settings: Mapping[str, object], *, saved: bool = False) -> Self:
        """The method with these settings, nested, dotted or by short names; raises `BadSetting` with a sentence.

        Args:
            saved: they are those of a run that is there, perhaps of an earlier version; see `fields.read`.
        """
        known = fields_of(cls)
        full = fields.read(known, settings, saved=saved)
        try:
            return cls.model_validate(fields.nest(known, full))
        except ValidationError as error:
            raise explain(error, [one["name"] for one in known]) from None

    def plain(self) -> dict[str, object]:
        """The settings as a run keeps them: nested as the parts are, plain values."""
        return fields.nest(fields_of(type(self)), settings_of(self))

    def moved(self, moves: Mapping[str, float]) -> Self:
        """A copy with live knobs moved, by path or short name.

        Raises `BadSetting` when a knob is not live or its value cannot work.
        """
        known, full = fields_of(type(self)), settings_of(self)
        for name, value in moves.items():
            path = fields.resolve(known, name, full)
            one = fields.field_at(known, path, full)
            if one is None or not one["live"]:
                live = [fields.short(known, f["name"]) for f in fields.active(known, full) if f["live"]]
                raise BadSetting(
                    f"{name!r} cannot be moved while the run works. Live knobs: {', '.join(live) or 'none'}."
                )
            full[path] = value
        return self.build(fields.nest(known, full))


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
