"""MLP, LeNet, AlexNet and VGG-11 in the small-image forms of the distillation literature (2006.05929 and its
followers).

LeNet: its second form, two 5×5 convolutions; 28×28 images are padded by 2, images below 28 pixels keep their side in
both. AlexNet: five convolutions 128-192-256-192-192. VGG-11: one linear layer after the convolutions, a norm after
each of them (instance norm there means one group per channel); where a pooling before the last would leave a 1×1 map
it is left out, as such a map has no spread to normalize. Grey 28×28 images are padded to 32×32 in the first
convolution of the last two.
"""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from ..errors import BadSetting
from .network import Network, NetworkInfo, Option, rgb_only, stem_option

MLP = NetworkInfo(
    "mlp",
    "MLP",
    "Three linear layers; sees pixels without knowing which are neighbors.",
    (Option("width", "Units of the two hidden layers.", 128, minimum=1, maximum=8192),),
)
LENET = NetworkInfo("lenet", "LeNet", "Two convolutions and three linear layers, from 1998.")
ALEXNET = NetworkInfo(
    "alexnet",
    "AlexNet",
    "Five convolutions without norms, in its small-image form.",
    (stem_option(", one linear layer"),),
)
LEAST = 63  # pixels that torchvision's takes
VGG11 = NetworkInfo(
    "vgg11",
    "VGG-11",
    "Eight 3×3 convolutions, one linear layer.",
    (
        Option("norm", "How feature maps are normalized.", "instance", ("none", "batch", "instance")),
        Option(
            "width",
            "Channels of the first convolution; the others have up to eight times as many.",
            64,
            minimum=1,
            maximum=512,
        ),
    ),
)


def mlp(channels: int, size: int, classes: int, *, width: int) -> Network:
    """Three linear layers; its blocks are vectors."""
    first = nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, width), nn.ReLU())
    second = nn.Sequential(nn.Linear(width, width), nn.ReLU())
    body = {"layer1": first, "layer2": second}
    return Network(body, nn.Identity(), nn.Linear(width, classes), channels=channels, size=size, classes=classes)


def lenet(channels: int, size: int, classes: int) -> Network:
    """6 and 16 channels, then 120 and 84 units."""
    first, second = (2, 0) if size == 28 else ((2, 2) if size < 28 else (0, 0))
    body = {
        "block1": nn.Sequential(nn.Conv2d(channels, 6, 5, padding=first), nn.ReLU(), nn.MaxPool2d(2)),
        "block2": nn.Sequential(nn.Conv2d(6, 16, 5, padding=second), nn.ReLU(), nn.MaxPool2d(2)),
    }
    side = (size + 2 * first - 4) // 2
    side = (side + 2 * second - 4) // 2
    neck = nn.Sequential(nn.Flatten(), nn.Linear(16 * side * side, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU())
    return Network(body, neck, nn.Linear(84, classes), channels=channels, size=size, classes=classes)


def alexnet(channels: int, size: int, classes: int, *, stem: str) -> Network:
    """Five convolutions, pooled after the first, the second and the last."""
    if stem == "torchvision":
        return _large_alexnet(channels, size, classes)
    side, padding = (32, 4) if (channels, size) == (1, 28) else (size, 2)
    body = {
        "block1": nn.Sequential(nn.Conv2d(channels, 128, 5, padding=padding), nn.ReLU(), nn.MaxPool2d(2)),
        "block2": nn.Sequential(nn.Conv2d(128, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        "block3": nn.Sequential(nn.Conv2d(192, 256, 3, padding=1), nn.ReLU()),
        "block4": nn.Sequential(nn.Conv2d(256, 192, 3, padding=1), nn.ReLU()),
        "block5": nn.Sequential(nn.Conv2d(192, 192, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
    }
    classifier = nn.Linear(192 * (side // 8) ** 2, classes)
    return Network(body, nn.Flatten(), classifier, channels=channels, size=size, classes=classes)


def _large_alexnet(channels: int, size: int, classes: int) -> Network:
    """torchvision's: strides in the first convolution, three linear layers with dropout."""
    from torchvision.models import alexnet as library

    rgb_only("alexnet", channels)
    if size < LEAST:
        raise BadSetting(f"alexnet:stem=torchvision cannot take {size}×{size} images: it needs {LEAST} pixels or more.")
    whole = library(weights=None, num_classes=classes)
    parts, cuts = list(whole.features), (0, 3, 6, 8, 10, 13)
    body = {f"block{i + 1}": nn.Sequential(*parts[a:b]) for i, (a, b) in enumerate(pairwise(cuts))}
    neck = nn.Sequential(whole.avgpool, nn.Flatten(), *list(whole.classifier)[:-1])
    classifier = whole.classifier[-1]
    return Network(body, neck, classifier, channels=channels, size=size, classes=classes)


def vgg11(channels: int, size: int, classes: int, *, norm: str, width: int) -> Network:
    """`width`, 2 · width, 4 · width twice, 8 · width four times; five poolings where the side allows."""
    side, padding = (32, 3) if (channels, size) == (1, 28) else (size, 1)
    body: dict[str, nn.Module] = {}
    given, stages = channels, ((1,), (2,), (4, 4), (8, 8), (8, 8))  # times the width
    for i, times in enumerate(stages):
        parts: list[nn.Module] = []
        for wide in (one * width for one in times):
            parts += [nn.Conv2d(given, wide, 3, padding=padding), *_norm(norm, wide), nn.ReLU()]
            given, padding = wide, 1
        if side >= 4 or (side >= 2 and i == len(stages) - 1):
            parts.append(nn.MaxPool2d(2))
            side //= 2
        body[f"block{i + 1}"] = nn.Sequential(*parts)
    classifier = nn.Linear(given * side * side, classes)
    return Network(body, nn.Flatten(), classifier, channels=channels, size=size, classes=classes)


def _norm(norm: str, width: int) -> list[nn.Module]:
    if norm == "none":
        return []
    return [nn.BatchNorm2d(width) if norm == "batch" else nn.GroupNorm(width, width)]
