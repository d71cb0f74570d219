"""A set as a parquet file, as the Hugging Face library reads it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from pydantic import BaseModel, Field

from ...errors import BadRecord, MissingPackage
from ...results import Pictures
from ...results.header import Plain, believed
from .card import assembled, card_of
from .labels import MOST_CLASSES
from .pictures import pixels, png, softly
from .place import Place

PARQUET_LINE = 'pip install "distill-studio[parquet]"'


def arrow() -> ModuleType:
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingPackage(f"Parquet needs pyarrow. {PARQUET_LINE}") from None
    return pyarrow


def write(result: Pictures, path: Path) -> None:
    """Columns `image` ({bytes, path}, as the Hugging Face library reads it), `label`, `id`, and `soft_label` where there are some."""
    pyarrow = arrow()
    pictures = [{"bytes": png(image), "path": f"{i:06d}.png"} for i, image in enumerate(result.images)]
    columns: dict[str, Sequence[object]] = {
        "image": pictures,
        "label": result.labels.tolist(),
        "id": result.ids.tolist(),
    }
    features: dict[str, object] = {"image": {"_type": "Image"}, "id": {"dtype": "int64", "_type": "Value"}}
    features["label"] = {"names": list(result.classes), "_type": "ClassLabel"}
    if result.soft_labels is not None:
        columns["soft_label"] = result.soft_labels.tolist()
        features["soft_label"] = {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "Sequence"}
    said = {"huggingface": json.dumps({"info": {"features": features}}), "distill_studio": json.dumps(card_of(result))}
    pyarrow.parquet.write_table(pyarrow.table(columns).replace_schema_metadata(said), path)


def table_of(place: Place, name: str) -> Any:
    """A parquet file as a table of rows, one or more."""
    pyarrow = arrow()
    try:
        found = pyarrow.parquet.read_table(io.BytesIO(place.bytes(name)))
    except (pyarrow.ArrowException, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadRecord(f"{name} is not a readable parquet file ({first[:200]}). Copy it again.") from None
    if not found.num_rows:
        raise BadRecord(f"{name} has no rows. Give the file with the images in it.")
    return found


def _ours(place: Place) -> tuple[Any, Plain] | None:
    named = [name for name in ([place.chosen] if place.chosen else place.names) if name.endswith(".parquet")]
    if len(named) != 1:
        return None
    (name,) = named
    table = table_of(place, name)
    said = (table.schema.metadata or {}).get(b"distill_studio")
    return None if said is None else (table, json.loads(said))


def fits(place: Place) -> bool:
    """Whether it is what `write` wrote: our card is in the file."""
    return _ours(place) is not None


class Picture(BaseModel):
    """A picture as the Hugging Face library keeps it."""

    bytes: bytes


class Row(BaseModel):
    """A row of the table."""

    image: Picture
    label: int = Field(ge=0, lt=MOST_CLASSES)
    id: int | None = None
    soft_label: list[float] | None = None


class Rows(BaseModel):
    rows: list[Row]


def read(place: Place, data: str) -> Pictures:
    found = _ours(place)
    assert found is not None, "`fits` was asked"
    table, card = found
    rows = believed(Rows, {"rows": table.to_pylist()}, "The table").rows
    images = [pixels(row.image.bytes, f"row {i}") for i, row in enumerate(rows)]
    if len(shapes := {tuple(one.shape) for one in images}) != 1:
        raise BadRecord(f"Its pictures have {len(shapes)} different shapes; one was wanted. Nothing is resized.")
    labels, ids = torch.tensor([row.label for row in rows]), [row.id for row in rows if row.id is not None]
    soft = [row.soft_label for row in rows if row.soft_label is not None]
    return assembled(
        torch.stack(images),
        labels,
        card,
        data,
        soft_labels=softly(soft or None, "the table"),
        ids=torch.tensor(ids) if len(ids) == len(rows) else None,
    )
