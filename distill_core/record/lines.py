"""The lines of a run's log as they are read back: one form for each kind of event, plus when it was said. No torch.

Switch on `line["kind"]`: that tells the forms apart for a type checker too. Numbers that were not finite are null.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from ..events import Source, Subject

Number = float | None


class ArrayFile(TypedDict):
    """An array that was too large for a line: a file of the run (see `sheets.read_array`)."""

    file: str


class Stamp(TypedDict):
    """What every line has: its number, the seconds since the run began, the stage, and how many real images were seen."""

    n: int
    t: float
    stage: NotRequired[str]
    seen: NotRequired[int]


class StageLine(Stamp):
    kind: Literal["stage"]
    steps: int
    part: NotRequired[int]
    parts: NotRequired[int]


class ScalarsLine(Stamp):
    kind: Literal["scalars"]
    step: int
    values: dict[str, Number]


class ImagesLine(Stamp):
    """`sheet` is a file: tiles of h × w in rows of `columns` (see `sheets.read_sheet`)."""

    kind: Literal["images"]
    step: int
    space: str
    source: NotRequired[Source]
    sheet: str
    columns: int
    tile: tuple[int, int]
    channels: int
    count: int
    labels: list[int]
    ids: list[int]


class PerClassLine(Stamp):
    kind: Literal["per_class"]
    step: int
    name: str
    values: list[Number] | ArrayFile
    space: str


class LogitsLine(Stamp):
    kind: Literal["logits"]
    step: int
    logits: list[list[Number]] | ArrayFile
    labels: list[int] | ArrayFile
    ids: list[int] | ArrayFile
    source: NotRequired[Source]
    network: NotRequired[str]


class PartsLine(Stamp):
    kind: Literal["parts"]
    step: int
    name: str
    values: dict[str, Number]


class ScoredLine(Stamp):
    kind: Literal["scored"]
    subject: Subject
    student: str
    protocol: str
    accuracy: list[Number]
    labels: NotRequired[str]
    budget: NotRequired[dict[str, float]]
    draws: NotRequired[list[int]]
    best: NotRequired[list[Number]]
    looks: NotRequired[int]
    passport: NotRequired[dict[str, str]]


class NoteLine(Stamp):
    kind: Literal["note"]
    text: str
    level: NotRequired[Literal["info", "warning"]]


class KnobLine(Stamp):
    kind: Literal["knob"]
    step: int
    name: str
    value: float


class ResumedLine(Stamp):
    kind: Literal["resumed"]
    keep: int


class EndLine(Stamp):
    kind: Literal["finished", "stopped"]
    seconds: float


class FailedLine(Stamp):
    kind: Literal["failed"]
    message: str


Line = (
    StageLine
    | ScalarsLine
    | ImagesLine
    | PerClassLine
    | LogitsLine
    | PartsLine
    | ScoredLine
    | NoteLine
    | KnobLine
    | ResumedLine
    | EndLine
    | FailedLine
)
