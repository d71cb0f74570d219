"""Resumable steps: the one loop helper behind every long computation.

    for step in steps("recover", 1000, state={"images": x, "optimizer": optimizer}, live=True):
        loss = ...; loss.backward(); optimizer.step()
        if step.due:
            yield Scalars(step.index, {"loss": loss.item()})

The helper decides when a report is due (so that watching costs about three per cent of the time), hands live knobs over
(`step.now(self).lr_img`), saves and restores checkpoints, and looks at pause, single step and stop between two steps.
Who listens is a `Drive`; without one (a notebook, a test) the loop simply runs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar, Token
from typing import Any, Protocol

import torch

from .errors import StudioError
from .part import P
from .where import Spot, Where, stand, unstand

WATCHING_SHARE = 0.03  # of a run's time may go into reports
SHORTEST_GAP = 0.1  # seconds between two reports
REPORTS = 100  # a stage is reported about this often when steps are slow


class StopRun(Exception):
    """Raised inside a loop when the run was asked to stop; the checkpoint is already written."""


class LeaveLoop(Exception):
    """Raised by a drive that has seen enough of this loop: a trial of what a run would cost."""


class Drive(Protocol):
    """What the driver of a run offers to its loops. A loop's `key` is where it stands."""

    where: Where

    def enter(self, key: str, live: bool) -> None:
        """A loop begins; `live` if it follows live knobs."""

    def restore(self, key: str) -> tuple[int, dict[str, Any]] | None:
        """The step and state saved under `key`, or None."""

    def at_step(self, key: str, stage: str, index: int, total: int, save: Any) -> tuple[dict[str, float], bool]:
        """Called before each step. Returns the live knobs in force and whether a report of this step is wanted.

        May block (pause), may call `save()` and keep what it returns (checkpoint), may raise `StopRun`.
        """

    def done(self, key: str, total: int, save: Any) -> None:
        """The loop ended."""

    def saw(self, images: int) -> None:
        """So many real images were used since the last call."""

    def leave(self, key: str) -> None:
        """The loop is over, or was left early."""


_drive: ContextVar[Drive | None] = ContextVar("drive", default=None)


Driven = tuple[Token["Drive | None"], Token[Where | None]]


def driven_by(drive: Drive | None) -> Driven:
    """Put a driver in place; returns the token for `undriven`."""
    return _drive.set(drive), stand(drive.where if drive is not None else None)


def undriven(token: Driven) -> None:
    _drive.reset(token[0])
    unstand(token[1])


def saw(images: int) -> None:
    """Tell the driver that so many real images were used (the third clock beside steps and seconds)."""
    drive = _drive.get()
    if drive is not None:
        drive.saw(images)


class Step:
    """One update: its `index`, whether a report is `due`, and where the live knobs of a part stand `now`."""

    __slots__ = ("due", "index", "last", "moves")

    def __init__(self, index: int, due: bool, last: bool, moves: Mapping[str, float]):
        self.index, self.due, self.last, self.moves = index, due, last, moves

    def now(self, part: P) -> P:
        """The part with its live knobs as they stand at this step."""
        return part.moved_by(self.moves) if self.moves else part


class _Cadence:
    """Which steps are reported: the first, the last, and between them as often as `WATCHING_SHARE` allows.

    The first `eager` seconds of reports are free, so that a short stage is seen moving too.
    """

    def __init__(self, total: int, eager: float = 0.0):
        self.total, self.eager = max(total, 1), eager
        self.started = self.reported = time.perf_counter()
        self.plain = self.cost = 0.0  # running means of an ordinary step and of what a report adds, in seconds

    def due(self, index: int) -> bool:
        if index in (0, self.total - 1):
            return True
        if not self.plain:
            return False  # one ordinary step first, so that it is known what a report adds
        since = time.perf_counter() - self.reported
        if self.eager > 0:
            return since >= SHORTEST_GAP
        even = self.plain * self.total / REPORTS if self.plain > 0.01 else 0.0
        return since >= max(SHORTEST_GAP, self.cost / WATCHING_SHARE, even)

    def took(self, seconds: float, reported: bool) -> None:
        if not reported:
            self.plain = 0.9 * self.plain + 0.1 * seconds if self.plain else seconds
            return
        if self.plain:  # the first step's time says nothing: it warms up what all steps use
            extra = max(seconds - self.plain, 0.0)
            self.cost = 0.5 * self.cost + 0.5 * extra if self.cost else extra
            self.eager -= extra
        self.reported = time.perf_counter()


