"""Looks at the test part on a student's way, so that the best epoch can be said beside the last.

They decide nothing here: the number that is reported is that after the last epoch. What a paper would print that keeps the best epoch
is recorded, to be seen. Only a protocol with `choice="test"` (DD-Ranking as released) takes it, and says so.
"""

from __future__ import annotations

from .protocol import Protocol
from .timetable import Timetable

MOST = 10  # looks before the last epoch's
SHARE = (
    3  # images that are trained on for each that is looked at: under a ninth of the work, forward passes being a third
)


def looks_of(table: Timetable, protocol: Protocol, tests: int) -> tuple[int, ...]:
    """The epochs (from 0) after which a student is tested, without the last: every `look_every`-th, else as many as are cheap.

    How many is decided by counts, not by the clock, so that the same question has the same looks everywhere.
    """
    last = protocol.epochs - 1
    if protocol.look_every:
        return tuple(range(protocol.look_every - 1, last, protocol.look_every))
    seen = sum(b - a for *_, a, b in table.rows())
    many = min(MOST, seen // (SHARE * max(1, tests)), last)
    return tuple(protocol.epochs * (i + 1) // (many + 1) - 1 for i in range(many)) if many > 0 else ()
