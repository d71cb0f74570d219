"""Our small style-based class-conditional generator: every layer is driven by a w of its own (after StyleGAN2, 1912.04958).

Layer = styles s = A w multiply the incoming channels; where the map grows, bilinear doubling; 3×3 convolution with
weight / √fan-in; each outgoing channel divided by √(Σ_i s_i² Σ_k W_oi²); bias; leaky ReLU(0.2) · √2. To pixels: a 1×1
convolution with styles and without the division. One layer at the smallest map, then two for each doubling. There is no
batch norm: nothing depends on the other images of a batch.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..errors import BadSetting
from .prior import LATENT, PIXELS, Cut

Z, W = 32, 64
SMALLEST = (4, 5, 6, 7)  # sides that the first map may have


def sides(size: int) -> list[int]:
    """The sides of the maps from the first to the image: 28 gives [7, 14, 28].

    Raises:
        BadSetting: for a size that doubling 4 to 7 pixels never reaches.
    """
    found = [size]
    while found[0] not in SMALLEST:
        if found[0] % 2 or found[0] < SMALLEST[0]:
            raise BadSetting(
                f"This prior cannot make {size}×{size} images: it doubles maps of 4 to 7 pixels, so it makes 8, 10, 12, 14, "
                "16, 20, 24, 28, 32, 40, 48, 56, 64 pixels and so on. Choose such a size, or prior=pixels."
            )
        found.insert(0, found[0] // 2)
    if len(found) < 2:
        raise BadSetting(f"This prior cannot make {size}×{size} images: 8 pixels are the fewest. Choose a larger size.")
    return found


def cuts_of(size: int, width: int) -> tuple[Cut, ...]:
    """f_0 … f_K without building anything."""
    first, *later = sides(size)
    maps = [first, first, *(side for side in later for _ in range(2))]
    return tuple(Cut(f"layer{k}" if k else LATENT, (width, side, side)) for k, side in enumerate(maps))


class StyleLayer(nn.Module):
    """One convolution driven by w."""

    def __init__(self, given: int, width: int, grows: bool, generator: Generator):
        super().__init__()
        self.style = styles(given, generator)
        self.weight = nn.Parameter(torch.randn(width, given, 3, 3, generator=generator))
        self.bias = nn.Parameter(torch.zeros(width))
        self.grows, self.scale = grows, (9 * given) ** -0.5

    def forward(self, f: Tensor, w: Tensor) -> Tensor:
        s, weight = self.style(w), self.weight * self.scale
        norm = (s.square() @ weight.square().sum((2, 3)).T + 1e-8).rsqrt()
        f = f * s[:, :, None, None]
        if self.grows:
            f = F.interpolate(f, scale_factor=2, mode="bilinear", align_corners=False)
        f = F.conv2d(f, weight, padding=1) * norm[:, :, None, None]
        return F.leaky_relu(f + self.bias[:, None, None], 0.2) * math.sqrt(2)


def styles(width: int, generator: Generator) -> nn.Linear:
    """A: w to one factor for each channel, near 1 at the start."""
    layer = nn.utils.skip_init(nn.Linear, W, width)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(width, W, generator=generator) * 0.25 / math.sqrt(W))
        layer.bias.fill_(1.0)
    return layer


def linear(given: int, width: int, generator: Generator) -> nn.Linear:
    """He's start for a leaky ReLU, drawn from our own generator."""
    layer = nn.utils.skip_init(nn.Linear, given, width)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(width, given, generator=generator) * math.sqrt(2 / given))
        layer.bias.zero_()
    return layer


class StyleGenerator(nn.Module):
    """A prior (see `prior.py`) with random weights; `w` has a row for each layer and one for the step to pixels."""

    def __init__(self, channels: int, size: int, classes: int, width: int = 32, seed: int = 0):
        super().__init__()
        generator = Generator().manual_seed(seed)
        maps = sides(size)
        self.cuts = cuts_of(size, width)
        self.rows = (*(cut.name for cut in self.cuts[1:]), PIXELS)
        self.spec, self.size, self.classes, self.channels = f"style:width={width}", size, classes, channels
        self.embedding = nn.Parameter(torch.randn(classes, Z, generator=generator))
        self.mapping = nn.ModuleList([linear(2 * Z, W, generator), linear(W, W, generator)])
        self.constant = nn.Parameter(torch.randn(width, maps[0], maps[0], generator=generator))
        grows = [False] + [first for _ in maps[1:] for first in (True, False)]
        self.layers = nn.ModuleList(StyleLayer(width, width, one, generator) for one in grows)
        self.last_style = styles(width, generator)
        self.last = nn.Parameter(torch.randn(channels, width, generator=generator) / math.sqrt(width))
        self.last_bias = nn.Parameter(torch.zeros(channels))

    def sample(self, n: int, generator: Generator) -> Tensor:
        return torch.randn(n, Z, generator=generator)

    def map(self, z: Tensor, labels: Tensor) -> Tensor:
        of_class = self.embedding[labels]
        of_class = of_class * (of_class.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        w = torch.cat([z, of_class], 1)
        for layer in self.mapping:
            w = F.leaky_relu(layer(w), 0.2)
        return w[:, None].repeat(1, len(self.rows), 1)

    def between(self, f: Tensor | None, w: Tensor, i: int, j: int) -> Tensor:
        if f is None:
            assert i == 0, "only the first feature map is the generator's own"
            f = self.constant.expand(len(w), -1, -1, -1)
        for k in range(i, j):
            f = self.layers[k](f, w[:, k])
        return f

    def decode(self, f: Tensor | None, w: Tensor, i: int) -> Tensor:
        f = self.between(f, w, i, len(self.layers))
        f = f * self.last_style(w[:, -1])[:, :, None, None]
        x = torch.einsum("oc,nchw->nohw", self.last, f) + self.last_bias[:, None, None]
        return (x + 1) / 2

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Latents and classes straight to pixels."""
        return self.decode(None, self.map(z, labels), 0)
