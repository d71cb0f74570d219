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
from .levels import Scale, said_of, scale_of
from .listed import listed
from .pictures import DONE, Look, Unreadable, decode, look
from .real import Progress, fingerprint, stratified
from .tree import Tree, opened

RECIPE = 2  # raise it when files are turned into pixels differently; 1 could be kept with mixed-up colors
READER = 5  # raise it when something else is known or said of the same files: what was remembered is then read again
SMALLEST, LARGEST, USUAL = 8, 256, 64  # pixels; no more than `USUAL` unless asked for
TEST_SHARE, TEST_SEED = 0.2, 20_240_612
MOST_LISTED = 100  # classes, by name in a sentence
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class About:
    """What is known of the pictures of a folder, beside them."""

    classes: tuple[str, ...]
    read: int
    skipped: tuple[tuple[str, str], ...]  # (path, reason)
    notes: tuple[str, ...]
    fingerprint: str
    given: int = 0  # files that were found, where that was counted


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
        given = len(tree.entries) + len(tree.aside.unread)
        found = listed(tree, path.name) or arrange(tree.entries, path.name)
        found.skipped += tree.aside.unread
        looks, digests = _look(tree, found, tell)
        levels = [one.levels for one in looks.values() if one.levels]
        scale = scale_of(levels)
        side, notes = _size(looks, size)
        grey = sum(one.grey for one in looks.values())
        if 0 < grey < len(looks):
            notes.append(f"{grey} grey pictures were made RGB like the others.")
        images, done = _decode(tree, found, side, grey == len(looks), scale, tell)
    notes += [
        *said_of(levels, scale),
        *(DONE[one].format(n=f"{n} pictures") for one, n in done.items()),
        *_twins(found, digests),
    ]
    arrays = _parts(found, images, notes)
    marks = [one for one in (found.mark, f"scale={scale}" if levels else "") if one]
    key = fingerprint("own", f"recipe={RECIPE},size={side}", *marks, *(f"{p}\t{digests[p]}" for p in sorted(images)))
    notes = [_taken(found, arrays, given), *tree.aside.notes(), *found.notes, *notes]
    about = About(tuple(found.classes), len(images), tuple(found.skipped), tuple(notes), key, given)
    return arrays | {"about": np.frombuffer(_ABOUT.dump_json(about), dtype=np.uint8)}


def _taken(found: Found, arrays: Arrays, given: int) -> str:
    """What was given and what was taken of it, class by class."""
    labels = np.concatenate([array for name, array in arrays.items() if name.endswith("_labels")])
    counts = np.bincount(labels, minlength=len(found.classes))
    listed = [f"{name} {n}" for name, n in zip(found.classes, counts, strict=True)][:MOST_LISTED]
    more = f" and {len(counts) - MOST_LISTED} more" if len(counts) > MOST_LISTED else ""
    return f"Of {given} files {len(labels)} pictures were taken, in {len(counts)} classes: {', '.join(listed)}{more}."


def _look(tree: Tree, found: Found, tell: Progress) -> tuple[dict[str, Look], dict[str, str]]:
    """What every picture that opens says of itself, and its digest."""
    looks, digests = {}, {}
    for i, entry in enumerate(found.entries()):
        if i % 100 == 0:
            tell("Looking at pictures", i, found.count)
        try:
            data = tree.read(entry)
            looks[entry.path] = look(data)
            digests[entry.path] = sha256(data).hexdigest()
        except Unreadable as error:
            found.skip(entry, str(error))
    found.check("readable picture")
    return looks, digests


def _size(looks: Mapping[str, Look], asked: int | None) -> tuple[int, list[str]]:
    """The size in pixels, and what there is to say about it: as asked, else the most common shorter side up to `USUAL`."""
    sides = [one.side for one in looks.values()]
    common = Counter(sides).most_common(1)[0][0]
    side = asked or min(max(common, SMALLEST), USUAL)
    notes = []
    if cut := sum(one.width != one.height for one in looks.values()):
        notes.append(f"{cut} of {len(looks)} pictures were cut square at their center.")
    if resized := sum(one != side for one in sides):
        low, high = min(sides), max(sides)
        were = f"{low}" if low == high else f"{low} to {high}"
        why = (
            f" More than {USUAL} has to be asked for: --size {min(common, LARGEST)}."
            if not asked and common > USUAL
            else ""
        )
        notes.append(
            f"{resized} of {len(looks)} pictures were resized to {side}×{side} (shorter sides: {were} pixels).{why}"
        )
    return side, notes


def _twins(found: Found, digests: Mapping[str, str]) -> list[str]:
    """Files with the very same bytes in two classes, or in training and test."""
    places: dict[str, dict[tuple[str, int], str]] = {}
    for part, pairs in found.parts.items():
        for entry, label in pairs:
            places.setdefault(digests[entry.path], {})[part, label] = entry.path
    both = [list(one.values()) for one in places.values() if len({label for _, label in one}) > 1]
    across = [list(one.values()) for one in places.values() if len({part for part, _ in one}) > 1]
    said = [(both, "are in two classes at once"), (across, "are in two parts at once")]
    return [f"{len(some)} pictures {what}, such as {' and '.join(some[0][:2])}." for some, what in said if some]


def _decode(
    tree: Tree, found: Found, side: int, grey: bool, scale: Scale, tell: Progress
) -> tuple[dict[str, np.ndarray], Counter[str]]:
    """(c, side, side) uint8 by path; what was done to them, by the names of `DONE`, and how often."""
    images, done = {}, Counter[str]()
    for i, entry in enumerate(found.entries()):
        if i % 100 == 0:
            tell("Reading pictures", i, found.count)
        try:
            pixels, what = decode(tree.read(entry), side, scale)
            images[entry.path] = pixels[:, :, :1].transpose(2, 0, 1).copy() if grey else pixels.transpose(2, 0, 1)
            done.update(what)
        except Unreadable as error:
            found.skip(entry, str(error))
    found.check("readable picture")
    tell("Reading pictures", found.count, found.count)
    return images, done


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
