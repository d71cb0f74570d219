"""What a network is shown while images are distilled: one view for a whole batch, or one change for both sides of a match."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Literal

import torch
from torch import Generator, Tensor

from ..datasets import RealSet
from ..part import Part, choice, knob
from ..pieces.augment import Augment, CropFlip, Nothing, ResizedCropFlip, Roll, Siamese

View = Callable[[Tensor, Generator, float], Tensor]  # images, draws, how far the run is (0 … 1)
PairView = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]
SRE2L, CDA = "arXiv 2306.13092, released code", "arXiv 2311.18838"
LOW = 0.08  # the smallest share of the area that a crop keeps


class RecoveryView(Part):
    """A_t of the SRe2L family, drawn once for the whole batch; a circular shift is always its last part."""

    jitter: float = knob(
        0.125,
        "Largest shift",
        "Circular shift, as a share of the side: 0.125 is 4 of 32 pixels.",
        ge=0,
        le=1,
        advanced=True,
        source=SRE2L,
    )

    def cut(self, x: Tensor, real: RealSet, generator: Generator, progress: float) -> Tensor:
        """What comes before the shift; `progress` is the share of the run that is over."""
        return x

    def of(self, real: RealSet) -> View:
        """The view of images like these."""
        roll = self.roll(round(self.jitter * real.size))
        return lambda x, generator, progress: roll(self.cut(x, real, generator, progress), generator)

    def roll(self, pixels: int) -> Roll:
        """The shift by so many pixels at most."""
        return Roll(pixels)


class Rolled(RecoveryView):
    """A circular shift and nothing else."""

    kind: Literal["roll"] = "roll"


class Windowed(RecoveryView):
    """A window of the padded image, and a flip where the data allow it."""

    kind: Literal["window"] = "window"

    def cut(self, x: Tensor, real: RealSet, generator: Generator, progress: float) -> Tensor:
        window = CropFlip(flip=real.may_mirror)
        return window.apply(x, window.draw(generator, 1, x.shape[-1]))


class Cropped(RecoveryView):
    """A random crop, resized, and a flip where the data allow it."""

    kind: Literal["crop"] = "crop"
    low: float = knob(
        LOW,
        "Smallest crop",
        "Smallest share of the area that a random crop keeps.",
        gt=0,
        le=1,
        advanced=True,
        source=SRE2L,
        was="crop_low",
    )

    def least(self, progress: float) -> float:
        """The smallest share of the area at this point of the run."""
        return self.low

    def cut(self, x: Tensor, real: RealSet, generator: Generator, progress: float) -> Tensor:
        return ResizedCropFlip((self.least(progress), 1.0), flip=real.may_mirror, shared=True)(x, generator)


class CroppedBothWays(Cropped):
    """The same with a shift that goes both ways, from −k to k pixels: SRe2L on Tiny-ImageNet, and no other."""

    kind: Literal["crop_centered"] = "crop_centered"  # type: ignore[assignment]

    def roll(self, pixels: int) -> Roll:
        return Roll(pixels, centered=True)


class Curriculum(Cropped):
    """Crops whose lower bound falls from the whole image to `low` over the first `milestone` of the run (CDA, 2311.18838).

    s_min(t) = low + (1 − low) · (1 + cos(π t / milestone)) / 2, linearly, or in one step; t is the share of the run.
    """

    kind: Literal["curriculum"] = "curriculum"  # type: ignore[assignment]
    milestone: float = knob(
        1.0,
        "Milestone",
        "Share of the iterations over which the smallest crop falls from the whole image.",
        gt=0,
        le=1,
        source=CDA,
    )
    shape: Literal["cosine", "linear", "step"] = knob(
        "cosine", "Curriculum", "How it falls.", source=CDA, was="curriculum"
    )

    def least(self, progress: float) -> float:
        if progress >= self.milestone:
            return self.low
        done = progress / self.milestone
        left = {"cosine": (1 + math.cos(math.pi * done)) / 2, "linear": 1 - done, "step": 1.0}[self.shape]
        return self.low + (1 - self.low) * left


AnyView = Annotated[
    Rolled | Cropped | CroppedBothWays | Curriculum | Windowed,
    choice(
        "View",
        "What the teacher sees at each iteration: a circular shift; before it a random crop and flip; the same with a shift "
        "both ways; crops whose smallest area falls as the run goes on (curriculum); or a window of the padded image and a flip.",
        source=SRE2L,
        was="augment",
    ),
]


class Untouched(Part):
    """Both sides as they are."""

    kind: Literal["none"] = "none"

    def pair(self, real: RealSet) -> PairView:
        """The same change for the real and the synthetic batch."""
        return lambda real_images, synthetic, generator: (real_images, synthetic)

    def single(self, real: RealSet) -> Augment:
        """What a network that is trained on one side sees."""
        return Nothing()


class SiameseView(Untouched):
    """DSA's A_ω: a family and its parameters, drawn once for each class and the same on both sides; for every image where a network is trained."""

    kind: Literal["siamese"] = "siamese"  # type: ignore[assignment]

    def pair(self, real: RealSet) -> PairView:
        augment = _spared(Siamese(), real)

        def changed(real_images: Tensor, synthetic: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
            drawn = augment.draw(generator, len(synthetic), synthetic.shape[-1])
            return augment.apply(real_images, drawn), augment.apply(synthetic, drawn)

        return changed

    def single(self, real: RealSet) -> Augment:
        return _spared(Siamese(shared=False), real)


def seen_by_class(
    view: PairView, real_images: Tensor, synthetic: Tensor, classes: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Both sides under an ω of its own for each class, as the released codes of DSA and DM draw it.

    Args:
        real_images, synthetic: (n · classes, c, h, w), slice-major; n may differ.

    Returns:
        (classes, n, c, h, w) each.
    """
    sides = (side.unflatten(0, (-1, classes)).transpose(0, 1) for side in (real_images, synthetic))
    pairs = [view(real_of, synthetic_of, generator) for real_of, synthetic_of in zip(*sides, strict=True)]
    theirs, ours = zip(*pairs, strict=True)
    return torch.stack(theirs), torch.stack(ours)


def _spared(augment: Siamese, real: RealSet) -> Siamese:
    return augment if real.may_mirror else augment.without("flip")


AnyPairView = Annotated[
    Untouched | SiameseView,
    choice(
        "Augmentation",
        "The same random change on both sides, or none.",
        source="arXiv 2102.08259, released code",
        was="augment",
    ),
]
