"""When a loop reports: often enough to be watched, seldom enough to cost little."""

from __future__ import annotations

import time

WATCHING_SHARE = 0.03  # of a run's time may go into reports
SHORTEST_GAP = 0.1  # seconds between two reports
REPORTS = 100  # a stage is reported about this often when steps are slow


class Cadence:
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
