"""The numbers that lessons say: read from the recordings, so that no lesson can claim what was not computed.

`{accuracy}` in a step is the fact of the run that the step shows, `{plain.accuracy}` that of another. What stands in `[[ … ]]` is left
out where the recording does not hold one of its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from distill_core.errors import BadRecord, BadSetting, nearest
from distill_core.figures import ledger
from distill_core.figures.scores import Score, pick, read_scores
from distill_core.home import ASSETS, read_json
from distill_core.record.contest import points
from distill_core.record.folder import RunFolder
from distill_core.record.lines import Line
from distill_core.record.log import Timeline

from . import coverage, draw

SHELVES = (ASSETS / "recordings", ASSETS / "examples")
KNOWN: Mapping[str, str] = {  # fact → what it says
    "accuracy": "of students of the learned images, on real test images",
    "control": "of students of as many random real images",
    "classmean": "of students of averages of real images: the mean of each class at one image per class",
    "real": "of students of all real images",
    "chance": "of guessing blindly",
    "gain": "accuracy less control, as printed",
    "missing": "real less accuracy, as printed",
    "overmean": "accuracy less classmean, as printed",
    "spread": "s.d. of the accuracy",
    "controlspread": "s.d. of the control",
    "students": "networks behind the accuracy",
    "draws": "draws of random real images behind the control",
    "count": "learned images",
    "classes": "classes",
    "ipc": "learned images per class",
    "whole": "real images in the training set",
    "fewer": "real images for each learned one",
    "imagebytes": "the learned images, one byte for each channel of a pixel",
    "teacherbytes": "the teacher that labels them",
    "allbytes": "all that has to be kept: images, labels, teacher, generator",
    "wholebytes": "all real images",
    "seconds": "time from the first record to the first student",
    "stages": "named stages of the run",
    "farther": "distance of a real image to the nearest learned one of its class, beside that to its nearest real one",
    "layers": "layers that the search walked through",
    "helped": "layers in which a step was better than what the layer was handed",
    "distancestart": "feature distance before the first step",
    "distancebest": "the smallest feature distance",
}
NAME = re.compile(r"\{(?:(\w+)\.)?(\w+)\}")
MAYBE = re.compile(r"\s*\[\[(.*?)\]\]", re.DOTALL)


class Fact(NamedTuple):
    """A number with its unit (as a guess has to name it), and as it is said."""

    value: float
    unit: str
    text: str


def folder_of(run: str) -> RunFolder:
    """A recording that ships, by the name of its folder."""
    for shelf in SHELVES:
        if (shelf / run / "job.json").is_file():
            return RunFolder(shelf / run)
    known = [path.name for shelf in SHELVES if shelf.is_dir() for path in sorted(shelf.iterdir())]
    raise BadRecord(f'No recorded run "{run}" ships.{nearest(run, known)} There are: {", ".join(known)}.')


def facts(run: str) -> Mapping[str, Fact]:
    """What a recording says, of `KNOWN`; a fact that it does not hold is not there."""
    return _facts(folder_of(run).path)


@cache
def _facts(path: Path) -> Mapping[str, Fact]:
    folder = RunFolder(path)
    records = Timeline.all(folder)
    return dict((*_scored(folder, records), *_made(folder, records), *_walked(records), *_covering(folder, records)))


def _percent(value: float) -> Fact:
    return Fact(round(100 * value, 1), "%", f"{100 * value:.1f} %")


def _points(own: Score, other: Score) -> Fact:
    value = points(own.mean, other.mean)
    return Fact(value, "points", f"{value:.1f} points")


def _count(value: float, unit: str = "", digits: int = 0) -> Fact:
    return Fact(value, unit, f"{value:,.{digits}f}")


def _size(value: float) -> Fact:
    return Fact(value, "B", ledger.size(value))


def _scored(folder: RunFolder, records: list[Line]) -> Iterator[tuple[str, Fact]]:
    beside = (read_json(folder.path / "recording.json", {}) or {}).get("beside", [])
    scores = read_scores(records) + read_scores(beside)
    names = {"accuracy": "distilled", "control": "random", "real": "real", "classmean": "mean"}
    found = {name: one for name, subject in names.items() if (one := pick(scores, subject))}
    for name, score in found.items():
        yield name, _percent(score.mean)
    own = found.get("accuracy")
    for name, first, second in (
        ("gain", own, found.get("control")),
        ("missing", found.get("real"), own),
        ("overmean", own, found.get("classmean")),
    ):
        if first and second:
            yield name, _points(first, second)
    for name, one in (("spread", own), ("controlspread", found.get("control"))):
        if one and np.isfinite(one.std):
            yield name, Fact(round(100 * one.std, 1), "points", f"{100 * one.std:.1f} points")
    if control := found.get("control"):
        yield "draws", _count(max(1, control.spread.draws), "draws")
    if own:
        yield "students", _count(own.n, "networks")
        yield from _kept(own, found.get("real"))


def _kept(own: Score, real: Score | None) -> Iterator[tuple[str, Fact]]:
    """What is stored, and what the real images take."""
    for name, key in (("imagebytes", "image_bytes"), ("teacherbytes", "teacher_bytes")):
        if key in own.budget:
            yield name, _size(own.budget[key])
    if (whole := ledger.total(own.budget)) is not None:
        yield "allbytes", _size(whole)
    if real is not None and "images" in real.budget:
        yield "whole", _count(real.budget["images"], "images")
        yield "fewer", _count(round(real.budget["images"] / own.budget["images"]), "images")
        yield "wholebytes", _size(real.budget["image_bytes"])


def _made(folder: RunFolder, records: list[Line]) -> Iterator[tuple[str, Fact]]:
    last = [one for one in records if one["kind"] == "images" and one["source"] == "synthetic"][-1:]
    for one in last:
        labels = one["labels"]
        yield "count", _count(len(labels), "images")
        yield "classes", _count(len(set(labels)), "classes")
        yield "chance", Fact(100 / len(set(labels)), "%", f"{100 / len(set(labels)):.0f} %")
    yield "ipc", _count(int(folder.request()["job"].get("ipc", 1)), "images")
    stages = [one for one in records if one["kind"] == "stage"]
    yield "stages", _count(len({one["stage"] for one in stages}), "stages")
    over = [one["t"] for one in stages if one["stage"] == "evaluate"]
    if over:
        yield "seconds", Fact(round(over[0], 1), "s", draw.duration(over[0]))


def _walked(records: list[Line]) -> Iterator[tuple[str, Fact]]:
    """A walk through a generator: each layer says the distance of its every step once it is over."""
    layers = [
        {int(step): value for step, value in one["values"].items()}
        for one in records
        if one["kind"] == "parts" and one["name"] == "feature-distance-by-step"
    ]
    if layers:
        yield "layers", _count(len(layers), "layers")
        yield "helped", _count(sum(min(one, key=one.__getitem__) > 0 for one in layers), "layers")
        yield "distancestart", _count(layers[0][min(layers[0])], "", 2)
        yield "distancebest", _count(min(min(one.values()) for one in layers), "", 2)


def _covering(folder: RunFolder, records: list[Line]) -> Iterator[tuple[str, Fact]]:
    rows = coverage.covered(folder, records)
    if rows:
        ours, theirs = (float(np.mean([row[key] for row in rows])) for key in ("synthetic", "real"))
        value = round(ours / theirs, 1)
        yield "farther", Fact(value, "times", f"{value:.1f} times")


def fact(name: str, run: str, runs: Mapping[str, str]) -> Fact | None:
    """`accuracy` of the run called `run`, or `other.accuracy`; None where the recording does not hold it.

    Raises `BadSetting` for a fact or a run that nobody knows.
    """
    other, _, own = name.rpartition(".")
    called = other or run
    if own not in KNOWN:
        raise BadSetting(f'There is no fact "{own}".{nearest(own, list(KNOWN))} Facts: {", ".join(KNOWN)}.')
    if called not in runs:
        raise BadSetting(f'"{{{name}}}" asks for the run "{called}". Runs: {", ".join(runs)}.')
    return facts(runs[called]).get(own)


def filled(text: str, run: str, runs: Mapping[str, str]) -> str:
    """Words with their numbers; `BadSetting` where a number outside of `[[ … ]]` is not in the recording."""

    def number(found: re.Match[str]) -> str:
        name = found[0][1:-1]
        known = fact(name, run, runs)
        if known is None:
            where = runs[found[1] or run]
            raise BadSetting(
                f'The recording {where} holds no "{found[2]}". Put the sentence in [[ ]], or take another run.'
            )
        return known.text

    def maybe(found: re.Match[str]) -> str:
        names = [one[0][1:-1] for one in NAME.finditer(found[1])]
        return "" if any(fact(name, run, runs) is None for name in names) else f" {found[1].strip()}"

    return NAME.sub(number, MAYBE.sub(maybe, text)).strip()
