"""Matching the statistics that a teacher's batch-norm layers remember (SRe2L, arXiv 2306.13092; DWA, arXiv 2409.17612).

    L_mean(x) = Σ_l ω_l ‖ μ_l(x)  − m_l ‖₂          μ_l, σ²_l: per channel, over batch, height and width, of what enters layer l
    L_var (x) = Σ_l ω_l ‖ σ²_l(x) − v_l ‖₂          m_l, v_l: running mean and variance; ω_1 = 10, the others 1

The norms are not squared and σ² is the biased variance, as in the authors' code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ..errors import BadSetting


class BatchNormStatistics:
    """Listens at every BatchNorm2d of a network while `listening`, in module order."""

    def __init__(self, network: nn.Module):
        self.layers = {name: m for name, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
        if not self.layers:
            raise BadSetting(
                "The teacher has no batch norm, so it remembers no statistics to match. Choose convnet:norm=batch or resnet18."
            )
        self._seen: dict[str, tuple[Tensor, Tensor]] = {}

    @contextmanager
    def listening(self) -> Iterator[BatchNormStatistics]:
        hooks = [layer.register_forward_pre_hook(self._hook(name)) for name, layer in self.layers.items()]
        try:
            yield self
        finally:
            for hook in hooks:
                hook.remove()

    def _hook(self, name: str):  # type: ignore[no-untyped-def]
        def hear(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            x = inputs[0].float()
            mean = x.mean(dim=(0, 2, 3))
            self._seen[name] = mean, (x - mean[None, :, None, None]).square().mean(dim=(0, 2, 3))

        return hear

    def mismatch(self) -> tuple[Tensor, Tensor]:
        """(layers,) norms of mean and of variance mismatch of the last forward pass, in layer order, not weighted."""
        means, variances = [], []
        for name, layer in self.layers.items():
            mean, variance = self._seen[name]
            means.append((mean - layer.running_mean).norm())  # type: ignore[operator]
            variances.append((variance - layer.running_var).norm())  # type: ignore[operator]
        return torch.stack(means), torch.stack(variances)

    def weights(self, first: float, device: torch.device | str = "cpu") -> Tensor:
        """ω: `first` for the first layer, 1 for the others."""
        omega = torch.ones(len(self.layers), device=device)
        omega[0] = first
        return omega
