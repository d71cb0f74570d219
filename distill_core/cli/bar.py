"""The live progress bar of a run, and of a download, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ..events import Event, KnobMoved, Note, Scalars, Scored, StageStarted
from ..quantities import titled
from .out import aside


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, TextColumn("{task.fields[said]}"), console=aside(), transient=False)


class Bar:
    """Told every event of a run; shows the stage, its step, the newest numbers."""

    def __init__(self) -> None:
        self.progress = _progress()
        self.task: TaskID | None = None
        self.stage, self.steps = "", 0

    def __enter__(self) -> Bar:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, StageStarted):
            self._stage(event)
        elif isinstance(event, Note):
            self.progress.console.print(event.text, markup=False, soft_wrap=True)
        elif isinstance(event, KnobMoved):
            self.progress.console.print(f"{event.name} moved to {event.value:g} at step {event.step}", markup=False)
        elif isinstance(event, Scored):
            percents = ", ".join(f"{100 * one:.1f}" for one in event.accuracy)
            self.progress.console.print(f"{event.subject}: {percents} %", markup=False)
        if self.task is not None and hasattr(event, "step"):
            self.progress.update(
                self.task, completed=min(event.step + 1, self.steps or event.step + 1), said=_newest(event)
            )

    def _stage(self, event: StageStarted) -> None:
        if self.task is not None:
            self.progress.update(self.task, total=self.steps or 1, completed=self.steps or 1)
        part = f" {event.part + 1}/{event.parts}" if event.parts > 1 else ""
        self.stage, self.steps = event.stage, event.steps
        self.task = self.progress.add_task(f"{event.stage}{part}", total=event.steps or None, said="")


def _newest(event: Event) -> str:
    if not isinstance(event, Scalars):
        return ""
    return "  ".join(f"{titled(name)} {value:.4g}" for name, value in list(event.values.items())[:3])


@contextmanager
def downloading() -> Iterator[Callable[[str, int, int], None]]:
    """A callable `progress(what, done, total)` for `datasets.load`; nothing is shown where nothing is fetched."""
    progress = _progress()
    tasks: dict[str, TaskID] = {}

    def tell(what: str, done: int, total: int) -> None:
        if what not in tasks:
            progress.start()
            tasks[what] = progress.add_task(what, total=total or None, said="")
        progress.update(tasks[what], completed=done)

    try:
        yield tell
    finally:
        if tasks:
            progress.stop()
