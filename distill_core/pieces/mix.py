"""Two images become one: mixup and CutMix. What is returned says how they were mixed, for the labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor


@dataclass(frozen=True, eq=False)
class Mixed:
    """A mixed batch: image i is `share` of itself and `1 - share` of image `partner[i]`."""

    images: Tensor
    partner: Tensor  # (n,) int64
    share: float = 1.0
    box: tuple[int, int, int, int] | None = None  # top, left, bottom, right of what came from the partner


def mixup(x: Tensor, alpha: float, generator: Generator) -> Mixed:
    """λ·x + (1 − λ)·x[partner] with one λ ~ Beta(α, α) for the batch."""
    share, partner = beta(alpha, generator), torch.randperm(len(x), generator=generator).to(x.device)
    return Mixed(share * x + (1 - share) * x[partner], partner, share)


def cutmix(x: Tensor, alpha: float, generator: Generator) -> Mixed:
    """Paste a box of the partner, of area 1 − λ with λ ~ Beta(α, α); `share` is what is left of the image."""
    h, w = x.shape[-2:]
    side, partner = math.sqrt(1 - beta(alpha, generator)), torch.randperm(len(x), generator=generator).to(x.device)
    y, z = (int(torch.randint(s, (1,), generator=generator)) for s in (h, w))
    tall, wide = int(h * side), int(w * side)
    top, left = max(y - tall // 2, 0), max(z - wide // 2, 0)
    bottom, right = min(y + tall // 2, h), min(z + wide // 2, w)
    mixed = x.clone()
    mixed[:, :, top:bottom, left:right] = x[partner, :, top:bottom, left:right]
    return Mixed(mixed, partner, 1 - (bottom - top) * (right - left) / (h * w), (top, left, bottom, right))


def beta(alpha: float, generator: Generator) -> float:
    """One draw of Beta(α, α), repeatable through the torch generator."""
    seed = int(torch.randint(2**62, (1,), generator=generator))
    return float(np.random.default_rng(seed).beta(alpha, alpha))
