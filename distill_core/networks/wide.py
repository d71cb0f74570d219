"""Wide residual networks for small images (Zagoruyko & Komodakis, 1605.07146): WRN-16-2 is one of G-VBSM's backbones.

Three stages of 16, 32 and 64 times `width` channels with (depth − 4) / 6 blocks each; batch norm and ReLU come before the
convolutions; no dropout. WRN-16-2 has 691,674 parameters for ten classes of RGB images.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from .network import Network, NetworkInfo, Option

INFO = NetworkInfo(
    "wrn",
    "Wide ResNet",
    "A narrow residual network made wide; WRN-16-2 is a common small backbone.",
    (
        Option("depth", "Layers: 10, 16, 22, 28 or 40.", 16, (10, 16, 22, 28, 40), always=True),
        Option("width", "How many times as wide as a plain one.", 2, minimum=1, maximum=10, always=True),
    ),
    norm="batch",
)


class Block(nn.Module):
    """x + conv(relu(norm(conv(relu(norm(x)))))), with a 1×1 convolution on the shortcut where the shape changes."""

    def __init__(self, given: int, width: int, stride: int):
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(given), nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(given, width, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.shortcut = nn.Conv2d(given, width, 1, stride, bias=False) if given != width or stride != 1 else None

    def forward(self, x: Tensor) -> Tensor:
        seen = F.relu(self.norm1(x))
        kept = x if self.shortcut is None else self.shortcut(seen)
        return kept + self.conv2(F.relu(self.norm2(self.conv1(seen))))


def wrn(channels: int, size: int, classes: int, *, depth: int, width: int) -> Network:
    """Build a wide ResNet for square images of `size` pixels."""
    stem = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
    body: dict[str, nn.Module] = {"stem": stem}
    given = 16
    for i, plain in enumerate((16, 32, 64)):
        wide = plain * width
        first = Block(given, wide, 1 if i == 0 else 2)
        body[f"stage{i + 1}"] = nn.Sequential(first, *(Block(wide, wide, 1) for _ in range((depth - 4) // 6 - 1)))
        given = wide
    body["norm"] = nn.Sequential(nn.BatchNorm2d(given), nn.ReLU())
    for module in body.values():
        for layer in module.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    neck = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Network(body, neck, nn.Linear(given, classes), channels=channels, size=size, classes=classes)
