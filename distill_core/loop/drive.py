"""Who listens to loops: the driver of a run, in a context of its own."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Protocol

from ..where import Where, stand, unstand
from .state import Save, Saved


class StopRun(Exception):
    """Raised inside a loop when the run was asked to stop; the checkpoint is already written."""


class LeaveLoop(Exception):
    """Raised by a drive that has seen enough of this loop: a trial of what a run would cost."""


class Drive(Protocol):
    """What the driver of a run offers to its loops. A loop's `key` is where it stands."""

    where: Where

    def enter(self, key: str, live: bool) -> None:
        """A loop begins; `live` if it follows live knobs."""

    def restore(self, key: str) -> tuple[int, Saved] | None:
        """The step and state saved under `key`, or None."""

    def at_step(self, key: str, stage: str, index: int, total: int, save: Save) -> tuple[dict[str, float], bool]:
        """Called before each step. Returns the live knobs in force and whether a report of this step is wanted.

        May block (pause), may call `save()` and keep what it returns (checkpoint), may raise `StopRun`.
        """

    def done(self, key: str, total: int, save: Save) -> None:
        """The loop ended."""

    def saw(self, images: int) -> None:
        """So many real images were used since the last call."""

    def leave(self, key: str) -> None:
        """The loop is over, or was left early."""


_drive: ContextVar[Drive | None] = ContextVar("drive", default=None)


Driven = tuple[Token["Drive | None"], Token[Where | None]]


def driver() -> Drive | None:
    """Who drives here; None in a notebook."""
    return _drive.get()


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
