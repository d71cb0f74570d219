"""Where the images start: the job's real images, noise, or mosaics of patches."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
from torch import Generator, Tensor, nn

from ..loop import saw
from ..method import Stream, stage
from ..part import Part, choice, knob
from ..pieces.ground import Ground
from ..pieces.patches import CHOICE, Patches, chosen_patches
from ..pieces.show import show
from ..pieces.start import starting_images

RDED = "arXiv 2312.03526, released code"


class Start(Part):
    """Base: what images (ipc, classes, c, h, w), normalized and on the device, a run begins with."""

    of_real: ClassVar[bool] = True  # whether real images went into it

    def first(self, ground: Ground) -> Tensor | None:
        """The start, where it is known before there is a teacher."""
        return None

    def glance(self, ground: Ground) -> Stream[None]:
        """Show it where it is known before there is a teacher: something is seen at once."""
        first = self.first(ground)
        if first is not None:
            yield show(0, ground.real.denormalize(first.flatten(0, 1)), ground.labels)

    def images(self, ground: Ground, teacher: nn.Module) -> Stream[Tensor]:
        """The start; a teacher is at hand now."""
        first = self.first(ground)
        assert first is not None, "a start that needs no teacher is known at once"
        if self.of_real:
            saw(len(ground.labels))
        return first
        yield


class RealStart(Start):
    """The job's real images: the same for every method with the same job and seed."""

    kind: Literal["real"] = "real"

    def first(self, ground: Ground) -> Tensor:
        images, _ = starting_images(ground.real, ground.job.ipc, ground.job.seed)
        return ground.real.normalize(images.flatten(0, 1)).unflatten(0, images.shape[:2]).to(ground.device)


class NoiseStart(Start):
    """Gaussian noise: N(0, 1) for every normalized value."""

    kind: Literal["noise"] = "noise"
    of_real: ClassVar[bool] = False

    def first(self, ground: Ground) -> Tensor:
        return torch.randn(ground.shape, generator=Generator().manual_seed(ground.job.seed)).to(ground.device)


class PatchStart(Start):
    """Mosaics of the crops of real images that the teacher finds easiest (RDED) or middling (SRe2L++)."""

    kind: Literal["patches"] = "patches"
    pool: int = knob(
        300,
        "Images looked at",
        "Random images of each class from which patches are cut.",
        ge=1,
        le=5000,
        source=RDED,
    )
    crops: int = knob(5, "Crops of each", "Random square crops from each of them.", ge=1, le=50, source=RDED)
    factor: int = knob(
        1,
        "Patches per side",
        "φ: a mosaic has φ × φ patches (1 up to 64 pixels, 2 at 224).",
        ge=1,
        le=4,
        source=RDED,
    )
    patches: CHOICE = knob(
        "easiest",
        "Patches kept",
        "Those with the lowest cross-entropy, or those around the middle.",
        source=RDED,
        was="patch_choice",
    )

    def images(self, ground: Ground, teacher: nn.Module) -> Stream[Tensor]:
        recipe, job = Patches(self.pool, self.crops, self.factor, self.patches), ground.job
        choosing = chosen_patches(teacher, ground.real, job.ipc, recipe, job.seed, ground.device)
        images = yield from stage("select", choosing, ground.classes)
        return ground.real.normalize(images.flatten(0, 1)).unflatten(0, images.shape[:2]).to(ground.device)


_TITLE, _WAS = "Start", "start"
AnyStart = Annotated[
    RealStart | NoiseStart | PatchStart,
    choice(
        _TITLE,
        "The job's real images, Gaussian noise, or mosaics of the patches that the teacher finds easiest.",
        source="arXiv 2306.13092, released code",
        was=_WAS,
    ),
]
PlainStart = Annotated[
    RealStart | NoiseStart,
    choice(_TITLE, "The job's real images, or Gaussian noise.", source="the objectives' own papers", was=_WAS),
]
