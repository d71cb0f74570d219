"""A set as a parquet file, as the Hugging Face library reads it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from ...errors import BadRecord, MissingPackage
from ...results import Pictures
from ...results.file import Plain
from .card import assembled, card_of
from .pictures import pixels, png
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
    except pyarrow.ArrowException as error:
        raise BadRecord(f"{name} is not a readable parquet file ({error}).") from None
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


def read(place: Place, data: str) -> Pictures:
    found = _ours(place)
    assert found is not None, "`fits` was asked"
    table, card = found
    pictures = [one["bytes"] for one in table["image"].to_pylist()]
    images = torch.stack([pixels(one, f"row {i}") for i, one in enumerate(pictures)])
    soft = torch.tensor(table["soft_label"].to_pylist()) if "soft_label" in table.column_names else None
    ids = torch.tensor(table["id"].to_pylist()) if "id" in table.column_names else None
    return assembled(images, torch.tensor(table["label"].to_pylist()), card, data, soft_labels=soft, ids=ids)
