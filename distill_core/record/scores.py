"""The few numbers that a run is known by, from its `scored` records."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict


class Score(TypedDict):
    """What the students of one kind reached: accuracies as fractions, the s.d. of a sample (n - 1), 0 for one student."""

    accuracy: float
    std: float
    n: int
    student: str
    protocol: str
    labels: str


def scores_of(records: Iterable[Mapping[str, Any]]) -> dict[str, Score]:
    """By subject: `distilled`, `random`, `real`.

    Where a subject was scored with several students,
    the first is meant; where the same one was scored again, the last.
    """
    found: dict[str, Score] = {}
    for record in records:
        if record.get("kind") != "scored" or not record.get("accuracy"):
            continue
        before, fresh = found.get(record["subject"]), _score(record)
        if before is None or _of(before) == _of(fresh):
            found[record["subject"]] = fresh
    return found


def _of(score: Score) -> tuple[str, str, str]:
    return score["student"], score["protocol"], score["labels"]


def _score(record: Mapping[str, Any]) -> Score:
    accuracy = record["accuracy"]
    return {
        "accuracy": statistics.fmean(accuracy),
        "std": statistics.stdev(accuracy) if len(accuracy) > 1 else 0.0,
        "n": len(accuracy),
        "student": record.get("student", ""),
        "protocol": record.get("protocol", ""),
        "labels": record.get("labels", ""),
    }
