"""What a store will hold, and its price: from a protocol and the shape of a set alone, before anything is made."""

from __future__ import annotations

from collections.abc import Sequence

from ...pieces.augment import Augment, Tiles
from ...pieces.by_name import build as build_augment
from ...pieces.views import unstorable
from ..protocol import Protocol
from ..timetable import Row, Timetable
from .record import Layout


def layout_of(protocol: Protocol, classes: int) -> Layout:
    """A record under this protocol."""
    augment = build_augment(protocol.augment)
    tiles = augment.side if isinstance(augment, Tiles) else 1
    return Layout(classes, protocol.mix, tiles, protocol.stored.top, protocol.stored.rest)


def kept_batches(protocol: Protocol, images: int, epochs: int, stages: Sequence[int] = ()) -> list[Row]:
    """The batches whose views are kept, in the order in which they are drawn; a settled protocol's.

    Each part of the set has its own share of a student's epochs, and as many of these as are kept; one whole epoch at least,
    so that every image has a label.
    """
    found: list[Row] = []
    for mine in _parts(Timetable(images, epochs, protocol.batch, tuple(stages)).rows()):
        first, last = mine[0][0], mine[-1][0]
        each = sum(row[0] == first for row in mine)
        drawn = protocol.stored.drawn(last - first + 1)
        many = protocol.stored.whole(last - first + 1) * each
        if protocol.stored.unit == "batch":
            many = max(each, int(protocol.stored.kept * drawn * each + 1e-9))
        found += mine[:many]
    return found


def _parts(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each part of the set."""
    parts: dict[int, list[Row]] = {}
    for row in rows:
        parts.setdefault(row[1], []).append(row)
    return list(parts.values())


def label_bytes(protocol: Protocol, images: int, classes: int, epochs: int, stages: Sequence[int] = ()) -> int:
    """What has to be kept for the labels of a set under a settled protocol, whatever their kind, in bytes.

    A live teacher keeps no label; what it costs is its own weights, which the ledger counts as the teacher's.
    """
    if protocol.labels == "static":
        return 2 * images * classes
    if protocol.labels == "stored":
        records = sum(b - a for *_, a, b in kept_batches(protocol, images, epochs, stages))
        return records * layout_of(protocol, classes).record
    return 0


def unfit(protocol: Protocol) -> str | None:
    """Why the views of a protocol cannot be stored, as a sentence, or None."""
    reason = unstorable(protocol.augment, build_augment(protocol.augment), protocol.pixels)
    return f"The views of protocol {protocol.name!r} cannot be stored: {reason}." if reason else None


def augment_of(spec: str, flip: bool, black: Sequence[float]) -> Augment:
    """The views by name, as students of such data see them: `black` is what comes in from outside, normalized."""
    return build_augment(spec, flip=flip, fill=tuple(black))
