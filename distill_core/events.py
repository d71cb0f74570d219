"""The closed vocabulary of a stream: everything that a run can say.

A method yields these; a recorder writes them; a page draws them. Values are numbers, strings and NumPy arrays on the
CPU: never a tensor, a figure or a widget. Switch on `event.kind`, never on the class (a front end may import twice).
A new kind must serve more than one method.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

Source = Literal["real", "synthetic"]
Subject = Literal["distilled", "random", "real"]


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A part of the run begins. `steps` is how many updates it will make, 0 when that is not known.

    A stage that comes several times (one slice of images after the other) says which `part` of `parts` this is, from 0.
    """

    kind: ClassVar[str] = "stage"
    stage: str
    steps: int = 0
    part: int = 0
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Scalars:
    """Numbers at a step of the present stage, by quantity (see `quantities`)."""

    kind: ClassVar[str] = "scalars"
    step: int
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Pictures at a step. `ids` stay with an image through layers, steps and runs (real images: index in the data set)."""

    kind: ClassVar[str] = "images"
    step: int
    pixels: np.ndarray  # (n, h, w, c) uint8, c is 1 or 3
    labels: np.ndarray  # (n,) int
    ids: np.ndarray  # (n,) int
    space: str = "pixels"
    source: Source = "synthetic"


@dataclass(frozen=True, slots=True, eq=False)
class PerClass:
    """One number for each class; `name` is a quantity."""

    kind: ClassVar[str] = "per_class"
    step: int
    name: str
    values: np.ndarray  # (classes,) float
    space: str = "pixels"


@dataclass(frozen=True, slots=True, eq=False)
class Logits:
    """A network's outputs, from which the maps are drawn. Real ones are sent once, synthetic ones at every report.

    `network` is the content key of its weights where they are kept (a teacher), "" where they are not.
    """

    kind: ClassVar[str] = "logits"
    step: int
    logits: np.ndarray  # (n, classes) float
    labels: np.ndarray  # (n,) int
    ids: np.ndarray  # (n,) int
    source: Source = "synthetic"
    network: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """One number for each named part, such as the layers of a network; `name` is a quantity."""

    kind: ClassVar[str] = "parts"
    step: int
    name: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """What students trained on a set are worth on real test images. `accuracy` holds one fraction per student.

    Random real images are drawn several times: `draws` says for each student which draw it saw, 0 the images that the run
    starts from; () where nothing was drawn. `best` holds for each student the best test accuracy among the `looks` epochs at which it
    was tested, the last one included; () and 0 where only the last was. `passport` says how it came about: see `record.passport`.
    """

    kind: ClassVar[str] = "scored"
    subject: Subject
    student: str
    protocol: str
    accuracy: tuple[float, ...]
    labels: str = "hard"
    budget: Mapping[str, float] = field(default_factory=dict)  # bytes, steps, seconds: see measures.budget.Ledger
    draws: tuple[int, ...] = ()
    best: tuple[float, ...] = ()
    looks: int = 0
    passport: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the person watching."""

    kind: ClassVar[str] = "note"
    text: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True, slots=True)
class KnobMoved:
    """A live setting was moved; it acts from this step of this stage on."""

    kind: ClassVar[str] = "knob"
    stage: str
    step: int
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """The run goes on from a checkpoint: of everything said before, only the first `keep` records still hold."""

    kind: ClassVar[str] = "resumed"
    keep: int


@dataclass(frozen=True, slots=True)
class Finished:
    kind: ClassVar[str] = "finished"
    seconds: float


@dataclass(frozen=True, slots=True)
class Stopped:
    kind: ClassVar[str] = "stopped"
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    kind: ClassVar[str] = "failed"
    message: str


Event = (
    StageStarted
    | Scalars
    | Images
    | PerClass
    | Logits
    | Parts
    | Scored
    | Note
    | KnobMoved
    | Resumed
    | Finished
    | Stopped
    | Failed
)
KINDS: dict[str, type] = {
    c.kind: c
    for c in (
        StageStarted,
        Scalars,
        Images,
        PerClass,
        Logits,
        Parts,
        Scored,
        Note,
        KnobMoved,
        Resumed,
        Finished,
        Stopped,
        Failed,
    )
}
