"""Several teachers that answer as one: the mean of their logits (G-VBSM, arXiv 2311.17950; EDC, arXiv 2404.13733)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..datasets import RealSet
from .teach import find_teacher

JOIN = "+"  # between the content keys of an ensemble


class Ensemble(nn.Module):
    """Networks side by side; the logits are their mean, the features those of the first."""

    def __init__(self, networks: Sequence[nn.Module]):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([network(x) for network in self.networks]).mean(0)

    def features(self, x: Tensor) -> Tensor:
        return self.networks[0].features(x)  # type: ignore[operator]


def names_of(network: nn.Module) -> str:
    """What `find_teachers` would find it by: content keys joined by `+`; "" where one of the networks has none."""
    keys = (
        [names_of(one) for one in network.networks]
        if isinstance(network, Ensemble)
        else [str(getattr(network, "key", ""))]
    )
    return JOIN.join(keys) if all(keys) else ""


def trained_on(network: nn.Module | None) -> int | None:
    """Real images that a teacher, or the one of several that saw most, was trained on; 0 without one, None where nobody knows."""
    if isinstance(network, Ensemble):
        each = [trained_on(one) for one in network.networks]
        return None if None in each else max((one for one in each if one is not None), default=0)
    return 0 if network is None else getattr(network, "trained_on", None)


def find_teachers(keys: str, real: RealSet, device: torch.device) -> nn.Module:
    """The network of one key, or the ensemble of several joined by `+`; raises `BadRecord` like `find_teacher`."""
    found = [find_teacher(key, real, device).network for key in keys.split(JOIN)]
    return found[0] if len(found) == 1 else Ensemble(found)
