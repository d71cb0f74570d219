"""A protocol passport: how a number came about, line by line, from what was resolved. It stands beside every number. No torch.

Two numbers may be laid beside each other where their passports agree; where they do not, the lines that differ are said. A line that
nobody recorded, or that a source does not state, is empty: it agrees with nothing and differs from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

NOT = "not recorded"
LAST, BEST = "last", "best on the test part"

TITLES = {
    "data": "Data", "fingerprint": "Data, fingerprint", "images": "Images", "student": "Student", "norm": "Normalization", "labels": "Labels",
    "teacher": "Teacher", "teacher_accuracy": "Teacher's accuracy", "steps": "Updates", "epochs": "Epochs", "batch": "Batch",
    "optimizer": "Optimizer", "rate": "Learning rate", "rate_choice": "Rate chosen by", "temperature": "Temperature", "mixing": "Mixing",
    "augmentation": "Augmentation", "epoch": "Epoch", "protocol": "Protocol",
}  # fmt: skip
NAMES_ONLY = (
    "protocol",
    "images",
)  # shown; two names of one recipe are no difference, and how many images there are is what is compared


@dataclass(frozen=True)
class Passport:
    """Lines in words, "" where nothing is known.

    Args:
        student: the network with its options; `norm` how it normalizes.
        labels: their kind; `teacher` who made soft ones, `teacher_accuracy` what it gets right of the real test part.
        steps: updates of one student, `epochs` and `batch` what they come from.
        rate: learning rate and schedule; `rate_choice` what decided among several.
        epoch: `LAST`, or `BEST` where the test part decided.
    """

    data: str = ""
    fingerprint: str = ""
    images: str = ""
    student: str = ""
    norm: str = ""
    labels: str = ""
    teacher: str = ""
    teacher_accuracy: str = ""
    steps: str = ""
    epochs: str = ""
    batch: str = ""
    optimizer: str = ""
    rate: str = ""
    rate_choice: str = ""
    temperature: str = ""
    mixing: str = ""
    augmentation: str = ""
    epoch: str = ""
    protocol: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Passport:
        """From plain values; lines of later versions are left out."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: str(value) for name, value in values.items() if name in known and value is not None})

    def plain(self) -> dict[str, str]:
        """The lines that are known, by name."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}

    def lines(self) -> list[tuple[str, str]]:
        """Every line with its title; `not recorded` where it is empty."""
        return [(title, getattr(self, name) or NOT) for name, title in TITLES.items()]

    @property
    def brief(self) -> str:
        """`resnet18 · hard labels · 400 updates · last epoch`."""
        teacher = f" by {self.teacher}" if self.teacher else ""
        said = [
            self.student,
            f"{self.labels} labels{teacher}" if self.labels else "",
            f"{self.steps} updates" if self.steps else "",
            f"batch {self.batch}" if self.batch else "",
            f"τ {self.temperature}" if self.temperature else "",
            self.mixing,
            self.augmentation,
            f"epoch: {self.epoch}" if self.epoch else "",
        ]
        return " · ".join(one for one in said if one) or NOT


def of_record(record: Mapping[str, Any]) -> Passport:
    """Of a scored record; of one of an earlier version what it says: data and recipe were not recorded."""
    if said := record.get("passport"):
        return Passport.of(said)
    steps = (record.get("budget") or {}).get("student_steps")
    names = {name: str(record.get(name) or "") for name in ("student", "protocol", "labels")}
    return Passport(**names, steps="" if steps is None else f"{steps:,.0f}", epoch=LAST)


def of_finding(found: Mapping[str, Any]) -> Passport:
    """Of what a study found; of a finding of an earlier version what it says beside its numbers."""
    if said := found.get("passport"):
        return Passport.of(said)
    names = {name: str(found.get(name) or "") for name in ("student", "protocol", "labels", "epochs")}
    return Passport(**names, data=str(found["request"]["job"].get("data", "")), epoch=LAST)


@dataclass(frozen=True)
class Difference:
    """What sets two passports apart: lines as (title, one, other), and the titles of those that only one of them has."""

    lines: tuple[tuple[str, str, str], ...]
    unknown: tuple[str, ...]


def differing(one: Passport, other: Passport) -> Difference:
    """Line by line."""
    pairs = [
        (title, getattr(one, name), getattr(other, name)) for name, title in TITLES.items() if name not in NAMES_ONLY
    ]
    apart = tuple((title, a, b) for title, a, b in pairs if a and b and a != b)
    return Difference(apart, tuple(title for title, a, b in pairs if bool(a) != bool(b)))


def missing_run(run: str, other: Passport) -> str:
    """The command that scores a run's set under the other's protocol; "" where its protocol has no name here."""
    if not other.protocol:
        return ""
    words = ["distill-studio evaluate", run, "--protocol", other.protocol]
    words += ["--student", other.student] if other.student else []
    words += ["--epochs", other.epochs] if other.epochs.isdigit() else []
    words += ["--labels", other.labels] if other.labels in ("hard", "static", "teacher") else []
    return " ".join(words)
