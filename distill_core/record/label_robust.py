"""HLR, IOR, LRS and ARS of DD-Ranking (arXiv 2505.13300), exactly; of accuracies as fractions in [0, 1].

They stand here, without torch, because pages and the terminal work them out from stored accuracies. A flat trade-off hides both of its
halves, so HLR and IOR are always shown beside LRS. The released package (0.2.0) squashes accuracies in per cent, which gives other
numbers: those are not ours.
"""

from __future__ import annotations

import math

NEUTRAL = (1 - math.exp(-1)) / (math.e - math.exp(-1))  # 0.26894…: neither gain nor loss, on every chart of LRS or ARS


def hlr(real_hard: float, set_hard: float) -> float:
    """The gap to all real data with hard labels; lower is better, whatever the name ("hard label recovery") suggests."""
    return real_hard - set_hard


def ior(set_any: float, random_any: float) -> float:
    """The improvement over as many random real images under the same recipe; higher is better."""
    return set_any - random_any


def squashed(trade: float) -> float:
    """(eᵃ − e⁻¹) / (e − e⁻¹): [−1, 1] to [0, 1], 0 to `NEUTRAL`."""
    return (math.exp(trade) - math.exp(-1)) / (math.e - math.exp(-1))


def lrs(gap: float, gain: float, weight: float = 0.5) -> float:
    """Label-robust score of an HLR and an IOR: a = w·IOR − (1 − w)·HLR, squashed."""
    return squashed(weight * gain - (1 - weight) * gap)


def ars(gain_augmented: float, gain_plain: float, weight: float = 0.5) -> float:
    """Augmentation-robust score of two IORs, with and without augmentation: b = γ·aug + (1 − γ)·plain, squashed."""
    return squashed(weight * gain_augmented + (1 - weight) * gain_plain)
