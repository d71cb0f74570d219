"""The files of the released layout, one batch at a time: tensors and numbers, never objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ...datasets.torch_files import loaded
from ...errors import BadRecord

AS_LISTS = "Objects are never unpickled here: save lists of tensors and numbers."


@dataclass(frozen=True, eq=False)
class Batch:
    """One file, or one entry of HALD's."""

    place: str
    crops: Tensor
    flip: Tensor
    partners: Tensor | None
    share: float | None
    box: tuple[int, ...] | None
    logits: Tensor


def epochs_in(folder: Path) -> list[tuple[int, Path]]:
    """The epochs that are there, in order; some may have been left out (LPLD)."""
    found = {
        int(m[1]): path for path in folder.glob("epoch_*") if (m := re.fullmatch(r"epoch_(\d+)(\.tar)?", path.name))
    }
    if not found:
        raise BadRecord(
            f"{folder.name!r} holds no stored labels: there is no epoch_0 folder and no epoch_0.tar in it. Give the folder that "
            "has them."
        )
    return sorted(found.items())


def batches_in(place: Path) -> Iterator[Batch]:
    """The batches of an epoch, one after the other."""
    if place.is_file():
        for index, one in enumerate(_loaded(place)):
            yield _batch(f"{place.name}, batch {index}", one)
        return
    for path in _files(place):
        yield _batch(f"{place.name}/{path.name}", _loaded(path))


def _files(place: Path) -> list[Path]:
    found = {
        int(m[1]): path for path in place.glob("batch_*.tar") if (m := re.fullmatch(r"batch_(\d+)\.tar", path.name))
    }
    if sorted(found) != list(range(len(found))) or not found:
        raise BadRecord(
            f"{place.name!r} should hold batch_0.tar, batch_1.tar and so on; it has {len(found)}, and some are missing."
        )
    return [found[number] for number in sorted(found)]


def sizes_in(place: Path, images: int) -> list[int]:
    """How many images each batch of an epoch has: that of the first one, and what is left for the last."""
    if place.is_file():
        return [len(batch.crops) for batch in batches_in(place)]
    files = _files(place)
    full = len(_batch(files[0].name, _loaded(files[0])).crops)
    sizes = [full] * (len(files) - 1)
    left = images - sum(sizes)
    if not 0 < left <= full + 1:  # ours leaves no image over as a batch of its own
        raise BadRecord(
            f"{place.name!r} has {len(files)} batches of {full}, which is not an epoch of {images} images. Name the set that "
            "these labels are for."
        )
    return [*sizes, left]


def _loaded(path: Path) -> list[object]:
    """What `torch.save` wrote; objects are not unpickled."""
    found = loaded(path, f"{path.parent.name}/{path.name}", AS_LISTS)
    if not isinstance(found, list | tuple):
        raise BadRecord(f"{path.parent.name}/{path.name} holds a {type(found).__name__}; a list was wanted.")
    return list(found)


def _batch(place: str, found: object) -> Batch:
    shown = list(found) if isinstance(found, list | tuple) else []
    if len(shown) != 6 or not all(isinstance(shown[i], Tensor) for i in (0, 1, 5)):
        kinds = ", ".join(type(one).__name__ for one in shown)
        raise BadRecord(
            f"{place} holds [{kinds}]; crops, mirrors, partners, λ, box and logits were wanted, the logits as one tensor. Labels of "
            "which only the largest are kept are not known in this layout."
        )
    crops, flip, partners, share, box, logits = shown
    if (
        crops.ndim != 2
        or crops.shape[1] != 4
        or len(flip) != len(crops)
        or logits.ndim != 2
        or len(logits) != len(crops)
    ):
        raise BadRecord(
            f"{place} has crops {tuple(crops.shape)}, mirrors {tuple(flip.shape)} and labels {tuple(logits.shape)}; (B, 4), (B,) and "
            "(B, classes) were wanted."
        )
    partner = partners.long() if isinstance(partners, Tensor) else None
    pasted = None if box is None else tuple(int(edge) for edge in box)
    return Batch(place, crops.float(), flip.bool(), partner, None if share is None else float(share), pasted, logits)
