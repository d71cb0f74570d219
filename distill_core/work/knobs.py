"""The live knobs of a run: moves that were planned, those of earlier sittings, and those that are wanted now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..errors import BadSetting
from ..events import KnobMoved, Note
from ..fields import path_of
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
        self.paths: dict[str, str] = {}  # as asked → the path that it means
        for move in moves:
            self._plan(move.stage, move.step, self._path(move.name), move.value)
        for one in earlier:
            name = self._path(one.name)
            self._plan(one.stage, one.step, name, one.value)
            self.recorded[one.stage, name] = max(one.step, self.recorded.get((one.stage, name), 0))
            self.taken[name] = one.value

    def _path(self, name: str) -> str:
        """Records of earlier versions name a knob in short. What has no such name any more is refused when it is to move."""
        if name not in self.paths:
            self.paths[name] = path_of(fields_of(type(self.method)), name, self.settings)
        return self.paths[name]

    def _plan(self, key: str, step: int, name: str, value: float) -> None:
        self.moves.setdefault(key, {}).setdefault(step, {})[name] = value

    def planned(self, key: str, index: int) -> Iterator[KnobMoved]:
        """Move what was to be moved at this step."""
        for name, value in self.moves.get(key, {}).get(index, {}).items():
            yield from self._move(key, index, name, value)

    def wanted(self, key: str, index: int, wants: Mapping[str, float]) -> Iterator[KnobMoved | Note]:
        """Move what a watcher wants now, once; first come the moves of the earlier sitting, then new ones."""
        for asked, value in wants.items():
            name = self._path(asked)
            if self.recorded.get((key, name), -1) > index or self.taken.get(name) == value:
                continue
            self.taken[name] = value
            try:
                moved = self.method.moved({**self.in_force, name: value})
            except BadSetting as error:
                yield Note(f"The knob was not moved: {error}", "warning")
                continue
            yield from self._move(key, index, name, float(settings_of(moved)[name]))  # type: ignore[arg-type]

    def _move(self, key: str, index: int, name: str, value: float) -> Iterator[KnobMoved]:
        if self.in_force.get(name, self.settings.get(name)) != value:
            self.in_force = {**self.in_force, name: value}
            yield KnobMoved(key, index, name, value)
