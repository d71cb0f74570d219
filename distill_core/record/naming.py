"""Which quantities a record reports, and the one door through which phrases of earlier versions become their ids."""

from __future__ import annotations

from collections.abc import Iterator

from ..quantities import renamed
from .lines import Line

SCORE = "test-accuracy"  # what a `scored` record reports


def by_quantity(record: Line) -> Line:
    """The record with every number under the id of its quantity, also where an earlier version wrote a phrase."""
    if record["kind"] == "scalars" and isinstance(record.get("values"), dict):
        return {**record, "values": {renamed(name): value for name, value in record["values"].items()}}
    if record["kind"] == "per_class" and isinstance(record.get("name"), str):
        return {**record, "name": renamed(record["name"])}
    if record["kind"] == "parts" and isinstance(record.get("name"), str):
        return {**record, "name": renamed(record["name"])}
    return record


def reported(record: Line) -> Iterator[str]:
    """The name of every quantity that a record reports."""
    if record["kind"] == "scalars":
        yield from record["values"]
    elif record["kind"] == "per_class" or record["kind"] == "parts":
        yield record["name"]
    elif record["kind"] == "scored":
        yield SCORE
