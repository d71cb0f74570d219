"""Signs that a set is ruined, found in the records of its run: what is wrong, and since when. No torch.

Each limit is far from what any method reaches here that works: see `tests/record/test_health.py`, which asks all of them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from ..quantities import TABLE, split
from .asked import Sign
from .folder import RunFolder
from .lines import ImagesLine, Line, ScalarsLine
from .scores import scores_of
from .wall import Shown, Wall

SATURATED, BOTH, RISEN = (
    0.9,
    0.05,
    0.2,
)  # share of pixels at black or white, at least that much at each, above the start
SAME = 1  # level of 255: images that differ no more are equal
GREW, REPORTS = 3.0, 5  # times its first level, seen in so many reports at least
Classes = tuple[int, ...]  # one class, or two that are alike
MARGIN = 2.0  # s.d. of the difference
LEAST = 0.02  # of accuracy: less is no difference
FINITE = ("loss", "distance", "gradient", "accuracy")  # charts whose numbers have to be finite
Equal = Callable[[Wall], list[Classes]]


def signs_of(folder: RunFolder, records: Sequence[Line]) -> list[Sign]:
    """What is wrong with the set of a finished run, in the order in which it began; [] where nothing was found."""
    search = _searches(records)
    found = [*_images(Shown.of(folder, records), search), *_losses(search), *_not_finite(records), *_taught(records)]
    return sorted(found, key=lambda sign: sign["n"])


def sentence(signs: Sequence[Sign]) -> str:
    """All signs in one sentence; "" where there is none. A set that is only worse than random images is not called ruined."""
    if not signs:
        return ""
    worse = all(sign["kind"] == "control" for sign in signs)
    begins = "This set teaches less than real images drawn at random" if worse else "This set is ruined"
    return f"{begins}: {'; '.join(sign['text'] for sign in signs)}."


# ── what a search lowers ──────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Search:
    """A stage in which images were shown and a loss was told: the records of both."""

    losses: list[ScalarsLine]
    images: list[ImagesLine]

    def again(self) -> bool:
        """Whether the very images were shown more than once; a choice of real ones only grows."""
        return len(self.images) > 1 and set(self.images[0]["ids"]) == set(self.images[-1]["ids"])

    def told(self) -> list[tuple[ScalarsLine, float]]:
        """The finite values of the loss, of the first network where each has its own."""
        name = next(name for name in self.losses[0]["values"] if _is_loss(name))
        values = [(one, one["values"].get(name)) for one in self.losses]
        return [(one, float(value)) for one, value in values if value is not None]


def _is_loss(name: str) -> bool:
    """The whole of what a search lowers: one of its terms may rise while the others fall."""
    return split(name)[0] == "loss"


def _searches(records: Sequence[Line]) -> list[Search]:
    found, now = list[Search](), Search([], [])
    for record in records:
        if record["kind"] == "stage":
            now = Search([], [])
            found.append(now)
        elif record["kind"] == "scalars" and any(_is_loss(name) for name in record["values"]):
            now.losses.append(record)
        elif record["kind"] == "images" and record.get("source", "synthetic") == "synthetic":
            now.images.append(record)
    return [one for one in found if one.losses and one.images]


def _losses(searches: Sequence[Search]) -> Iterator[Sign]:
    """A loss that rose; of several stages the first is said."""
    for search in searches:
        told = search.told()
        if len(told) < REPORTS:
            continue
        part = max(1, len(told) // 5)
        values = [value for _, value in told]
        first, last = statistics.median(values[:part]), statistics.median(values[-part:])
        if first > 0 and last > GREW * first:
            began = next(i for i in range(len(values)) if min(values[i:]) > GREW * first or i == len(values) - 1)
            yield _sign("loss", f"its loss rose from {first:.3g} to {last:.3g} instead of falling", told[began][0])
            return


def _not_finite(records: Sequence[Line]) -> Iterator[Sign]:
    for record in records:
        if record["kind"] == "scalars":
            broken = [name for name, value in record["values"].items() if _must_be_finite(name) and value is None]
            if broken:
                yield _sign("not-finite", f"its {TABLE[split(broken[0])[0]].title} is not a finite number", record)
                return


def _must_be_finite(name: str) -> bool:
    row = TABLE.get(split(name)[0])
    return row is not None and row.form == "curve" and row.chart in FINITE


# ── images ────────────────────────────────────────────────────────────────────────────────────────────────────


def _images(shown: Shown, searches: Sequence[Search]) -> Iterator[Sign]:
    if not shown.records:
        return
    first, last = shown.wall(last=False), shown.wall(last=True)
    if _saturated(last) and _share(last) > _share(first) + RISEN:
        since = shown.since(_saturated)
        yield _sign("saturated", f"{100 * _share(last):.0f} % of its pixels are black or white", since)
    moved = _differ(first.pixels, last.pixels)
    for kind, equal, words in (
        ("collapsed", _collapsed, "all images of {} are equal to each other"),
        ("alike", _alike, "{} have the same images"),
    ):
        if classes := [one for one in equal(last) if moved or one not in equal(first)]:
            yield _sign(kind, words.format(_named(classes)), shown.since(partial(_holds, equal, frozenset(classes))))
    if not moved and any(search.again() for search in searches):
        yield _sign(
            "unmoved", "its images are equal to their start, although a loss was to be lowered", shown.records[0]
        )


def _holds(equal: Equal, classes: frozenset[Classes], wall: Wall) -> bool:
    return classes <= set(equal(wall))


def _share(wall: Wall) -> float:
    """Of pixels at black or white."""
    return float(((wall.pixels == 0) | (wall.pixels == 255)).mean())


def _saturated(wall: Wall) -> bool:
    ends = [float((wall.pixels == level).mean()) for level in (0, 255)]
    return sum(ends) >= SATURATED and min(ends) >= BOTH


def _differ(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape != b.shape or int(np.abs(a.astype(np.int16) - b).max()) > SAME


def _collapsed(wall: Wall) -> list[Classes]:
    """Classes of two images or more that are all equal."""
    found = list[Classes]()
    for label in np.unique(wall.labels).tolist():
        images = wall.of(label)
        if len(images) > 1 and int(np.abs(images - images[0]).max()) <= SAME:
            found.append((label,))
    return found


def _alike(wall: Wall) -> list[Classes]:
    """Pairs of classes whose mean images are equal: neighbors among classes by their mean level, where equal ones stand together."""
    means = {label: wall.of(label).mean(0) for label in np.unique(wall.labels).tolist()}
    order = sorted(means, key=lambda label: (float(means[label].mean()), label))
    return [
        (min(pair), max(pair))
        for pair in pairwise(order)
        if float(np.abs(means[pair[0]] - means[pair[1]]).max()) <= SAME
    ]


def _named(classes: Sequence[Classes]) -> str:
    labels = sorted({label for one in classes for label in one})
    shown = ", ".join(str(label) for label in labels[:8]) + (", …" if len(labels) > 8 else "")
    return f"class{'es' * (len(labels) > 1)} {shown}"


# ── what it teaches ───────────────────────────────────────────────────────────────────────────────────────────


def _taught(records: Sequence[Line]) -> Iterator[Sign]:
    """Accuracy at chance where random real images are above it, or below theirs by more than the spread."""
    scores = scores_of(records)
    if not {"distilled", "random"} <= scores.keys():
        return
    own, random = scores["distilled"], scores["random"]
    record = next(one for one in reversed(records) if one["kind"] == "scored" and one["subject"] == "distilled")
    labels = [label for one in records if one["kind"] == "images" for label in one["labels"]]
    chance = 1 / (max(labels) + 1) if labels else 0.0
    here, there = f"{100 * own['accuracy']:.1f} %", f"{100 * random['accuracy']:.1f} %"
    within = own["accuracy"] <= chance + max(LEAST, MARGIN * own["std"] / math.sqrt(own["n"]))
    if within and random["accuracy"] > chance + max(2 * LEAST, MARGIN * random["std"]):
        yield _sign("chance", f"students get {here} right, which is chance; with random real images {there}", record)
    elif min(own["n"], random["n"]) > 1 and random["accuracy"] - own["accuracy"] > max(
        LEAST, MARGIN * math.hypot(own["std"], random["std"])
    ):
        yield _sign(
            "control",
            f"students get {here} right, with as many random real images {there}: below by more than the spread",
            record,
        )


def _sign(kind: str, text: str, record: Line) -> Sign:
    stage, step = str(record.get("stage") or ""), int(record.get("step") or 0)  # type: ignore[call-overload]
    place = f", since step {step:,} of {stage}" if kind not in ("chance", "control", "unmoved") and stage else ""
    return {"kind": kind, "text": f"{text}{place}", "n": record["n"], "stage": stage, "step": step}
