"""DC's own augmentation for students on MNIST (arXiv 2006.05929, released code): every image is shifted, scaled or turned.

Which of the three is drawn for each image. Shifts fill with the mean of the batch, turns as well, scaling with zero.
Departure: turned images are read bilinearly, there by cubic splines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from .augment import Augment, Drawn
from .warp import affine, matrix, shift


@dataclass(frozen=True)
class OneOf(Augment):
    """One of three changes for each image.

    Args:
        crop: shifts by −crop … crop − 1 pixels along each axis.
        scale: height and width each times 1 − scale … 1 + scale, nearest neighbor, about the center.
        rotate: turns by a whole number of degrees, −rotate … rotate − 1.
    """

    crop: float = 4
    scale: float = 0.2
    rotate: float = 45

    def draw(self, generator: Generator, n: int, size: int) -> Drawn:
        crop, rotate = int(self.crop), int(self.rotate)
        factors = 1 + self.scale * (2 * torch.rand(n, 2, generator=generator) - 1)
        return {
            "which": torch.randint(3, (n,), generator=generator),
            "shift": torch.randint(-crop, max(crop, 1), (n, 2), generator=generator),
            "sides": (factors * size).int().clamp(min=1),
            "degrees": torch.randint(-rotate, max(rotate, 1), (n,), generator=generator),
        }

    def apply(self, x: Tensor, drawn: Drawn) -> Tensor:
        mean, changed = x.detach().mean((0, 2, 3)), x.clone()
        for i in range(3):
            mine = (drawn["which"] == i).nonzero().flatten()
            if len(mine) == 0:
                continue
            own = x[mine.to(x.device)]
            if i == 0:
                own = shift(own, drawn["shift"][mine], tuple(mean.tolist()))
            else:
                own = scaled(own, drawn["sides"][mine]) if i == 1 else turned(own, drawn["degrees"][mine], mean.mean())
            changed[mine.to(x.device)] = own
        return changed


def scaled(x: Tensor, sides: Tensor) -> Tensor:
    """Every image resized to its own (height, width), nearest neighbor, in the middle of its frame; zero around."""
    size = x.shape[-1]
    frame = torch.maximum(sides.amax(1), torch.tensor(size))[
        :, None
    ]  # of the canvas on which it is laid before the middle is cut
    found = []
    for side in sides.split(1, 1):
        at = torch.arange(size) + (frame - size) // 2 - (frame - side) // 2  # (n, size): places in the resized image
        inside = (at >= 0) & (at < side)
        found.append((torch.where(inside, at * size // side, 0).to(x.device), inside.to(x.device)))
    (rows, tall), (columns, wide) = found
    every = torch.arange(len(x), device=x.device)[:, None, None]
    picked = x[every, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return picked * (tall[:, None, :, None] & wide[:, None, None, :])


def turned(x: Tensor, degrees: Tensor, fill: Tensor) -> Tensor:
    """Every image turned about its center; what comes in is `fill`."""
    angle = degrees * math.pi / 180
    return (
        affine(x - fill, matrix(angle.cos(), -angle.sin(), angle.sin(), angle.cos()), align=True, padding="zeros")
        + fill
    )
