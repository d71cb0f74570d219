"""Where a network is listened to, and what is taken there: mean, variance, and both at every patch (G-VBSM, arXiv 2311.17950)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from .statistics import moments

PATCH = 4
KINDS = ("mean", "variance", "patch mean", "patch variance")


def patches(x: Tensor) -> Tensor:
    """(n, c, h, w) → (n, positions, c · 16): patches of 4×4 after resizing up to multiples of 4."""
    size = [PATCH * math.ceil(side / PATCH) for side in x.shape[-2:]]
    if size != list(x.shape[-2:]):
        x = F.interpolate(x, size=size, mode="bilinear", align_corners=False)
    n, c, h, w = x.shape
    cut = x.reshape(n, c, h // PATCH, PATCH, w // PATCH, PATCH)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(n, (h // PATCH) * (w // PATCH), c * PATCH * PATCH)


def patch_moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance at every patch position, over images, channels and the patch: (positions,) twice."""
    cut = patches(x.float()).transpose(0, 1).flatten(1)
    return cut.mean(1), cut.var(1, unbiased=False)


@dataclass(frozen=True)
class Points:
    """Where statistics are taken: the batch-norm layers, then the convolutions, each by what enters it.

    `first` is the one of them that comes first in the network.
    """

    norms: dict[str, nn.Module]
    convolutions: dict[str, nn.Module]
    first: str

    @classmethod
    def of(cls, network: nn.Module, convolutions: bool = True) -> Points:
        """All batch norms, and the convolutions where they are wanted (always where there is no batch norm)."""
        norms: dict[str, nn.Module] = {name: m for name, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
        found: dict[str, nn.Module] = {
            f"{name}, input": m for name, m in network.named_modules() if isinstance(m, nn.Conv2d)
        }
        kept = {**norms, **(found if convolutions or not norms else {})}
        place = {module: i for i, module in enumerate(network.modules())}
        first = min(kept, key=lambda name: place[kept[name]])
        return cls(norms, {name: m for name, m in kept.items() if name not in norms}, first)

    def all(self) -> dict[str, nn.Module]:
        return {**self.norms, **self.convolutions}

    @contextmanager
    def inputs(self) -> Iterator[dict[str, Tensor]]:
        """What enters each of them at every forward pass."""
        seen: dict[str, Tensor] = {}

        def hook(name: str):  # type: ignore[no-untyped-def]
            return lambda _, given: seen.__setitem__(name, given[0])

        hooks = [m.register_forward_pre_hook(hook(name)) for name, m in self.all().items()]
        try:
            yield seen
        finally:
            for one in hooks:
                one.remove()

    def statistics(self, seen: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, ...]]:
        """Mean and variance (1, c) each; at a convolution also those of the patches (1, positions)."""
        found: dict[str, tuple[Tensor, ...]] = {name: moments(seen[name]) for name in self.norms}
        for name in self.convolutions:
            found[name] = (*moments(seen[name]), *(p[None] for p in patch_moments(seen[name])))
        return found

    def of_each(self, seen: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, ...]]:
        """The same for every image alone: (n, c) and (n, positions)."""
        found: dict[str, tuple[Tensor, ...]] = {}
        for name in self.all():
            x = seen[name].float()
            found[name] = (x.mean((2, 3)), x.var((2, 3), unbiased=False))
            if name in self.convolutions:
                cut = patches(x)
                found[name] += (cut.mean(2), cut.var(2, unbiased=False))
        return found
