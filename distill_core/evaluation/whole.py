"""The full real set: what students reach is looked up (shipped, or measured before) or trained where that is cheap."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TypedDict

import torch
import torch.nn.functional as F

from .. import store
from ..datasets import RealSet
from ..events import Scored
from ..home import ASSETS, read_json, write_json
from ..measures.budget import Ledger
from ..measures.memory import Meter
from ..method import Stream
from ..networks import build
from ..results import Lesson
from .protocols import PROTOCOLS, Protocol
from .seeds import derive
from .students import accuracy, train_student

ENDING = ".json"
CHEAP = 20.0  # seconds that a run may spend on the full real set


class WholeEntry(TypedDict):
    """What is known of students of the full real set: accuracies as fractions, and what training them took."""

    data: str
    student: str
    recipe: str
    accuracy: list[float]
    budget: dict[str, float]


def known_whole(real: RealSet, student: str) -> Scored | None:
    """What is known: `assets/scores.json`, else this home's cache. `student` is a spelled-out network."""
    key = whole_key(real, student)
    if shipped := (read_json(ASSETS / "scores.json") or {}).get(key):
        return _scored(student, shipped)
    return store.at_hand("score", key, lambda path: _read(path, student), ENDING)


def _read(path: Path, student: str) -> Scored:
    return _scored(student, json.loads(path.read_text(encoding="utf-8")))


def _scored(student: str, entry: WholeEntry) -> Scored:
    return Scored("real", student, "real", tuple(entry["accuracy"]), "hard", dict(entry["budget"]))


def whole_key(real: RealSet, student: str, protocol: Protocol | None = None) -> str:
    """16 hex digits: data, network and what the recipe sets, so that a new field of protocols changes no key."""
    recipe = (protocol or PROTOCOLS["real"]).model_dump(exclude={"title", "about", "source"}, exclude_defaults=True)
    content = {"data": real.fingerprint, "student": student, "recipe": recipe, "format": 2}
    return store.key_of(content)


def whole_entry(real: RealSet, scored: Scored) -> WholeEntry:
    """What a file of known scores holds under `whole_key`."""
    return {
        "data": real.name,
        "student": scored.student,
        "recipe": PROTOCOLS["real"].source,
        "accuracy": list(scored.accuracy),
        "budget": dict(scored.budget),
    }


def measure_whole(
    real: RealSet, student: str, students: int = 1, *, seed: int = 0, device: torch.device | None = None, first: int = 0
) -> Stream[Scored]:
    """The score of so many students of every training image with the recipe `real`, at least: kept in the home's cache, or
    trained and kept.

    One `Scored` after each student, with the accuracies so far; the last one is final.
    """

    def make(file: Path) -> Stream[None]:
        scored = yield from _train(real, student, students, seed, device, first)
        write_json(file, whole_entry(real, scored))

    def read(path: Path) -> Scored | None:
        found = _read(path, student)
        return found if len(found.accuracy) >= students else None

    scored = yield from store.made("score", whole_key(real, student), make, read, ENDING)
    yield scored
    return scored


def _train(
    real: RealSet, student: str, students: int, seed: int, device: torch.device | None, first: int
) -> Stream[Scored]:
    """Train them; a `Scored` after each but the last."""
    protocol, lesson = PROTOCOLS["real"], Lesson(real.train.images, real.train.labels)
    found: list[float] = []
    seconds, meter, peak = 0.0, Meter(device or torch.device("cpu")), dict[str, int]()
    for index in range(students):
        meter.start()
        stream = train_student(
            lesson,
            protocol,
            real,
            seed=derive(seed, index),
            student=student,
            device=device,
            whose="real",
            first=first,
        )
        trained = yield from stream
        peak |= {name: max(value, peak.get(name, 0)) for name, value in meter.peak().items()}
        first, seconds = first + trained.steps, seconds + trained.seconds
        found.append(accuracy(trained.network, real.test, real))
        ledger = Ledger(
            len(lesson),
            lesson.images.numel(),
            student_steps=trained.steps,
            seconds=seconds / len(found),
            real_images_seen=trained.seen,
            distill_seconds=0.0,
            **peak,
        )
        scored = Scored("real", student, protocol.name, tuple(found), "hard", ledger.plain())
        if index < students - 1:
            yield scored
    return scored


def whole_seconds(real: RealSet, student: str, device: torch.device) -> float:
    """About how long one student of the full real set takes here: two updates are timed."""
    protocol = PROTOCOLS["real"]
    network = build(student, channels=real.channels, size=real.size, classes=len(real.classes), seed=0).to(device)
    images, labels = real.train.images[: protocol.batch], real.train.labels[: protocol.batch]
    x, y = real.normalize(real.pixels(images.to(device))), labels.to(device)
    for _ in range(2):  # the first one warms up
        began = time.perf_counter()
        F.cross_entropy(network(x), y).backward()
        next(network.parameters()).sum().item()  # waits for the device
        took = time.perf_counter() - began
    return took * protocol.epochs * len(real.train) / max(1, len(images))
