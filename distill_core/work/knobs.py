"""The live knobs of a run: moves that were planned, those of earlier sittings, and those that are wanted now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..errors import BadSetting
from ..events import KnobMoved, Note
from ..fields import resolve
from ..job import Move
from ..method import Method
from ..part import fields_of, settings_of


class Knobs:
    """`in_force` has the values that differ from the settings, by path. Moves that were asked for or were made in an earlier
    sitting happen again at exactly their step. What is yielded is to be recorded."""

    def __init__(self, method: Method, moves: Iterable[Move], earlier: Iterable[KnobMoved]):
        self.method, self.settings = method, settings_of(method)
        self.in_force: dict[str, float] = {}
        self.moves: dict[str, dict[int, dict[str, float]]] = {}
        self.recorded: dict[tuple[str, str], int] = {}  # (loop, knob) → the last step at which it was moved before
        self.taken: dict[str, float] = {}
        known = fields_of(type(method))
        for move in moves:
            self._plan(move.stage, move.step, resolve(known, move.name, self.settings), move.value)
        for one in earlier:
            name = resolve(known, one.name, self.settings)
            self._plan(one.stage, one.step, name, one.value)
            self.recorded[one.stage, name] = max(one.step, self.recorded.get((one.stage, name), 0))
            self.taken[name] = one.value

    def _plan(self, key: str, step: int, name: str, value: float) -> None:
        self.moves.setdefault(key, {}).setdefault(step, {})[name] = value

    def planned(self, key: str, index: int) -> Iterator[KnobMoved]:
        """Move what was to be moved at this step."""
        for name, value in self.moves.get(key, {}).get(index, {}).items():
            yield from self._move(key, index, name, value)

    def wanted(self, key: str, index: int, wants: Mapping[str, float]) -> Iterator[KnobMoved | Note]:
        """Move what a watcher wants now, once; first come the moves of the earlier sitting, then new ones."""
        for name, value in wants.items():
            if self.recorded.get((key, name), -1) > index or self.taken.get(name) == value:
                continue
            self.taken[name] = value
            try:
                moved = self.method.moved({**self.in_force, name: value})
            except BadSetting as error:
                yield Note(f"The knob was not moved: {error}", "warning")
                continue
            path = resolve(fields_of(type(moved)), name, settings_of(moved))
            yield from self._move(key, index, path, float(settings_of(moved)[path]))  # type: ignore[arg-type]

    def _move(self, key: str, index: int, name: str, value: float) -> Iterator[KnobMoved]:
        if self.in_force.get(name, self.settings.get(name)) != value:
            self.in_force = {**self.in_force, name: value}
            yield KnobMoved(key, index, name, value)
