"""The fixed-probe distance: mean features of each class, under the same few random networks every time, of all real images.

    D = Σ_c 1/K Σ_k ‖ mean_{x∈T_c} ψ_k(x) − mean_{s∈S_c} ψ_k(s) ‖²

That is the loss of distribution matching (Zhao and Bilen, arXiv 2110.04181, eq. 4, without augmentation) with nothing left to
chance: networks ψ_k with weights fixed by seed in place of a new one at every look, and the whole training part in place of a
batch. So two looks at the same images say the same, and candidates of different runs can be compared. The real side is made
once for each network and kept by content.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor

from .. import store
from ..datasets import RealSet
from ..loop import steps
from ..method import Stream, stage
from ..networks import Network

CHUNK = 256  # images that a network sees at once
FIRST = 1_000_003  # seed of the first network; the others follow. They are no run's own


class FixedProbes:
    """A `Measure`; `wanted` (K, classes, features) are the real means."""

    def __init__(self, networks: Sequence[Network], wanted: Tensor):
        self.networks, self.wanted = networks, wanted

    @torch.no_grad()
    def __call__(self, x: Tensor, loss: Tensor, per_class: Tensor | None) -> Tensor:
        """(classes,) for normalized images (ipc · classes, c, h, w), slice-major; nothing is read off the device."""
        classes, total = self.wanted.shape[1], torch.zeros(self.wanted.shape[1], device=x.device)
        for network, wanted in zip(self.networks, self.wanted, strict=True):
            given = torch.cat([network.features(part) for part in x.split(CHUNK)])
            total += (wanted - given.unflatten(0, (-1, classes)).mean(0)).square().sum(1)
        return total / len(self.networks)

    def state(self) -> dict[str, Generator]:
        return {}


def fixed_probes(
    real: RealSet, draw: Callable[[int], Network], count: int, device: torch.device
) -> Stream[FixedProbes]:
    """`draw` builds a network by seed. The real means of a network are found in the store or made there, once."""
    networks = [draw(FIRST + k).to(device).eval().requires_grad_(False) for k in range(count)]
    means = []
    for k, network in enumerate(networks):
        content = {"form": 1, "data": real.fingerprint, "network": network.spec, "seed": FIRST + k}
        content |= {"mean": list(real.mean), "std": list(real.std)}
        looked = stage("probes", _means(network, real, device), _batches(real), k, count)
        means.append((yield from _kept(store.key_of(content), looked)))
    return FixedProbes(networks, torch.stack(means).to(device))


def _kept(key: str, looked: Stream[Tensor]) -> Stream[Tensor]:
    def make(file: Path) -> Stream[None]:
        save_file({"means": (yield from looked).cpu().contiguous()}, file)

    return (yield from store.made("probe", key, make, load_file))["means"]


def _batches(real: RealSet) -> int:
    return -(-len(real.train) // CHUNK)


@torch.no_grad()
def _means(network: Network, real: RealSet, device: torch.device) -> Stream[Tensor]:
    """(classes, features) float32 over all training images; sums in float64, so that the order does not count."""
    labels = real.train.labels
    first = network.features(real.normalize(real.pixels(real.train.images[:1].to(device))))
    total = torch.zeros(len(real.classes), first.shape[1], dtype=torch.float64, device=device)
    for step in steps("probes", _batches(real), state={"total": total}, quiet=True):
        part = slice(step.index * CHUNK, (step.index + 1) * CHUNK)
        found = network.features(real.normalize(real.pixels(real.train.images[part].to(device))))
        total.index_add_(0, labels[part].to(device), found.double())
    counts = torch.bincount(labels, minlength=len(real.classes)).to(device)
    return (total / counts[:, None]).float()
    yield
