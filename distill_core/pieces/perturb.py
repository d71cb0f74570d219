"""Shifting a teacher's weights for one batch of images (DWA, arXiv 2409.17612, the K-step adjustment).

    Δθ_0 = 0
    g_k      = ∇_θ CE( f_{θ_T + Δθ_k}(A_0(x⁽⁰⁾)), y )          k = 0 … K−1
    Δθ_{k+1} = Δθ_k + (ρ/K) · g_k / (‖g_k‖₂ + 1e-12)            ascent, one norm over all parameters together

Cross-entropy with hard labels only; the network stays in eval mode, so the batch-norm buffers do not change.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..events import Parts, Scalars
from ..loop import Live, steps
from ..method import Stream


def global_norm(tensors: list[Tensor]) -> Tensor:
    """‖·‖₂ of all tensors taken as one vector."""
    return torch.stack(torch._foreach_norm(tensors)).norm()


def ascend(
    network: nn.Module, images: Tensor, labels: Tensor, length: float, leaf: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """One ascent step of exactly `length` on all weights, in place; returns the cross-entropy before it and ‖g‖.

    Where `leaf` is given (the images before augmentation), the gradient that reaches it is added to `leaf.grad`.
    """
    weights: list[Tensor] = list(network.parameters())
    loss = F.cross_entropy(network(images), labels)
    gradients = list(torch.autograd.grad(loss, weights if leaf is None else [*weights, leaf]))
    if leaf is not None:
        reached = gradients.pop()
        leaf.grad = reached if leaf.grad is None else leaf.grad + reached
    norm = global_norm(gradients)
    with torch.no_grad():
        torch._foreach_add_(weights, list(torch._foreach_mul(gradients, length / (norm + 1e-12))))
    return loss.detach(), norm


def directed(
    network: nn.Module,
    look: Callable[[], Tensor],
    labels: Tensor,
    rho: float,
    ascent_steps: int,
    leaf: Tensor | None = None,
) -> Stream[None]:
    """Move `network` from θ_T to θ_T + Δθ_K in place.

    Args:
        look: gives the start of this batch under its first augmentation, normalized; the same in all K steps.
        leaf: gathers the image gradients of the K passes, as the released code does; None for the clean rule.
    """
    origin = weights_of(network)
    for weight in network.parameters():
        weight.requires_grad_(True)
    gathered = Gradient(leaf) if leaf is not None else None
    state: dict[str, Live] = {"network": network}
    if gathered:
        state["gathered"] = gathered
    for step in steps("adjust", ascent_steps, state=state):
        loss, norm = ascend(network, look(), labels, rho / ascent_steps, leaf)
        shift, relative = shifts(network, origin)
        yield Scalars(
            step.index + 1,
            {
                "start-cross-entropy": loss.item(),
                "gradient-norm": norm.item(),
                "shift-length": shift,
                "shift-limit": rho,
            },
        )
        if step.last:
            yield Parts(step.index + 1, "shift-by-layer", relative)


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """A copy of all weights, by name."""
    return {name: weight.detach().clone() for name, weight in network.named_parameters()}


class Gradient:
    """The gradient kept at a leaf, as something a checkpoint can hold."""

    def __init__(self, leaf: Tensor):
        self.leaf = leaf

    def state_dict(self) -> dict[str, Tensor]:
        return {"grad": (torch.zeros_like(self.leaf) if self.leaf.grad is None else self.leaf.grad).cpu().clone()}

    def load_state_dict(self, saved: dict[str, Tensor]) -> None:
        self.leaf.grad = saved["grad"].to(self.leaf.device)


def scattered(network: nn.Module, rho: float, generator: torch.Generator) -> Stream[None]:
    """The control: θ_T + ρ·ξ/‖ξ‖ with ξ ~ N(0, I) over all weights (our definition; the paper's noise law is not known)."""
    origin = weights_of(network)
    weights: list[Tensor] = list(network.parameters())
    noise = [torch.randn(w.shape, generator=generator).to(w.device) for w in weights]
    with torch.no_grad():
        torch._foreach_add_(weights, list(torch._foreach_mul(noise, rho / global_norm(noise))))
    shift, relative = shifts(network, origin)
    yield Scalars(1, {"shift-length": shift, "shift-limit": rho})
    yield Parts(1, "shift-by-layer", relative)


@torch.no_grad()
def shifts(network: nn.Module, origin: dict[str, Tensor]) -> tuple[float, dict[str, float]]:
    """‖Δθ‖ and, for each layer (weight and bias together), ‖Δθ_l‖ / ‖θ_l‖."""
    moved: dict[str, list[float]] = {}
    for name, weight in network.named_parameters():
        layer = name.rpartition(".")[0]
        sums = moved.setdefault(layer, [0.0, 0.0])
        sums[0] += float((weight - origin[name]).double().square().sum())
        sums[1] += float(origin[name].double().square().sum())
    total = sum(s[0] for s in moved.values()) ** 0.5
    return total, {layer: (s[0] / s[1]) ** 0.5 if s[1] else 0.0 for layer, s in moved.items()}
