"""Which quantities a record reports, and the one door through which phrases of earlier versions become their ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..quantities import renamed

SCORE = "test-accuracy"  # what a `scored` record reports


def by_quantity(record: dict[str, Any]) -> dict[str, Any]:
    """The record with every number under the id of its quantity, also where an earlier version wrote a phrase."""
    if record["kind"] == "scalars" and isinstance(record.get("values"), dict):
        return {**record, "values": {renamed(name): value for name, value in record["values"].items()}}
    if record["kind"] in ("per_class", "parts") and isinstance(record.get("name"), str):
        return {**record, "name": renamed(record["name"])}
    return record


def reported(record: Mapping[str, Any]) -> Iterator[str]:
    """The name of every quantity that a record reports."""
    if record["kind"] == "scalars":
        yield from record["values"]
    elif record["kind"] in ("per_class", "parts"):
        yield record["name"]
    elif record["kind"] == "scored":
        yield SCORE
