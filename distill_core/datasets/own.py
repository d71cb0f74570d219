"""The user's own images: a folder with one sub-folder per class, or a zip of one.

`train/` and `test/` (or `val/`) levels above the classes are understood. Without a test part a fifth of each class
becomes one. Pictures are cut square and resized; what cannot be read is listed by name and reason, and the rest is
used.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from ..errors import BadData, BadSetting, nearest
from ..home import read_json, studio_home, write_json
from ..store import remembered
from .layout import Found, arrange
from .pictures import Unreadable, decode, look
from .real import DataInfo, Progress, RealSet, Split, assemble, fingerprint, stratified
from .tree import Tree, opened

RECIPE = 1  # raise it when files are turned into pixels differently
SMALLEST, LARGEST, USUAL = 8, 256, 64  # pixels; no more than `USUAL` unless asked for
TEST_SHARE, TEST_SEED = 0.2, 20_240_612
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Report:
    """What became of a folder: how many pictures were read, which were not and why, and what was done to all of
    them.
    """

    read: int
    skipped: tuple[tuple[str, str], ...] = ()  # (path, reason)
    notes: tuple[str, ...] = ()


def add(
    path: str | Path, name: str, *, size: int | None = None, progress: Progress | None = None
) -> tuple[DataInfo, Report]:
    """Read a folder or a zip and keep it in the home as `own/<name>`. The same images under the same name may come
    again.
    """
    if not NAME.fullmatch(name):
        raise BadSetting(
            f"{name!r} cannot be a data set's name: use up to 40 letters, digits, - and _, starting with a "
            f"letter or digit."
        )
    arrays = _read(Path(path).expanduser(), size, progress)
    about = _about(arrays)
    folder = studio_home() / "data" / "own" / name
    if folder.exists():
        kept = read_json(folder / "set.json", {})
        if kept.get("fingerprint") != about["fingerprint"]:
            raise BadSetting(f"There is already a data set called own/{name}, with other images. Choose another name.")
    else:
        _keep(folder, arrays, {**asdict(_info(f"own/{name}", name, arrays)), "fingerprint": about["fingerprint"]})
    return info(name), _report(about)


def names() -> list[str]:
    """The names of the sets that were added, sorted."""
    folder = studio_home() / "data" / "own"
    return sorted(p.name for p in folder.iterdir() if (p / "set.json").is_file()) if folder.is_dir() else []


def info(name: str) -> DataInfo:
    """What is kept about an added set, without loading its images."""
    kept = read_json(_folder(name) / "set.json", {})
    kept.pop("fingerprint", None)
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()}
    try:
        return DataInfo(**values)
    except TypeError:
        raise BadData(
            f"own/{name} is damaged: its set.json lacks what it should say. Add its folder again under another name."
        ) from None


def load(name: str) -> RealSet:
    """A set that was added before."""
    path = _folder(name) / "set.safetensors"
    try:
        return _real(info(name), load_file(path))
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise BadData(f"own/{name} is damaged ({error}). Add its folder again under another name.") from None


def load_folder(path: str, progress: Progress | None = None) -> RealSet:
    """A folder or a zip directly; its pixels are kept in the cache until a file in it changes."""
    where = Path(path).expanduser().resolve()
    with opened(where) as tree:
        listing = "\n".join(f"{e.path}\t{e.size}\t{e.stamp}" for e in tree.entries)
    key = sha256(f"{RECIPE}\n{where}\n{listing}".encode()).hexdigest()[:32]
    arrays = remembered("folder", key, lambda: _read(where, None, progress))
    return _real(_info(f"folder:{where}", where.name, arrays), arrays)


def _folder(name: str) -> Path:
    if name not in names():
        raise BadSetting(
            f"There is no data set called own/{name}.{nearest(name, names())} Add a folder under this name first."
        )
    return studio_home() / "data" / "own" / name


def _keep(folder: Path, arrays: Arrays, said: dict[str, Any]) -> None:
    """All of it or nothing: written beside its place, then moved."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(3)}")
    try:
        beside.mkdir()
        save_file(arrays, beside / "set.safetensors")
        write_json(beside / "set.json", said)
        os.replace(beside, folder)
    except OSError as error:
        raise BadData(f"The images could not be kept in {folder.parent} ({error}). Make room on that disk.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _info(name: str, title: str, arrays: Arrays) -> DataInfo:
    about, shape = _about(arrays), arrays["train_images"].shape
    classes = tuple(about["classes"])
    said = f"Your own images, {len(classes)} classes."
    return DataInfo(
        name, title, said, classes, shape[0], len(arrays["test_images"]), shape[1], shape[2], (), ready=True
    )


def _about(arrays: Arrays) -> dict[str, Any]:
    return json.loads(arrays["about"].tobytes())


def _report(about: dict[str, Any]) -> Report:
    return Report(about["read"], tuple((path, reason) for path, reason in about["skipped"]), tuple(about["notes"]))


def _real(about_it: DataInfo, arrays: Arrays) -> RealSet:
    def split(part: str) -> Split:
        return Split(torch.from_numpy(arrays[f"{part}_images"]), torch.from_numpy(arrays[f"{part}_labels"]))

    about, given = _about(arrays), split("val") if "val_images" in arrays else None
    notes = list(about["notes"])
    if about["skipped"]:
        shown = "; ".join(f"{path}: {reason}" for path, reason in about["skipped"][:5])
        notes.append(
            f"{len(about['skipped'])} files were not used ({shown}{'; …' if len(about['skipped']) > 5 else ''})."
        )
    return assemble(
        about_it, split("train"), split("test"), about["fingerprint"], val=given, licence="your own", notes=notes
    )


def _read(path: Path, size: int | None, progress: Progress | None) -> Arrays:
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
    notes = [*found.notes, *notes]
    about = {
        "classes": found.classes,
        "read": len(images),
        "skipped": found.skipped,
        "notes": notes,
        "fingerprint": key,
    }
    return arrays | {"about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)}


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


def _parts(found: Found, images: dict[str, np.ndarray], notes: list[str]) -> Arrays:
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
            arrays[f"{part}_images"] = np.stack([images[e.path] for e, _ in pairs])
            arrays[f"{part}_labels"] = np.array([label for _, label in pairs], dtype=np.int64)
    return arrays
