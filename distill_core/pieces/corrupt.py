"""Corruptions of test images at five severities, as students meet them outside of a data set; severity 0 is the image itself.

After the idea of ImageNet-C (Hendrycks and Dietterich, arXiv 1903.12261); kinds and levels here are our own and scale with the image's size,
so that its published numbers are not to be compared with these.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Generator, Tensor

SEVERITIES = (0, 1, 2, 3, 4, 5)
_LEVELS = {
    "noise": (0.04, 0.08, 0.12, 0.18, 0.26),  # s.d. of what is added to every pixel
    "blur": (0.5, 0.75, 1.0, 1.5, 2.0),  # s.d. of the kernel in pixels of a 32-pixel image
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.2),  # what is left of it, about the image's mean
    "brightness": (0.1, 0.2, 0.3, 0.4, 0.5),  # added
    "jpeg": (50, 30, 20, 12, 7),  # quality
}
KINDS = tuple(_LEVELS)


def corrupted(x: Tensor, kind: str, severity: int, generator: Generator) -> Tensor:
    """Images (n, c, h, w) float in [0, 1] on the CPU, corrupted; `KeyError` for a kind that is not among `KINDS`.

    Args:
        severity: 0 (unchanged) … 5. generator: of the noise.
    """
    level = _LEVELS[kind][max(0, severity - 1)]
    return x if severity == 0 else _DO[kind](x, level, generator).clamp(0, 1)


def _noise(x: Tensor, level: float, generator: Generator) -> Tensor:
    return x + level * torch.randn(x.shape, generator=generator)


def _blur(x: Tensor, level: float, generator: Generator) -> Tensor:
    sigma = level * x.shape[-1] / 32
    reach = min(max(1, round(3 * sigma)), x.shape[-1] - 1)
    line = torch.exp(-((torch.arange(-reach, reach + 1) / sigma) ** 2) / 2)
    line = line / line.sum()
    n, c, h, w = x.shape
    padded = F.pad(x, (reach,) * 4, mode="reflect").reshape(n * c, 1, h + 2 * reach, w + 2 * reach)
    return F.conv2d(F.conv2d(padded, line.view(1, 1, 1, -1)), line.view(1, 1, -1, 1)).view(n, c, h, w)


def _contrast(x: Tensor, level: float, generator: Generator) -> Tensor:
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + level * (x - mean)


def _brightness(x: Tensor, level: float, generator: Generator) -> Tensor:
    return x + level


def _jpeg(x: Tensor, level: float, generator: Generator) -> Tensor:
    pixels = (x * 255).round().byte().permute(0, 2, 3, 1).numpy()
    done = []
    for one in pixels:
        file = io.BytesIO()
        Image.fromarray(one[..., 0] if one.shape[-1] == 1 else one).save(file, "JPEG", quality=int(level))
        done.append(np.asarray(Image.open(file)).reshape(one.shape))
    return torch.from_numpy(np.stack(done)).permute(0, 3, 1, 2).float() / 255


_DO: dict[str, Callable[[Tensor, float, Generator], Tensor]] = {
    "noise": _noise,
    "blur": _blur,
    "contrast": _contrast,
    "brightness": _brightness,
    "jpeg": _jpeg,
}
