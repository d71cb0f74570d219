"""The user's own images: a folder with one sub-folder per class, or a zip of one.

A `metadata.csv` with the columns file_name and label says the classes instead (see `listed`). `train/` and `test/` (or `val/`) levels above or in the classes are understood (see `divisions`). Without a test part a fifth of
each class becomes one. Pictures are cut square and resized, to the size that is asked for; what cannot be read is listed by name
and reason, and the rest is used. What was given and what was taken are compared in the notes.
Whether training may mirror them is asked when they are brought in (see `mirroring`).
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from ..errors import BadData, BadSetting, nearest
from ..home import read_json, studio_home, write_json
from ..spec import Spec
from ..store import remembered
from .constants import NAMED, Constants
from .mirroring import SAID, by_default, sentence
from .reading import READER, About, Arrays, about_of, read
from .real import DataInfo, Progress, RealSet, Split, assemble, fingerprint
from .tree import opened

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Report:
    """What became of a folder: how many pictures were read, which were not and why, and what was done to all of them."""

    read: int
    skipped: tuple[tuple[str, str], ...] = ()  # (path, reason)
    notes: tuple[str, ...] = ()
    given: int = 0  # files that were found


def add(
    path: str | Path,
    name: str,
    *,
    size: int | None = None,
    mirror: bool | None = None,
    progress: Progress | None = None,
) -> tuple[DataInfo, Report]:
    """Read a folder or a zip and keep it in the home as `own/<name>`. The same images under the same name may come
    again.

    Args:
        size: pixels a side; None takes the most common shorter side, up to `reading.USUAL`.
        mirror: whether training may mirror the images; None goes by the classes (`mirroring.by_default`).
    """
    if not NAME.fullmatch(name):
        raise BadSetting(
            f"{name!r} cannot be a data set's name: use up to 40 letters, digits, - and _, starting with a "
            f"letter or digit."
        )
    arrays = read(Path(path).expanduser(), size, progress)
    about = about_of(arrays)
    made = _info(f"own/{name}", name, arrays, mirror)
    folder = studio_home() / "data" / "own" / name
    if folder.exists():
        _check_same(name, read_json(folder / "set.json", {}).get("fingerprint") == about.fingerprint, made)
    else:
        _keep(folder, arrays, {**asdict(made), "fingerprint": about.fingerprint})
    return info(name), Report(
        about.read, about.skipped, (*about.notes, sentence(made.name, made.may_mirror)), about.given
    )


def _check_same(name: str, same_images: bool, made: DataInfo) -> None:
    if not same_images:
        raise BadSetting(
            f"There is already a data set called own/{name}, with other images or another size. Choose another name."
        )
    if info(name).may_mirror != made.may_mirror:
        raise BadSetting(
            f"own/{name} is there already, with mirror={SAID[not made.may_mirror]}. Choose another name, or write "
            f"own/{name}:mirror={SAID[made.may_mirror]} in a run."
        )


def names() -> list[str]:
    """The names of the sets that were added, sorted."""
    folder = studio_home() / "data" / "own"
    return sorted(p.name for p in folder.iterdir() if (p / "set.json").is_file()) if folder.is_dir() else []


def info(name: str) -> DataInfo:
    """What is kept about an added set, without loading its images. Sets of earlier versions were mirrored."""
    kept = {key: value for key, value in read_json(_folder(name) / "set.json", {}).items() if key != "fingerprint"}
    try:
        return TypeAdapter(DataInfo).validate_python(kept)
    except ValueError:
        raise BadData(
            f"own/{name} is damaged: its set.json lacks what it should say. Add its folder again under another name."
        ) from None


def load(name: str, mirror: bool | None = None, constants: Constants | None = None) -> RealSet:
    """A set that was added before; `mirror` where another answer is wanted than was given then, `constants` other than its own."""
    path = _folder(name) / "set.safetensors"
    try:
        arrays = load_file(path)
        if scrambled(arrays["train_images"]):
            raise ValueError("an earlier version mixed up its pixels")
        return _real(info(name), arrays, mirror, constants)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise BadData(f"own/{name} is damaged ({error}). Add its folder again under another name.") from None


def scrambled(images: np.ndarray) -> bool:
    """Whether color images (n, 3, h, w) uint8 were written pixel by pixel and are read channel by channel: neighbors then
    differ far less the other way round. Earlier versions wrote so with some versions of the library.
    """
    some = images[:: max(1, len(images) // 200)].astype(np.int16)
    n, c, h, w = some.shape
    turned = some.reshape(n, h, w, c).transpose(0, 3, 1, 2)
    rough, smooth = (np.abs(np.diff(one, axis=3)).mean() for one in (some, turned))
    return c > 1 and bool(rough > 1.5 * smooth)


def load_folder(
    path: str,
    progress: Progress | None = None,
    mirror: bool | None = None,
    constants: Constants | None = None,
    size: int | None = None,
) -> RealSet:
    """A folder or a zip directly, at a size; its pixels are kept in the cache until a file in it changes."""
    where = Path(path).expanduser().resolve()
    with opened(where) as tree:
        listing = "\n".join([*(f"{e.path}\t{e.size}\t{e.stamp}" for e in tree.entries), *tree.aside.notes()])
    key = sha256(f"{READER}\n{size or ''}\n{where}\n{listing}".encode()).hexdigest()[:32]
    arrays = remembered("folder", key, lambda: read(where, size, progress))
    return _real(_info(f"folder:{where}", where.name, arrays), arrays, mirror, constants, size)


def _folder(name: str) -> Path:
    if name not in names():
        raise BadSetting(
            f"There is no data set called own/{name}.{nearest(name, names())} Add a folder under this name first."
        )
    return studio_home() / "data" / "own" / name


def _keep(folder: Path, arrays: Arrays, said: Mapping[str, object]) -> None:
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


def _info(name: str, title: str, arrays: Arrays, mirror: bool | None = None) -> DataInfo:
    classes, shape = about_of(arrays).classes, arrays["train_images"].shape
    said, mirrored = f"Your own images, {len(classes)} classes.", by_default(classes)
    counts = shape[0], len(arrays["test_images"]), shape[1], shape[2]
    mirrored = mirrored if mirror is None else mirror
    return DataInfo(name, title, said, classes, *counts, (), mirrored, ready=True)


def _real(
    known: DataInfo, arrays: Arrays, mirror: bool | None, constants: Constants | None, size: int | None = None
) -> RealSet:
    def split(part: str) -> Split:
        return Split(torch.from_numpy(arrays[f"{part}_images"]), torch.from_numpy(arrays[f"{part}_labels"]))

    about, asked = about_of(arrays), replace(known, may_mirror=known.may_mirror if mirror is None else mirror)
    key = about.fingerprint if asked.may_mirror else fingerprint("own", about.fingerprint, "mirror=no")
    key = key if constants is None else fingerprint("own", key, f"constants={NAMED}")
    if constants is not None and asked.channels != len(constants[0]):
        raise BadSetting(f"{known.name} has grey images, and constants={NAMED} are for RGB. Leave constants out.")
    return assemble(
        asked,
        split("train"),
        split("test"),
        key,
        val=split("val") if "val_images" in arrays else None,
        name=_named(known, asked.may_mirror, constants, size),
        constants=constants,
        licence="your own",
        notes=[*about.notes, sentence(known.name, asked.may_mirror), *_not_used(about)],
    )


def _named(known: DataInfo, mirrored: bool, constants: Constants | None, size: int | None) -> str:
    """The spec of this set: `mirror`, `constants` and `size` are said where they are not what was settled when the images came in."""
    said: dict[str, int | float | str] = {} if mirrored == known.may_mirror else {"mirror": SAID[mirrored]}
    said |= {} if constants is None else {"constants": NAMED}
    said |= {} if size is None else {"size": size}
    if not said:
        return known.name
    kind, _, path = known.name.partition(":")
    return str(Spec.of(kind, {**said, **({"path": path} if path else {})}))


def _not_used(about: About) -> list[str]:
    if not about.skipped:
        return []
    shown = "; ".join(f"{path}: {reason}" for path, reason in about.skipped[:5])
    more = "; …" if len(about.skipped) > 5 else ""
    return [f"{len(about.skipped)} files were not used ({shown}{more})."]
