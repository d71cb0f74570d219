"""Realistic, diverse patches: the crops that a teacher finds easiest, pasted into mosaics (RDED, arXiv 2312.03526).

For each class: a random pool of images; from each of them some random square crops; the teacher's cross-entropy of every
crop (padded to the full size); the best crop of each image; of these the easiest ipc · φ², and φ × φ of them make an image.
Image j takes patches j, j + ipc, j + 2 · ipc, …, so that no source comes twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..errors import BadSetting
from ..events import PerClass, Scalars
from ..loop import saw, steps
from ..method import Stream
from .augment import ResizedCropFlip
from .show import show

CHOICE = Literal["easiest", "medium"]


@dataclass(frozen=True)
class Patches:
    """How patches are chosen.

    Args:
        pool: images of each class that are looked at (`mipc`); a smaller class gives all it has.
        crops: crops from each of them (`num_crop`).
        factor: φ, patches along the side of an image (`factor`).
        choice: `easiest` keeps the lowest cross-entropies, `medium` those around the middle one.
    """

    pool: int = 300
    crops: int = 5
    factor: int = 1
    choice: CHOICE = "easiest"


def chosen_patches(
    teacher: nn.Module, real: RealSet, ipc: int, recipe: Patches, seed: int, device: torch.device
) -> Stream[Tensor]:
    """Images (ipc, classes, c, h, w) in [0, 1]; reports each class's mosaics as they are found."""
    need, generator = ipc * recipe.factor**2, Generator().manual_seed(seed)
    classes, size = len(real.classes), real.size
    found = torch.zeros(ipc, classes, real.channels, size, size)
    scores = torch.full((2, classes), float("nan"))
    for step in steps("select", classes, state={"found": found, "scores": scores, "generator": generator}):
        label = step.index
        own = real.per_class(label)
        if len(own) < need:
            raise BadSetting(
                f'{ipc} images of {recipe.factor}×{recipe.factor} patches need {need} images of class "{real.classes[label]}", '
                f"which has {len(own)}. Lower ipc or the patches per side."
            )
        ids = own[torch.randperm(len(own), generator=generator)[: max(recipe.pool, need)]]
        crops, losses = scored_crops(teacher, real, ids, label, recipe, generator, device)
        best, where = losses.min(1)  # the easiest crop of each source image
        order = ranked(best, recipe.choice)[:need]
        picked = crops[order, where[order]]
        found[:, label] = mosaic(picked, ipc, recipe.factor, size)
        scores[:, label] = torch.stack([losses.mean(), best[order].mean()])
        saw(len(ids))
        if step.due:
            shown = torch.arange(label + 1).repeat(ipc)
            ids_shown = torch.arange(ipc).repeat_interleave(label + 1) * classes + shown
            yield show(label, found[:, : label + 1].flatten(0, 1), shown, ids=ids_shown)
            told = {"crops-cross-entropy": scores[0, label], "chosen-cross-entropy": scores[1, label]}
            yield Scalars(label, {name: float(value) for name, value in told.items()})
    yield PerClass(classes, "chosen-cross-entropy-by-class", scores[1].numpy().astype(np.float64))
    return found


@torch.no_grad()
def scored_crops(
    teacher: nn.Module,
    real: RealSet,
    ids: Tensor,
    label: int,
    recipe: Patches,
    generator: Generator,
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    """Crops (n, crops, c, s, s) in [0, 1] with s = size / φ, and their cross-entropies (n, crops), both on the CPU."""
    side = -(-real.size // recipe.factor)
    cut = ResizedCropFlip(scale=(0.08, 1.0), ratio=(1.0, 1.0), flip=False)
    images = real.pixels(real.train.images[ids]).repeat_interleave(recipe.crops, 0)
    crops = cut(images, generator)
    if side != real.size:
        crops = F.interpolate(crops, size=(side, side), mode="bilinear", antialias=True)
    losses = []
    for part in crops.split(500):
        padded = pad_to(real.normalize(part), real.size)
        wanted = torch.full((len(part),), label, device=device)
        losses.append(F.cross_entropy(teacher(padded.to(device)), wanted, reduction="none").cpu())
    shape = (len(ids), recipe.crops)
    return crops.unflatten(0, shape), torch.cat(losses).unflatten(0, shape)


def pad_to(x: Tensor, size: int) -> Tensor:
    """Zeros around, the image in the middle."""
    over = size - x.shape[-1]
    return F.pad(x, (over // 2, over - over // 2, over // 2, over - over // 2))


def ranked(losses: Tensor, choice: CHOICE) -> Tensor:
    """Places in the order in which they are taken."""
    return losses.argsort() if choice == "easiest" else (losses - losses.median()).abs().argsort()


def mosaic(patches: Tensor, ipc: int, factor: int, size: int) -> Tensor:
    """(ipc · φ², c, s, s) → (ipc, c, size, size): image j has patches j, j + ipc, … in reading order."""
    tiles = patches.unflatten(0, (factor, factor, ipc))  # row, column, image
    rows = tiles.permute(2, 3, 0, 4, 1, 5)  # image, channel, row, s, column, s
    whole = rows.reshape(ipc, patches.shape[1], factor * patches.shape[-2], factor * patches.shape[-1])
    return whole if whole.shape[-1] == size else F.interpolate(whole, size=(size, size), mode="nearest")
