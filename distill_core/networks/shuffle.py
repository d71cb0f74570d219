"""ShuffleNet (Zhang et al., 1707.01083), its first version with two groups, for small images: one of INFER's four CIFAR teachers.

A unit is a grouped 1×1 convolution, a shuffle of the channels, a depthwise 3×3 convolution and a grouped 1×1 convolution,
beside a shortcut: added where the shape stays, appended to the averaged input where a stage begins and halves the side. The
middle of a unit has a quarter of the channels that it gives; the first 1×1 convolution behind the stem is not grouped.
200, 400 and 800 channels, 4, 8 and 4 units: 940,858 parameters for ten classes of RGB images.

The stem is a 3×3 convolution with stride 1 and no max-pooling, as for the other networks here. Narrower and shorter forms
(`width`, `units`) are ours, for two CPU cores.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .network import Network, NetworkInfo, Option

GROUPS, STEM, STAGES = 2, 24, ((200, 4), (400, 8), (800, 4))  # channels and units of each stage
INFO = NetworkInfo(
    "shufflenetv1",
    "ShuffleNet (first version)",
    "Grouped 1×1 convolutions whose channels are shuffled; stem for small images.",
    (
        Option("width", "Width multiplier.", 1.0, (0.2, 0.4, 1.0)),
        Option("units", "Units of each stage; 0: four, eight and four.", 0, minimum=0, maximum=8),
    ),
    norm="batch",
)


class Unit(nn.Module):
    """relu(x + f(x)), or where it halves the side relu(average of x, f(x)) one behind the other."""

    def __init__(self, given: int, width: int, stride: int):
        super().__init__()
        self.stride, made = stride, width - given if stride == 2 else width
        middle, groups = width // 4, 1 if given == STEM else GROUPS
        self.conv1 = nn.Conv2d(given, middle, 1, groups=groups, bias=False)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False)
        self.conv3 = nn.Conv2d(middle, made, 1, groups=GROUPS, bias=False)
        self.norm1, self.norm2, self.norm3 = nn.BatchNorm2d(middle), nn.BatchNorm2d(middle), nn.BatchNorm2d(made)
        self.shuffle = nn.ChannelShuffle(groups)

    def forward(self, x: Tensor) -> Tensor:
        made = self.shuffle(F.relu(self.norm1(self.conv1(x))))
        made = self.norm3(self.conv3(self.norm2(self.conv2(made))))
        if self.stride == 1:
            return F.relu(x + made)
        return F.relu(torch.cat([F.avg_pool2d(x, 3, 2, 1), made], 1))


def shufflenetv1(channels: int, size: int, classes: int, *, width: float, units: int) -> Network:
    """Blocks: the stem and the three stages."""
    stem = nn.Conv2d(channels, STEM, 3, padding=1, bias=False)
    body: dict[str, nn.Module] = {"stem": nn.Sequential(stem, nn.BatchNorm2d(STEM), nn.ReLU())}
    given = STEM
    for i, (plain, usual) in enumerate(STAGES):
        wide = round(plain * width)
        rest = (Unit(wide, wide, 1) for _ in range((units or usual) - 1))
        body[f"stage{i + 2}"] = nn.Sequential(Unit(given, wide, 2), *rest)
        given = wide
    for layer in (one for module in body.values() for one in module.modules() if isinstance(one, nn.Conv2d)):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out")
    neck = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Network(body, neck, nn.Linear(given, classes), channels=channels, size=size, classes=classes)
