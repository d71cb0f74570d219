"""DD-Ranking's metrics, as pure functions of accuracies given as fractions in [0, 1].

    HLR = real_hard - syn_hard                    the gap with hard labels, lower is better
    IOR = syn_any - random_any                    the gain over random images under the same recipe, higher is better
    LRS = squash(w · IOR - (1 - w) · HLR)         label-robust score, w = 0.5
    ARS = squash(g · (gain with augmentation) + (1 - g) · (gain without)), g = 0.5
    squash(a) = (e^a - e^-1) / (e - e^-1), from [-1, 1] to [0, 1]

Nothing gained and nothing lost is `NEUTRAL` = 0.269, not 0.5. The released package (0.2.0) squashes percents in places;
these do not. Show HLR and IOR beside LRS: one number hides their trade.
"""

from __future__ import annotations

import math

from ..errors import BadSetting


def hlr(real_hard: float, syn_hard: float) -> float:
    """Hard-label gap: what a student loses against the full real set, both with hard labels."""
    return _fraction("real_hard", real_hard) - _fraction("syn_hard", syn_hard)


def ior(syn_any: float, random_any: float) -> float:
    """Improvement over random: same recipe, same labels, as many random real images."""
    return _fraction("syn_any", syn_any) - _fraction("random_any", random_any)


def lrs(hlr: float, ior: float, w: float = 0.5) -> float:
    """Label-robust score in [0, 1]."""
    return squash(_fraction("w", w) * ior - (1 - w) * hlr)


def ars(gain_augmented: float, gain_plain: float, g: float = 0.5) -> float:
    """Augmentation-robust score in [0, 1] from the gains over random with and without augmentation."""
    return squash(_fraction("g", g) * gain_augmented + (1 - g) * gain_plain)


def squash(a: float) -> float:
    """[-1, 1] to [0, 1], steeper at the upper end."""
    return (math.exp(a) - math.exp(-1)) / (math.e - math.exp(-1))


NEUTRAL = squash(0.0)


def _fraction(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise BadSetting(f"{name}={value} cannot work: give a fraction between 0 and 1, not a percentage.")
    return value
