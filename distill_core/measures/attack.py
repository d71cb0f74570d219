"""Small adversarial steps in pixels: one sign step (FGSM, arXiv 1412.6572) and several projected ones (PGD, arXiv 1706.06083).

White-box, in the maximum norm, on the loss that the network has with the true class. A network that resists these is not proven to resist
others; the numbers compare students.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..datasets import RealSet

STEPS = 10


def fgsm(network: nn.Module, real: RealSet, x: Tensor, labels: Tensor, eps: float) -> Tensor:
    """x + ε · sign ∂L/∂x, kept in [0, 1]. x: (n, c, h, w) in [0, 1]; eps in the same units (8 / 255)."""
    return (x + eps * _slope(network, real, x, labels).sign()).clamp(0, 1)


def pgd(
    network: nn.Module, real: RealSet, x: Tensor, labels: Tensor, eps: float, generator: Generator, steps: int = STEPS
) -> Tensor:
    """From a random point within ε, so many sign steps of 2.5 ε / steps, each projected back to within ε and [0, 1]."""
    start = torch.rand(x.shape, generator=generator).to(x.device)
    moved = (x + eps * (2 * start - 1)).clamp(0, 1)
    for _ in range(steps):
        moved = moved + 2.5 * eps / steps * _slope(network, real, moved, labels).sign()
        moved = torch.minimum(torch.maximum(moved, x - eps), x + eps).clamp(0, 1)
    return moved


def _slope(network: nn.Module, real: RealSet, x: Tensor, labels: Tensor) -> Tensor:
    """∂L/∂x of cross-entropy; the network's own gradients stay untouched."""
    with torch.enable_grad():
        shown = x.detach().requires_grad_()
        loss = F.cross_entropy(network(real.normalize(shown)), labels, reduction="sum")
        return torch.autograd.grad(loss, shown)[0]
