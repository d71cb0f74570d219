"""Our own procedural RGB set: ten shapes on lively backgrounds, drawn from a seed, at any size.

Every image has its own position, size, turn, colors, texture, background (gradient, cloud, pattern, clutter), light and
grain, so that one image says little about its class. Shapes are signed distances on a square of side 2; the same draw
at another size is the same scene seen finer or coarser.
"""

from __future__ import annotations

import numpy as np
import torch

from ..errors import BadSetting
from ..store import remembered
from .real import DataInfo, Progress, RealSet, Split, assemble, fingerprint
from .scenes import CLASSES, draw

RECIPE = 1  # raise it with any change of what is drawn
TRAIN, TEST, SEED = 4000, 1000, 0
SIZES = (16, 24, 32, 48, 64, 96, 128)
INFO = DataInfo(
    "shapes",
    "Shapes",
    "Ten shapes in color on lively backgrounds, drawn by a program. Harder than it looks with one image of each.",
    CLASSES,
    train=TRAIN,
    test=TEST,
    channels=3,
    size=32,
    sizes=SIZES,
    bundled=True,
    ready=True,
)


def load(
    size: int = 32, seed: int = SEED, train: int = TRAIN, test: int = TEST, progress: Progress | None = None
) -> RealSet:
    """The shapes at `size` pixels. `train` and `test` count all classes together; the two are drawn from different
    seeds.
    """
    _check(size=(size, 8, 256), seed=(seed, 0, 2**30), train=(train, 20, 100_000), test=(test, 10, 100_000))
    options = f"recipe={RECIPE},seed={seed},size={size},test={test},train={train}"
    key = fingerprint("shapes", options)

    def make() -> dict[str, np.ndarray]:
        return {"train": _draw(train, size, 2 * seed, progress), "test": _draw(test, size, 2 * seed + 1, progress)}

    images = remembered("shapes", key[:32], make)
    whole, held = (
        Split(torch.from_numpy(images[part]), torch.from_numpy(_labels(n)))
        for part, n in (("train", train), ("test", test))
    )
    given = {"size": (size, 32), "seed": (seed, SEED), "train": (train, TRAIN), "test": (test, TEST)}
    said = ",".join(f"{k}={v}" for k, (v, usual) in sorted(given.items()) if v != usual)
    return assemble(
        INFO, whole, held, key, name=f"shapes:{said}" if said else "shapes", licence="MIT (part of Distill Studio)"
    )


def _check(**given: tuple[int, int, int]) -> None:
    for name, (value, low, high) in given.items():
        if not isinstance(value, int) or not low <= value <= high:
            raise BadSetting(f"shapes:{name}={value} cannot work: choose a whole number from {low} to {high}.")


def _labels(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.int64) % len(CLASSES)


def _draw(count: int, size: int, seed: int, progress: Progress | None) -> np.ndarray:
    """(count, 3, size, size) uint8; classes in turn."""
    labels, images = _labels(count), np.empty((count, 3, size, size), np.uint8)
    for label, name in enumerate(CLASSES):
        if progress is not None:
            progress("Drawing shapes", label, len(CLASSES))
        where = np.flatnonzero(labels == label)
        images[where] = draw(name, len(where), size, np.random.RandomState([seed, label]))
    if progress is not None:
        progress("Drawing shapes", len(CLASSES), len(CLASSES))
    return images
