"""Whether a score that was measured again agrees with the one that was reported: within the spread that was reported with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .proof import Figure, Made
from .scores import Spread, spread_of

ROUNDING = 5e-5  # half of the last digit that is printed, as a fraction


@dataclass(frozen=True)
class Compared:
    """One figure of a report beside what was found now; `now` None where it was not measured again."""

    run: str
    figure: Figure
    was: Spread
    now: Spread | None
    agrees: bool | None  # None: nobody can say, such as of all real data where it takes too long
    sentence: str


def compared(made: Made, found: Sequence[Figure], why: str = "") -> list[Compared]:
    """Every figure of a run beside the one of the same subject, student, protocol and labels that was found now.

    Args:
        why: why nothing was found, where that is known.
    """
    return [_one(made.run, one, next((f for f in found if _kind(f) == _kind(one)), None), why) for one in made.figures]


def _first(figure: Figure, students: int) -> Figure:
    return figure.model_copy(update={"accuracy": figure.accuracy[:students], "draws": figure.draws[:students]})


def _kind(figure: Figure) -> tuple[str, str, str, str]:
    return figure.subject, figure.student, figure.protocol, figure.labels


def _one(run: str, figure: Figure, found: Figure | None, why: str) -> Compared:
    if found is not None and figure.subject == "real":  # as many students as there is time for: those that both have
        figure, found = _first(figure, len(found.accuracy)), _first(found, len(figure.accuracy))
    was = spread_of(figure.accuracy, figure.draws)
    if found is None:
        agrees = None if figure.subject == "real" and not why else False
        return Compared(run, figure, was, None, agrees, why or "not measured again")
    now = spread_of(found.accuracy, found.draws)
    apart = abs(now.mean - was.mean)
    if apart <= ROUNDING:
        return Compared(run, figure, was, now, True, "the same")
    points = f"{100 * (now.mean - was.mean):+.1f} points"
    if not was.std:
        return Compared(run, figure, was, now, False, f"{points}; without a spread only the same would agree")
    agrees = apart <= was.std
    word = "within" if agrees else "outside"
    return Compared(run, figure, was, now, agrees, f"{points}, {word} its s.d. of {100 * was.std:.1f}")
