"""Calibration: whether a student is right as often as it says (Guo et al., ICML 2017, arXiv 1706.04599)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """Expected calibration error as a fraction, and for each of the equally wide bins of confidence how many images it holds, their mean
    confidence and the fraction that is right (both 0 where it is empty)."""

    ece: float
    count: tuple[int, ...]
    confidence: tuple[float, ...]
    right: tuple[float, ...]


def calibration(logits: Tensor, labels: Tensor, bins: int = BINS) -> Calibration:
    """ECE = Σ_b |B_b| / n · |acc(B_b) − conf(B_b)|; bin b holds confidences in (b / bins, (b + 1) / bins].

    Args:
        logits: (n, classes), n ≥ 1. labels: (n,) int64.
    """
    confidence, said = logits.double().softmax(1).max(1)
    right = (said == labels).double()
    place = ((confidence * bins).ceil().long() - 1).clamp(0, bins - 1)
    count = torch.zeros(bins, dtype=torch.float64).index_add_(0, place, torch.ones_like(confidence))
    mean, share = (
        torch.zeros(bins, dtype=torch.float64).index_add_(0, place, values) / count.clamp(min=1)
        for values in (confidence, right)
    )
    ece = float((count / len(labels) * (share - mean).abs()).sum())
    return Calibration(ece, tuple(int(n) for n in count.tolist()), tuple(mean.tolist()), tuple(share.tolist()))
