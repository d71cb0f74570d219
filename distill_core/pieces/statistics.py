"""Matching the statistics that a network remembers of the real data (SRe2L, arXiv 2306.13092; DWA, arXiv 2409.17612).

    L_mean(x) = Σ_l ω_l ‖ μ_l(x)  − m_l ‖₂          μ_l, σ²_l: per channel, over batch, height and width, of what enters layer l
    L_var (x) = Σ_l ω_l ‖ σ²_l(x) − v_l ‖₂          m_l, v_l: running mean and variance; ω_1 = 10, the others 1

The norms are not squared and σ² is the biased variance, as in the authors' code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import torch
from torch import Generator, Tensor, nn

from ..errors import BadSetting

Heard = Mapping[str, Sequence[Tensor]]  # by layer: what was computed from the tensor that entered it, (groups, …) each


class Matcher(Protocol):
    """What a network's layers hear of the images, and how far that is from what they remember of the real data."""

    names: list[str]

    def hearing(self, groups: int = 1) -> AbstractContextManager[Heard]:
        """A context in which every forward pass fills the mapping that it gives (`Heard`)."""

    def mismatch(self, heard: Heard, labels: Tensor) -> tuple[Tensor, Tensor]:
        """(names,) mismatch of mean and of variance in layer order, not weighted, averaged over groups."""

    def weights(self, first: float, device: torch.device | str = "cpu") -> Tensor:
        """(names,) ω of each layer."""

    def draw(self, generator: Generator) -> None:
        """Draw what is random about the next mismatch."""

    def state_dict(self) -> dict[str, Tensor]: ...

    def load_state_dict(self, saved: Mapping[str, Tensor]) -> None: ...


class BatchNormStatistics:
    """Listens at every BatchNorm2d of a network, in module order.

    Args:
        shown: images (n, c, h, w): layers that a pass of them never reaches are left out, as in a network that builds more than
            it uses. None: all are taken.
    """

    def __init__(self, network: nn.Module, shown: Tensor | None = None):
        self.layers = {name: m for name, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
        if shown is not None:
            reached = _reached(network, self.layers, shown)
            self.layers = {name: m for name, m in self.layers.items() if name in reached}
        if not self.layers:
            raise BadSetting(
                "The teacher has no batch norm, so it remembers no statistics to match. Choose convnet:norm=batch or resnet18."
            )
        self.names = list(self.layers)

    @contextmanager
    def hearing(self, groups: int = 1) -> Iterator[dict[str, tuple[Tensor, ...]]]:
        heard: dict[str, tuple[Tensor, ...]] = {}

        def hook(name: str):  # type: ignore[no-untyped-def]
            def hear(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
                heard[name] = moments(inputs[0], groups)

            return hear

        hooks = [layer.register_forward_pre_hook(hook(name)) for name, layer in self.layers.items()]
        try:
            yield heard
        finally:
            for one in hooks:
                one.remove()

    def mismatch(self, heard: Heard, labels: Tensor) -> tuple[Tensor, Tensor]:
        means, variances = [], []
        for name, layer in self.layers.items():
            mean, variance = heard[name]
            means.append((mean - layer.running_mean).norm(dim=1).mean())  # type: ignore[operator]
            variances.append((variance - layer.running_var).norm(dim=1).mean())  # type: ignore[operator]
        return torch.stack(means), torch.stack(variances)

    def weights(self, first: float, device: torch.device | str = "cpu") -> Tensor:
        """ω: `first` for the first layer, 1 for the others."""
        omega = torch.ones(len(self.layers), device=device)
        omega[0] = first
        return omega

    def draw(self, generator: Generator) -> None:
        """Nothing is random here."""

    def state_dict(self) -> dict[str, Tensor]:
        return {}

    def load_state_dict(self, saved: Mapping[str, Tensor]) -> None:
        """Nothing is kept from one step to the next."""


@torch.no_grad()
def _reached(network: nn.Module, layers: Mapping[str, nn.Module], shown: Tensor) -> set[str]:
    """The layers through which a pass of these images goes."""
    found: set[str] = set()
    hooks = [
        layer.register_forward_pre_hook(lambda *_, name=name: found.add(name))  # type: ignore[misc]
        for name, layer in layers.items()
    ]
    try:
        network(shown)
    finally:
        for one in hooks:
            one.remove()
    return found


def moments(x: Tensor, groups: int = 1) -> tuple[Tensor, Tensor]:
    """Mean and biased variance per channel of (groups · n, c, h, w), each group for itself: (groups, c) twice."""
    x = x.float().unflatten(0, (groups, -1))
    mean = x.mean(dim=(1, 3, 4))
    return mean, (x - mean[:, None, :, None, None]).square().mean(dim=(1, 3, 4))
