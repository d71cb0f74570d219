"""StyleGAN-XL and StyleGAN3 (T and R): arXiv 2202.00273 and 2106.12423; written from the papers, for tensors alone.

    w_0 ──▶ Fourier features, turned and shifted by w_0 ──▶ f_0 ──layer 1, w_1──▶ f_1 … f_K ──to pixels, w_{K+1}──▶ image · ¼

A layer is a modulated convolution, then a leaky ReLU between two low-pass filters: doubling or quadrupling, ReLU, halving,
so that nothing above the band limit is made. The filters lie in the file. Layers are called L{number}_{size}_{channels} there;
a grown StyleGAN-XL skips a number where a smaller generator was cut off. Here they are layer1, layer2, … in that order.

What no tensor says is the same in all published configurations and taken from there: a margin of 10 pixels around every map
but the last two, a first cutoff of 2, filters of 6 taps per sample, activations clamped to ±256, output scaled by 0.25. What
was trained with other values cannot be recognized and comes out wrong. Half precision is not used. Layers normalize their
styles per image, not over the batch as the released code does: that factor cancels in the demodulation.
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
from .style_parts import CLAMP, affine_shapes, demodulation, dense, leaky, mapped, mapping_of, resample, styles

MARGIN, BAND, TAPS, SCALE = 10, 2.0, 6, 0.25
LAYER = re.compile(r"synthesis\.(L(\d+)_(\d+)_(\d+))\.weight")
SIGN = "synthesis.input.freqs"


@dataclass(frozen=True)
class Form(Plan):
    """And the layers of the mapping; of the synthesis each layer's name, kernel, factors up and down and padding, and its number
    in the file; the samples across the first map without its margin."""

    mapping: int
    layers: tuple[tuple[str, int, int, int, tuple[int, int]], ...]
    numbers: tuple[int, ...]
    rate: int


def plan(name: str, tensors: Mapping[str, Tensor]) -> Form:
    """The form of a StyleGAN3 synthesis network, from names and shapes."""
    shapes = Shapes(name, tensors)
    found = sorted((int(m[2]), m[1], int(m[3]), int(m[4])) for m in map(LAYER.fullmatch, shapes) if m)
    if len(found) < 3 or found[0][0] != 0:
        raise BadRecord(f"{name} has {len(found)} layers L0_…, L1_…; a StyleGAN3 has at least 3, from L0 on.")
    first, w = shapes.of("synthesis.input.weight", 2)[0], shapes.of("synthesis.input.affine.weight", 2)[1]
    side = found[0][2]
    rate = side - 2 * MARGIN
    if rate < 8 or rate & (rate - 1):
        raise BadRecord(f"{name} begins with maps of {side} pixels; 2ⁿ + {2 * MARGIN} (28, 36, …) is what can be read.")
    wanted: dict[str, Shape] = {
        "synthesis.input.weight": (first, first),
        "synthesis.input.transform": (3, 3),
        "synthesis.input.freqs": (first, 2),
        "synthesis.input.phases": (first,),
        **affine_shapes("synthesis.input", 4, w),
    }
    cuts, layers = [Cut(LATENT, (first, side, side))], []
    channels, given, last = first, side, found[-1]
    for number, short, size, width in found:
        key, rgb = f"synthesis.{short}", number == last[0]
        kernel = 1 if rgb else shapes.of(f"{key}.weight", 4)[3]
        wanted |= {f"{key}.weight": (width, channels, kernel, kernel), f"{key}.bias": (width,)}
        wanted |= {f"{key}.magnitude_ema": (), **affine_shapes(key, channels, w)}
        up, up_taps = (1, 1) if rgb else _factor(shapes, f"{key}.up_filter", wanted)
        down, down_taps = (1, 1) if rgb else _factor(shapes, f"{key}.down_filter", wanted)
        total = (size - 1) * down + 1 - (given + kernel - 1) * up + up_taps + down_taps - 2
        low = (total + up) // 2  # samples sit in the middle of their cells
        layers.append((key, kernel, up, down, (low, total - low)))
        cuts.append(Cut(f"layer{len(cuts)}", (width, size, size)))
        channels, given = width, size
    mapping = mapping_of(shapes, w)
    cuts.pop()
    rows = (LATENT, *(cut.name for cut in cuts[1:]), PIXELS)
    said = mapping.classes, mapping.z, {**wanted, **mapping.wanted}, mapping.layers
    return Form(tuple(cuts), rows, last[2], last[3], *said, tuple(layers), tuple(one[0] for one in found), rate)


def _factor(shapes: Shapes, key: str, wanted: dict[str, Shape]) -> tuple[int, int]:
    """The factor of a resampling filter and its taps; radial ones (StyleGAN3-R) are square."""
    shape = shapes.of(key, len(shapes.get(key, (0,))))
    taps = shape[0] if shape else 0
    if taps % TAPS or not taps or shape not in ((taps,), (taps, taps)):
        raise BadRecord(f"{shapes.name} holds {key!r} with shape {list(shape)}; filters have {TAPS} taps per sample.")
    wanted[key] = shape
    return taps // TAPS, taps


class StyleGAN3(Imported):
    """StyleGAN-XL, StyleGAN3-T and -R; w has num_ws = layers + 2 rows."""

    plan: Form

    @classmethod
    def built(cls, name: str, tensors: Mapping[str, Tensor], about: Header, which: Tensor) -> StyleGAN3:
        found = plan(name, tensors)
        agree(name, tensors, found.wanted)
        _no_layer_is_lost(name, found, tensors)
        return cls(found, tensors, which, "stylegan-xl")

    def map(self, z: Tensor, labels: Tensor) -> Tensor:
        w = mapped(self, z, self.which[labels], self.plan.mapping)
        return w[:, None].repeat(1, len(self.rows), 1)

    def start(self, w: Tensor) -> Tensor:
        """Fourier features on the first map; rotation and shift come from w's first row."""
        t = dense(w[:, 0], self["synthesis.input.affine.weight"], self["synthesis.input.affine.bias"])
        c, s, x, y = (t / t[:, :2].norm(dim=1, keepdim=True)).unbind(1)
        zero, one = torch.zeros_like(c), torch.ones_like(c)
        turn = torch.stack([c, -s, zero, s, c, zero, zero, zero, one], 1).view(-1, 3, 3)
        shift = torch.stack([one, zero, -x, zero, one, -y, zero, zero, one], 1).view(-1, 3, 3)
        whole = turn @ shift @ self["synthesis.input.transform"]
        freqs = self["synthesis.input.freqs"]
        phases = self["synthesis.input.phases"] + (freqs @ whole[:, :2, 2:]).squeeze(2)
        freqs = freqs @ whole[:, :2, :2]  # (n, channels, 2)
        side, rate = self.cuts[0].shape[1], self.plan.rate
        loud = (1 - (freqs.norm(dim=2) - BAND) / (rate / 2 - BAND)).clamp(0, 1)
        at = (torch.arange(side, device=w.device, dtype=w.dtype) + 0.5 - side / 2) / rate
        grid = torch.stack(torch.meshgrid(at, at, indexing="xy"), 2)  # (h, w, 2), x first
        waves = torch.sin(2 * math.pi * (torch.einsum("hwk,nck->nhwc", grid, freqs) + phases[:, None, None]))
        weight = self["synthesis.input.weight"]
        return ((waves * loud[:, None, None]) @ (weight.T / math.sqrt(len(weight)))).permute(0, 3, 1, 2)

    def layer(self, f: Tensor, w: Tensor, k: int) -> Tensor:
        key, kernel, up, down, pad = self.plan.layers[k]
        s = styles(self, key, w[:, k + 1])
        s = s * s.square().mean(1, keepdim=True).rsqrt()
        weight = self[f"{key}.weight"]
        weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
        gain = self[f"{key}.magnitude_ema"].rsqrt()
        f = F.conv2d(f * (s * gain)[:, :, None, None], weight, padding=kernel - 1)
        f = f * demodulation(weight, s)[:, :, None, None] + self[f"{key}.bias"][:, None, None]
        f = resample(f, self[f"{key}.up_filter"], up=up, pad=pad)
        return resample(leaky(f).clamp(-CLAMP, CLAMP), self[f"{key}.down_filter"], down=down)

    def pixels(self, f: Tensor, w: Tensor) -> Tensor:
        key, *_, pad = self.plan.layers[-1]
        weight = self[f"{key}.weight"]
        s = styles(self, key, w[:, -1]) * self[f"{key}.magnitude_ema"].rsqrt() / math.sqrt(weight.shape[1])
        x = F.conv2d(f * s[:, :, None, None], weight) + self[f"{key}.bias"][:, None, None]
        x = F.pad(x, (*pad, *pad)).clamp(-CLAMP, CLAMP)
        return (x * SCALE + 1) / 2


def _no_layer_is_lost(name: str, found: Form, tensors: Mapping[str, Tensor]) -> None:
    """Where a number is skipped, the filters on both sides must have the same band: else a layer is missing."""
    numbers, layers = found.numbers, found.layers
    for k in range(1, len(numbers) - 1):
        jump = numbers[k] - numbers[k - 1]
        before, after = tensors[f"{layers[k - 1][0]}.down_filter"], tensors[f"{layers[k][0]}.up_filter"]
        differ = before.shape == after.shape and not torch.allclose(before, after, atol=1e-4)
        if jump > 2 or (jump == 2 and differ):
            raise BadRecord(f"{name} goes from layer L{numbers[k - 1]} to L{numbers[k]}: what is between is missing.")
