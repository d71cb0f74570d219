"""A user's folder or zip → arrays: every picture that can be read, cut square and at one size, in parts with labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from ..errors import BadSetting
from .layout import Found, arrange
from .pictures import Unreadable, decode, look
from .real import Progress, fingerprint, stratified
from .tree import Tree, opened

RECIPE = 2  # raise it when files are turned into pixels differently; 1 could be kept with mixed-up colors
SMALLEST, LARGEST, USUAL = 8, 256, 64  # pixels; no more than `USUAL` unless asked for
TEST_SHARE, TEST_SEED = 0.2, 20_240_612
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class About:
    """What is known of the pictures of a folder, beside them."""

    classes: tuple[str, ...]
    read: int
    skipped: tuple[tuple[str, str], ...]  # (path, reason)
    notes: tuple[str, ...]
    fingerprint: str


_ABOUT = TypeAdapter(About)


def about_of(arrays: Arrays) -> About:
    """What was written beside the pictures; ValueError where it makes no sense."""
    return _ABOUT.validate_json(arrays["about"].tobytes())


def read(path: Path, size: int | None, progress: Progress | None) -> Arrays:
    """Everything that is kept of a folder: images and labels per part, and `about` as JSON bytes."""
    if size is not None and not SMALLEST <= size <= LARGEST:
        raise BadSetting(f"size={size} cannot work: choose a number of pixels from {SMALLEST} to {LARGEST}.")
    tell = progress or (lambda what, done, total: None)
    with opened(path) as tree:
        found = arrange(tree.entries, path.name)
        sides, grey, digests = _look(tree, found, tell)
        side, notes = _size(sides, size)
        if any(grey.values()) and not all(grey.values()):
            notes.append(f"{sum(grey.values())} grey pictures were made RGB like the others.")
        images = _decode(tree, found, side, all(grey.values()), tell)
    arrays = _parts(found, images, notes)
    key = fingerprint("own", f"recipe={RECIPE},size={side}", *(f"{p}\t{digests[p]}" for p in sorted(images)))
    about = About(tuple(found.classes), len(images), tuple(found.skipped), (*found.notes, *notes), key)
    return arrays | {"about": np.frombuffer(_ABOUT.dump_json(about), dtype=np.uint8)}


def _look(tree: Tree, found: Found, tell: Progress) -> tuple[dict[str, int], dict[str, bool], dict[str, str]]:
    """Shorter side, whether grey, and digest of every picture that opens."""
    sides, grey, digests = {}, {}, {}
    for i, entry in enumerate(found.entries()):
        if i % 100 == 0:
            tell("Looking at pictures", i, found.count)
        try:
            data = tree.read(entry)
            sides[entry.path], grey[entry.path] = look(data)
            digests[entry.path] = sha256(data).hexdigest()
        except Unreadable as error:
            found.skip(entry, str(error))
    found.check("readable picture")
    return sides, grey, digests


def _size(sides: dict[str, int], asked: int | None) -> tuple[int, list[str]]:
    """The size in pixels, and what there is to say about it: as asked, else the most common shorter side up to
    `USUAL`.
    """
    common = Counter(sides.values()).most_common(1)[0][0]
    side = asked or min(max(common, SMALLEST), USUAL)
    if set(sides.values()) == {side}:
        return side, []
    low, high = min(sides.values()), max(sides.values())
    were = f"{low}" if low == high else f"{low} to {high}"
    return side, [f"Pictures were cut square and resized to {side}×{side} (their shorter sides: {were} pixels)."]


def _decode(tree: Tree, found: Found, side: int, grey: bool, tell: Progress) -> dict[str, np.ndarray]:
    """(c, side, side) uint8 by path."""
    images = {}
    for i, entry in enumerate(found.entries()):
        if i % 100 == 0:
            tell("Reading pictures", i, found.count)
        try:
            pixels = decode(tree.read(entry), side)
            images[entry.path] = pixels[:, :, :1].transpose(2, 0, 1).copy() if grey else pixels.transpose(2, 0, 1)
        except Unreadable as error:
            found.skip(entry, str(error))
    found.check("readable picture")
    tell("Reading pictures", found.count, found.count)
    return images


def _parts(found: Found, images: Mapping[str, np.ndarray], notes: list[str]) -> Arrays:
    parts = dict(found.parts)
    if not parts["test"]:
        labels = np.array([label for _, label in parts["train"]])
        kept, taken = stratified(labels, TEST_SHARE, TEST_SEED)
        notes.append(
            f"There is no test part, so {len(taken)} of {len(labels)} images, a fifth of each class, were set "
            f"apart as one."
        )
        parts |= {"train": [parts["train"][i] for i in kept], "test": [parts["train"][i] for i in taken]}
    arrays: Arrays = {}
    for part, pairs in parts.items():
        if pairs:
            # as a block in this very order: a file's writer takes the memory as it lies
            arrays[f"{part}_images"] = np.ascontiguousarray(np.stack([images[e.path] for e, _ in pairs]))
            arrays[f"{part}_labels"] = np.array([label for _, label in pairs], dtype=np.int64)
    return arrays
