"""What a ruined wall of images looks like: black and white, all alike, or as it was at the start. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .wall import Wall

SATURATED, BOTH = 0.9, 0.05  # share of pixels at black or white, and at least that much at each
RISEN = 0.2  # that share above the start's
SAME = 1  # level of 255: images that differ no more are equal
Classes = tuple[int, ...]  # one class, or two that are alike
WORDS = {
    "saturated": "{share:.0f} % of its pixels are black or white",
    "collapsed": "all images of {classes} are equal to each other",
    "alike": "{classes} have the same images",
}
UNMOVED = "its images are equal to their start, although a loss was to be lowered"


def share(wall: Wall) -> float:
    """Of pixels at black or white."""
    return float(((wall.pixels == 0) | (wall.pixels == 255)).mean())


def saturated(wall: Wall) -> bool:
    return are_ends(*(float((wall.pixels == level).mean()) for level in (0, 255)))


def are_ends(black: float, white: float) -> bool:
    """Whether such shares of black and of white pixels leave next to nothing between them."""
    return black + white >= SATURATED and min(black, white) >= BOTH


def differ(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape != b.shape or int(np.abs(a.astype(np.int16) - b).max()) > SAME


def collapsed(wall: Wall) -> list[Classes]:
    """Classes of two images or more that are all equal."""
    found = list[Classes]()
    for label in np.unique(wall.labels).tolist():
        images = wall.of(label)
        if len(images) > 1 and int(np.abs(images - images[0]).max()) <= SAME:
            found.append((label,))
    return found


def alike(wall: Wall) -> list[Classes]:
    """Pairs of classes whose mean images are equal: neighbors among classes by their mean level, where equal ones stand together."""
    means = {label: wall.of(label).mean(0) for label in np.unique(wall.labels).tolist()}
    order = sorted(means, key=lambda label: (float(means[label].mean()), label))
    return [
        (min(pair), max(pair))
        for pair in pairwise(order)
        if float(np.abs(means[pair[0]] - means[pair[1]]).max()) <= SAME
    ]


def named(classes: Sequence[Classes]) -> str:
    labels = sorted({label for one in classes for label in one})
    shown = ", ".join(str(label) for label in labels[:8]) + (", …" if len(labels) > 8 else "")
    return f"class{'es' * (len(labels) > 1)} {shown}"
