"""A store as a folder of the released layout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...errors import BadSetting
from ...results.views import Views
from .file import LabelStore, Said
from .released import ORDER


def write_released(store: LabelStore, folder: Path, *, by_class: bool = True) -> list[str]:
    """Write a store's labels as a folder of the released layout, with the order beside them; what gets lost comes back as sentences.

    Raises `BadSetting` where it has no place for what the store holds.
    """
    layout, said = store.said.layout, store.said
    if layout.top or layout.tiles > 1:
        what = f"the largest {layout.top} logits alone" if layout.top else "shuffled tiles"
        raise BadSetting(
            f"The released layout has no place for {what}. Store all logits of crops that are not shuffled."
        )
    if sorted(np.asarray(store.columns["own"])[: said.images, 0].tolist()) != list(range(said.images)):
        raise BadSetting(
            "The released layout has no place for a set that is taught part after part. Write the labels of one part at a time."
        )
    if folder.exists() and any(folder.iterdir()):
        raise BadSetting(f"{str(folder)!r} is not empty. Name a folder that is new.")
    sizes, at, epoch, orders = iter(said.sizes), 0, 0, dict[int, list[int]]()
    while at < said.records:
        place, order, many = folder / f"epoch_{epoch}", list[int](), 0
        place.mkdir(parents=True)
        while len(order) < said.images and at < said.records:
            (size,) = islice(sizes, 1)
            views = store.records(np.arange(at, at + size))
            torch.save(_listed(views), place / f"batch_{many}.tar")
            order += _theirs(views.own, said, by_class).tolist()
            at, many = at + size, many + 1
        orders[epoch], epoch = order, epoch + 1
    (folder / ORDER).write_text(json.dumps(orders), encoding="utf-8")
    return _lost(store, orders)


def _lost(store: LabelStore, orders: Mapping[int, Sequence[int]]) -> list[str]:
    first = next(store.said.sizes)
    said = [
        f"Batches have {first} images; the released programs have to read them with the same number.",
        f"{ORDER} says which image each label belongs to. A program that draws its own order from a seed gives them to others.",
    ]
    if any(len(order) != store.said.images for order in orders.values()):
        said.append("The last epoch is not whole: batches of it were left out.")
    if not store.augment.startswith("resized_crop"):
        said.append(
            f"The crops are those of {store.augment}, which may reach outside the image; the released programs resize theirs."
        )
    return said


def _theirs(own: Tensor, said: Said, by_class: bool) -> Tensor:
    """Our numbers → theirs."""
    classes = said.layout.classes
    return own % classes * (said.images // classes) + own // classes if by_class else own


def _listed(views: Views) -> list[object]:
    """The six entries of a file, plain tensors and numbers."""
    assert views.logits is not None
    if views.partner is None or views.share is None:
        return [views.crops.box, views.crops.flip, None, None, None, views.logits.half()]
    place = {int(image): at for at, image in enumerate(views.own)}
    partners = torch.tensor([place[int(image)] for image in views.partner])
    box = None if views.box is None else [int(edge) for edge in views.box[0]]
    return [views.crops.box, views.crops.flip, partners, float(views.share[0]), box, views.logits.half()]
