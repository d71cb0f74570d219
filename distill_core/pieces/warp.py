"""What augmentations do to pixels, image by image; every function can be differentiated. Images are (n, c, h, w)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def coin(generator: Generator, n: int) -> Tensor:
    return torch.rand(n, generator=generator) < 0.5


def mirror(x: Tensor, flip: Tensor) -> Tensor:
    if not bool(flip.any()):
        return x
    return torch.where(flip.to(x.device)[:, None, None, None], x.flip(3), x)


def shift(x: Tensor, shift: Tensor, fill: tuple[float, ...] = ()) -> Tensor:
    """Move every image's window by (down, right) pixels; what comes in is `fill` (zero by default)."""
    h, w = x.shape[-2:]
    pad = int(shift.abs().max())
    if pad == 0:
        return x
    level = torch.tensor(fill or [0.0], dtype=x.dtype, device=x.device)[:, None, None]
    padded = F.pad(x - level, (pad, pad, pad, pad)) + level if fill else F.pad(x, (pad, pad, pad, pad))
    if len(shift) == 1:
        down, right = (shift[0] + pad).tolist()
        return padded[:, :, down : down + h, right : right + w]
    rows, columns = ((shift[:, axis, None] + pad + torch.arange(s)).to(x.device) for axis, s in ((0, h), (1, w)))
    every = torch.arange(len(x), device=x.device)[:, None, None]
    return padded[every, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def outside(box: Tensor, x: Tensor) -> Tensor:
    """1 outside the boxes (top, left, bottom, right), 0 inside: (n or 1, 1, h, w)."""
    top, left, bottom, right = box.to(x.device)[:, :, None].unbind(1)
    y, z = torch.arange(x.shape[2], device=x.device), torch.arange(x.shape[3], device=x.device)
    inside = ((y >= top) & (y < bottom))[:, None, :, None] & ((z >= left) & (z < right))[:, None, None, :]
    return (~inside).to(x.dtype)


def recolor(x: Tensor, values: Tensor) -> Tensor:
    """Brightness x + b, saturation about the mean over channels, contrast about the mean of the image."""
    b, s, k = values.to(x.device, x.dtype)[:, :, None, None, None].unbind(1)
    x = x + b
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * s + grey
    middle = x.mean((1, 2, 3), keepdim=True)
    return (x - middle) * k + middle


def matrix(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """(n, 2, 3) affine matrices [[a, b, 0], [c, d, 0]]."""
    zero = torch.zeros_like(a)
    return torch.stack([torch.stack([a, b, zero], 1), torch.stack([c, d, zero], 1)], 1)


def affine(x: Tensor, matrix: Tensor, *, align: bool, padding: str) -> Tensor:
    matrix = matrix.to(x.device, x.dtype).expand(len(x), 2, 3)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=align)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode=padding, align_corners=align)


def windows(generator: Generator, n: int, size: int, scale: tuple[float, float], ratio: tuple[float, float]) -> Tensor:
    """(n, 4) int: top, left, height, width. Ten tries for each image, the first that fits; else the whole image."""
    area = size * size * (scale[0] + (scale[1] - scale[0]) * torch.rand(10, n, generator=generator))
    low, high = math.log(ratio[0]), math.log(ratio[1])
    aspect = torch.exp(low + (high - low) * torch.rand(10, n, generator=generator))
    width, height = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()
    fits = (width <= size) & (height <= size) & (width > 0) & (height > 0)
    first = fits.to(torch.int8).argmax(0)
    every, found = torch.arange(n), fits.any(0)
    width = torch.where(found, width[first, every], torch.tensor(float(size)))
    height = torch.where(found, height[first, every], torch.tensor(float(size)))
    top = (torch.rand(n, generator=generator) * (size - height + 1)).floor()
    left = (torch.rand(n, generator=generator) * (size - width + 1)).floor()
    return torch.stack([top, left, height, width], 1).long()
