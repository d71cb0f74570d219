"""What a network is shown while images are distilled: the augmentations of `augment`, put together as the methods use them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ..datasets import RealSet
from .augment import Augment, CropFlip, Nothing, ResizedCropFlip, Roll, Siamese

View = Callable[[Tensor, torch.Generator, float], Tensor]  # images, draws, how far the run is (0 … 1)
PairView = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
MODES = Literal["roll", "crop", "curriculum", "window"]
SHAPES = Literal["cosine", "linear", "step"]
LOW = 0.08  # the smallest share of the area that a crop keeps


@dataclass(frozen=True)
class Crops:
    """How the lower bound of the crop's area falls from 1 to `low` over the first `milestone` of a run (CDA, 2311.18838).

    s_min(t) = low + (1 − low) · (1 + cos(π t / milestone)) / 2, linearly, or in one step; t is the share of the run.
    """

    low: float = LOW
    milestone: float = 1.0
    shape: SHAPES = "cosine"

    def least(self, progress: float) -> float:
        if progress >= self.milestone:
            return self.low
        done = progress / self.milestone
        left = {"cosine": (1 + math.cos(math.pi * done)) / 2, "linear": 1 - done, "step": 1.0}[self.shape]
        return self.low + (1 - self.low) * left


def recovery_view(real: RealSet, mode: MODES, jitter: float, crops: Crops | None = None) -> View:
    """The SRe2L family's A_t, drawn once for the whole batch: a circular shift, and before it nothing (`roll`), a random
    crop and flip (`crop`), one whose lower bound falls (`curriculum`), or a window of the padded image and a flip (`window`).

    Args:
        jitter: largest circular shift as a share of the side (4 of 32 pixels is 0.125).
    """
    roll, flip, crops = Roll(round(jitter * real.size)), real.may_mirror, crops or Crops()

    def view(x: Tensor, generator: torch.Generator, progress: float) -> Tensor:
        if mode == "window":
            window = CropFlip(flip=flip)
            x = window.apply(x, window.draw(generator, 1, x.shape[-1]))
        elif mode != "roll":
            low = crops.least(progress) if mode == "curriculum" else crops.low
            x = ResizedCropFlip((low, 1.0), flip=flip, shared=True)(x, generator)
        return roll(x, generator)

    return view


def siamese_view(real: RealSet, mode: str) -> PairView:
    """DSA's A_ω: one family with one set of parameters for the real and the synthetic batch; `none` leaves both as they are."""
    augment = Siamese() if real.may_mirror else Siamese().without("flip")

    def pair(real_images: Tensor, synthetic: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        if mode == "none":
            return real_images, synthetic
        drawn = augment.draw(generator, len(synthetic), synthetic.shape[-1])
        return augment.apply(real_images, drawn), augment.apply(synthetic, drawn)

    return pair


def student_view(real: RealSet, mode: str) -> Augment:
    """What a network that is trained sees: the Siamese augmentation drawn for every image, or nothing."""
    if mode == "none":
        return Nothing()
    augment = Siamese(shared=False)
    return augment if real.may_mirror else augment.without("flip")
