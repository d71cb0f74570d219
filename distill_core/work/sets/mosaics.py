"""What students see of a set whose images are mosaics, and what of its pixels reaches outside of [0, 1]."""

from __future__ import annotations

from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import BadSetting


def shown(images: Tensor, factor: int) -> tuple[Tensor, tuple[str, ...]]:
    """What students see: mosaics cut and enlarged. What reaches outside of [0, 1] is said."""
    notes: list[str] = []
    if factor > 1:
        stored = len(images)
        images = decoded(images, factor)
        notes.append(
            f"Students see {len(images)} images: each of {stored} is cut into {factor}×{factor}, enlarged. Bytes are counted as stored."
        )
    outside = ((images < -1e-3) | (images > 1 + 1e-3)).float().mean()
    if float(outside) > 0:
        reach = f"{float(images.min()):.3g} to {float(images.max()):.3g}"
        notes.append(
            f"{100 * float(outside):.2g} % of the pixels reach outside of [0, 1] ({reach}): taught as they are, shown cut off."
        )
    return images, tuple(notes)


def decoded(images: Tensor, factor: int) -> Tensor:
    """IDC's decoding, as CIM and NCFM use it: (n, c, h, w) mosaics → (factor² · n, c, h, w), the first tile of every image first.

    Raises `BadSetting` for a factor that leaves nothing.
    """
    if factor == 1:
        return images
    side = images.shape[-1]
    if not 1 <= factor <= side // 2:
        raise BadSetting(
            f"factor={factor} cannot work: images of {side} pixels are cut into 2 to {side // 2} parts a side."
        )
    rest = (-side) % factor
    padded = F.pad(images, (0, rest, 0, rest), value=0.5)
    step = ceil(side / factor)
    tiles = [
        padded[:, :, i * step : (i + 1) * step, j * step : (j + 1) * step] for i in range(factor) for j in range(factor)
    ]
    return F.interpolate(torch.cat(tiles), size=images.shape[-2:], mode="bilinear", align_corners=False)
