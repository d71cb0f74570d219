"""Losses of students on soft labels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def soft(student: Tensor, wanted: Tensor, temperature: float, squared: bool = False) -> Tensor:
    """KL( softmax(wanted / τ) ‖ softmax(student / τ) ), summed over classes, mean over images; `squared`: times τ²."""
    p, q = (F.log_softmax(z / temperature, dim=1) for z in (wanted, student))
    return F.kl_div(q, p, reduction="batchmean", log_target=True) * (temperature**2 if squared else 1.0)


def cosine(student: Tensor, wanted: Tensor) -> Tensor:
    """1 − cos(student's logits, label), mean over images (GIFT, arXiv 2405.14736)."""
    return 1 - F.cosine_similarity(student, wanted, dim=1).mean()


def smoothed(own: Tensor, other: Tensor, share: float | Tensor, classes: int, smoothing: float) -> Tensor:
    """(n, classes) labels of 1 − α at the class and α / (classes − 1) at each other one, mixed by the shares of two images."""
    left = share[:, None] if isinstance(share, Tensor) else share

    def one(labels: Tensor) -> Tensor:
        flat = torch.full((len(labels), classes), smoothing / max(1, classes - 1), device=labels.device)
        return flat.scatter(1, labels[:, None], 1 - smoothing)

    return left * one(own) + (1 - left) * one(other)


def refined(wanted: Tensor, classes: Tensor, weight: float) -> Tensor:
    """soft / ‖soft‖ + weight · class / ‖class‖: the label that GIFT compares with. Its length does not matter there."""
    return F.normalize(wanted, dim=1) + weight * F.normalize(classes, dim=1)


def blended(own: Tensor, other: Tensor, share: float, temperature: float = 0.0) -> Tensor:
    """Logits of two mixed images as those of the mixture: z̃ = λ z + (1 − λ) z′ (INFER), or at a temperature such that
    softmax(z̃ / τ) = λ softmax(z / τ) + (1 − λ) softmax(z′ / τ)."""
    if not temperature:
        return share * own + (1 - share) * other
    p, q = ((z / temperature).softmax(1) for z in (own, other))
    return temperature * (share * p + (1 - share) * q).log()
