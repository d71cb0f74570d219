"""What a network is shown while images are distilled: the augmentations of `augment`, put together as the methods use them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..datasets import RealSet
from .augment import ResizedCropFlip, Roll, Siamese, may_flip

View = Callable[[Tensor, torch.Generator], Tensor]
PairView = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]


def recovery_view(real: RealSet, mode: str, jitter: float) -> View:
    """The SRe2L family's A_t: a circular shift; with `crop` a shared random crop and flip before it.

    Args:
        jitter: largest shift as a share of the side (4 of 32 pixels is 0.125).
    """
    roll = Roll(round(jitter * real.size))
    if mode == "roll":
        return roll
    crop = ResizedCropFlip(flip=may_flip(real.name), shared=True)

    def view(x: Tensor, generator: torch.Generator) -> Tensor:
        return roll(crop(x, generator), generator)

    return view


def siamese_view(real: RealSet, mode: str) -> PairView:
    """DSA's A_ω: one family with one set of parameters for the real and the synthetic batch; `none` leaves both as they are."""
    augment = Siamese() if may_flip(real.name) else Siamese().without("flip")

    def pair(real_images: Tensor, synthetic: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        if mode == "none":
            return real_images, synthetic
        drawn = augment.draw(generator, len(synthetic), synthetic.shape[-1])
        return augment.apply(real_images, drawn), augment.apply(synthetic, drawn)

    return pair
