"""Two images become one: mixup and CutMix. What is returned says how they were mixed, for the labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

Box = tuple[int, int, int, int]  # top, left, bottom, right


@dataclass(frozen=True, eq=False)
class Mixed:
    """A mixed batch: image i is `share` of itself and `1 - share` of image `partner[i]`."""

    images: Tensor
    partner: Tensor  # (n,) int64
    share: float = 1.0
    box: Box | None = None  # of what came from the partner


def mixup(x: Tensor, alpha: float, generator: Generator) -> Mixed:
    """λ·x + (1 − λ)·x[partner] with one λ ~ Beta(α, α) for the batch."""
    share, partner = draw_mixup(len(x), alpha, generator)
    partner = partner.to(x.device)
    return Mixed(share * x + (1 - share) * x[partner], partner, share)


def cutmix(x: Tensor, alpha: float, generator: Generator) -> Mixed:
    """Paste a box of the partner, of area 1 − λ with λ ~ Beta(α, α); `share` is what is left of the image."""
    h, w = x.shape[-2:]
    (top, left, bottom, right), partner = draw_cutmix(len(x), h, w, alpha, generator)
    partner, mixed = partner.to(x.device), x.clone()
    mixed[:, :, top:bottom, left:right] = x[partner, :, top:bottom, left:right]
    return Mixed(mixed, partner, share_of((top, left, bottom, right), h, w), (top, left, bottom, right))


def draw_mixup(n: int, alpha: float, generator: Generator) -> tuple[float, Tensor]:
    """λ and the partners, (n,) int64."""
    return beta(alpha, generator), torch.randperm(n, generator=generator)


def draw_cutmix(n: int, h: int, w: int, alpha: float, generator: Generator) -> tuple[Box, Tensor]:
    """The box and the partners, (n,) int64."""
    side, partner = math.sqrt(1 - beta(alpha, generator)), torch.randperm(n, generator=generator)
    y, z = (int(torch.randint(s, (1,), generator=generator)) for s in (h, w))
    tall, wide = int(h * side), int(w * side)
    top, left = max(y - tall // 2, 0), max(z - wide // 2, 0)
    return (top, left, min(y + tall // 2, h), min(z + wide // 2, w)), partner


def share_of(box: Box, h: int, w: int) -> float:
    """What a box leaves of an image of h × w."""
    top, left, bottom, right = box
    return 1 - (bottom - top) * (right - left) / (h * w)


def beta(alpha: float, generator: Generator) -> float:
    """One draw of Beta(α, α), repeatable through the torch generator."""
    seed = int(torch.randint(2**62, (1,), generator=generator))
    return float(np.random.default_rng(seed).beta(alpha, alpha))
