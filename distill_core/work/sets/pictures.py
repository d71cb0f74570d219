"""A set as PNG, in a zip or a folder: one sub-folder per class, labels as JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, Field
from torch import Tensor

from ...errors import BadRecord
from ...results import Pictures
from ...results.header import believed
from .card import assembled, card_of
from .labels import MOST_CLASSES
from .place import Place

MOST_PIXELS = 4096 * 4096  # of one picture


def png(image: Tensor) -> bytes:
    """(c, h, w) in [0, 1] → the bytes of a lossless PNG."""
    pixels = (image.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
    return file.getvalue()


def pixels(data: bytes, name: str) -> Tensor:
    """The bytes of a picture → (c, h, w) float32 in [0, 1], c 1 or 3."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise BadRecord(f"{name} has {opened.width}×{opened.height} pixels, more than is taken.")
            if opened.mode.startswith(("I", "F")):
                raise BadRecord(
                    f"{name} has levels of {opened.mode}, not of 8 bits. Save the set as a tensor of its numbers."
                )
            pixels = np.array(opened.convert("L" if opened.mode in ("1", "L") else "RGB"))
    except UnidentifiedImageError:
        raise BadRecord(
            f"{name} is no picture that can be read: its {len(data):,} bytes are of no known kind."
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadRecord(f"{name} is no picture that can be read ({error}).") from None
    return torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1)).permute(2, 0, 1).float() / 255


def _files(result: Pictures) -> Iterator[tuple[str, bytes]]:
    """One sub-folder per class, labels as JSON and CSV, a card."""
    names = [f"{label:03d}_{re.sub(r'[^A-Za-z0-9-]+', '-', name)[:40]}" for label, name in enumerate(result.classes)]
    rows = []
    for i, (label, one) in enumerate(zip(result.labels.tolist(), result.ids.tolist(), strict=True)):
        rows.append({"file": f"{names[label]}/{i:06d}.png", "label": label, "id": one})
        yield rows[-1]["file"], png(result.images[i])
    soft = None if result.soft_labels is None else result.soft_labels.tolist()
    yield (
        "labels.json",
        json.dumps({**card_of(result), "images": rows, "soft_labels": soft}, ensure_ascii=False, indent=1).encode(),
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "label", "class", *([f"logit_{name}" for name in result.classes] if soft else [])])
    writer.writerows(
        [r["file"], r["label"], result.classes[r["label"]], *(soft[i] if soft else [])] for i, r in enumerate(rows)
    )
    yield "labels.csv", text.getvalue().encode()


def write(result: Pictures, path: Path) -> None:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name, data in _files(result):
                archive.writestr(name, data)
        return
    for name, data in _files(result):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)


def fits(place: Place) -> bool:
    return place.has("labels.json") and not place.chosen


class Row(BaseModel):
    """A picture as labels.json lists it."""

    file: str
    label: int = Field(ge=0, lt=MOST_CLASSES)
    id: int | None = Field(None, ge=-(2**63), lt=2**63)


class Listing(BaseModel):
    """labels.json: a card with a row for each picture."""

    images: list[Row] = Field(min_length=1)
    soft_labels: list[list[float]] | None = None


def read(place: Place, data: str) -> Pictures:
    card = place.json("labels.json")
    listed = believed(Listing, card, "labels.json")
    rows = listed.images
    if absent := [row.file for row in rows if not place.has(row.file)]:
        raise BadRecord(f"labels.json names {absent[0]!r}, which is not there. Put it back, or take its row out.")
    images = [pixels(place.bytes(row.file), row.file) for row in rows]
    sizes = {tuple(image.shape) for image in images}
    if len(sizes) != 1:
        raise BadRecord(f"its pictures have {len(sizes)} different shapes; one was wanted.")
    labels, soft = torch.tensor([row.label for row in rows]), softly(listed.soft_labels, "labels.json")
    own = [row.id for row in rows if row.id is not None]
    ids = torch.tensor(own) if len(own) == len(rows) else None
    return assembled(torch.stack(images), labels, card, data, soft_labels=soft, ids=ids)


def softly(given: list[list[float]] | None, name: str) -> Tensor | None:
    """Rows of logits as (n, classes) float32."""
    if given is None:
        return None
    if len(lengths := {len(row) for row in given}) != 1:
        raise BadRecord(
            f"The soft labels in {name} have {len(lengths)} different lengths; one number for each class was wanted."
        )
    return torch.tensor(given, dtype=torch.float32)
