"""ResNet-18, -34, -50 and -101 (He et al., 1512.03385) from torchvision, with the stem that small images need.

The stem is a 3×3 convolution with stride 1 and no max-pooling, as everywhere in the distillation literature; with ten
classes ResNet-18 has 11,173,962 parameters and 20 batch norms. `norm=instance` puts a group norm with one group per
channel in the place of each batch norm; below 16 pixels its last stage then keeps its side, as a 1×1 map has no
spread to normalize. `stem=torchvision` is torchvision's network as it is: a 7×7 convolution with stride 2, then a
max-pooling. Departure of the small stem: it starts as torchvision's other convolutions do; a plain layer takes its place in
the papers' code, which starts a little larger.
"""

from __future__ import annotations

from functools import partial

from torch import nn

from .network import Network, NetworkInfo, Option, rgb_only, stem_option

NORM = (Option("norm", "How feature maps are normalized.", "batch", ("batch", "instance")),)
INFOS = tuple(
    NetworkInfo(
        f"resnet{depth}",
        f"ResNet-{depth}",
        f"{depth} layers with shortcuts; the stem is made for small images.",
        (*NORM, stem_option()),
    )
    for depth in (18, 34, 50, 101)
)


def per_channel(width: int) -> nn.Module:
    """Instance norm as this literature has it: one group per channel, learned scale and shift, no running
    statistics.
    """
    return nn.GroupNorm(width, width)


def resnet(depth: int, channels: int, size: int, classes: int, *, norm: str, stem: str) -> Network:
    """Build a ResNet for square images of `size` pixels."""
    from torchvision.models import resnet as library

    maker = {18: library.resnet18, 34: library.resnet34, 50: library.resnet50, 101: library.resnet101}[depth]
    whole = maker(weights=None, num_classes=classes, norm_layer=per_channel if norm == "instance" else None)
    if norm == "instance" and size < (16 if stem == "small" else 64):
        _keep_side(whole.layer4)
    if stem == "small":
        conv = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
        body = {"stem": nn.Sequential(conv, whole.bn1, whole.relu)}
    else:
        rgb_only(f"resnet{depth}", channels)
        body = {"stem": nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool)}
    body |= {name: getattr(whole, name) for name in ("layer1", "layer2", "layer3", "layer4")}
    neck = nn.Sequential(whole.avgpool, nn.Flatten())
    return Network(body, neck, whole.fc, channels=channels, size=size, classes=classes)


def _keep_side(stage: nn.Module) -> None:
    for module in stage.modules():
        if isinstance(module, nn.Conv2d):
            module.stride = (1, 1)


BUILDERS = {info.name: partial(resnet, int(info.name[6:])) for info in INFOS}
