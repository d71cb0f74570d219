"""Where runs are worked on: one small interface for pages, command line, sweeps and studies alike.

    executor = executor_of(home)
    executor.start(RunFolder.create(home, "random", {}, {"data": "digits"}))

A run is a folder; whoever works on it needs nothing else. The processes of this machine are the only executor now; a cluster's
job interface will stand behind the same verbs and write the same folders.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ..record import folder
from ..record.folder import RunFolder
from .local import Here, LocalExecutor


class Executor(Protocol):
    """What is asked of a place where runs are worked on. Every verb returns at once, unless the asker works itself (`Here`)."""

    def start(self, run: RunFolder) -> None:
        """Queue a run that is new, or one that was stopped, failed or lost: that one goes on from its newest checkpoint.

        Raises `BadSetting` with a sentence for one that is finished, waits already or is worked on. Wrong values in it are found
        by whoever works on it, and said in the run's state.
        """

    def stop(self, run: RunFolder) -> None:
        """Ask it to stop at its next step, with a checkpoint; one that waits leaves the queue at once."""

    def is_alive(self, run: RunFolder) -> bool:
        """Whether anybody works on it. One that says it works while nobody does is `lost`."""

    def logs(self, run: RunFolder) -> str:
        """What the work on it wrote for people who look for a fault (tracebacks), the end of it; "" where there is nothing."""

    def place(self, run: RunFolder) -> int:
        """How many runs are before this one: 0 when it is next or waits no longer."""

    def devices(self) -> list[str]:
        """What a run may ask for beside `auto`: `cpu`, `cuda:0`, …"""

    def get_ready(self) -> None:
        """Let somebody stand ready for what comes next: a run, a question, a sweep that goes on."""


def executor_of(home: Path, here: Here | None = None) -> Executor:
    """The executor of a home. With `here` the calling process works itself on what it starts, when it is its turn."""
    return LocalExecutor(home, here)


folder.judge_by(lambda run: executor_of(run.home).is_alive(run))
