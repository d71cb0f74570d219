"""A small part of Fashion-MNIST that comes with the studio: 500 training and 100 test images of each of its ten classes.

Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms", arXiv 1708.07747, MIT
licence. They are the first of each class in the official training file and in the official test file, so that nobody chose them.
A picture in `assets/fashion` holds each part: one row of 28×28 images per class. Its constants are those of the whole set.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from ..errors import BadData
from ..home import ASSETS
from .real import DataInfo, Progress, RealSet, Split, assemble, fingerprint
from .vision_names import FASHION

EACH, SIDE = {"train": 500, "test": 100}, 28
FILES = ASSETS / "fashion"
CONSTANTS = (0.2861,), (0.3530,)
INFO = DataInfo(
    "fashion",
    "Clothes",
    "Pieces of clothing, grey: a twelfth of Fashion-MNIST. One mean image of each class is not enough here.",
    FASHION,
    train=10 * EACH["train"],
    test=10 * EACH["test"],
    channels=1,
    size=SIDE,
    sizes=(),
    bundled=True,
    ready=True,
)


def load(progress: Progress | None = None) -> RealSet:
    """The clothes at 28 pixels."""
    parts = {part: _rows(part) for part in EACH}
    whole, held = (_split(parts[part]) for part in EACH)
    key = fingerprint("fashion", *parts.values())
    return assemble(INFO, whole, held, key, name=INFO.name, licence="MIT (Zalando SE, 2017)", constants=CONSTANTS)


def _rows(part: str) -> np.ndarray:
    """(classes, images, 28, 28) uint8 of one part."""
    path, shape = FILES / f"{part}.png", (10, SIDE, EACH[part], SIDE)
    try:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("L"))
    except (OSError, UnidentifiedImageError) as cause:
        raise BadData(f"{path} cannot be read ({cause}); it comes with the studio: install it again.") from cause
    if pixels.shape != (10 * SIDE, EACH[part] * SIDE):
        raise BadData(
            f"{path} is {pixels.shape[1]}×{pixels.shape[0]} pixels, {shape[2] * SIDE}×{10 * SIDE} was wanted."
        )
    return np.ascontiguousarray(pixels.reshape(shape).transpose(0, 2, 1, 3))


def _split(rows: np.ndarray) -> Split:
    classes, each = rows.shape[:2]
    images = torch.from_numpy(rows.reshape(classes * each, 1, SIDE, SIDE).copy())
    return Split(images, torch.arange(classes).repeat_interleave(each))
