"""Layouts of data hubs: parquet with a column of images and one of labels."""

from __future__ import annotations

import json
from typing import Any

import torch

from ....errors import BadRecord
from ..parquet import table_of
from ..pictures import pixels
from ..place import Place
from ..raw import Layout, Raw, numbers

IMAGES = ("image", "img", "images", "pixel_values")
LABELS = ("label", "class_id", "labels", "fine_label", "target")
FILES = r"(?:.*/)?[^/]*\.parquet"


def _take(place: Place) -> Raw:
    names = [place.chosen] if place.chosen else [one.string for one in place.all(FILES)]
    tables = [table_of(place, name) for name in names]
    columns = tables[0].column_names
    image = next((one for one in IMAGES if one in columns), "")
    label = next((one for one in LABELS if one in columns), "")
    if not image or not label:
        raise BadRecord(
            f"{names[0]} has the columns {', '.join(columns)}; one of images ({', '.join(IMAGES)}) and one of labels "
            f"({', '.join(LABELS)}) were wanted."
        )
    rows = [row for table in tables for row in table.select([image, label]).to_pylist()]
    shown = [_pixels(row[image], f"row {at}") for at, row in enumerate(rows)]
    if len(sizes := {tuple(one.shape) for one in shown}) != 1:
        raise BadRecord(f"Its pictures have {len(sizes)} different shapes; one was wanted. Nothing is resized.")
    if any(not isinstance(row[label], int) for row in rows):
        raise BadRecord(f"Its column {label!r} holds {type(rows[0][label]).__name__}; class numbers were wanted.")
    left = [one for one in columns if one not in (image, label)]
    notes = (f"Of its columns {', '.join(left)} were not read.",) if left else ()
    labels = numbers([row[label] for row in rows], f"its column {label!r}")
    return Raw(torch.stack(shown), labels, tuple(names), pixels="unit", classes=_names(tables[0], label), notes=notes)


def _pixels(one: object, name: str) -> torch.Tensor:
    data = one.get("bytes") if isinstance(one, dict) else one
    if not isinstance(data, bytes):
        raise BadRecord(
            f"{name} holds no bytes of a picture but a {type(data).__name__}: it may be a link to a file elsewhere."
        )
    return pixels(data, name)


def _names(table: Any, label: str) -> tuple[str, ...]:
    """The names of the classes, where the hub's own note in the file says them."""
    said = json.loads((table.schema.metadata or {}).get(b"huggingface", b"{}"))
    feature = said.get("info", {}).get("features", {}).get(label, {})
    return tuple(map(str, feature.get("names") or ()))


PARQUET = Layout(
    "parquet", "parquet with columns image (or img) and label (or class_id)", "data hubs, rethinkdc",
    lambda place: bool(place.one(FILES)), _take, ("unit",),
)  # fmt: skip
