"""From what is asked to a sweep: defaults filled in, axes checked, the published choice found; and what it will cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict, Unpack

from ..axis import FIXED, Axis, field_named
from ..entries import Entry
from ..errors import BadSetting
from ..fields import Field, Values, candidates, read, resolve
from ..job import Job
from ..part import fields_of
from ..spec import respelled
from .sweep import Sweep

MOST = 100_000  # runs that a sweep may have
WARMING = 4.0  # seconds between two runs that are shorter than a fresh worker takes to warm up beside them
SHORT = 12.0  # seconds of such a run


class About(TypedDict, total=False):
    """What a sweep is called and why it is made; `published` is the published choice, a label per axis."""

    title: str
    question: str
    published: Sequence[str]
    preset: str


class Cost(TypedDict):
    """What work takes: seconds, and bytes on disk."""

    seconds: float
    disk: int


def plan(
    entry: Entry,
    settings: Mapping[str, object],
    job: Mapping[str, object],
    axes: Iterable[Axis],
    seeds: Iterable[int] = (0,),
    **about: Unpack[About],
) -> Sweep:
    """A sweep of the method with this entry in the catalog; `about` is title, question, published, preset.

    Raises `BadSetting` with a sentence for axes that cannot be; whether the cells can work is the engine's to say (`cells.py`).
    """
    axes, seeds = tuple(axes), tuple(dict.fromkeys(seeds))
    usual, known = Job().model_dump(mode="json"), entry["fields"]
    if not 1 <= len(axes) <= 2:
        raise BadSetting(f"{len(axes)} axes were given; a sweep has one or two. Write each as field=value,value.")
    if not seeds:
        raise BadSetting("No seed was given; a sweep needs at least one.")
    axes = tuple(_by_path(axis, known, usual) for axis in axes)
    both = {n for c in axes[0].cases.values() for n in c} & {n for c in axes[-1].cases.values() for n in c}
    if len(axes) == 2 and both:
        raise BadSetting(f"{', '.join(sorted(both))} is moved by both axes. Take another field for one of them.")
    asked = {name: value for name, value in respelled({**usual, **job}).items() if name not in ("seed", "moves")}
    sweep = Sweep(
        title=about.get("title") or " × ".join(axis.title for axis in axes),
        question=about.get("question", ""),
        published=tuple(about.get("published") or ()) or published(entry, axes),
        preset=about.get("preset", ""),
        method=entry["name"],
        settings=read(known, settings),
        fields=tuple(known),
        job=asked,
        axes=axes,
        seeds=seeds,
    )
    if len(sweep) > MOST:
        raise BadSetting(f"This sweep would have {len(sweep):,} runs; at most {MOST:,} can be kept. Take fewer values.")
    if not asked.get("students") and not any("students" in c for a in axes for c in a.cases.values()):
        raise BadSetting("students=0 trains no students, so a sweep would have nothing to show. Set it to 1 or more.")
    return sweep


def published(entry: Entry, axes: Iterable[Axis]) -> tuple[str, ...]:
    """The published choice on these axes, as far as the method's own ablations say it; () where one axis has none."""
    known: Values = {}
    for ablation in entry.get("ablations") or []:
        for axis, label in zip(ablation["axes"], ablation["published"], strict=False):
            known = {**axis["cases"][label], **known}
    found = [next((label for label, case in axis.cases.items() if case.items() <= known.items()), "") for axis in axes]
    return tuple(found) if all(found) else ()


def _by_path(axis: Axis, known: Sequence[Field], usual: Mapping[str, object]) -> Axis:
    """The axis with every setting of the method named by its path."""
    if not axis.cases or not all(axis.cases.values()):
        raise BadSetting(f"The axis {axis.title!r} has a place without a value. Give it at least one.")
    cases = {}
    for label, case in axis.cases.items():
        cases[label] = {(one if one in usual else _path(one, known, usual)): value for one, value in case.items()}
    return Axis(axis.title, cases)


def _path(name: str, known: Sequence[Field], usual: Mapping[str, object]) -> str:
    if name in FIXED or not candidates(known, name):
        field_named(name, [*known, *fields_of(Job)])  # refuses it, with the nearest
    return resolve(known, name)


def cost(trial: Cost, runs: int, at_once: int = 1) -> Cost:
    """Seconds and bytes of so many runs, each like the trial, on `at_once` devices."""
    each = trial["seconds"] + (WARMING if trial["seconds"] < SHORT else 0.0)
    return {"seconds": round(each * math.ceil(runs / at_once), 1), "disk": trial["disk"] * runs}
