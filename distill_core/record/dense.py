"""Dense labels of a run's set as a page reads them, without an engine; and where the sub-images of the grid lie."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from safetensors import SafetensorError, safe_open

from .folder import RunFolder

TENSOR, HEADER = "dense_labels", "distill_studio"


@dataclass(frozen=True, eq=False)
class DenseLabels:
    """Soft labels (n, N², classes) float32 of the first images of a set, and their grid."""

    labels: np.ndarray
    across: int
    ratio: float
    labeler: str
    classes: tuple[str, ...]
    count: int  # images of the whole set


def squares(size: int, across: int, ratio: float) -> tuple[int, list[tuple[int, int]]]:
    """Side r = round(R · H), and top and left of every sub-image k = a · N + b of images of `size` × `size`.

    The stride is s = (H − r) / (N − 1), a corner (round(a · s), round(b · s)); N = 1 is the center.
    """
    side = round(ratio * size)
    room = size - side
    at = [room // 2] if across == 1 else [round(i * room / (across - 1)) for i in range(across)]
    return side, [(top, left) for top in at for left in at]


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
        return DenseLabels(labels, int(grid["across"]), float(grid["ratio"]), str(grid["labeler"]), names, count)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None  # the page of runs says what is wrong with a set
