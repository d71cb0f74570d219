"""The small files of a run as JSON: what was asked, how it stands, what the watchers want."""

from __future__ import annotations

from typing import Any, TypedDict

from ..fields import Values
from .scores import Score


class Asked(TypedDict, total=False):
    """job.json. `settings` are the fields of the method, `job` those of the `Job`, both as plain values."""

    schema: int
    id: str
    name: str
    method: str
    settings: dict[str, Any]
    job: dict[str, Any]
    preset: str
    created: float
    expected: float  # seconds that it was expected to take; not said where nobody knew
    file: str  # `/where/it/is.py:Class`, for a method in a file of the user's own


class Sign(TypedDict):
    """One sign that a set is ruined: see `health.py`. `n` is the record at which it began."""

    kind: str  # saturated, collapsed, alike, unmoved, loss, not-finite, chance, control
    text: str
    n: int
    stage: str
    step: int


class State(TypedDict, total=False):
    """state.json: how a run stands. Written by whoever holds its lock, once a second while it works."""

    schema: int
    state: str  # queued, running, paused, finished, stopped, failed; `lost` is seen by readers
    message: str
    heartbeat: float
    pid: int  # who works on it
    by: int  # the process that will work on it itself (a terminal); 0 leaves it to whichever worker is free
    started: float
    stage: str
    step: int
    steps: int
    part: int
    parts: int
    rate: float
    left_s: float | None
    seconds: float
    memory: int
    scores: dict[str, Score]
    facts: dict[str, float]  # by quantity, see `facts.py`
    health: list[Sign]  # so far, and of a finished run in the end; none where nothing was found
    wrong_setting: bool
    imported: bool
    in_force: Values  # what settings left to the method stand for, see `run.in_force`; none in runs of earlier versions
    classes: list[str]  # names, where the catalog may not know them: the user's own images, a set that was brought in


class Control(TypedDict):
    """control.json: what the watchers want."""

    want: str  # run, pause, stop
    steps: int  # single steps asked for so far
    knobs: dict[str, float]
