"""Parts: the choices that papers differ in, each with its own settings and the code that acts on them.

    class DirectedShift(Part):
        kind: Literal["directed"] = "directed"
        rho: float = knob(0.015, "ρ", "Length of the shift of the teacher's weights.", ge=0, le=1)

        def shifted(self, ...): ...

    AnyAdjustment = Annotated[AsItIs | DirectedShift, choice("Weight adjustment", "None, or the directed one.")]

A method has parts; a form shows the fields of the part that is chosen; an ablation is another part or another value in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import cache
from inspect import getdoc
from types import UnionType
from typing import Annotated, ClassVar, Literal, Self, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, JsonValue, PrivateAttr
from pydantic import Field as pydantic_field
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from .fields import Field, Plain, Scalar, complete, flat
from .job import Job

P = TypeVar("P", bound="Part")


def knob(
    default: object,
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
    cost: bool = False,
    auto: Plain = None,
    implied: bool = False,
    heir: Sequence[str] = (),
    was: str | Sequence[str] = (),
):  # type: ignore[no-untyped-def]  # the type is the field's own
    """A field of a method or part.

    Args:
        live: it may be moved while a run works, and acts at the next step; the others act on the next run.
        cost: it changes the time or the memory, not the result.
        source: whose value the default is.
        auto: the value (0, −1, "auto" or "") that leaves it to the method; `Part.left` says what is in force then.
        implied: in a run of an earlier version, where the field stood alone, a value other than 0 chose this part.
        heir: an earlier name, other earlier names, a value: it takes the first one's value where another had that value.
        was: names that it had in earlier versions.
    """
    extra: JsonDict = {"live": live, "advanced": advanced, "scale": scale, "source": source, "was": _names(was)}
    extra |= {"cost": cost, "implied": implied, "heir": _names(heir)}
    extra |= {} if auto is None else {"auto": auto}  # type: ignore[dict-item]
    bounds = {name: bound for name, bound in (("ge", ge), ("le", le), ("gt", gt)) if bound is not None}
    return pydantic_field(default, title=title, description=help, json_schema_extra=extra, **bounds)  # type: ignore[call-overload]


def again(of: type[Part], name: str, default: object, source: str = ""):  # type: ignore[no-untyped-def]
    """The field `name` of another part with another default, and perhaps another source of it: what a relative does differently, in
    one line."""
    field = copy(of.model_fields[name])
    field.default = default
    if source:
        assert isinstance(field.json_schema_extra, dict), "every knob says its source there"
        field.json_schema_extra = {**field.json_schema_extra, "source": source}
    return field


def choice(
    title: str, help: str, *, source: str = "", advanced: bool = False, was: str | Sequence[str] = ()
) -> FieldInfo:
    """What a form says of the choice between kinds of a part: `Annotated[Roll | Crop, choice("View", "…")]`."""
    extra: JsonDict = {"source": source, "advanced": advanced, "was": _names(was)}
    return pydantic_field(discriminator="kind", title=title, description=help, json_schema_extra=extra)


def _names(was: str | Sequence[str]) -> list[JsonValue]:
    return [was] if isinstance(was, str) else list(was)


class Part(BaseModel):
    """Base of every part (and of every method): frozen settings. `path` says where it stands in its method."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True, revalidate_instances="always"
    )
    _path: str = PrivateAttr("")

    @property
    def path(self) -> str:
        """`recover.adjustment`; "" for a method, and for a part that stands alone."""
        return self._path

    def why_not(self, job: Job) -> str | None:
        """Why this cannot do this job, as a sentence with a way out, or None. Asks the parts."""
        return next((reason for one in self.parts().values() if (reason := one.why_not(job))), None)

    def caution(self, job: Job) -> str | None:
        """What somebody should know before this job is started, which can be done all the same; or None. Asks the parts."""
        return next((said for one in self.parts().values() if (said := one.caution(job))), None)

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        """What its own settings stand for in this job where they are left to it, by name; words where that is no one number. What
        is not known before the run has no entry. `whole` is the method that it is in."""
        return {}

    def in_force(self, job: Job, whole: Part | None = None) -> dict[str, Plain]:
        """By path, what is in force here and below where a setting has its `auto` value."""
        whole, below = whole or self, f"{self._path}." if self._path else ""
        autos = {name: _auto(info) for name, info in type(self).model_fields.items()}
        own = self.left(job, whole) if any(one is not None for one in autos.values()) else {}
        found = {below + name: value for name, value in own.items() if getattr(self, name) == autos[name]}
        for one in self.parts().values():
            found |= one.in_force(job, whole)
        return found

    def parts(self) -> dict[str, Part]:
        """The parts by field name."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: one for name, one in found.items() if isinstance(one, Part)}

    def at(self, path: str) -> Part:
        """The part at a path below this one; "" is this one."""
        part = self
        for word in filter(None, path.split(".")):
            part = part.parts()[word]
        return part

    def moved_by(self, moves: Mapping[str, float]) -> Self:
        """A copy with those of the moves (path → value) that lie in it."""
        below = f"{self._path}." if self._path else ""
        mine = {path[len(below) :]: value for path, value in moves.items() if path.startswith(below)}
        if not mine:
            return self
        values = self.model_dump()
        for path, value in mine.items():
            *place, last = path.split(".")
            at = values
            for word in place:
                at = at.get(word, {})
            if last in at:  # a part that stands alone is given moves of a method that it is not in
                at[last] = value
        return type(self).model_validate(values)._placed(self._path)

    def _placed(self, path: str) -> Self:
        """Tell it and the parts below where they stand."""
        self._path = path
        for name, one in self.parts().items():
            one._placed(f"{path}.{name}" if path else name)
        return self


def kinds_of(annotation: object) -> tuple[type[Part], ...]:
    """The part classes among which a field chooses; () for a plain field."""
    if get_origin(annotation) is Annotated:
        return kinds_of(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(one for member in get_args(annotation) for one in kinds_of(member))
    return (annotation,) if isinstance(annotation, type) and issubclass(annotation, Part) else ()


def kind_of(part: Part | type[Part]) -> str:
    """The name by which a kind is chosen."""
    kind = part if isinstance(part, type) else type(part)
    return str(kind.model_fields["kind"].default)


class Offering(Part):
    """A part or method that offers kinds with defaults of its own: `offers = {"objective": (Gradients(outer=1),)}`."""

    offers: ClassVar[Mapping[str, tuple[Part, ...]]] = {}


@cache
def fields_of(kind: type[BaseModel]) -> tuple[Field, ...]:
    """The settings of a method, study or job as a flat list; see `fields.py`. A choice stands before its fields."""
    found = list(_walk(kind(), "", ()))
    return tuple(_merged(found))


def settings_of(part: Part) -> dict[str, Plain]:
    """The settings by path, complete."""
    return complete(fields_of(type(part)), flat(part.model_dump(mode="json")))


def _walk(model: BaseModel, prefix: str, when: tuple[tuple[str, list[str]], ...]) -> Iterator[Field]:
    offers = model.offers if isinstance(model, Offering) else {}
    for name, info in type(model).model_fields.items():
        if name == "kind":
            continue
        path, value, kinds = prefix + name, getattr(model, name), kinds_of(info.annotation)
        if not kinds:
            yield entry(path, info, value, when)
            continue
        if len(kinds) > 1:
            yield _choice(path, info, kind_of(value), kinds, when)
        for one in kinds:
            offered = next((part for part in (value, *offers.get(name, ())) if type(part) is one), None) or one()
            below = (*when, (path, [kind_of(one)])) if len(kinds) > 1 else when
            yield from _walk(offered, path + ".", below)


def _choice(
    path: str, info: FieldInfo, default: str, kinds: tuple[type[Part], ...], when: tuple[tuple[str, list[str]], ...]
) -> Field:
    made, names = entry(path, info, default, when), [kind_of(one) for one in kinds]
    said = {name: getdoc(one).partition("\n\n")[0] for name, one in zip(names, kinds, strict=True)}  # type: ignore[union-attr]
    return {**made, "type": "choice", "choices": list(names), "part": True, "kinds": said}


def entry(path: str, info: FieldInfo, value: object, when: tuple[tuple[str, list[str]], ...] = ()) -> Field:
    """One field as a form needs it: type, default, bounds, and what `knob` says of it."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    kind, choices = _type(info.annotation)
    bounds: dict[str, float] = {}
    for one in info.metadata:
        bounds |= {word: getattr(one, word) for word in ("ge", "gt", "le") if getattr(one, word, None) is not None}
    made: Field = {
        "name": path,
        "title": info.title or path,
        "help": info.description or "",
        "type": kind,
        "choices": choices,
        "default": _plain(value),
        "minimum": bounds.get("gt", bounds.get("ge")),
        "maximum": bounds.get("le"),
        "exclusive_minimum": "gt" in bounds,
        "live": bool(extra.get("live")),
        "advanced": bool(extra.get("advanced")),
        "scale": str(extra.get("scale") or "linear"),
        "source": str(extra.get("source") or ""),
    }
    for mark in ("cost", "implied"):
        if extra.get(mark):
            made[mark] = True  # type: ignore[literal-required]
    if "auto" in extra:
        made["auto"] = _plain(extra["auto"])
    if extra.get("heir"):
        made["heir"] = [str(one) for one in extra["heir"]]  # type: ignore[union-attr]
    if extra.get("was"):
        made["was"] = [str(one) for one in extra["was"]]  # type: ignore[union-attr]
    if when:
        made["when"] = [(where, list(kinds)) for where, kinds in when]
    return made


