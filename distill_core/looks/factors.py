"""What a run that is stored in two factors is made of: natural images, the compensators that all classes share, their sums,
and what the teachers say of each (INFER, arXiv 2408.06927, section 3).

`planes/factors.json` is a `Factors`; `planes/factors.<what>.npy`, for the groups and classes that are shown:
    naturals      (groups, classes, h, w, c) uint8
    compensators  (groups, teachers, h, w, c) float16, in pixels
    answers       (groups, 1 + teachers, classes, all classes) float16: the mean answer of all teachers; slice 0 is the naturals
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from ..errors import BadRecord, StudioError
from ..home import read_json, write_array, write_json
from ..record import view
from ..record.folder import RunFolder
from ..record.view import Judge
from .network import one_data_set, opened

if TYPE_CHECKING:
    from torch import Tensor

    from ..datasets import RealSet
    from ..networks import Network
    from ..results import Factored

VERSION = 3
FILES = ("naturals", "compensators", "answers")
MOST_CLASSES, MOST_BYTES = 100, 3_000_000  # that are sent to a page, as naturals
COUNTS, ALIKE_CLASSES = (
    12,
    20,
)  # numbers of groups, and classes, for which it is asked how much images repeat each other


class Alike(TypedDict):
    """How much the images of a class repeat each other: [images of each class, mean cosine of two of them] as the set grows group
    by group. Last features of the first teacher, mean over classes."""

    set: list[list[float]]
    naturals: list[list[float]]
    random: list[list[float]]


class Factors(TypedDict):
    """`planes/factors.json`.

    `norms` has ‖u‖₂ and ‖u‖∞ in pixels for each shown group and teacher. `right` has a row for the naturals and one for the sums
    of each teacher, a column for each teacher that was asked: the share that it calls by their class, over all groups.
    """

    version: int
    stamp: str
    classes: list[str]
    shown: int
    groups: int
    bytes: dict[str, int]
    teachers: list[Judge]
    norms: list[list[list[float]]]
    right: list[list[float]]
    alike: Alike


@dataclass(frozen=True, eq=False)
class Kept:
    """What was made: the JSON and the three arrays."""

    about: Factors
    naturals: np.ndarray
    compensators: np.ndarray
    answers: np.ndarray


def compute(home: Path, run: str, *, tell: Callable[..., None] = lambda **_: None) -> Factors:
    """Take the final set of a run apart and ask its teachers; returns the JSON. What was made before is taken from the disk.

    Raises:
        BadRecord: no finished set, one of another kind, or a teacher that is not on this machine; the sentence says which.
    """
    folder = RunFolder.find(home, run)
    if (old := kept(folder)) is not None:
        return old.about
    tell(stage="open", done=0, total=2)
    parts, real = factored(folder), one_data_set([folder])
    if tuple(parts.classes) != tuple(real.classes) or parts.shape != (real.channels, real.size, real.size):
        raise BadRecord(
            f"The set of run {run!r} does not belong to {real.name}: other classes, or images of another size."
        )
    from ..pieces.ensemble import AT, JOIN, mean_answer

    keys, _, temperature = parts.teacher.partition(AT)
    found = [opened(key, real.name) for key in keys.split(JOIN)]
    tell(stage="ask", done=1, total=2)
    answers = asked(parts, real, [network for network, _ in found])
    groups, classes = shown_of(parts)
    small = (
        parts.naturals[:groups, :classes].permute(0, 1, 3, 4, 2).numpy(),
        parts.compensators[:groups].permute(0, 1, 3, 4, 2).numpy(),
        mean_answer(answers, float(temperature or 0))[:groups, :, :classes].half().numpy(),
    )
    where = path_of(folder)
    where.parent.mkdir(exist_ok=True)
    for what, array in zip(FILES, small, strict=True):
        write_array(where.with_name(f"factors.{what}.npy"), np.ascontiguousarray(array))
    flat = parts.compensators[:groups].float().flatten(2)
    norms = [[[float(u.norm()), float(u.abs().max())] for u in group] for group in flat]
    answer: Factors = {
        "version": VERSION,
        "stamp": _stamp(folder),
        "classes": list(parts.classes),
        "shown": groups,
        "groups": len(parts.naturals),
        "bytes": {"naturals": parts.naturals.numel(), "compensators": 2 * parts.compensators.numel()},
        "teachers": [about for _, about in found],
        "norms": norms,
        "right": right(answers).tolist(),
        "alike": alike(parts, real, found[0][0], int(folder.request()["job"].get("seed", 0))),
    }
    write_json(where, answer)
    return answer


def factored(folder: RunFolder) -> Factored:
    """The final set of a run; `BadRecord` where there is none, or where it is not stored in factors."""
    from ..priors.decoding import DECODERS
    from ..results import Factored, load_result

    path = folder.path / "set.safetensors"
    if not path.is_file():
        raise BadRecord(f"Run {folder.id!r} has no set yet. Wait until it has finished.")
    found = load_result(path, DECODERS)
    if not isinstance(found, Factored):
        raise BadRecord(
            f"The set of run {folder.id!r} is stored as whole images, so there are no factors to take apart."
        )
    return found


def shown_of(parts: Factored) -> tuple[int, int]:
    """How many groups and classes are sent to a page."""
    classes = min(MOST_CLASSES, len(parts.classes))
    c, h, w = parts.shape
    return max(1, min(len(parts.naturals), MOST_BYTES // (classes * c * h * w))), classes


def asked(parts: Factored, real: RealSet, networks: list[Network]) -> Tensor:
    """(asked teachers, groups, 1 + teachers, classes, all classes) logits of the naturals and of all sums, un-augmented."""
    import torch

    groups, teachers = parts.compensators.shape[:2]
    whole = parts.with_(naturals_are_shown=True, soft_labels=None, ids=torch.empty(0, dtype=torch.int64))
    images = whole.lesson(0, torch.Generator()).images  # slice-major: naturals, then the sums of each teacher
    with torch.no_grad():
        logits = torch.stack(
            [torch.cat([network(real.normalize(part)) for part in images.split(500)]) for network in networks]
        )
    return logits.unflatten(1, (1 + teachers, groups, len(parts.classes))).transpose(1, 2)


def right(answers: Tensor) -> Tensor:
    """(slices, asked teachers): the share of images that a teacher calls by their class; see `asked`."""
    import torch

    wanted = torch.arange(answers.shape[3])
    return (answers.argmax(-1) == wanted).double().mean((1, 3)).T


def alike(parts: Factored, real: RealSet, network: Network, seed: int) -> Alike:
    """The curves of `Alike`; `seed` draws the random real images, as many as the set has at every point."""
    import torch

    from ..evaluation.control import random_rows
    from ..measures.diversity import mean, pairwise_cosine

    groups, added = parts.compensators.shape[:2]
    classes = min(ALIKE_CLASSES, len(parts.classes))
    labels = torch.arange(classes).repeat(groups * (1 + added))
    random = real.pixels(real.train.images[random_rows(real, labels, seed)])
    whole = parts.with_(naturals_are_shown=True, soft_labels=None, ids=torch.empty(0, dtype=torch.int64))
    images = whole.lesson(0, torch.Generator()).images.unflatten(0, (1 + added, groups, -1))[:, :, :classes]

    def features(x: Tensor) -> np.ndarray:
        with torch.no_grad():
            parts = [network.features(real.normalize(part)).flatten(1) for part in x.split(500)]
        return torch.cat(parts).numpy()

    def curve(z: np.ndarray, counts: list[int]) -> list[list[float]]:
        """Of (images of each class, classes, features), as they are added one by one."""
        means = {n: mean([pairwise_cosine(z[:n, label]) for label in range(classes)]) for n in counts if n > 1}
        return [[n, value] for n, value in means.items() if value is not None]

    own = features(images.flatten(0, 2)).reshape(1 + added, groups, classes, -1)
    grown = np.swapaxes(own, 0, 1).reshape(groups * (1 + added), classes, -1)
    steps = sorted({1 + round(i * (groups - 1) / max(1, COUNTS - 1)) for i in range(COUNTS)})
    seen = [n * (1 + added) for n in steps]
    return {
        "set": curve(grown, seen),
        "naturals": curve(own[0], steps),
        "random": curve(features(random).reshape(len(grown), classes, -1), seen),
    }


def path_of(folder: RunFolder) -> Path:
    return folder.path / "planes" / f"{view.FACTORS}.json"


def _stamp(folder: RunFolder) -> str:
    """Of the bytes of the set, so that what was found travels with a run."""
    path = folder.path / "set.safetensors"
    if not path.is_file():
        return ""
    return _digest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kept(folder: RunFolder) -> Kept | None:
    """What was made before, if it is whole and of this set. Needs no engine."""
    try:
        about: Factors | None = read_json(path_of(folder))
        if not isinstance(about, dict) or (about["version"], about["stamp"]) != (VERSION, _stamp(folder)):
            return None
        arrays = [np.load(path_of(folder).with_name(f"factors.{what}.npy"), allow_pickle=False) for what in FILES]
        naturals, compensators, answers = arrays
        groups, teachers = about["shown"], len(about["teachers"])
        whole = naturals.ndim == 5 and naturals.shape[0] == len(compensators) == groups
        whole = whole and compensators.shape[2:] == naturals.shape[2:]
        whole = whole and answers.shape == (groups, len(about["right"]), naturals.shape[1], len(about["classes"]))
        return (
            Kept(about, *arrays) if whole and teachers and set(about["alike"]) == set(Alike.__annotations__) else None
        )
    except (StudioError, OSError, ValueError, KeyError, TypeError):
        return None
