"""Dense labels of a run's set as a page reads them, without an engine."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from safetensors import SafetensorError, safe_open

from .folder import RunFolder

TENSOR, HEADER = "dense_labels", "distill_studio"


@dataclass(frozen=True, eq=False)
class DenseLabels:
    """Soft labels (n, N², classes) float32 of the first images of a set, and their grid: the side of a sub-image in pixels, top and
    left of each."""

    labels: np.ndarray
    across: int
    ratio: float
    side: int
    corners: list[list[int]]
    classes: tuple[str, ...]
    count: int  # images of the whole set


def read(folder: RunFolder, most: int) -> DenseLabels | None:
    """Of at most so many images; None where the run has no set yet, or one without dense labels, or one that cannot be read."""
    try:
        with safe_open(str(folder.path / "set.safetensors"), framework="numpy") as file:
            said = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            if "dense" not in said:
                return None
            whole = file.get_slice(TENSOR)
            count = int(whole.get_shape()[0])
            labels = np.asarray(whole[: min(count, most)], np.float32)
        grid = said["dense"]
        names = tuple(map(str, said["classes"]))
        where = int(grid["side"]), [[int(top), int(left)] for top, left in grid["corners"]]
        return DenseLabels(labels, int(grid["across"]), float(grid["ratio"]), *where, names, count)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None  # the page of runs says what is wrong with a set
