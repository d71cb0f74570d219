"""What figures are drawn from: the findings of studies and the runs of a library, as they are read from disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from ..record.lines import Line


class JobValues(TypedDict, total=False):
    """A job as a run folder holds it."""

    data: str
    ipc: int
    seed: int
    student: str
    teacher: str


class Request(TypedDict):
    """What was asked of a run."""

    method: str
    job: JobValues
    name: NotRequired[str]


class Scored(TypedDict):
    """A run with its records, newest first where there are several."""

    id: str
    method: str
    settings: Mapping[str, object]
    preset: NotRequired[str | None]
    job: JobValues
    records: Sequence[Line]
    facts: NotRequired[Mapping[str, float]]
    ruin: NotRequired[str]


class Finding(TypedDict):
    """What every finding about a run says; the lists are fractions, one a student."""

    run: str
    request: Request
    student: str
    protocol: str
    passport: NotRequired[dict[str, str]]  # see `record.passport`; of earlier versions not there


class Transfer(Finding):
    """One set and one architecture."""

    labels: str
    epochs: int
    distilled: list[float]
    random: list[float]


class LabelPoint(Finding):
    """A set and its control under one kind of labels, and what those take."""

    spec: str  # the kind of labels, as it was asked
    labels: str
    epochs: int
    image_bytes: float
    label_bytes: float
    teacher_bytes: float
    student_steps: float
    seconds: float
    distilled: list[float]
    random: list[float]
    draws: list[int]


class Regime(Finding):
    """A set in one regime of labels, beside random real images; `subject` is `set` or the method that chose real images."""

    subject: str
    title: str
    regime: str
    bare: bool  # without augmentation and mixing
    labels: str
    epochs: int
    budget: dict[str, float]
    random_budget: dict[str, float]
    distilled: list[float]
    random: list[float]
    draws: list[int]
    best: list[float]
    random_best: list[float]
    looks: int
    random_passport: dict[str, str]
    real: list[float]  # students of all real data; [] where nobody knows


class Trialed(TypedDict):
    """Of one student beyond clean test images; see `evaluation.reliability.Measured`."""

    clean: float
    ece: float
    bins: list[list[float]]
    corruptions: dict[str, list[float]]
    fgsm: list[float]
    pgd: list[float]


class Reliability(Finding):
    """Students of a set and of random real images, put through the same trials; `eps` in 1/255."""

    labels: str
    epochs: int
    eps: list[float]
    distilled: list[Trialed]
    random: list[Trialed]
    draws: list[int]


class Continual(Finding):
    """Accuracy after each task, a list for each order of the classes; `sizes` counts the classes seen."""

    sizes: list[int]
    distilled: list[list[float]]
    random: list[list[float]]


class Metric(TypedDict):
    """One distance: Spearman's ρ with its interval over n candidates, and the accuracy of the one it would pick."""

    rho: float | None
    low: float | None
    high: float | None
    n: int
    picked: NotRequired[int | None]  # its place among the candidates
    accuracy: float | None


class Range(TypedDict):
    """The metrics among some candidates: `what` is all, above or walk, `above` an accuracy; the n of them reach from low to high."""

    what: str
    above: float | None
    n: int
    low: float
    high: float
    metrics: dict[str, Metric]


class Entry(TypedDict):
    """One candidate of a search: test accuracies (one a student) and its distance by each metric; `walk`: it is of the walk."""

    layer: str
    step: int
    roles: list[str]
    walk: NotRequired[bool]  # not said where all are
    accuracy: list[float]
    distance: dict[str, float | None]


class Compared(TypedDict):
    """How the metrics order the candidates; accuracy of the best and of the mean one."""

    metrics: dict[str, Metric]
    best: float
    mean: float
    noise: NotRequired[float | None]  # s.d. of one student's accuracy on a candidate
    ranges: NotRequired[list[Range]]  # not said by earlier versions, where all candidates are of one walk


class Ranking(Compared):
    rows: list[Entry]
