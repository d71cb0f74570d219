"""BigGAN-deep in the form of pytorch-pretrained-biggan: arXiv 1809.11096; written from the paper and the names of the tensors.

    c = (z, embedding of the class)       gen_z(c_0) ──▶ 4×4 map ──layer 1, c_1──▶ … ──▶ norm, ReLU, convolution, tanh

w is the condition c, a row for the first map and one for every block; a self-attention layer has none. Every block is
ReLU(norm) → 1×1 → 3×3 → 3×3 → 1×1 beside a shortcut that drops channels and doubles.

Batch norm uses the statistics that the file stores for truncations of 0, 1/50, …, 1, so images do not depend on each other;
other truncations are refused (the original mixes two rows with their weights swapped). Spectral norms are divided out once.
`config.json` must lie beside the tensors: where the map doubles, and where attention sits, no shape says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..errors import BadRecord, BadSetting
from .header import Config, Header
from .imported import Imported, Plan, Shape, Shapes, agree
from .prior import LATENT, Cut

SIGN = "generator.gen_z.weight_orig"
NEEDS = ("layers", "attention_layer_position", "eps", "n_stats")


@dataclass(frozen=True)
class Form(Plan):
    """And of each layer its name, whether it doubles and its row of w (−1: attention); which of the stored statistics."""

    layers: tuple[tuple[str, bool, int], ...]
    eps: float
    truncation: float
    statistics: int


def plan(name: str, tensors: Mapping[str, Tensor], about: Header) -> Form:
    """The form of a BigGAN-deep, from its configuration and shapes."""
    config, shapes = about.get("config", Config()), Shapes(name, tensors)
    if missing := [key for key in NEEDS if key not in config]:
        raise BadRecord(
            f"{name} is a BigGAN-deep without {', '.join(missing)}. Put its config.json into the same folder."
        )
    blocks, stats = config["layers"], int(config["n_stats"])
    z, classes = shapes.of("embeddings.weight", 2)
    wanted: dict[str, Shape] = {"embeddings.weight": (z, classes)}
    out, condition = shapes.of(SIGN, 2)
    width = out // 256
    channels, side = 16 * width, 4
    _normed(wanted, "generator.gen_z", (256 * width, condition), bias=256 * width)
    cuts, rows, layers = [Cut(LATENT, (channels, side, side))], [LATENT], list[tuple[str, bool, int]]()

    def norm(key: str, c: int, conditional: bool = True) -> None:
        wanted.update({f"{key}.running_means": (stats, c), f"{key}.running_vars": (stats, c)})
        if conditional:
            _normed(wanted, f"{key}.scale", (c, condition))
            _normed(wanted, f"{key}.offset", (c, condition))
        else:
            wanted.update({f"{key}.weight": (c,), f"{key}.bias": (c,)})

    for at, (doubles, given, after) in enumerate(blocks):
        if at == config["attention_layer_position"]:
            key = f"generator.layers.{len(layers)}"
            for part, shape in {"theta": (channels // 8, channels), "phi": (channels // 8, channels)}.items():
                _normed(wanted, f"{key}.snconv1x1_{part}", (*shape, 1, 1))
            _normed(wanted, f"{key}.snconv1x1_g", (channels // 2, channels, 1, 1))
            _normed(wanted, f"{key}.snconv1x1_o_conv", (channels, channels // 2, 1, 1))
            wanted[f"{key}.gamma"] = (1,)
            layers.append((key, False, -1))
            cuts.append(Cut(f"layer{len(layers)}", (channels, side, side)))
        key, middle = f"generator.layers.{len(layers)}", given * width // 4
        if given * width != channels or after not in (given, given // 2):
            raise BadRecord(
                f"{name}: config.json says that block {at} takes {given} · {width} channels and gives {after} · {width}; "
                f"{channels} enter it, and it keeps them all or the first half."
            )
        ways = ((channels, middle, 1), (middle, middle, 3), (middle, middle, 3), (middle, after * width, 1))
        for turn, (enter, leave, kernel) in enumerate(ways):
            norm(f"{key}.bn_{turn}", enter)
            _normed(wanted, f"{key}.conv_{turn}", (leave, enter, kernel, kernel), bias=leave)
        layers.append((key, bool(doubles), len(rows)))
        rows.append(f"layer{len(layers)}")
        channels, side = after * width, side * (2 if doubles else 1)
        cuts.append(Cut(f"layer{len(layers)}", (channels, side, side)))
    norm("generator.bn", channels, conditional=False)
    _normed(wanted, "generator.conv_to_rgb", (channels, channels, 3, 3), bias=channels)
    truncation = float(about.get("truncation", 1.0))
    said = tuple(layers), float(config["eps"]), truncation, _row(truncation, stats)
    return Form(tuple(cuts), tuple(rows), side, 3, classes, condition - z, wanted, *said)


def _row(truncation: float, stats: int) -> int:
    """Which of the stored statistics; `BadSetting` for a truncation that has none."""
    at = truncation * (stats - 1)
    if not 0 < truncation <= 1 or abs(at - round(at)) > 1e-6:
        raise BadSetting(
            f"truncation={truncation:g} has no statistics in the file: choose k/{stats - 1}, from 1 to {stats - 1}."
        )
    return round(at)


def _normed(wanted: dict[str, Shape], key: str, shape: Shape, bias: int = 0) -> None:
    """A layer with spectral norm: the weight, and the two vectors that give its largest singular value."""
    wanted |= {f"{key}.weight_orig": shape, f"{key}.weight_u": shape[:1], f"{key}.weight_v": (math.prod(shape[1:]),)}
    if bias:
        wanted[f"{key}.bias"] = (bias,)


class BigGAN(Imported):
    """BigGAN-deep; w has the rows of c."""

    plan: Form

    @classmethod
    def built(cls, name: str, tensors: Mapping[str, Tensor], about: Header, which: Tensor) -> BigGAN:
        found = plan(name, tensors, about)
        agree(name, tensors, found.wanted)
        return cls(found, tensors, which, "biggan")

    def __init__(self, plan: Form, tensors: Mapping[str, Tensor], which: Tensor, spec: str):
        kept = {}
        for key, t in tensors.items():
            if key.endswith(".weight_orig"):
                short, matrix = key.removesuffix("_orig"), t.float().flatten(1)
                sigma = tensors[f"{short}_u"].float() @ matrix @ tensors[f"{short}_v"].float()
                kept[short] = t.float() / sigma
            elif "running_" in key:
                kept[key] = t[plan.statistics]
            elif not key.endswith((".weight_u", ".weight_v")):
                kept[key] = t
        super().__init__(plan, kept, which, spec)

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Normal numbers within ±2, times the truncation (by the inverse of the distribution function)."""
        low = 0.5 * (1 + math.erf(-2 / math.sqrt(2)))
        u = low + (1 - 2 * low) * torch.rand(n, self.plan.z, generator=generator, dtype=torch.float64)
        return (math.sqrt(2) * torch.erfinv(2 * u - 1) * self.plan.truncation).float()

    def map(self, z: Tensor, labels: Tensor) -> Tensor:
        c = torch.cat([z, self["embeddings.weight"].T[self.which[labels]]], 1)
        return c[:, None].repeat(1, len(self.rows), 1)

    def start(self, w: Tensor) -> Tensor:
        f = F.linear(w[:, 0], self["generator.gen_z.weight"], self["generator.gen_z.bias"])
        return f.view(len(f), 4, 4, -1).permute(0, 3, 1, 2)  # channels were last where it was trained

    def layer(self, f: Tensor, w: Tensor, k: int) -> Tensor:
        key, doubles, row = self.plan.layers[k]
        return self._attend(f, key) if row < 0 else self._block(f, w[:, row], key, doubles)

    def _block(self, f: Tensor, c: Tensor, key: str, doubles: bool) -> Tensor:
        x = f
        for part in range(4):
            bn, conv = f"{key}.bn_{part}", f"{key}.conv_{part}"
            scale, offset = (F.linear(c, self[f"{bn}.{one}.weight"])[:, :, None, None] for one in ("scale", "offset"))
            x = F.relu(self._standard(x, bn) * (1 + scale) + offset)
            if doubles and part == 1:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = F.conv2d(x, self[f"{conv}.weight"], self[f"{conv}.bias"], padding=int(part in (1, 2)))
        short = f[:, : x.shape[1]]
        return x + (F.interpolate(short, scale_factor=2, mode="nearest") if doubles else short)

    def _standard(self, x: Tensor, key: str) -> Tensor:
        mean, var = self[f"{key}.running_means"][:, None, None], self[f"{key}.running_vars"][:, None, None]
        return (x - mean) / (var + self.plan.eps).sqrt()

    def _attend(self, f: Tensor, key: str) -> Tensor:
        def one(name: str) -> Tensor:
            return F.conv2d(f, self[f"{key}.snconv1x1_{name}.weight"])

        asked = one("theta").flatten(2)
        known, given = (F.max_pool2d(one(name), 2).flatten(2) for name in ("phi", "g"))
        share = torch.softmax(asked.transpose(1, 2) @ known, -1)
        found = (given @ share.transpose(1, 2)).view(len(f), -1, *f.shape[2:])
        return f + self[f"{key}.gamma"] * F.conv2d(found, self[f"{key}.snconv1x1_o_conv.weight"])

    def pixels(self, f: Tensor, w: Tensor) -> Tensor:
        x = self._standard(f, "generator.bn") * self["generator.bn.weight"][:, None, None]
        x = F.relu(x + self["generator.bn.bias"][:, None, None])
        x = F.conv2d(x, self["generator.conv_to_rgb.weight"], self["generator.conv_to_rgb.bias"], padding=1)
        return (torch.tanh(x[:, :3]) + 1) / 2
