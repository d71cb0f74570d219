"""The loop helper itself: steps that are reported, restored and obeyed between."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from ..part import P
from ..where import Spot, Where
from .cadence import Cadence
from .drive import Drive, LeaveLoop, driver
from .state import Live, load_state, save_state


class Step:
    """One update: its `index`, whether a report is `due`, and where the live knobs of a part stand `now`."""

    __slots__ = ("due", "index", "last", "moves")

    def __init__(self, index: int, due: bool, last: bool, moves: Mapping[str, float]):
        self.index, self.due, self.last, self.moves = index, due, last, moves

    def now(self, part: P) -> P:
        """The part with its live knobs as they stand at this step."""
        return part.moved_by(self.moves) if self.moves else part


def steps(
    stage: str,
    total: int,
    *,
    state: Mapping[str, Live] | None = None,
    live: bool = False,
    quiet: bool = False,
    eager: float = 0.0,
) -> Iterator[Step]:
    """Iterate `total` steps of `stage`.

    Args:
        state: what has to be restored when the run is resumed, by name: tensors (restored in place), modules, optimisers
            and anything else with `state_dict`/`load_state_dict`, and `torch.Generator`s. The global torch generator is
            always included.
        live: knobs that are moved while the run works act here; `step.now(part)` has them.
        quiet: report the last step only.
        eager: so many seconds of reports may be spent at once, whatever share of the time that is.
    """
    drive, state = driver(), state or {}
    loop, first = (drive.where if drive is not None else Where()).open(stage), 0
    if drive is not None:
        drive.enter(loop.path, live)
        found = drive.restore(loop.path)
        if found is not None:
            first = found[0]
            load_state(state, found[1])
    try:
        cadence = Cadence(total, eager)
        yield from _iterate(drive, loop, stage, first, total, state, quiet, cadence)
        if drive is not None:
            drive.done(loop.path, total, lambda: save_state(state))
    finally:
        if drive is not None:
            drive.leave(loop.path)
            drive.where.leave(loop)


def _iterate(
    drive: Drive | None,
    loop: Spot,
    stage: str,
    first: int,
    total: int,
    state: Mapping[str, Live],
    quiet: bool,
    cadence: Cadence,
) -> Iterator[Step]:
    moves: dict[str, float] = {}
    for index in range(first, total):
        asked, loop.step = False, index
        if drive is not None:
            try:
                moves, asked = drive.at_step(loop.path, stage, index, total, lambda: save_state(state))
            except LeaveLoop:
                return
        due = asked or (index == total - 1 if quiet else cadence.due(index))
        began = time.perf_counter()
        yield Step(index, due, index == total - 1, moves)
        cadence.took(time.perf_counter() - began, due)
