"""Stored labels as the SRe2L family ships them (FKD, arXiv 2306.13092), and as HALD does: read into a store, and written from one.

    folder/epoch_{e}/batch_{b}.tar     [crops (B, 4), mirrors (B,), partners (B,), λ, box, logits (B, classes) half]
    folder/epoch_{e}.tar               HALD: a list of such lists, with softmax(logits / T) in the place of the logits
    folder/sampler_indices_epoch.json  {epoch: images in the order in which they were seen}: LPLD, and what we write
    folder/sampler_indices_dict.pt     the same of HALD

The files do not say which images they belong to. That follows from the order in which a sampler gave them: it lies beside them, or
is drawn again from the sampler's seed. What cannot be known is whether the images are the very ones: who reads says for which
set they are. A crop is top, left, height and width in shares of the image; a box top, left, bottom and right in pixels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.utils.data import RandomSampler

from ...datasets.torch_files import loaded
from ...errors import BadRecord, BadSetting
from ...home import replacing
from ...pieces.mix import share_of
from ...results.views import Crops, Views
from .file import LabelStore, Said
from .record import Layout, runs_of
from .released_files import AS_LISTS, Batch, batches_in, epochs_in, sizes_in
from .space import check_room
from .writing import writing

ORDER = "sampler_indices_epoch.json"


@dataclass(frozen=True)
class Reading:
    """What the files cannot say of themselves.

    Args:
        images, classes, size: of the set that they are for; `fingerprint` is its.
        seed: of the sampler, where no order lies beside them (the released programs take 42). None: an order has to be there.
        by_class: images were numbered class by class, as a folder of classes is; else slice by slice, as here.
        temperature: of a softmax that stands in the place of logits (HALD); 0: they are logits.
        augment: what their crops are crops of.
    """

    images: int
    classes: int
    size: int
    fingerprint: str
    seed: int | None = None
    by_class: bool = True
    temperature: float = 0.0
    augment: str = "resized_crop_flip:low=0.08"

    def own(self, numbers: Tensor) -> Tensor:
        """Their numbers → ours: image i of class c stands at i · classes + c."""
        if not self.by_class:
            return numbers
        each = self.images // self.classes
        return numbers % each * self.classes + numbers // each


def read_released(folder: Path, asked: Reading, to: Path) -> LabelStore:
    """Write a store with the labels that lie in a folder.

    Raises:
        BadRecord: the files are no such labels, or do not fit the set.
        BadSetting: something has to be said that they do not say, or there is no room for the store.
    """
    epochs = epochs_in(folder)
    orders = _orders(folder, asked, [number for number, _ in epochs])
    first = next(iter(batches_in(epochs[0][1])))
    layout = Layout(asked.classes, _mix_of(first))
    _fits(first, asked)
    sizes = [size for number, place in epochs for size in sizes_in(place, len(orders[number]))]
    runs = tuple((size, many) for size, many in runs_of(sizes))
    said = Said(layout, asked.images, asked.fingerprint, runs, asked.augment, source=f"read from {folder.name}")
    check_room(to.parent, said)
    with replacing(to) as file, writing(file, said) as writer:
        for number, place in epochs:
            at = 0
            for batch in batches_in(place):
                _fits(batch, asked)
                own = asked.own(orders[number][at : at + len(batch.crops)])
                writer.add(_views(batch, own, asked))
                at += len(batch.crops)
    return LabelStore.open(to)


def _mix_of(batch: Batch) -> Literal["none", "mixup", "cutmix"]:
    if batch.partners is None:
        return "none"
    return "mixup" if batch.box is None else "cutmix"


def _fits(batch: Batch, asked: Reading) -> None:
    """Refuse labels of another set, and probabilities that are taken for logits, or the other way round."""
    if batch.logits.shape[1] != asked.classes:
        raise BadRecord(
            f"{batch.place} has labels for {batch.logits.shape[1]} classes, and the set has {asked.classes}. Name the set that these "
            "labels are for."
        )
    sums = batch.logits.float().sum(1)
    shares = bool((batch.logits >= 0).all()) and bool((sums - 1).abs().max() < 0.02)
    if shares and not asked.temperature:
        raise BadSetting(
            f"{batch.place} holds probabilities (they add up to 1), not logits. Say the temperature of their softmax: it is not "
            "written there."
        )
    if asked.temperature and not shares:
        raise BadSetting(
            f"{batch.place} holds no probabilities (the first label adds up to {float(sums[0]):.3g}), so temperature="
            f"{asked.temperature:g} has no meaning. Leave it out: these are logits."
        )


def _views(batch: Batch, own: Tensor, asked: Reading) -> Views:
    n, crops = len(own), Crops(batch.crops, batch.flip)
    logits = batch.logits.float()
    if asked.temperature:  # softmax(z) is p again for z = T · log p at the temperature T
        logits = asked.temperature * logits.clamp(min=1e-7).log()
    if batch.partners is None:
        return Views(own, crops, logits=logits)
    box = None if batch.box is None else torch.tensor([batch.box]).expand(n, 4)
    top = (0, 0, 0, 0) if batch.box is None else batch.box
    share = batch.share if box is None else share_of((top[0], top[1], top[2], top[3]), asked.size, asked.size)
    if share is None:
        raise BadRecord(f"{batch.place} has partners and neither λ nor a box: how the images were mixed is not said.")
    others = crops[batch.partners]
    return Views(own, crops, own[batch.partners], others, torch.full((n,), share), box, logits)


def _orders(folder: Path, asked: Reading, epochs: Sequence[int]) -> dict[int, Tensor]:
    """The images of each epoch in the order in which they were seen."""
    beside = _beside(folder)
    if beside is None and asked.seed is None:
        raise BadSetting(
            f"Nothing in {folder.name!r} says in which order the images were seen ({ORDER} or sampler_indices_dict.pt). Name the "
            "sampler's seed (the released programs take 42): without it no label can be given to an image."
        )
    found = beside if beside is not None else _drawn(asked, max(epochs) + 1)
    for epoch in epochs:
        if epoch not in found or sorted(found[epoch].tolist()) != list(range(asked.images)):
            many = len(found.get(epoch, ()))
            raise BadRecord(
                f"The order of epoch {epoch} names {many} images; the {asked.images} of the set were wanted once each. Name the set "
                "that these labels are for."
            )
    return found


def _drawn(asked: Reading, epochs: int) -> dict[int, Tensor]:
    """As torch's own sampler draws them, epoch after epoch from one generator."""
    generator = torch.Generator().manual_seed(asked.seed or 0)
    sampler = RandomSampler(range(asked.images), generator=generator)
    return {epoch: torch.tensor(list(sampler)) for epoch in range(epochs)}


def _beside(folder: Path) -> dict[int, Tensor] | None:
    name = next((one for one in (ORDER, "sampler_indices_dict.pt") if (folder / one).is_file()), "")
    if not name:
        return None
    try:
        said = json.loads((folder / name).read_bytes()) if name == ORDER else loaded(folder / name, name, AS_LISTS)
        if not isinstance(said, Mapping):
            raise TypeError
        return {int(epoch): torch.as_tensor(order, dtype=torch.int64).flatten() for epoch, order in said.items()}
    except (TypeError, ValueError, RuntimeError, RecursionError, OSError):
        raise BadRecord(
            f"{name} says no order: for each epoch the numbers of its images were wanted, as {{0: [3, 1, 2, …], …}}."
        ) from None
