"""MobileNetV2 (1801.04381), EfficientNet-B0 (1905.11946) and ShuffleNetV2 (1807.11164) from torchvision, for small
images.

The stem keeps the side of the image. Up to 64 pixels MobileNetV2 and EfficientNet-B0 also keep it in their first
shrinking stage, so that 32×32 images end as 4×4 maps, and ShuffleNet has no max-pooling. `stem=torchvision` leaves
them as they are there.
"""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from .network import Network, NetworkInfo, Option, rgb_only, stem_option

SMALL = 64  # pixels
MOBILENET = NetworkInfo(
    "mobilenetv2",
    "MobileNetV2",
    "Inverted bottlenecks, made for phones; here with a stem for small images.",
    (stem_option(),),
    norm="batch",
)
EFFICIENTNET = NetworkInfo(
    "efficientnetb0",
    "EfficientNet-B0",
    "Inverted bottlenecks with channel attention; stem for small images.",
    (stem_option(),),
    norm="batch",
)
SHUFFLENET = NetworkInfo(
    "shufflenet",
    "ShuffleNetV2",
    "Very few multiplications: channels are split and shuffled; stem for small images.",
    (Option("width", "Width multiplier.", 1.0, (0.5, 1.0)), stem_option()),
    norm="batch",
)


def _stem(channels: int, width: int) -> nn.Conv2d:
    """3×3, stride 1; the init that the three libraries' models use."""
    conv = nn.Conv2d(channels, width, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out")
    return conv


def _unstride(block: nn.Module) -> None:
    """Let a stage keep the side of its map."""
    for module in block.modules():
        if isinstance(module, nn.Conv2d):
            module.stride = (1, 1)


def _for_small(name: str, parts: list[nn.Module], channels: int, size: int, stem: str) -> None:
    """Change torchvision's parts in place as the stem asks."""
    if stem != "small":
        rgb_only(name, channels)
        return
    parts[0][0] = _stem(channels, 32)  # type: ignore[index, operator]
    if size <= SMALL:
        _unstride(parts[2])


def mobilenetv2(channels: int, size: int, classes: int, *, stem: str) -> Network:
    """Blocks: the stem, the bottlenecks grouped by width, the last 1×1 convolution."""
    from torchvision.models import mobilenet_v2

    whole = mobilenet_v2(weights=None, num_classes=classes)
    parts = list(whole.features)
    _for_small("mobilenetv2", parts, channels, size, stem)
    cuts = (0, 1, 2, 4, 7, 11, 14, 17, 18, 19)  # one bottleneck stage between two neighbors
    names = ("stem", *(f"stage{i}" for i in range(1, 8)), "head")
    body: dict[str, nn.Module] = {
        n: nn.Sequential(*parts[a:b]) for n, (a, b) in zip(names, pairwise(cuts), strict=True)
    }
    return _finish(body, whole.classifier, channels, size, classes)


def efficientnetb0(channels: int, size: int, classes: int, *, stem: str) -> Network:
    """Blocks: the stem, the seven stages, the last 1×1 convolution."""
    from torchvision.models import efficientnet_b0

    whole = efficientnet_b0(weights=None, num_classes=classes)
    parts = list(whole.features)
    _for_small("efficientnetb0", parts, channels, size, stem)
    names = ("stem", *(f"stage{i}" for i in range(1, 8)), "head")
    return _finish(dict(zip(names, parts, strict=True)), whole.classifier, channels, size, classes)


def _finish(body: dict[str, nn.Module], head: nn.Sequential, channels: int, size: int, classes: int) -> Network:
    dropout, linear = head
    neck = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), dropout)
    return Network(body, neck, linear, channels=channels, size=size, classes=classes)


def shufflenet(channels: int, size: int, classes: int, *, width: float, stem: str) -> Network:
    """Blocks: the stem, the three stages, the last 1×1 convolution."""
    from torchvision.models import shufflenet_v2_x0_5, shufflenet_v2_x1_0

    whole = (shufflenet_v2_x0_5 if width == 0.5 else shufflenet_v2_x1_0)(weights=None, num_classes=classes)
    if stem == "small":
        whole.conv1[0] = _stem(channels, 24)
    else:
        rgb_only("shufflenet", channels)
    small = stem == "small" and size <= SMALL
    first = whole.conv1 if small else nn.Sequential(*whole.conv1, whole.maxpool)
    body = {"stem": first, "stage2": whole.stage2, "stage3": whole.stage3, "stage4": whole.stage4, "head": whole.conv5}
    neck = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Network(body, neck, whole.fc, channels=channels, size=size, classes=classes)
