"""What a ranking comes to: how each distance orders all candidates, those that are good already, and those of one walk.

ρ depends on the range: where candidates are all about as good as each other, what is left is the noise of students, and
nothing orders noise. So it is said for each range, with the accuracies between which it lies.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np

from ..events import Note, Parts
from ..figures.found import Metric, Range
from ..measures.ranking import ranking
from ..method import Stream


class Compared(TypedDict):
    """All distances by name over all candidates, and what these reach: the best, and the mean; then range by range.

    `noise` is the s.d. of one student's accuracy on one candidate, over all of them; None with a single student.
    """

    metrics: dict[str, Metric]
    best: float
    mean: float
    noise: float | None
    ranges: list[Range]


def compared(
    distance: Mapping[str, Sequence[float]],
    accuracy: Sequence[Sequence[float]],
    walk: Sequence[bool],
    above: Sequence[float] = (),
) -> Compared:
    """For each metric ρ with its interval and n, and the accuracy of the candidate that it would pick: over all, among those
    above an accuracy, among those of the walk. Where all candidates are of the walk, that is all there is.

    Args:
        above: accuracies as fractions; without any the median and the upper quartile.
    """
    means = [statistics.fmean(one) for one in accuracy]
    spreads = [statistics.variance(one) for one in accuracy if len(one) > 1]
    limits = dict.fromkeys(above or [math.floor(1000 * float(q)) / 1000 for q in np.quantile(means, (0.5, 0.75))])
    every = list(range(len(means)))
    chosen: list[tuple[str, float | None, list[int]]] = [("all", None, every)]
    if not all(walk):
        chosen += [("above", one, [i for i in every if means[i] > one]) for one in limits]
        chosen += [("walk", None, [i for i in every if walk[i]])]
    ranges = [_range(what, limit, rows, distance, means) for what, limit, rows in chosen if rows]
    noise = math.sqrt(statistics.fmean(spreads)) if spreads else None
    return {
        "metrics": ranges[0]["metrics"],
        "best": max(means),
        "mean": statistics.fmean(means),
        "noise": noise,
        "ranges": ranges,
    }


def _range(
    what: str, above: float | None, rows: Sequence[int], distance: Mapping[str, Sequence[float]], means: Sequence[float]
) -> Range:
    """How the distances order these candidates alone."""
    right = [means[i] for i in rows]
    metrics: dict[str, Metric] = {}
    for name, values in distance.items():
        found = ranking([values[i] for i in rows], right)
        picked = None if found.picked is None else rows[found.picked]
        said = None if picked is None else means[picked]
        metrics[name] = {
            "rho": found.rho,
            "low": found.low,
            "high": found.high,
            "n": found.n,
            "picked": picked,
            "accuracy": said,
        }
    return {"what": what, "above": above, "n": len(rows), "low": min(right), "high": max(right), "metrics": metrics}


def said(found: Compared, last: int) -> Stream[None]:
    """What came out, as events of the study's own run."""
    known = {name: one["rho"] for name, one in found["metrics"].items() if one["rho"] is not None}
    if known:
        yield Parts(last, "rank-correlation", known)
    for name, one in found["metrics"].items():
        if one["rho"] is not None and one["accuracy"] is not None:
            interval = "" if one["low"] is None else f" ({one['low']:.2f} … {one['high']:.2f})"
            yield Note(
                f"{name}: ρ = {one['rho']:.2f}{interval}, n = {one['n']}; picks {one['accuracy']:.1%}, best "
                f"{found['best']:.1%}, mean {found['mean']:.1%}."
            )
