"""A prior: a generator that can be cut between any two of its layers.

    z, class ──map──▶ w, a row for every layer ──┐
    f_0 ──layer1──▶ f_1 ──layer2──▶ … ──layerK──▶ f_K ──▶ pixels

Nothing in it looks at two images at once, and gradients pass everywhere, so that a set can be decoded in chunks and what
pulls at the pixels can be pushed back into w and into the feature map of any cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Protocol

import torch
from torch import Generator, Tensor

from ..errors import BadSetting, nearest

LATENT, PIXELS = "latent", "pixels"


@dataclass(frozen=True)
class Cut:
    """A place between two layers: its name, and the shape (c, h, w) of one image's feature map there."""

    name: str
    shape: tuple[int, int, int]

    @property
    def bytes(self) -> int:
        """Of one image's feature map, float32."""
        return 4 * prod(self.shape)


class Prior(Protocol):
    """What a search inside a generator needs to know of it."""

    spec: str
    cuts: tuple[Cut, ...]  # f_0 … f_K; f_0 is called `latent`, f_k is what layer k gave
    rows: tuple[str, ...]  # what each row of w drives: a layer's name, `latent` where f_0 comes from w, or `pixels`
    size: int
    classes: int

    def sample(self, n: int, generator: Generator) -> Tensor:
        """(n, z) latents, on the CPU."""

    def map(self, z: Tensor, labels: Tensor) -> Tensor:
        """Latents and classes to w, (n, rows, w): the same row for every layer, until somebody moves one of them."""

    def between(self, f: Tensor | None, w: Tensor, i: int, j: int) -> Tensor:
        """From cut i to cut j ≥ i; at cut 0 the feature map is the prior's own where f is None."""

    def decode(self, f: Tensor | None, w: Tensor, i: int) -> Tensor:
        """From cut i to pixels (n, c, h, w), near [0, 1] and not clamped."""


class Identity:
    """The simplest prior: there is nothing before the pixels. Its one cut is the images themselves, (c, h, w) in [0, 1]."""

    def __init__(self, channels: int, size: int, classes: int):
        self.cuts: tuple[Cut, ...] = (Cut(PIXELS, (channels, size, size)),)
        self.spec, self.rows = PIXELS, tuple[str, ...]()
        self.size, self.classes = size, classes

    def sample(self, n: int, generator: Generator) -> Tensor:
        return torch.zeros(n, 0)

    def map(self, z: Tensor, labels: Tensor) -> Tensor:
        return z.new_zeros(len(z), 0, 0)

    def between(self, f: Tensor | None, w: Tensor, i: int, j: int) -> Tensor:
        assert f is not None, "pixels have no start of their own"
        return f

    def decode(self, f: Tensor | None, w: Tensor, i: int) -> Tensor:
        return self.between(f, w, i, i)


def cut_named(name: str, cuts: tuple[Cut, ...]) -> int:
    """Where a cut is in the list; `BadSetting` with the names there are."""
    names = [cut.name for cut in cuts]
    if name not in names:
        raise BadSetting(f"There is no layer called {name!r}.{nearest(name, names)} There are {', '.join(names)}.")
    return names.index(name)
