"""Signs that a set is ruined, found in the records of its run: what is wrong, and since when. No torch.

Each limit is far from what any method reaches here that works: see `tests/record/test_health.py`, which asks all of them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from ..quantities import TABLE, split
from .asked import Sign
from .folder import RunFolder
from .lines import ImagesLine, Line, ScalarsLine
from .ruined import RISEN, UNMOVED, WORDS, Classes, alike, collapsed, differ, named, saturated, share
from .scores import scores_of
from .wall import Shown, Wall

GREW, REPORTS = 3.0, 5  # times its first level, seen in so many reports at least
MARGIN = 2.0  # s.d. of the difference
LEAST = 0.02  # of accuracy: less is no difference
FINITE = ("loss", "distance", "gradient", "accuracy")  # charts whose numbers have to be finite
Equal = Callable[[Wall], list[Classes]]


def signs_of(folder: RunFolder, records: Sequence[Line]) -> list[Sign]:
    """What is wrong with the set of a finished run, in the order in which it began; [] where nothing was found."""
    search = _searches(records)
    found = [*_images(Shown.of(folder, records), search), *_losses(search), *_not_finite(records), *_taught(records)]
    return sorted(found, key=lambda sign: sign["n"])


def sentence(signs: Sequence[Sign], over: bool = True) -> str:
    """All signs in one sentence; "" where there is none. A set that is only worse than random images is not called ruined, and one
    that is still worked on not yet."""
    if not signs:
        return ""
    worse = all(sign["kind"] == "control" for sign in signs)
    begins = "This set teaches less than real images drawn at random" if worse else "This set is ruined"
    begins = begins if over else "This set is being ruined"
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
        name = next(name for name in self.losses[0]["values"] if is_loss(name))
        values = [(one, one["values"].get(name)) for one in self.losses]
        return [(one, float(value)) for one, value in values if value is not None]


def is_loss(name: str) -> bool:
    """The whole of what a search lowers: one of its terms may rise while the others fall."""
    return split(name)[0] == "loss"


def _searches(records: Sequence[Line]) -> list[Search]:
    found, now = list[Search](), Search([], [])
    for record in records:
        if record["kind"] == "stage":
            now = Search([], [])
            found.append(now)
        elif record["kind"] == "scalars" and any(is_loss(name) for name in record["values"]):
            now.losses.append(record)
        elif record["kind"] == "images" and record.get("source", "synthetic") == "synthetic":
            now.images.append(record)
    return [one for one in found if one.losses and one.images]


def _losses(searches: Sequence[Search]) -> Iterator[Sign]:
    """A loss that rose; of several stages the first is said."""
    yield from islice(filter(None, map(risen, searches)), 1)


def risen(search: Search, on_end: int = 1) -> Sign | None:
    """Said where the loss rose and stood high in the last `on_end` reports too."""
    told = search.told()
    if len(told) < REPORTS:
        return None
    part = max(1, len(told) // 5)
    values = [value for _, value in told]
    first, last = statistics.median(values[:part]), statistics.median(values[-part:])
    if first <= 0 or last <= GREW * first or (on_end > 1 and min(values[-on_end:]) <= GREW * first):
        return None
    began = len(values) - 1
    while began and values[began - 1] > GREW * first:
        began -= 1
    return make_sign("loss", f"its loss rose from {first:.3g} to {last:.3g} instead of falling", told[began][0])


def _not_finite(records: Sequence[Line]) -> Iterator[Sign]:
    """The first record that has such a number."""
    said = (not_finite(one) for one in records if one["kind"] == "scalars")
    yield from islice(filter(None, said), 1)


def not_finite(record: ScalarsLine) -> Sign | None:
    broken = [name for name, value in record["values"].items() if _must_be_finite(name) and value is None]
    if not broken:
        return None
    return make_sign("not-finite", f"its {TABLE[split(broken[0])[0]].title} is not a finite number", record)


def _must_be_finite(name: str) -> bool:
    row = TABLE.get(split(name)[0])
    return row is not None and row.form == "curve" and row.chart in FINITE


# ── images ────────────────────────────────────────────────────────────────────────────────────────────────────


def _images(shown: Shown, searches: Sequence[Search]) -> Iterator[Sign]:
    if not shown.records:
        return
    first, last = shown.wall(last=False), shown.wall(last=True)
    if saturated(last) and share(last) > share(first) + RISEN:
        since = shown.since(saturated)
        yield make_sign("saturated", WORDS["saturated"].format(share=100 * share(last)), since)
    moved = differ(first.pixels, last.pixels)
    for kind, equal in (("collapsed", collapsed), ("alike", alike)):
        if classes := [one for one in equal(last) if moved or one not in equal(first)]:
            yield make_sign(
                kind,
                WORDS[kind].format(classes=named(classes)),
                shown.since(partial(_holds, equal, frozenset(classes))),
            )
    if not moved and any(search.again() for search in searches):
        yield make_sign("unmoved", UNMOVED, shown.records[0])


def _holds(equal: Equal, classes: frozenset[Classes], wall: Wall) -> bool:
    return classes <= set(equal(wall))


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
        yield make_sign(
            "chance", f"students get {here} right, which is chance; with random real images {there}", record
        )
    elif min(own["n"], random["n"]) > 1 and random["accuracy"] - own["accuracy"] > max(
        LEAST, MARGIN * math.hypot(own["std"], random["std"])
    ):
        yield make_sign(
            "control",
            f"students get {here} right, with as many random real images {there}: below by more than the spread",
            record,
        )


def make_sign(kind: str, text: str, record: Line) -> Sign:
    stage, step = str(record.get("stage") or ""), int(record.get("step") or 0)  # type: ignore[call-overload]
    place = f", since step {step:,} of {stage}" if kind not in ("chance", "control", "unmoved") and stage else ""
    return {"kind": kind, "text": f"{text}{place}", "n": record["n"], "stage": stage, "step": step}
