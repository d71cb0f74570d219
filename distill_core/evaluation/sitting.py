"""One row of the score table while it grows: a subject under one protocol, and its students so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..events import Subject
from .kept import Sat
from .protocols import Protocol


@dataclass
class Sitting:
    """A subject under one protocol; `draws` has the draw of random real images that each student of the control saw."""

    subject: Subject
    protocol: Protocol
    found: list[float] = field(default_factory=list)
    draws: list[int] = field(default_factory=list)
    took: list[float] = field(default_factory=list)  # seconds
    best: list[float] = field(default_factory=list)  # of the epochs that were looked at, a student each
    looks: int = 0  # at how many epochs every student was looked at; 0 where one of them was at the last alone
    rates: list[float] = field(default_factory=list)  # what a grid of learning rates came to, a student each
    peaks: dict[str, int] = field(default_factory=dict)  # bytes by what was measured, of the student that needed most

    def add(self, sat: Sat, draw: int) -> None:
        """One more student."""
        self.found.append(sat["accuracy"])
        self.took.append(sat["seconds"])
        self.best.append(sat["best"])
        self.looks = sat["looks"] if len(self.found) == 1 else min(self.looks, sat["looks"])
        self.rates += [sat["lr"]] if sat["lr"] else []
        self.peaks |= {name: max(value, self.peaks.get(name, 0)) for name, value in sat["peak"].items()}
        self.draws += [draw] if self.subject == "random" else []

    @property
    def seconds(self) -> float:
        """Of one student, the mean."""
        return sum(self.took) / max(1, len(self.took))
