"""Where a classifier finds its evidence in the images of a run, and where it finds it in real ones; kept with the run.

`planes/activation-<record>.json`, of the final set `planes/activation-set.json`:
    {"record", "stamp", "shape": [h, w], "classes", "counts": {"real", "synthetic"}, "evidence": {"real", "synthetic"},
     "network": {"key", "spec", "accuracy"}}
`….maps.npy` is (3, classes, h, w) float32: the mean class activation map of real images, of synthetic ones, and the
difference (synthetic − real); NaN for a class that has no synthetic image yet. `….images.npy` is (2, classes, H, W, c) uint8:
the mean images. Formulas: `measures/activation.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from ..errors import BadRecord, StudioError
from ..home import read_json, write_array, write_json
from ..record import view
from ..record.folder import RunFolder
from ..record.lines import ImagesLine, Line
from ..record.log import Timeline
from ..record.plain import plain
from ..record.sheets import read_sheet
from ..record.view import Judge
from . import outputs
from .network import one_data_set, opened, teacher_of, usual_teacher

if TYPE_CHECKING:
    from torch import Tensor

    from ..datasets import RealSet
    from ..networks import Network

VERSION = 1
FILES = ("maps", "images")
MOST_KEPT = 60  # moments of a run


class Sides(TypedDict):
    """A number for each class, of real images and of synthetic ones (null where there is none yet)."""

    real: list[float]
    synthetic: list[float | None]


class About(TypedDict):
    """`planes/activation-….json`; `shape` is that of a map, `stamp` tells a record from another with its number."""

    version: int
    record: int | None
    stamp: float
    shape: list[int]
    classes: list[str]
    network: Judge
    counts: Sides
    evidence: Sides


def compute(home: Path, run: str, record: int | None = None, *, tell: Callable[..., None] = lambda **_: None) -> About:
    """Maps of the images as they stood at a record of a run (its number), or of its final set; returns the JSON.

    Images "as they stood" are the last word on every image up to that record. What was made before is taken from the disk.

    Raises:
        BadRecord: no such record, no images, images that do not fit, or no teacher on these data; the sentence says which.
    """
    folder = RunFolder.find(home, run)
    log = Timeline.all(folder)
    name, stamp = view.look_name("activation", record), stamp_of(folder, log, record)
    where = folder.path / "planes" / f"{name}.json"
    if (old := kept(folder, log, record)) is not None:
        return old.about
    tell(stage="look", done=0, total=2)
    real = one_data_set([folder])
    network, about = opened(_judge(folder, log, real), real.name)
    seen = _of_real(about["key"], network, real)
    tell(stage="look", done=1, total=2)
    images, labels = images_at(folder, log, record, real)
    from ..measures.activation import means

    given = means(network, real, images, labels)
    maps = np.stack([seen["maps"], given.maps.numpy(), given.maps.numpy() - seen["maps"]])
    pictures = np.stack([seen["images"], given.images.numpy()]).transpose(0, 1, 3, 4, 2)
    arrays = maps.astype(np.float32), (np.nan_to_num(pictures) * 255).round().astype(np.uint8)
    where.parent.mkdir(exist_ok=True)
    for what, array in zip(FILES, arrays, strict=True):
        write_array(where.with_name(f"{name}.{what}.npy"), array)
    answer: About = {
        "version": VERSION,
        "record": record,
        "stamp": stamp,
        "shape": list(maps.shape[2:]),
        "classes": list(real.classes),
        "network": about,
        "counts": {"real": seen["counts"].tolist(), "synthetic": given.counts.tolist()},
        "evidence": {"real": seen["evidence"].tolist(), "synthetic": plain(given.evidence.tolist())},
    }
    write_json(where, answer)
    forget(folder, "activation")
    return answer


def forget(folder: RunFolder, kind: str) -> None:
    """Take away the moments that were looked at longest ago, beyond `MOST_KEPT`; the final set stays.

    Args:
        kind: how their files begin: `activation`, `attention`.
    """
    made = sorted((folder.path / "planes").glob(f"{kind}-[0-9]*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in made[: max(0, len(made) - MOST_KEPT)]:
        for one in path.parent.glob(f"{path.stem}.*"):
            one.unlink(missing_ok=True)


def stamp_of(folder: RunFolder, log: Sequence[Line], record: int | None) -> float:
    """What tells this record from another that had its number before the run was resumed."""
    if record is None:
        path = folder.path / "set.safetensors"
        if not path.is_file():
            raise BadRecord(f"Run {folder.id!r} has no final set yet. Choose one of its records of images.")
        return float(path.stat().st_size)
    shown = view.images(log)
    for one in shown:
        if one["n"] == record:
            return float(one["t"])
    if not shown:
        raise BadRecord(f"Run {folder.id!r} has shown no images yet. They come with its first report.")
    raise BadRecord(
        f"Record {record} of run {folder.id!r} shows no synthetic images. There are {len(shown)}, from {shown[0]['n']} to "
        f"{shown[-1]['n']}; choose one of them."
    )


def still_said(folder: RunFolder, log: Sequence[Line], record: int | None, name: str, version: int) -> Any:
    """The JSON of a look, where it is of this version and of the record as it is now; else None."""
    about = read_json(folder.path / "planes" / f"{name}.json")
    fresh = isinstance(about, dict) and (about["version"], about["stamp"]) == (version, stamp_of(folder, log, record))
    return about if fresh else None


def is_sides(given: object, classes: int) -> bool:
    """Whether this is a number (or null) for each class, of real images and of synthetic ones."""
    sides = [given.get(side) for side in ("real", "synthetic")] if isinstance(given, dict) else [None]
    numbers = (int, float, type(None))
    return all(
        isinstance(one, list) and len(one) == classes and all(isinstance(n, numbers) for n in one) for one in sides
    )


@dataclass(frozen=True, eq=False)
class Kept:
    """What was made: the JSON, maps (3, classes, h, w) float32, mean images (2, classes, H, W, c) uint8."""

    about: About
    maps: np.ndarray
    images: np.ndarray


def kept(folder: RunFolder, log: Sequence[Line], record: int | None) -> Kept | None:
    """What was made of a record before (None: of the final set), if it is whole. Needs no engine."""
    name = view.look_name("activation", record)
    try:
        about: About | None = still_said(folder, log, record, name, VERSION)
        if about is None:
            return None
        maps, images = (np.load(folder.path / "planes" / f"{name}.{what}.npy", allow_pickle=False) for what in FILES)
        count = len(about["classes"])
        whole = maps.shape == (3, count, *about["shape"]) and images.shape[:2] == (2, count) and images.ndim == 5
        said = is_sides(about["counts"], count) and is_sides(about["evidence"], count)
        return Kept(about, maps, images) if whole and said and isinstance(about["network"]["spec"], str) else None
    except (BadRecord, OSError, ValueError, KeyError, TypeError):
        return None


def _judge(folder: RunFolder, log: Sequence[Line], real: RealSet) -> str:
    """The teacher `auto` on these data, as the class-relevant distance takes it; else any that is at hand."""
    return usual_teacher(real) or teacher_of([folder], {folder.id: log}, real)


def _of_real(key: str, network: Network, real: RealSet) -> dict[str, np.ndarray]:
    """Means over real images, kept in the home: every run on these data asks for the same."""
    from ..measures.activation import means_of_real
    from ..store import remembered

    def make() -> dict[str, np.ndarray]:
        return {name: value.numpy() for name, value in vars(means_of_real(network, real)).items()}

    return remembered("activation", f"{key}-{VERSION}", make)


def images_at(folder: RunFolder, log: Sequence[Line], record: int | None, real: RealSet) -> tuple[Tensor, Tensor]:
    """Images (n, c, H, W) in [0, 1] and labels (n,)."""
    import torch

    if record is None:
        from ..priors.decoding import DECODERS
        from ..results import load_result, walls

        kept = load_result(folder.path / "set.safetensors", DECODERS)
        if kept.shape != (real.channels, real.size, real.size):
            c, h, w = kept.shape
            raise BadRecord(
                f"The set of run {folder.id!r} has images of {c}×{h}×{w}; {real.name} has {real.channels}×{real.size}×{real.size}."
            )
        return kept.preview(), kept.labels[walls(kept.labels)]
    shown = outputs.fitting(folder, [one for one in log if one["n"] <= record], real)
    last: dict[int, tuple[ImagesLine, int]] = {}
    for one in shown:
        last |= {int(image): (one, slot) for slot, image in enumerate(one["ids"])}
    sheets = {one["n"]: _sheet(folder, one) for one in {o["n"]: o for o, _ in last.values()}.values()}
    pixels = np.stack([sheets[one["n"]][slot] for one, slot in last.values()])
    labels = torch.tensor([int(one["labels"][slot]) for one, slot in last.values()])
    return real.pixels(torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))), labels


def _sheet(folder: RunFolder, record: ImagesLine) -> np.ndarray:
    try:
        return read_sheet(folder, record)
    except StudioError:
        raise
    except (OSError, ValueError) as error:
        raise BadRecord(
            f"{record['sheet']} of run {folder.id!r} cannot be read ({error}). Choose another moment of the run."
        ) from None
