"""What a sweep brought: every cell with its accuracy over seeds, its random control, and what is failed or missing."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..record import index, rows
from .sweep import Cell
from .sweeps import Record

MANY = 1_000_000  # rows of the index: all of them


@dataclass(frozen=True)
class Outcome:
    """What a cell's runs brought: a fraction in [0, 1] per finished seed, as many random real images beside it (the mean of a
    seed's draws; `draws` counts those of all)."""

    cell: Cell
    accuracy: tuple[float, ...]
    random: tuple[float, ...]
    runs: tuple[tuple[int, str, str], ...]  # seed, run, state ("" where the run is gone)
    missing: int  # seeds without a run
    is_published: bool = False
    facts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # by quantity: a value for each finished seed
    draws: int = 0

    @property
    def n(self) -> int:
        return len(self.accuracy)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.accuracy) if self.accuracy else float("nan")

    @property
    def std(self) -> float:
        """Sample standard deviation over seeds; not a number where there is one."""
        return statistics.stdev(self.accuracy) if self.n > 1 else float("nan")

    @property
    def state(self) -> str:
        """What an empty cell is: running, queued, failed, stopped …, missing; "scored" where there is a number."""
        if self.n:
            return "scored"
        states = [state for _, _, state in self.runs]
        order = ("running", "paused", "queued", "failed", "lost", "stopped", "finished")
        return next((one for one in order if one in states), "missing")


def outcomes(home: Path, one: Record, rows: Iterable[rows.Row] | None = None) -> list[Outcome]:
    """Every cell with what is known of it; `rows` are those of the index, where the caller has them."""
    listed = index.list_runs(home, method=one.plan.method, limit=MANY) if rows is None else rows
    by_id = {row["id"]: row for row in listed}
    by_place: dict[tuple[int, ...], list[tuple[int, str]]] = {}
    for key, (place, seed) in one.plan.keys().items():
        if key in one.runs:
            by_place.setdefault(place, []).append((seed, one.runs[key]))
    published = one.plan.published_place()
    return [
        _outcome(cell, by_place.get(cell.place, []), by_id, len(one.plan.seeds), cell.place == published)
        for cell in one.plan.cells()
    ]


def _outcome(
    cell: Cell, runs: list[tuple[int, str]], rows: Mapping[str, rows.Row], seeds: int, is_published: bool
) -> Outcome:
    there = [(seed, run, rows[run]) for seed, run in sorted(runs) if run in rows]
    scored = [row for _, _, row in there if row["state"] == "finished"]
    beside = [row for row in scored if row["accuracy"] is not None and row["random"] is not None]
    return Outcome(
        cell,
        tuple(row["accuracy"] for row in scored if row["accuracy"] is not None),
        tuple(row["random"] for row in beside if row["random"] is not None),
        tuple((seed, run, row["state"]) for seed, run, row in there),
        seeds - len(there),
        is_published,
        _facts(scored),
        sum(int(row["draws"] or 1) for row in beside),
    )


def _facts(scored: Sequence[rows.Row]) -> dict[str, tuple[float, ...]]:
    """What every finished seed is known by, where all of them are."""
    names = [name for name in (scored[0]["facts"] if scored else {}) if all(name in row["facts"] for row in scored)]
    return {name: tuple(row["facts"][name] for row in scored) for name in names}


def progress(results: Sequence[Outcome]) -> dict[str, int]:
    """How many runs are in which state; `to go` are those that were not begun."""
    results = list(results)
    counts = Counter(state for result in results for _, _, state in result.runs)
    return {**counts, "to go": sum(result.missing for result in results)}


def progress_in_words(one: Record, counts: Mapping[str, int]) -> str:
    """`12 of 45 runs finished · 1 running · 32 to go`."""
    said = [f"{counts.get('finished', 0):,} of {len(one.plan):,} runs finished"]
    order = ("running", "paused", "queued", "failed", "lost", "stopped", "broken", "to go")
    return " · ".join(said + [f"{counts[name]:,} {name}" for name in order if counts.get(name)])
