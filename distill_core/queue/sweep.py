"""A sweep: one base, one or two axes, some seeds. A value; `planning.py` makes it, `sweeps.py` keeps it in a home.

    sweep = plan(entry, settings, job, [along("rho", 0.005, 0.015), along("ascent_steps", 1, 12)], seeds=[0, 1, 2])
    len(sweep)                        # 12 runs
    [sweep.name(run) for run in sweep.runs()]

Every run has a key made of what is asked, so that a run that is there already is found again and not repeated.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import cast

from pydantic import BaseModel, ConfigDict

from ..axis import Axis
from ..errors import BadRecord
from ..fields import Field, Values, complete, nest
from ..spec import respelled

LATER = {"draws": 0}  # fields that jobs of earlier versions had not, at what says nothing
ASKS = 100  # runs above which a sweep wants to be confirmed


class Cell(BaseModel):
    """One place of the grid: its labels, and what is asked there (the job without its seed)."""

    model_config = ConfigDict(frozen=True)
    place: tuple[int, ...]
    labels: tuple[str, ...]
    settings: Values
    job: Values

    @property
    def label(self) -> str:
        return " · ".join(self.labels)


class Planned(BaseModel):
    """One run of a sweep."""

    model_config = ConfigDict(frozen=True)
    cell: Cell
    seed: int
    key: str


class Sweep(BaseModel):
    """`settings` (by path) and `job` are complete; the axes say what changes from cell to cell, the seeds how often a cell is
    run. `fields` are those of the method when the sweep was planned: a cell that chooses another part has that part's fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    method: str
    settings: Values
    job: Values
    axes: tuple[Axis, ...]
    seeds: tuple[int, ...]
    fields: tuple[dict[str, object], ...] = ()
    question: str = ""
    published: tuple[str, ...] = ()  # the published choice, a label per axis
    preset: str = ""

    @property
    def id(self) -> str:
        """The same plan has the same id: `shift-rho-k-1f3a9c2e`."""
        same = [
            self.method,
            self.settings,
            {**since(self.job), "device": ""},
            [axis.cases for axis in self.axes],
            self.seeds,
        ]
        moved = "-".join(re.sub(r"[^a-z0-9]+", "", (axis.field or "cases").lower())[:16] for axis in self.axes)
        return f"{self.method}-{moved}-{_hash(same)[:8]}"

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis.cases) for axis in self.axes)

    def __len__(self) -> int:
        return math.prod(self.shape) * len(self.seeds)

    def cells(self) -> Iterator[Cell]:
        """All places, the last axis fastest."""
        for place in product(*map(range, self.shape)):
            yield self.cell(place)

    def cell(self, place: Sequence[int]) -> Cell:
        """The cell at a place, one index per axis."""
        settings, job, labels = dict(self.settings), dict(self.job), []
        for axis, index in zip(self.axes, place, strict=True):
            label = list(axis.cases)[index]
            labels.append(label)
            for name, value in axis.cases[label].items():
                (job if name in self.job else settings)[name] = value
        if known := self.known_fields():
            settings = complete(known, settings)
        return Cell(place=tuple(place), labels=tuple(labels), settings=settings, job=job)

    def known_fields(self) -> tuple[Field, ...]:
        """The method's fields when it was planned; none in a plan of an earlier version, whose settings are complete."""
        return cast(tuple[Field, ...], self.fields)

    def nested(self, cell: Cell) -> dict[str, object]:
        """The settings of a cell as a run keeps them."""
        return nest(self.known_fields(), cell.settings) if self.fields else dict(cell.settings)

    def runs(self) -> Iterator[Planned]:
        """All runs, every cell once before any cell gets its second seed: the whole picture comes first."""
        for seed in self.seeds:
            for cell in self.cells():
                key = key_of(self.method, cell.settings, {**cell.job, "seed": seed})
                yield Planned(cell=cell, seed=seed, key=key)

    def keys(self) -> dict[str, tuple[tuple[int, ...], int]]:
        """Key → place and seed, in the order in which the runs are made."""
        return _keys(self.model_dump_json())

    def planned(self, key: str) -> Planned:
        """The run with this key."""
        place, seed = self.keys()[key]
        return Planned(cell=self.cell(place), seed=seed, key=key)

    def name(self, run: Planned) -> str:
        """What a run is called: the method, what is special in its cell, the seed."""
        return f"{self.method} · {self.words(run.cell)} · s{run.seed}"[:120]

    def words(self, cell: Cell) -> str:
        """`K 12 · ρ 0.015`."""
        pairs = zip(self.axes, cell.labels, strict=True)
        return " · ".join(f"{axis.title} {label}" if axis.field else label for axis, label in pairs)

    def published_place(self) -> tuple[int, ...] | None:
        """Where the published choice is, if all its labels are on the axes."""
        if len(self.published) != len(self.axes):
            return None
        labels = [list(axis.cases) for axis in self.axes]
        if any(one not in own for one, own in zip(self.published, labels, strict=True)):
            return None
        return tuple(own.index(one) for one, own in zip(self.published, labels, strict=True))

    def dearest(self) -> Cell:
        """The cell with the largest numbers (more steps, images or students cost more), of choices the last."""
        sizes = [[(_size(case), i) for i, case in enumerate(axis.cases.values())] for axis in self.axes]
        return self.cell([max(one)[1] for one in sizes])


def _size(case: Mapping[str, object]) -> float:
    return sum(float(v) for v in case.values() if isinstance(v, (int, float)) and not isinstance(v, bool))


@lru_cache(maxsize=16)
def _keys(dumped: str) -> dict[str, tuple[tuple[int, ...], int]]:
    sweep = Sweep.model_validate_json(dumped)
    return {run.key: (run.cell.place, run.seed) for run in sweep.runs()}


def key_of(method: str, settings: Mapping[str, object], job: Mapping[str, object]) -> str:
    """What is asked of a run, as one word; where it is computed does not count. Wants complete settings and job."""
    same = {name: value for name, value in since(respelled(job)).items() if name != "device"}
    return _hash([method, settings, {**same, "moves": job.get("moves") or []}])[:20]


def since(job: Mapping[str, object]) -> dict[str, object]:
    """The job without what was added to jobs later, where it has its default: what was asked before keeps its key."""
    return {name: value for name, value in job.items() if name not in LATER or value != LATER[name]}


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(_canonical(value), sort_keys=True, default=str).encode()).hexdigest()


def _canonical(value: object) -> object:
    """1 and 1.0 are the same."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, Mapping):
        return {str(k): _canonical(v) for k, v in value.items()}
    return [_canonical(v) for v in value] if isinstance(value, (list, tuple)) else value


def read_plan(value: object) -> Sweep:
    """A sweep from its plain values; `BadRecord` with a sentence."""
    try:
        return Sweep.model_validate(value)
    except ValueError as error:
        raise BadRecord(f"This is no sweep that can be read ({str(error).splitlines()[0]}).") from None


def spoken(count: int, thing: str) -> str:
    """`1 run`, `10,000 runs`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def cells_in_words(sweep: Sweep) -> str:
    """`6 × 5 cells × 3 seeds = 90 runs`."""
    shape = " × ".join(map(str, sweep.shape))
    seeds = f" × {spoken(len(sweep.seeds), 'seed')}" if len(sweep.seeds) > 1 else ""
    return f"{shape} cells{seeds} = {spoken(len(sweep), 'run')}"
