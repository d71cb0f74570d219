"""The few numbers that a run is known by, from its `scored` records."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any


def scores_of(records: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """`{"distilled": {"accuracy", "std", "n", "student", "protocol", "labels"}, "random": …, "real": …}`, accuracies as fractions.

    The standard deviation is that of a sample (n - 1), 0 for one student. Where a subject was scored with several students,
    the first is meant; where the same one was scored again, the last.
    """
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        if record.get("kind") != "scored" or not record.get("accuracy"):
            continue
        named = {name: record.get(name, "") for name in ("student", "protocol", "labels")}
        before = found.get(record["subject"])
        if before is None or all(before[name] == value for name, value in named.items()):
            found[record["subject"]] = {**_summary(record["accuracy"]), **named}
    return found


def _summary(accuracy: list[float]) -> dict[str, Any]:
    spread = statistics.stdev(accuracy) if len(accuracy) > 1 else 0.0
    return {"accuracy": statistics.fmean(accuracy), "std": spread, "n": len(accuracy)}
