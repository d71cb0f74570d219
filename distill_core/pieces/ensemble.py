"""Several teachers that answer as one: the mean of their logits (G-VBSM, arXiv 2311.17950; EDC, arXiv 2404.13733; INFER, arXiv
2408.06927), or of their probabilities.

    z̄ = 1/M Σ_m z_m          or          z̄ = τ log( 1/M Σ_m softmax(z_m / τ) ),   so that softmax(z̄ / τ) is the mean of the probabilities
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..datasets import RealSet
from .teach import find_teacher

JOIN = "+"  # between the content keys of an ensemble
AT = "~"  # behind them, where probabilities are averaged: the temperature


class Ensemble(nn.Module):
    """Networks side by side; they answer with the mean of their logits, the features are those of the first.

    Args:
        temperature: at which probabilities are averaged instead; 0: logits are.
    """

    def __init__(self, networks: Sequence[nn.Module], temperature: float = 0.0):
        super().__init__()
        self.networks, self.temperature = nn.ModuleList(networks), temperature

    def forward(self, x: Tensor) -> Tensor:
        logits = torch.stack([network(x) for network in self.networks])
        return mean_answer(logits, self.temperature)

    def features(self, x: Tensor) -> Tensor:
        return self.networks[0].features(x)  # type: ignore[operator]


def mean_answer(logits: Tensor, temperature: float = 0.0) -> Tensor:
    """(m, n, classes) logits of m networks → (n, classes): their mean, or at a temperature the logits of the mean probabilities."""
    if not temperature:
        return logits.mean(0)
    return temperature * torch.logsumexp((logits / temperature).log_softmax(2), 0) - temperature * math.log(len(logits))


def names_of(network: nn.Module) -> str:
    """What `find_teachers` would find it by: content keys joined by `+`; "" where one of the networks has none."""
    if not isinstance(network, Ensemble):
        return str(getattr(network, "key", ""))
    keys = [names_of(one) for one in network.networks]
    return named(keys, network.temperature) if all(keys) else ""


def named(keys: Sequence[str], temperature: float = 0.0) -> str:
    """How several are asked for: `a+b`, or `a+b~30` where their probabilities at temperature 30 are averaged."""
    return JOIN.join(keys) + (f"{AT}{temperature:g}" if temperature else "")


def trained_on(network: nn.Module | None) -> int | None:
    """Real images that a teacher, or the one of several that saw most, was trained on; 0 without one, None where nobody knows."""
    if isinstance(network, Ensemble):
        each = [trained_on(one) for one in network.networks]
        return None if None in each else max((one for one in each if one is not None), default=0)
    return 0 if network is None else getattr(network, "trained_on", None)


def find_teachers(keys: str, real: RealSet, device: torch.device) -> nn.Module:
    """The network of one key, or the ensemble of several (see `named`); raises `BadRecord` like `find_teacher`."""
    several, _, temperature = keys.partition(AT)
    found = [find_teacher(key, real, device).network for key in several.split(JOIN)]
    return found[0] if len(found) == 1 else Ensemble(found, float(temperature or 0))
