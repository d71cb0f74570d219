"""Shifting a teacher's weights for one batch of images (DWA, arXiv 2409.17612, the K-step adjustment).

    Δθ_0 = 0
    g_k      = ∇_θ CE( f_{θ_T + Δθ_k}(A_0(x⁽⁰⁾)), y )          k = 0 … K−1
    Δθ_{k+1} = Δθ_k + (ρ/K) · g_k / (‖g_k‖₂ + 1e-12)            ascent, one norm over all parameters together

Cross-entropy with hard labels only; the network stays in eval mode, so the batch-norm buffers do not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import BadSetting
from ..events import Note, Parts, Scalars
from ..loop import Live, steps
from ..method import Stream
from .moving import Moving, global_norm


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


def directed(moving: Moving, rho: float, ascent_steps: int, leaf: Tensor | None = None) -> Stream[None]:
    """Move the network from θ_T to θ_T + Δθ_K in place.

    Args:
        leaf: gathers the image gradients of the K passes, as the released code does; None for the clean rule.
    """
    gathered = Gradient(leaf) if leaf is not None else None
    state: dict[str, Live] = {"network": moving.network}
    if gathered:
        state["gathered"] = gathered
    for step in steps("adjust", ascent_steps, state=state):
        loss, norm = ascend(moving.network, moving.look(), moving.labels, rho / ascent_steps, leaf)
        said: dict[str, float] = {"start-cross-entropy": loss.item(), "gradient-norm": norm.item()}
        if not step.index and not said["gradient-norm"]:
            yield Note(f"{NOWHERE} It is not moved.", "warning")
        yield from _told(moving, step.index + 1, rho, said, whole=step.last)


NOWHERE = (
    "The teacher's gradient on this batch is zero: it is so sure of these images that no direction raises its loss."
)


def directed_rise(moving: Moving, rho: float, ascent_steps: int) -> float:
    """The rise of the loss on the start that a directed shift of length ρ makes, in nats; the network stays moved."""
    moving.back()
    for _ in range(ascent_steps):
        _, norm = ascend(moving.network, moving.look(), moving.labels, rho / ascent_steps)
        if not norm:
            raise BadSetting(f"{NOWHERE} Give the shift as a length, or use a teacher that was trained for less long.")
    return moving.rise()


class Gradient:
    """The gradient kept at a leaf, as something a checkpoint can hold."""

    def __init__(self, leaf: Tensor):
        self.leaf = leaf

    def state_dict(self) -> dict[str, Tensor]:
        return {"grad": (torch.zeros_like(self.leaf) if self.leaf.grad is None else self.leaf.grad).cpu().clone()}

    def load_state_dict(self, saved: dict[str, Tensor]) -> None:
        self.leaf.grad = saved["grad"].to(self.leaf.device)


def noise_like(network: nn.Module, generator: torch.Generator) -> list[Tensor]:
    """ξ ~ N(0, I) over all weights, one tensor for each."""
    return [torch.randn(w.shape, generator=generator).to(w.device) for w in network.parameters()]


def scattered(moving: Moving, noise: list[Tensor], rho: float) -> Stream[None]:
    """The control: θ_T + ρ·ξ/‖ξ‖ (our definition; the paper's noise law is not known)."""
    along(moving, noise, rho)
    yield from _told(moving, 1, rho, {}, whole=True)


def along(moving: Moving, direction: list[Tensor], length: float) -> float:
    """Put the network at θ_T + length · ξ/‖ξ‖; returns the rise of the loss on the start, in nats."""
    moving.back()
    weights: list[Tensor] = list(moving.network.parameters())
    with torch.no_grad():
        torch._foreach_add_(weights, list(torch._foreach_mul(direction, length / global_norm(direction))))
    return moving.rise()


def _told(
    moving: Moving, step: int, rho: float, said: Mapping[str, float], *, whole: bool
) -> Iterator[Scalars | Parts]:
    """The length of the shift beside its limit, and of the whole shift what it does, in units that travel."""
    length, layers = moving.shifts()
    whole_shift = moving.felt(length) if whole else {}
    yield Scalars(step, {**said, "shift-length": length, "shift-limit": rho, **whole_shift})
    if whole:
        yield Parts(step, "shift-by-layer", layers)
