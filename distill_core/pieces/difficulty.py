"""How difficult each real image is: scores that are read off the records of trainings (`dynamics.py`), and strata of them."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Generator, Tensor

from .dynamics import Record

SCORE = Literal["aum", "forgetting", "el2n"]


def young_errors(records: list[Record], epoch: int) -> Tensor:
    """EL2N (Paul et al., arXiv 2107.07075): the mean of ‖p − y‖₂ over networks that were trained for `epoch` epochs, (n,)."""
    return torch.stack([one.error[epoch - 1] for one in records]).mean(0)


def forgetting_events(correct: Tensor) -> Tensor:
    """Toneva et al., arXiv 1812.05159: correct (epochs, n) bool, as seen → (n,) float, how often right became wrong from one look
    to the next; infinite where it was never right."""
    events = (correct[:-1] & ~correct[1:]).sum(0).float()
    return events.masked_fill(~correct.any(0), torch.inf)


def forgotten(records: list[Record]) -> Tensor:
    """Forgetting events, the mean over the networks, (n,)."""
    return torch.stack([forgetting_events(one.correct) for one in records]).mean(0)


def area_under_margin(records: list[Record]) -> Tensor:
    """AUM (Pleiss et al., arXiv 2001.10528): the mean margin over the epochs and the networks, (n,)."""
    return torch.stack([one.margin.double().mean(0) for one in records]).mean(0).float()


def water_filled(sizes: Tensor, budget: int) -> Tensor:
    """How many are taken from each stratum, sizes (k,) int64: from the smallest on, all it has or an equal share of what is left of
    the budget (Zheng et al., arXiv 2210.15809, algorithm 1). The sum is `budget`, which is at most the sum of sizes."""
    taken, left = torch.zeros_like(sizes), budget
    for place, stratum in enumerate(sizes.argsort(stable=True).tolist()):
        taken[stratum] = min(int(sizes[stratum]), left // (len(sizes) - place))
        left -= int(taken[stratum])
    return taken


def strata_of(scores: Tensor, strata: int) -> Tensor:
    """(n,) int64: the stratum of each score, of so many that cut the range of the scores evenly."""
    low, high = scores.min(), scores.max()
    if high == low:
        return torch.zeros(len(scores), dtype=torch.long)
    return ((scores - low) / (high - low) * strata).long().clamp(max=strata - 1)


def stratified(hardness: Tensor, budget: int, dropped: int, strata: int, generator: Generator) -> Tensor:
    """Algorithm 1 of CCS: the places of `budget` of these images, hardness (n,) finite; `dropped` of the hardest are left out."""
    kept = hardness.argsort(stable=True)[: len(hardness) - dropped]
    where = strata_of(hardness[kept], strata)
    counts = water_filled(where.bincount(minlength=strata), budget)
    found = []
    for stratum, count in enumerate(counts.tolist()):
        own = kept[where == stratum]
        found.append(own[torch.randperm(len(own), generator=generator)[:count]])
    return torch.cat(found)
