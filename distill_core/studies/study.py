"""What a study is: a job in the queue that distills nothing, and what it ends with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..job import Job
from ..method import Method, Stream
from ..record import findings
from ..results import Bytes


@dataclass(frozen=True)
class Findings:
    """What a study ends with: plain values for the folders of the runs that it is about, written when all is there."""

    entries: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = field(
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

    def samples(self, job: Job) -> Iterable[tuple[Stream[Any], int]]:
        """For the cost: one student of each kind, and how many updates all students of its kind make."""
        return ()