def steps(
    stage: str,
    total: int,
    *,
    state: Mapping[str, Any] | None = None,
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
    drive, state = _drive.get(), dict(state or {})
    loop, first = (drive.where if drive is not None else Where()).open(stage), 0
    if drive is not None:
        drive.enter(loop.path, live)
        found = drive.restore(loop.path)
        if found is not None:
            first = found[0]
            load_state(state, found[1])
    try:
        cadence = _Cadence(total, eager)
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
    state: dict[str, Any],
    quiet: bool,
    cadence: _Cadence,
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


def check_finite(value: float, what: str, step: Step | int, stage: str, knob: str = "a learning rate") -> None:
    """Stop a run whose loss is no number any more. Call it at reports only, so that no value is read off the device for it.

    Raises:
        StudioError: `loss became NaN at step 12 of recover; the images of step 11 are kept. Lower lr_img.`
    """
    if math.isfinite(value):
        return
    index = step if isinstance(step, int) else step.index
    word = "NaN" if math.isnan(value) else "infinite"
    kept = f"; what was reported before step {index} is kept" if index else ""
    raise StudioError(
        f"{what} became {word} at step {index} of {stage}{kept}. Lower {knob}, then resume or start again."
    )


class Guard:
    """Keeps tensors at their last finite values, without reading anything off the device until a report asks.

    Call `keep` before an update and `check` after it; when the loss or a tensor is no longer finite the update is undone
    and nothing moves any more. `stop_if_broken`, called at reports, raises with the step at which it happened.
    """

    def __init__(self, *tensors: torch.Tensor):
        self.tensors, self.kept = tensors, [t.detach().clone() for t in tensors]
        self.broken = torch.tensor(-1, device=tensors[0].device)

    def keep(self) -> None:
        for tensor, kept in zip(self.tensors, self.kept, strict=True):
            kept.copy_(tensor.detach())

    @torch.no_grad()
    def check(self, loss: torch.Tensor, index: int) -> None:
        finite = torch.isfinite(loss.detach()).all()
        for tensor in self.tensors:
            finite = finite & torch.isfinite(tensor).all()
        self.broken.copy_(torch.where((self.broken < 0) & ~finite, index, self.broken))
        for tensor, kept in zip(self.tensors, self.kept, strict=True):
            tensor.copy_(torch.where(self.broken < 0, tensor, kept))

    def stop_if_broken(self, stage: str, remedy: str) -> None:
        step = int(self.broken)
        if step >= 0:
            raise StudioError(
                f"The loss was no longer a number at step {step} of {stage}; the images of the step before are kept. {remedy}"
            )


def save_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """A nested dict of tensors and plain values, copied, from live objects."""
    saved: dict[str, Any] = {"__rng__": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        saved["__rng_cuda__"] = torch.cuda.get_rng_state()
    for name, thing in state.items():
        if isinstance(thing, torch.Generator):
            saved[name] = thing.get_state()
        elif isinstance(thing, torch.Tensor):
            saved[name] = thing.detach().cpu().clone()
        else:
            saved[name] = thing.state_dict()
    return saved


def load_state(state: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    """Put a saved state back into the live objects, in place."""
    torch.set_rng_state(saved["__rng__"])
    if "__rng_cuda__" in saved and torch.cuda.is_available():
        torch.cuda.set_rng_state(saved["__rng_cuda__"])
    for name, thing in state.items():
        if isinstance(thing, torch.Generator):
            thing.set_state(saved[name])
        elif isinstance(thing, torch.Tensor):
            with torch.no_grad():
                thing.copy_(saved[name])
        else:
            thing.load_state_dict(saved[name])
