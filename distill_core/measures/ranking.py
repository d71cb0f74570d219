"""How well a distance ranks candidates: Spearman's ρ between distance and accuracy, and what it would pick.

ρ is the correlation of ranks: −1 where the order of distances is exactly the reverse of that of accuracies, which is what a
measure that picks must come near; 0 where it says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata, spearmanr

RESAMPLES = 2000
FEWEST = 5  # candidates below which an interval would say nothing


@dataclass(frozen=True)
class Ranking:
    """ρ and its bootstrap interval (95 %), None where they cannot be said; `picked` is the place of the least distance."""

    rho: float | None
    low: float | None
    high: float | None
    n: int
    picked: int | None


def ranking(distance: Sequence[float], accuracy: Sequence[float], seed: int = 0) -> Ranking:
    """Of (n,) distances and accuracies; candidates whose distance is no number are left out, and are never picked.

    The interval resamples candidates. Neighbors on one path are alike, so that it is rather too narrow than too wide.
    """
    d, a = np.asarray(distance, float), np.asarray(accuracy, float)
    there = np.flatnonzero(np.isfinite(d) & np.isfinite(a))
    d, a = d[there], a[there]
    picked = int(there[d.argmin()]) if len(d) else None
    if len(d) < 3 or np.ptp(d) == 0 or np.ptp(a) == 0:
        return Ranking(None, None, None, len(d), picked)
    rho = float(spearmanr(d, a).statistic)
    if len(d) < FEWEST:
        return Ranking(rho, None, None, len(d), picked)
    rows = np.random.default_rng(seed).integers(0, len(d), (RESAMPLES, len(d)))
    low, high = np.percentile(_correlations(rankdata(d[rows], axis=1), rankdata(a[rows], axis=1)), (2.5, 97.5))
    return Ranking(rho, float(low), float(high), len(d), picked)


def _correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Pearson's correlation of each row; rows where one side does not vary are left out."""
    x, y = (one - one.mean(1, keepdims=True) for one in (x, y))
    scale = np.sqrt((x**2).sum(1) * (y**2).sum(1))
    return (x * y).sum(1)[scale > 0] / scale[scale > 0]
