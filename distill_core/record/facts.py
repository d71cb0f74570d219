"""What a run is known by beside its scores, from its records: quantities that the table marks as facts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping

from ..quantities import TABLE, renamed, split
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


def kept_facts(state: Mapping[str, object]) -> dict[str, float]:
    """What state.json says a run is known by, by the names of today. Only finite numbers of known quantities: the file may be of
    another version or edited by hand, and the records still hold the rest."""
    said = state.get("facts")
    named = {renamed(str(name)): value for name, value in said.items()} if isinstance(said, dict) else {}
    return {
        name: float(value)
        for name, value in named.items()
        if split(name)[0] in TABLE and isinstance(value, (int, float)) and math.isfinite(value)
    }
