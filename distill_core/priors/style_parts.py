"""What StyleGAN2 and StyleGAN3 share, in plain torch and float32: resampling, modulated convolution, the mapping network.

Written from the papers' formulas (1912.04958, 2106.12423, 2202.00273).

    resampling   zeros between samples, padding or cropping, a finite impulse response, every d-th sample
    dense        y = x (g W / √in)ᵀ + g b, g the rate of learning that was folded into the weights (0.01 in the mapping)
    convolution  styles multiply incoming channels; each outgoing one is divided by √(Σ_i s_i² Σ_k W_oi² + 1e-8)
    mapping      z and the class's embedding, each at unit mean square, put together; dense layers with leaky ReLU(0.2) · √2
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import BadRecord
from .imported import Imported, Shape, Shapes

RATE = 0.01  # of the mapping's layers; a constant of every published configuration
CLAMP = 256.0  # of activations, likewise


def resample(x: Tensor, fir: Tensor, up: int = 1, down: int = 1, pad: tuple[int, int] = (0, 0)) -> Tensor:
    """Zeros between, padding (low, high; cropping where negative), filter (t,) or (t, t), and every `down`-th sample.

    The filter's sum is what a constant is multiplied by, times up² for the zeros.
    """
    n, c, h, w = x.shape
    x = F.pad(x.reshape(n, c, h, 1, w, 1), (0, up - 1, 0, 0, 0, up - 1)).reshape(n, c, h * up, w * up)
    x = F.pad(x, (*pad, *pad))
    if fir.ndim == 2:
        return F.conv2d(x, (fir.flip((0, 1)) * up**2).expand(c, 1, -1, -1), stride=down, groups=c)
    one = (fir.flip(0) * up).expand(
        c, 1, 1, -1
    )  # a group for each channel: eight times as fast on the CPU as images of one
    return F.conv2d(F.conv2d(x, one, stride=(1, down), groups=c), one.mT, stride=(down, 1), groups=c)


def dense(x: Tensor, weight: Tensor, bias: Tensor, rate: float = 1.0) -> Tensor:
    return F.linear(x, weight * (rate / math.sqrt(weight.shape[1])), bias * rate)


def leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def unit(x: Tensor) -> Tensor:
    """Rows at unit mean square."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def demodulation(weight: Tensor, s: Tensor) -> Tensor:
    """(n, out): what each outgoing channel is multiplied by."""
    return (s.square() @ weight.square().sum((2, 3)).T + 1e-8).rsqrt()


def styles(prior: Imported, layer: str, w: Tensor) -> Tensor:
    return dense(w, prior[f"{layer}.affine.weight"], prior[f"{layer}.affine.bias"])


def affine_shapes(layer: str, given: int, w: int) -> dict[str, Shape]:
    return {f"{layer}.affine.weight": (given, w), f"{layer}.affine.bias": (given,)}


class MappingForm(NamedTuple):
    """A mapping network's form: the generator's classes, the length of z, the shapes wanted, and how many layers."""

    classes: int
    z: int
    wanted: dict[str, Shape]
    layers: int


def mapping_of(shapes: Shapes, w: int) -> MappingForm:
    """The form of a mapping network to rows of w, from names and shapes.

    StyleGAN-XL looks the class up in a table of an image classifier's embeddings (`embed`, `embed_proj`) and keeps a mean w
    for each class; without classes it keeps the table and does not use it. StyleGAN2 and StyleGAN3 have one row of weights
    (and a bias) for each class, or no classes at all.
    """
    layers = [key for key in shapes if key.startswith("mapping.fc") and key.endswith(".weight")]
    given, table = shapes.of("mapping.fc0.weight", 2)[1], shapes.get("mapping.embed.weight", ())
    wanted: dict[str, Shape] = {"mapping.embed.weight": table} if table else {}
    classes, z = 0, given
    if "mapping.embed_proj.weight" in shapes:
        rows, length = shapes.of("mapping.embed.weight", 2)
        z, classes = shapes.of("mapping.embed_proj.weight", 2)[0], shapes.of("mapping.w_avg", 2)[0]
        wanted |= {"mapping.embed_proj.weight": (z, length), "mapping.embed_proj.bias": (z,)}
        given = 2 * z
        if classes > rows:
            raise BadRecord(f"{shapes.name} has {classes} classes, but embeddings of only {rows}.")
    elif "mapping.embed.bias" in shapes or (table and table[0] == w < given):
        length, classes = shapes.of("mapping.embed.weight", 2)
        z, wanted["mapping.embed.bias"] = given - length, (length,)
    wanted["mapping.w_avg"] = (classes, w) if "mapping.embed_proj.weight" in shapes else (w,)
    for k in range(len(layers)):
        width = w if k == len(layers) - 1 else shapes.of(f"mapping.fc{k}.weight", 2)[0]
        wanted |= {f"mapping.fc{k}.weight": (width, given), f"mapping.fc{k}.bias": (width,)}
        given = width
    if z < 1:
        raise BadRecord(f"{shapes.name} has a mapping that takes no latent; its tensors do not fit together.")
    return MappingForm(classes, z, wanted, len(layers))


def mapped(prior: Imported, z: Tensor, classes: Tensor, layers: int) -> Tensor:
    """(n, w) from latents and the generator's own classes."""
    x = unit(z)
    if "mapping.embed_proj.weight" in prior:
        y = prior["mapping.embed.weight"][classes]
        y = leaky(dense(y, prior["mapping.embed_proj.weight"], prior["mapping.embed_proj.bias"]))
        x = torch.cat([x, unit(y)], 1)
    elif "mapping.embed.bias" in prior:
        weight = prior["mapping.embed.weight"]
        x = torch.cat([x, unit(weight.T[classes] / math.sqrt(weight.shape[1]) + prior["mapping.embed.bias"])], 1)
    for k in range(layers):
        x = leaky(dense(x, prior[f"mapping.fc{k}.weight"], prior[f"mapping.fc{k}.bias"], RATE))
    return x
