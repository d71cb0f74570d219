"""StyleGAN2 and StyleGAN2-ADA, with or without classes: arXiv 1912.04958 and 2006.06676; written from the papers.

    constant 4×4 ──▶ b4.conv1 ──▶ b8.conv0 (doubles) ──▶ b8.conv1 ──▶ … ; each block adds its image to the one so far

That image is a second path beside the feature map. So that a cut lets nothing slip by, it is carried along as the last
channels of the feature map: from layer2 on, a cut holds (c + image channels, h, w). A block's image is made where the next
block begins, and doubled with the map; it is driven by the same row of w as that layer. The last one is the step to pixels.

The form is that of the released PyTorch code: blocks `synthesis.b4`, `b8`, … of the `skip` architecture. Noise is the constant
one of the file, so that the same w gives the same image. Activations are clamped to ±256, as the released training does.
The architectures `orig` and `resnet`, maps that are not square powers of two, and half precision are not supported.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import BadRecord
from .header import Header
from .imported import Imported, Plan, Shape, Shapes, agree
from .prior import LATENT, PIXELS, Cut
from .style_parts import CLAMP, affine_shapes, demodulation, leaky, mapped, mapping_of, resample, styles

BLOCK = re.compile(r"synthesis\.b(\d+)\.conv1\.weight")
SIGN = "synthesis.b4.const"


@dataclass(frozen=True)
class Form(Plan):
    """And how many layers the mapping has, each convolution with the image that is made before it (""), and the last image."""

    mapping: int
    layers: tuple[tuple[str, str], ...]
    last: str


def plan(name: str, tensors: Mapping[str, Tensor]) -> Form:
    """The form of a StyleGAN2 synthesis network, from names and shapes."""
    shapes = Shapes(name, tensors)
    channels, side, _ = shapes.of(SIGN, 3)
    w = shapes.of("synthesis.b4.conv1.affine.weight", 2)[1]
    image = shapes.of("synthesis.b4.torgb.weight", 4)[0]
    sides = sorted(int(m[1]) for m in map(BLOCK.fullmatch, shapes) if m)
    if sides != [4 * 2**k for k in range(len(sides))] or len(sides) < 2:
        raise BadRecord(
            f"{name} has blocks {', '.join(f'b{one}' for one in sides)}; b4, b8, b16, … must follow each other."
        )
    wanted: dict[str, Shape] = {SIGN: (channels, 4, 4)}
    cuts, layers = [Cut(LATENT, (channels, side, side))], []
    for side in sides:
        block = f"synthesis.b{side}"
        width = shapes.of(f"{block}.conv1.weight", 4)[0]
        wanted[f"{block}.resample_filter"] = shapes.of("synthesis.b4.resample_filter", 2)
        for which in ("conv0", "conv1")[side == 4 :]:
            key = f"{block}.{which}"
            wanted |= {f"{key}.weight": (width, channels, 3, 3), f"{key}.bias": (width,)}
            wanted |= {f"{key}.noise_const": (side, side), f"{key}.noise_strength": ()}
            wanted[f"{key}.resample_filter"] = wanted[f"{block}.resample_filter"]
            wanted |= affine_shapes(key, channels, w)
            cuts.append(Cut(f"layer{len(cuts)}", (width + (image if side > 4 else 0), side, side)))
            layers.append((key, f"synthesis.b{side // 2}.torgb" if which == "conv0" else ""))
            channels = width
        rgb = f"{block}.torgb"
        wanted |= {f"{rgb}.weight": (image, channels, 1, 1), f"{rgb}.bias": (image,), **affine_shapes(rgb, channels, w)}
    found = mapping_of(shapes, w)
    rows = (*(cut.name for cut in cuts[1:]), PIXELS)
    said = found.classes, found.z, {**wanted, **found.wanted}, found.layers
    return Form(tuple(cuts), rows, sides[-1], image, *said, tuple(layers), rgb)


class StyleGAN2(Imported):
    """w has a row for each convolution and one for the last step to pixels: num_ws of the original."""

    plan: Form

    @classmethod
    def built(cls, name: str, tensors: Mapping[str, Tensor], about: Header, which: Tensor) -> StyleGAN2:
        found = plan(name, tensors)
        agree(name, tensors, found.wanted)
        return cls(found, tensors, which, "stylegan2")

    def map(self, z: Tensor, labels: Tensor) -> Tensor:
        w = mapped(self, z, self.which[labels], self.plan.mapping)
        return w[:, None].repeat(1, len(self.rows), 1)

    def start(self, w: Tensor) -> Tensor:
        return self[SIGN].expand(len(w), -1, -1, -1)

    def layer(self, f: Tensor, w: Tensor, k: int) -> Tensor:
        key, rgb = self.plan.layers[k]
        f, image = self._apart(f, k)
        s, weight = styles(self, key, w[:, k]), self[f"{key}.weight"]
        x = f * s[:, :, None, None]
        if rgb:  # doubles; that turns the kernel around
            fir = self[f"{key}.resample_filter"]
            image = resample(self._image(f, image, w[:, k], rgb), fir, up=2, pad=_around(fir, 1))
            x = F.conv2d(resample(x, fir, up=2, pad=_around(fir, 3)), weight.flip((2, 3)))
        else:
            x = F.conv2d(x, weight, padding=1)
        x = x * demodulation(weight, s)[:, :, None, None] + self[f"{key}.noise_const"] * self[f"{key}.noise_strength"]
        x = leaky(x + self[f"{key}.bias"][:, None, None]).clamp(-CLAMP, CLAMP)
        return x if image is None else torch.cat([x, image], 1)

    def _apart(self, f: Tensor, k: int) -> tuple[Tensor, Tensor | None]:
        """The feature map at cut k and the image that is carried along, where there is one yet."""
        if k < 2:
            return f, None
        maps, image = f.split([f.shape[1] - self.channels, self.channels], 1)
        return maps, image

    def _image(self, f: Tensor, before: Tensor | None, w: Tensor, key: str) -> Tensor:
        """The image so far with a block's own added."""
        weight = self[f"{key}.weight"]
        s = styles(self, key, w) / math.sqrt(weight.shape[1])
        x = F.conv2d(f * s[:, :, None, None], weight) + self[f"{key}.bias"][:, None, None]
        x = x.clamp(-CLAMP, CLAMP)
        return x if before is None else before + x

    def pixels(self, f: Tensor, w: Tensor) -> Tensor:
        f, image = self._apart(f, len(self.cuts) - 1)
        return (self._image(f, image, w[:, -1], self.plan.last) + 1) / 2


def _around(fir: Tensor, kernel: int) -> tuple[int, int]:
    """Padding of a doubled map, so that the filter and a kernel after it give twice the side."""
    taps, half = len(fir), kernel // 2
    return half + (taps + 1) // 2, half + (taps - 2) // 2
