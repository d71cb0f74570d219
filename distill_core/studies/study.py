"""What a study is: a job in the queue that distills nothing, and what it ends with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..job import Job
from ..method import Method, Stream
from ..record import findings
from ..results import Bytes


class Outcome(Protocol):
    """What a run ends with: a method's result, or what a study found."""

    @property
    def bytes(self) -> Bytes:
        """What keeping it takes."""

    def save(self, path: Path) -> None:
        """Keep it; `path` is the run's `set.safetensors`."""


@dataclass(frozen=True)
class Findings:
    """What a study ends with: plain values for the folders of the runs that it is about, written when all is there."""

    entries: list[tuple[str, str, Mapping[str, object], Mapping[str, object]]] = field(
        default_factory=list
    )  # run, kind, asked, found
    bytes: Bytes = field(default_factory=Bytes)

    def save(self, path: Path) -> None:
        """Into the runs of the home that `path`, a file of the study's own folder, lies in."""
        for run, kind, asked, found in self.entries:
            findings.keep(path.parents[2], run, kind, asked, found)


class Study(Method):
    """Base of what is queued and distills nothing."""

    def hold(self, job: Job) -> Stream[Findings]:
        """Yield events, return what was found."""
        raise NotImplementedError

    def samples(self, job: Job) -> Iterable[tuple[Stream[object], int]]:
        """For the cost: one student of each kind, and how many updates all students of its kind make."""
        return ()
