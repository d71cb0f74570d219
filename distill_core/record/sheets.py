"""Images and arrays as files of a run, named by its records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import BadRecord
from ..home import replacing
from .folder import RunFolder
from .lines import ImagesLine


def write_sheet(pixels: np.ndarray, path: Path) -> tuple[int, tuple[int, int]]:
    """Tile (n, h, w, c) uint8 into one lossless WebP; returns (columns, (h, w)). Ten columns, fewer for fewer images.

    A WebP side has at most 16,383 pixels; more images than fit take more columns.
    """
    n, h, w, _ = pixels.shape
    columns = max(1, min(n, 10))
    while -(-n // columns) * h > 16_000:
        columns *= 2
    rows = -(-n // columns)
    sheet = np.zeros((rows * h, columns * w, 3), np.uint8)
    for i in range(n):
        top, left = i // columns * h, i % columns * w
        sheet[top : top + h, left : left + w] = pixels[i]
    with replacing(path) as file:
        Image.fromarray(sheet).save(file, "WEBP", lossless=True, method=0, quality=0, exact=True)
    return columns, (h, w)


def read_sheet(folder: RunFolder, record: ImagesLine) -> np.ndarray:
    """The pixels of an `images` record, (n, h, w, c) uint8."""
    with Image.open(inside(folder, record["sheet"])) as opened:
        sheet = np.asarray(opened.convert("RGB"))
    (h, w), columns, c = record["tile"], record["columns"], record["channels"]
    tiles = [
        sheet[i // columns * h : i // columns * h + h, i % columns * w : i % columns * w + w]
        for i in range(record["count"])
    ]
    return np.stack(tiles)[..., :c]


def read_array(folder: RunFolder, value: object) -> np.ndarray:
    """A field of a record that may be inline or in a file of its own."""
    if isinstance(value, dict) and "file" in value:
        return np.load(inside(folder, value["file"]), allow_pickle=False)
    return np.asarray(value)


def inside(folder: RunFolder, relative: str) -> Path:
    """A file that a record names; refuses a path that leaves the run's folder."""
    path = (folder.path / relative).resolve()
    if not path.is_relative_to(folder.path.resolve()) or not path.is_file():
        raise BadRecord(
            f"Run {folder.id!r} names a file that is not in its folder: {relative!r}. The run was edited or half copied."
        )
    return path
