"""A set as a parquet file, as the Hugging Face library reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import torch

from ...errors import BadRecord, MissingPackage
from ...results import Pictures
from .card import assembled, card_of
from .pictures import pixels, png

PARQUET_LINE = 'pip install "distill-studio[parquet]"'


def _arrow() -> ModuleType:
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingPackage(f"Parquet needs pyarrow. {PARQUET_LINE}") from None
    return pyarrow


def write(result: Pictures, path: Path) -> None:
    """Columns `image` ({bytes, path}, as the Hugging Face library reads it), `label`, `id`, and `soft_label` where there are some."""
    arrow = _arrow()
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
    arrow.parquet.write_table(arrow.table(columns).replace_schema_metadata(said), path)


def read(path: Path, data: str) -> Pictures:
    arrow = _arrow()
    try:
        table = arrow.parquet.read_table(path)
    except arrow.ArrowException as error:
        raise BadRecord(f"{path.name} is not a readable parquet file ({error}).") from None
    if not {"image", "label"} <= set(table.column_names):
        raise BadRecord(f"it has the columns {table.column_names}; `image` and `label` were wanted.")
    card = json.loads((table.schema.metadata or {}).get(b"distill_studio", b"{}"))
    pictures = [one["bytes"] if isinstance(one, dict) else one for one in table["image"].to_pylist()]
    images = torch.stack([pixels(one, f"row {i}") for i, one in enumerate(pictures)])
    soft = torch.tensor(table["soft_label"].to_pylist()) if "soft_label" in table.column_names else None
    ids = torch.tensor(table["id"].to_pylist()) if "id" in table.column_names else None
    return assembled(images, torch.tensor(table["label"].to_pylist()), card, data, soft_labels=soft, ids=ids)
