"""Lessons as they lie in `assets/lessons`: one TOML file each, read and checked here and nowhere else.

A step is *show · ask · guess · say · click · beware · light*. Runs are called by the names of `recordings.toml`, the one place that
says which recording is meant; numbers in words are `{names}` that `lesson_facts` fills from the recording.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from distill_core.errors import BadSetting, nearest
from distill_core.home import ASSETS

from . import studio

SHELF = ASSETS / "lessons"
RECORDINGS = "recordings.toml"
PLACES: Mapping[str, tuple[str, str, frozenset[str]]] = {  # address → file, title, what its link understands
    "start": ("pages/learn/start.py", "Start", frozenset({"recording"})),
    "methods": (studio.METHODS, "Methods", frozenset()),
    "live": (studio.LIVE, "Watch", frozenset({"run", "t"})),
    "layers": (studio.LAYERS, "Layers", frozenset({"run", "t"})),
    "diversity": (studio.DIVERSITY, "Diversity", frozenset({"run", "b", "c", "d", "e", "f", "t", "view"})),
    "side": (studio.SIDE, "Side by side", frozenset({"run", "b", "c", "d", "e", "f", "t", "view"})),
    "scores": (studio.SCORES, "Scores", frozenset({"show", "budget"})),
    "transfer": (studio.TRANSFER, "Transfer", frozenset({"run"})),
    "new": (studio.NEW, "New run", frozenset({"method", "data"})),
}
HIDES = ("menu", "run", "settings", "say")  # what `?hide=` takes away for a class
KEY = re.compile(r"[A-Za-z_][\w-]*")


def _place(page: str) -> str:
    if page not in PLACES:
        raise ValueError(f'there is no page "{page}".{nearest(page, list(PLACES))} Pages: {", ".join(PLACES)}')
    return page


def _key(key: str) -> str:
    if key and not KEY.fullmatch(key):
        raise ValueError(f'"{key}" is not the key of a part: letters, digits, _ and -')
    return key


Place = Annotated[str, AfterValidator(_place)]
PartKey = Annotated[str, AfterValidator(_key)]
Words = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel, frozen=True, extra="forbid"):
    """A word that a lesson does not know is an error, not a remark."""


class Show(_Strict):
    """What the page shows: its address and the difference of its link."""

    page: Place
    run: str = ""  # a name of `recordings.toml`; the start page plays it, other pages show it or find it in the library
    beside: tuple[str, ...] = ()  # more runs
    at: Share | None = None  # share of the clock; None is the end
    only: Annotated[int, Field(ge=0)] | None = None  # only this class
    link: dict[str, str] = {}  # anything else that the page's link understands

    @model_validator(mode="after")
    def understood(self) -> Self:
        asked = {*self.link, *({"t"} if self.at is not None else ())}
        if unknown := sorted(asked - PLACES[self.page][2]):
            known = ", ".join(sorted(PLACES[self.page][2])) or "nothing"
            raise ValueError(
                f'the link of page "{self.page}" does not understand {", ".join(unknown)}; it does: {known}'
            )
        if self.beside and not self.run:
            raise ValueError("beside needs a run that it stands beside")
        return self


class Guess(_Strict):
    """A number to be guessed before it is said; the true one is the fact `of` of the recording."""

    of: Words
    unit: Words
    low: float
    high: float
    step: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low = {self.low:g} has to be below high = {self.high:g}")
        return self


class Click(_Strict):
    """One thing to try; it is done when this part of the link, this page or this part of the page is another than before."""

    do: Words
    link: str = ""
    page: Annotated[str, AfterValidator(lambda one: _place(one) if one else one)] = ""
    widget: str = Field(
        "", pattern=r"^([A-Za-z_][\w-]*(\.[a-z]+)?)?$"
    )  # its key, with `.state` for a part that has several

    @model_validator(mode="after")
    def one_sign(self) -> Self:
        if sum(map(bool, (self.link, self.page, self.widget))) != 1:
            raise ValueError("say by one of link, page and widget how one sees that it was done")
        return self


class Step(_Strict):
    """One step of a lesson."""

    show: Show
    ask: Words
    say: Words
    guess: Guess | None = None
    click: Click | None = None
    beware: str = ""
    light: PartKey = ""  # the one part to light up
    keep: tuple[PartKey, ...] = ()  # more parts that this step needs; the rest of the page is not drawn
    cover: tuple[PartKey, ...] = ()  # parts that would tell the answer: not seen until it was guessed, or in this step


class Picture(_Strict):
    """What stands on a lesson's card: the images of a run at three shares of its reports, one row each."""

    run: Words
    at: tuple[Share, Share, Share] = (0.0, 0.5, 1.0)


class Lesson(_Strict):
    """A lesson: its title is a claim or a question that a lecturer would put on the board."""

    name: Words
    order: int
    title: Words
    question: Words
    minutes: Annotated[int, Field(ge=1, le=90)]
    picture: Picture
    steps: tuple[Step, ...] = Field(min_length=1)


def read(path: Path, runs: Mapping[str, str]) -> Lesson:
    """The one door: a lesson that can be taught with these runs, or `BadSetting` that says where the file is wrong."""
    try:
        lesson = Lesson(name=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise BadSetting(f"The lesson {path.name} cannot be taught: {_said(error)}. Mend it there.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise BadSetting(
            f"The lesson {path.name} cannot be read: {error}. It has to be a TOML file of steps."
        ) from error
    for name in called(lesson):
        if name not in runs:
            raise BadSetting(
                f'The lesson {path.name} asks for the run "{name}".{nearest(name, list(runs))} '
                f"{RECORDINGS} knows: {', '.join(runs)}."
            )
    return lesson


def _said(error: ValidationError) -> str:
    """`steps 2, show, page: there is no page …`; steps are counted from 1, as on the card."""
    first = error.errors()[0]
    where = [str(one + 1) if isinstance(one, int) else str(one) for one in first["loc"]]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{', '.join(where) or 'it'}: {first['msg'].removeprefix('Value error, ')}{more}"


def called(lesson: Lesson) -> set[str]:
    """The names of all runs that a lesson shows."""
    shown = {one for step in lesson.steps for one in (step.show.run, *step.show.beside) if one}
    return shown | {lesson.picture.run}


def recordings(shelf: Path | None = None) -> dict[str, str]:
    """Name in lessons → recorded run that ships."""
    path = (shelf or SHELF) / RECORDINGS
    try:
        return {name: str(run) for name, run in tomllib.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"{path.name} cannot be read: {error}. It says which recording each lesson shows.") from error


def lessons(shelf: Path | None = None) -> dict[str, Lesson]:
    """All lessons by name, in the order in which they are taught."""
    return _lessons(shelf or SHELF)


@cache
def _lessons(where: Path) -> dict[str, Lesson]:
    runs = recordings(where)
    found = [read(path, runs) for path in sorted(where.glob("*.toml")) if path.name != RECORDINGS]
    return {one.name: one for one in sorted(found, key=lambda one: (one.order, one.name))}
