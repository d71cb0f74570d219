"""What a run is known by beside its scores, from its records: quantities that the table marks as facts."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from ..quantities import TABLE, split
from .lines import Line


def facts_of(records: Iterable[Line]) -> dict[str, float]:
    """By quantity, with its qualifier: the mean over all records that report it (a shift reports once for each batch)."""
    found: dict[str, list[float]] = {}
    for record in records:
        for name, value in record["values"].items() if record["kind"] == "scalars" else ():
            row = TABLE.get(split(name)[0])
            if row is not None and row.fact and value is not None:
                found.setdefault(name, []).append(float(value))
    return {name: statistics.fmean(values) for name, values in found.items()}
