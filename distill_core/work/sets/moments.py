"""How real pixels look: the moments that a set is judged by, beside those of real images."""

from __future__ import annotations

import torch
from torch import Tensor

ROUGH = 2.0  # weight of neighbors: what only the right space brings back
LOUD = 0.5  # weight of too much contrast, which distilled images often have; too little counts whole


def moments(pixels: Tensor) -> tuple[float, Tensor, Tensor, float]:
    """Reach outside of [0, 1], mean and s.d. per channel, correlation of neighbors, of (n, c, h, w)."""
    outside = float((-pixels).clamp(min=0).add((pixels - 1).clamp(min=0)).mean())
    mean, std = pixels.mean((0, 2, 3)), pixels.std((0, 2, 3), correction=0)
    variance = float(std.square().mean())
    steps = [pixels.diff(dim=dim).square().mean() for dim in (2, 3)]
    smooth = 1 - float(torch.stack(steps).mean()) / (2 * variance) if variance > 1e-12 else 1.0
    return outside, mean, std, smooth


def away(pixels: Tensor, real: Tensor) -> tuple[float, tuple[float, float, float, float]]:
    """How far pixels are from real ones, and the figures."""
    outside, mean, std, smooth = moments(pixels)
    _, mean_real, std_real, smooth_real = moments(real)
    ratio = (std.clamp(min=1e-6) / std_real).log().mean()
    contrast = ratio.abs() * (LOUD if ratio > 0 else 1.0)
    shift = ((mean - mean_real).abs() / std_real).mean()
    total = outside / float(std_real.mean()) + float(shift + contrast) + ROUGH * abs(smooth - smooth_real)
    share = float(((pixels < -1e-3) | (pixels > 1 + 1e-3)).float().mean())
    return total, (share, float(mean.mean()), float(std.mean()), smooth)