def _auto(info: FieldInfo) -> Plain:
    """The value that leaves a setting to its method; None where it has none."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return _plain(extra["auto"]) if "auto" in extra else None


def _plain(value: object) -> Plain:
    """A default as a form and a file hold it."""
    if isinstance(value, tuple):
        return [one for one in value if isinstance(one, Scalar)]
    return value if isinstance(value, Scalar) else str(value)


def _type(annotation: object) -> tuple[Literal["int", "float", "bool", "choice", "text"], list[Plain]]:
    """The kind of control that fits a type."""
    if get_origin(annotation) is Literal:
        return "choice", list(get_args(annotation))
    for kind in (bool, int, float):
        if annotation is kind or kind in get_args(annotation):
            return kind.__name__, []  # type: ignore[return-value]
    return "text", []


def _merged(found: list[Field]) -> Iterator[Field]:
    """Fields that several kinds share alike are one, under any of these kinds."""
    kept: list[Field] = []
    for field in found:
        found_at = next(((one, at) for one in kept if (at := _apart(one, field)) is not None), None)
        if found_at is None:
            kept.append(field)
        else:
            twin, at = found_at
            twin["when"][at][1].extend(field["when"][at][1])
    return iter(kept)


def _apart(one: Field, other: Field) -> int | None:
    """The one choice in which two fields that are alike otherwise stand under different kinds, by its place; None where they
    differ in more."""
    if "when" not in one or "when" not in other or one["name"] != other["name"]:
        return None
    same = [[(k, v) for k, v in field.items() if k != "when"] for field in (one, other)]
    if same[0] != same[1] or [path for path, _ in one["when"]] != [path for path, _ in other["when"]]:
        return None
    places = [at for at, (a, b) in enumerate(zip(one["when"], other["when"], strict=True)) if a != b]
    return places[0] if len(places) == 1 else None
