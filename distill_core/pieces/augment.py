"""Image augmentations that can be differentiated, repeated and shared between batches.

An augmentation is a small value with one narrow interface: `draw` makes the random parameters, on the CPU and from an
explicit generator; `apply` uses them and can be differentiated. So the same parameters can act on a real and on a
synthetic batch, and a run repeats everywhere.

    aug = Siamese()
    ω = aug.draw(generator, len(x), x.shape[-1])
    difference = features(aug.apply(real, ω)) - features(aug.apply(synthetic, ω))

Images are (n, c, h, w) float with h = w, normalized or not. Two images become one in `mix.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from ..errors import BadSetting, nearest
from .warp import affine, coin, matrix, mirror, outside, recolor, shift, windows

Drawn = Mapping[str, Tensor]
DSA = "color_crop_cutout_flip_scale_rotate"


class Augment:
    """The interface. `shared` ones draw one set of parameters for the whole batch, as (1, …) tensors."""

    def draw(self, generator: Generator, n: int, size: int) -> Drawn:
        """Random parameters for n images of size × size; every tensor is (n, …) or (1, …), on the CPU."""
        return {}

    def apply(self, x: Tensor, drawn: Drawn) -> Tensor:
        """(n, c, h, w) → the same shape, on any device."""
        return x

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        return self.apply(x, self.draw(generator, len(x), x.shape[-1]))


@dataclass(frozen=True)
class Nothing(Augment):
    """Leaves images as they are."""


@dataclass(frozen=True)
class Roll(Augment):
    """Circular shift along each axis, one draw for the whole batch: U{0, …, jitter} (the SRe2L family), or U{−jitter, …, jitter}
    where it is centered (SRe2L on Tiny-ImageNet).
    """

    jitter: int = 4
    centered: bool = False

    def draw(self, generator: Generator, n: int, size: int) -> Drawn:
        least = -self.jitter if self.centered else 0
        return {"shift": torch.randint(least, self.jitter + 1, (1, 2), generator=generator)}

    def apply(self, x: Tensor, drawn: Drawn) -> Tensor:
        down, right = drawn["shift"][0].tolist()
        return torch.roll(x, (down, right), (2, 3))


@dataclass(frozen=True)
class CropFlip(Augment):
    """Pad by `pad` (0: an eighth of the size), cut a random window of the old size, mirror half of the images.

    `fill` is what is padded with, one number per channel; () is zero. Black in normalized space is `-mean / std`.
    """

    pad: int = 0
    flip: bool = True
    fill: tuple[float, ...] = ()

    def draw(self, generator: Generator, n: int, size: int) -> Drawn:
        pad = self.pad or max(1, size // 8)
        shift = torch.randint(-pad, pad + 1, (n, 2), generator=generator)
        return {"shift": shift, "flip": coin(generator, n) if self.flip else torch.zeros(n, dtype=torch.bool)}

    def apply(self, x: Tensor, drawn: Drawn) -> Tensor:
        return mirror(shift(x, drawn["shift"], self.fill), drawn["flip"])


@dataclass(frozen=True)
class ResizedCropFlip(Augment):
    """Cut a window of random area and shape, stretch it to the full size (bilinear), mirror half of the images."""

    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip: bool = True
    shared: bool = False

    def draw(self, generator: Generator, n: int, size: int) -> Drawn:
        n = 1 if self.shared else n
        box = windows(generator, n, size, self.scale, self.ratio)
        return {"box": box, "flip": coin(generator, n) if self.flip else torch.zeros(n, dtype=torch.bool)}

    def apply(self, x: Tensor, drawn: Drawn) -> Tensor:
        size = x.shape[-1]
        top, left, height, width = drawn["box"].to(torch.float32).unbind(1)
        zero = torch.zeros_like(top)
        rows = [torch.stack(row, 1) for row in ((width / size, zero, (2 * left + width) / size - 1),
                                                (zero, height / size, (2 * top + height) / size - 1))]  # fmt: skip
        return mirror(affine(x, torch.stack(rows, 1), align=False, padding="border"), drawn["flip"])


@dataclass(frozen=True)
class Tiles(Augment):
    """Shuffle the side × side tiles of every image, keep a crop of at least 1 / side of the area, mirror half (RDED)."""

    side: int = 1
    flip: bool = True

    def draw(self, generator: Generator, n: int, size: int) -> Drawn:
        crop = ResizedCropFlip((1 / self.side, 1.0), flip=self.flip).draw(generator, n, size)
        if self.side == 1:  # the whole image: any other shape would only squeeze it
            crop = {**crop, "box": torch.tensor([[0, 0, size, size]]).expand(n, 4)}
        return {**crop, "order": torch.rand(n, self.side**2, generator=generator).argsort(1)}

    def apply(self, x: Tensor, drawn: Drawn) -> Tensor:
        side, (h, w) = self.side, x.shape[-2:]
        if side > 1 and h % side == 0 and w % side == 0:
            tiles = x.unflatten(3, (side, -1)).unflatten(2, (side, -1)).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
            order = drawn["order"].to(x.device)[:, :, None, None, None].expand_as(tiles)
            tiles = tiles.gather(1, order).unflatten(1, (side, side))
            x = tiles.permute(0, 3, 1, 4, 2, 5).reshape(x.shape)
        return ResizedCropFlip(flip=self.flip).apply(x, drawn)


@dataclass(frozen=True)
class Siamese(Augment):
    """Differentiable Siamese augmentation (Zhao & Bilen, 2102.08259): one family, drawn anew at every call.

    `shared` (while distilling): all images get the same parameters, so that the real and the synthetic batch can be
    treated alike. Not shared (students): one family for the batch, parameters of its own for every image.
    """

    strategy: str = DSA
    shared: bool = True
    brightness: float = 1.0
    saturation: float = 2.0
    contrast: float = 0.5
    crop: float = 0.125
    cutout: float = 0.5
    scale: float = 1.2
    rotate: float = 15.0

    def __post_init__(self) -> None:
        for family in self.families:
            if family not in DSA.split("_"):
                known = DSA.split("_")
                raise BadSetting(
                    f"There is no augmentation family {family!r}.{nearest(family, known)} Known: {', '.join(known)}."
                )

    @property
    def families(self) -> list[str]:
        return self.strategy.split("_")

    def without(self, family: str) -> Siamese:
        """The same without one family: digits are not flipped."""
        return replace(self, strategy="_".join(f for f in self.families if f != family))

    def draw(self, generator: Generator, n: int, size: int) -> Drawn:
        n = 1 if self.shared else n
        family = self.families[int(torch.randint(len(self.families), (1,), generator=generator))]
        u = torch.rand(n, 3, generator=generator)
        if family == "color":
            gains = torch.tensor([self.brightness, self.saturation, 1.0])
            return {"color": (u - torch.tensor([0.5, 0.0, -self.contrast])) * gains}
        if family == "crop":
            reach = int(size * self.crop + 0.5)
            return {"crop": torch.randint(-reach, reach + 1, (n, 2), generator=generator)}
        if family == "cutout":
            side = int(size * self.cutout + 0.5)
            center = torch.randint(0, size + (1 - side % 2), (n, 2), generator=generator)
            return {"cutout": torch.cat([center - side // 2, center - side // 2 + side], 1)}
        if family == "flip":
            return {"flip": u[:, 0] < 0.5}
        if family == "scale":
            low = 1 / self.scale
            sx, sy = (u[:, :2] * (self.scale - low) + low).unbind(1)
            return {"affine": matrix(sx, torch.zeros(n), torch.zeros(n), sy)}
        angle = (u[:, 0] - 0.5) * 2 * self.rotate * math.pi / 180
        return {"affine": matrix(angle.cos(), -angle.sin(), angle.sin(), angle.cos())}

    def apply(self, x: Tensor, drawn: Drawn) -> Tensor:
        ((family, values),) = drawn.items()
        if family == "color":
            return recolor(x, values)
        if family == "crop":
            return shift(x, values)
        if family == "cutout":
            return x * outside(values, x)
        return mirror(x, values) if family == "flip" else affine(x, values, align=True, padding="zeros")


def randaugment(x: Tensor, generator: Generator) -> Tensor:
    """torchvision's RandAugment (two operations of magnitude 9) on every image for itself; (n, c, h, w) in [0, 1].

    It works on eight bits and cannot be differentiated: for students, not for images that are learned.
    """
    from torchvision.transforms import RandAugment

    change, seed = RandAugment(), int(torch.randint(2**62, (1,), generator=generator))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        eight = (x * 255).round().to(torch.uint8)
        return torch.stack([change(one) for one in eight]).to(x.dtype) / 255
