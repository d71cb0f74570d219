"""ConvNet-D, the network that most of the distillation literature uses.

Gidaris & Komodakis 2018, in the form of Zhao et al., "Dataset Condensation with Gradient Matching" (2006.05929): D
blocks of 3×3 convolution (width 128), norm, ReLU and 2×2 average pooling, then one linear layer. Their "instance
norm" is a group norm with one group per channel and learned scale and shift. Grey 28×28 images are padded by 3 in the
first convolution, which makes them 32×32.
"""

from __future__ import annotations

import math

from torch import nn

from ..errors import BadSetting
from .network import Network, NetworkInfo, Option, halved

INFO = NetworkInfo(
    "convnet",
    "ConvNet-D",
    "Blocks of convolution, norm, activation and pooling: small, quick and what most papers distill with.",
    (
        Option("width", "Channels of every block.", 128, minimum=1, maximum=2048, always=True),
        Option("depth", "Number of blocks; auto ends with a 4×4 map.", "auto", minimum=1, maximum=8),
        Option(
            "norm",
            "How feature maps are normalized.",
            "instance",
            ("none", "batch", "instance", "layer", "group"),
            always=True,
        ),
        Option("activation", "The non-linearity.", "relu", ("relu", "sigmoid", "leakyrelu", "swish")),
        Option("pooling", "How maps shrink between blocks.", "avg", ("none", "max", "avg")),
    ),
)
GROUPS = 4  # of norm=group


def convnet(
    channels: int, size: int, classes: int, *, width: int, depth: int | str, norm: str, activation: str, pooling: str
) -> Network:
    """Build a ConvNet-D for square images of `size` pixels."""
    side = 32 if (channels, size) == (1, 28) else size
    blocks = automatic_depth(side) if depth == "auto" else int(depth)
    _check(side, blocks, width, norm, pooling)
    body: dict[str, nn.Module] = {}
    given = channels
    for i in range(blocks):
        padding = 3 if i == 0 and side != size else 1
        parts: dict[str, nn.Module | None] = {
            "conv": nn.Conv2d(given, width, 3, padding=padding),
            "norm": norm_layer(norm, width, side),
        }
        parts |= {"activation": activation_layer(activation), "pooling": pooling_layer(pooling)}
        body[f"block{i + 1}"] = nn.Sequential()
        for name, part in parts.items():
            if part is not None:
                body[f"block{i + 1}"].add_module(name, part)
        given, side = width, side if pooling == "none" else side // 2
    classifier = nn.Linear(width * side * side, classes)
    return Network(body, nn.Flatten(), classifier, channels=channels, size=size, classes=classes)


def automatic_depth(side: int) -> int:
    """Blocks until the map is 4×4: 1 for 8 pixels, 2 for 16, 3 for 32, 4 for 64; never more than 6."""
    return min(max(int(math.log2(side / 4)), 1), 6)


def _check(side: int, depth: int, width: int, norm: str, pooling: str) -> None:
    if pooling != "none" and halved(side, depth) < 1:
        raise BadSetting(
            f"convnet:depth={depth} cannot work with {side}×{side} images: {depth} poolings leave nothing. "
            f"Use depth={automatic_depth(side)}."
        )
    if norm == "group" and width % GROUPS:
        raise BadSetting(f"convnet:width={width},norm=group cannot work: the width must be a multiple of {GROUPS}.")


def norm_layer(norm: str, width: int, side: int) -> nn.Module | None:
    """The norm after a convolution with `width` channels and maps of `side` × `side`."""
    if norm == "batch":
        return nn.BatchNorm2d(width)
    if norm == "layer":
        return nn.LayerNorm([width, side, side])
    if norm == "instance":
        return nn.GroupNorm(width, width)
    return nn.GroupNorm(GROUPS, width) if norm == "group" else None


def activation_layer(activation: str) -> nn.Module:
    """A non-linearity by name; none of them works in place, so that second derivatives are safe."""
    kinds = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "leakyrelu": nn.LeakyReLU, "swish": nn.SiLU}
    return kinds[activation]()


def pooling_layer(pooling: str) -> nn.Module | None:
    """2×2 pooling, or None."""
    return {"max": nn.MaxPool2d, "avg": nn.AvgPool2d}[pooling](2) if pooling != "none" else None
