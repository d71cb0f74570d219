"""Where a stream stands. From this alone its loops get their names, so that a checkpoint goes back to the loop that wrote it.

    recover                                 the loop `recover` of the stage `recover`
    recover#2                               the same in the second part of the stage
    recover#2~2                             a second loop there
    measure/moments-2f0a…/measure           a loop of what the store makes during the stage `measure`
    continual@3/continual#4/evaluate        a loop in a stage within step 3 of the loop `continual`

Stages and makings are entered and left by those who run them; nothing is handed on. What a cache makes unnecessary is not
entered, and the names of all other loops stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Spot:
    """A stage or a making that was entered, or a loop that is open and stands at `step`."""

    name: str
    path: str
    step: int | None = None

    @property
    def inside(self) -> str:
        return self.path if self.step is None else f"{self.path}@{self.step}"


class Where:
    """One stream's way in: what it has entered and not left. Each stream has its own, so that several can take turns."""

    def __init__(self) -> None:
        self.spots: list[Spot] = []
        self.opened: list[str] = []  # every loop so far
        self._counts: dict[str, int] = {}

    def enter(self, name: str, part: int = 0) -> Spot:
        spot = Spot(name, self._beneath(f"{name}#{part + 1}" if part else name))
        self.spots.append(spot)
        return spot

    def open(self, loop: str) -> Spot:
        """A loop, by a path that no other loop of this stream has."""
        same = self.spots and self.spots[-1].step is None and self.spots[-1].name == loop
        path = self.spots[-1].path if same else self._beneath(loop)  # a stage's own loop is not named twice
        self._counts[path] = number = self._counts.get(path, 0) + 1
        spot = Spot(loop, path if number == 1 else f"{path}~{number}", 0)
        self.spots.append(spot)
        self.opened.append(spot.path)
        return spot

    def leave(self, spot: Spot) -> None:
        """Take out this one and no other: a stream that was dropped half-way may be closed late."""
        self.spots = [one for one in self.spots if one is not spot]

    def _beneath(self, name: str) -> str:
        return f"{self.spots[-1].inside}/{name}" if self.spots else name


_where: ContextVar[Where | None] = ContextVar("where", default=None)


def stand(where: Where | None) -> Token[Where | None]:
    """Put a stream's place in force; returns the token for `unstand`."""
    return _where.set(where)


def unstand(token: Token[Where | None]) -> None:
    _where.reset(token)


@contextmanager
def within(name: str, part: int = 0) -> Iterator[None]:
    """Loops opened in this block stand inside `name`: a stage, or what is being made."""
    where = _where.get()
    if where is None:
        yield
        return
    spot = where.enter(name, part)
    try:
        yield
    finally:
        where.leave(spot)
