"""Attention of feature maps: where a network looks, and through which channels (arXiv 2310.00093 and 2405.01373).

    A_s(f) = Σ_i |f_i|^p  (h · w numbers)        A_c(f) = Σ_xy |f(:, x, y)|^p  (one number for each channel)        z = A / ‖A‖₂

The larger p, the more the strongest place (or channel) is all that counts; p → ∞ leaves it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import Network

Place = Literal["activation", "block"]
CHUNK = 256  # images that a network sees at once, where means are taken
TINY = 1e-30  # of a map that is 0 everywhere: its attention is 0


def spatial(maps: Tensor, power: float) -> Tensor:
    """z_s of every image: (n, c, h, w) → (n, h · w), of length 1."""
    return F.normalize(_powers(maps, power).sum(1).flatten(1), dim=1)


def channel(maps: Tensor, power: float) -> Tensor:
    """z_c of every image: (n, c, h, w) → (n, c), of length 1."""
    return F.normalize(_powers(maps, power).sum((2, 3)), dim=1)


def _powers(maps: Tensor, power: float) -> Tensor:
    """|f|^p of maps that are divided by their largest value first: z stays the same, and no power leaves the range of floats."""
    sizes = maps.abs()
    return (sizes / sizes.detach().amax((1, 2, 3), keepdim=True).clamp_min(TINY)).pow(power)


def looked_through(network: Network, images: Tensor, place: Place) -> tuple[dict[str, Tensor], Tensor]:
    """The feature maps (n, c, h, w) of every block but the last, by its name, and the last features (n, f), in one pass.

    Args:
        place: `activation` takes a map behind the block's last non-linearity, before it is pooled; `block` at the block's end. Only
            ConvNets name the place of their non-linearities; of other networks both are the block's end.
    """
    found, x = {}, images
    for name, block in network.body.named_children():
        x, seen = _through(block, x, place)
        found[name] = network.shown(seen)
    found.popitem()
    return found, network.neck(x)


def _through(block: nn.Module, x: Tensor, place: Place) -> tuple[Tensor, Tensor]:
    """A block's output, and what is looked at in it."""
    if place == "block" or not isinstance(block, nn.Sequential):
        x = block(x)
        return x, x
    seen = None
    for name, module in block.named_children():
        x = module(x)
        seen = x if name == "activation" else seen
    return x, x if seen is None else seen


@torch.no_grad()
def means(
    network: Network,
    normalized: Tensor,
    labels: Tensor,
    classes: int,
    powers: Sequence[float],
    place: Place = "activation",
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean z_s and z_c over the images of every class, of every block but the last; NaN for a class without images.

    Args:
        normalized: (n, c, H, W), as networks see them; labels (n,).

    Returns:
        By the block's name: (powers, classes, h, w) and (powers, classes, channels), float32.
    """
    sums: dict[str, tuple[Tensor, Tensor]] = {}
    counts = torch.bincount(labels, minlength=classes)
    for images, own in zip(normalized.split(CHUNK), labels.split(CHUNK), strict=True):
        rows = F.one_hot(own, classes).T.float()
        for name, maps in looked_through(network, images, place)[0].items():
            found = (
                torch.stack([rows @ spatial(maps, p) for p in powers]).unflatten(2, tuple(maps.shape[2:])),
                torch.stack([rows @ channel(maps, p) for p in powers]),
            )
            before = sums.get(name)
            sums[name] = found if before is None else (before[0] + found[0], before[1] + found[1])
    return {name: (a / counts.view(-1, 1, 1), b / counts.view(-1, 1)) for name, (a, b) in sums.items()}


@torch.no_grad()
def without_maps(network: Network, place: Place) -> str | None:
    """Why this network has no maps to be looked at before its last block, or None."""
    was = network.training
    images = torch.zeros(1, network.channels, network.size, network.size)
    maps, _ = looked_through(network.eval(), images, place)
    network.train(was)
    if not maps:
        return f"{network.spec} has one block, and attention is matched in all blocks before the last. Take one with two or more."
    if flat := [name for name, one in maps.items() if one.ndim != 4]:
        return f"{network.spec} has no feature map at {flat[0]}, so no attention. Take a network with convolutions."
    return None
