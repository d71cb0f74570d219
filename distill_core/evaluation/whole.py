"""The full real set: what students reach is looked up (shipped, or measured before) or trained where that is cheap."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from ..datasets import RealSet
from ..events import Scored
from ..home import ASSETS, read_json, studio_home, write_json
from ..measures.budget import Ledger
from ..method import Stream
from ..networks import build
from .protocols import PROTOCOLS, Protocol
from .students import Lesson, accuracy, derive, train_student

CHEAP = 20.0  # seconds that a run may spend on the full real set


def known_whole(real: RealSet, student: str) -> Scored | None:
    """What is known: `assets/scores.json`, else this home's cache. `student` is a spelled-out network."""
    key = whole_key(real, student)
    shipped = read_json(ASSETS / "scores.json", {}) or {}
    found = shipped.get(key) or read_json(_cached(key))
    if not found:
        return None
    return Scored("real", student, "real", tuple(found["accuracy"]), "hard", dict(found["budget"]))


def whole_key(real: RealSet, student: str, protocol: Protocol | None = None) -> str:
    """16 hex digits: data, network and what the recipe sets, so that a new field of protocols changes no key."""
    recipe = (protocol or PROTOCOLS["real"]).model_dump(exclude={"title", "about", "source"}, exclude_defaults=True)
    content = {"data": real.fingerprint, "student": student, "recipe": recipe, "format": 2}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def whole_entry(real: RealSet, scored: Scored) -> dict[str, Any]:
    """What a file of known scores holds under `whole_key`."""
    about = {"data": real.name, "student": scored.student, "recipe": PROTOCOLS["real"].source}
    return {**about, "accuracy": list(scored.accuracy), "budget": dict(scored.budget)}


def _cached(key: str) -> Path:
    return studio_home() / "cache" / f"score-{key}.json"


def measure_whole(
    real: RealSet, student: str, students: int = 1, *, seed: int = 0, device: torch.device | None = None, first: int = 0
) -> Stream[Scored]:
    """Train students on every training image with the recipe `real`, keep the result in the home's cache and return it.

    One `Scored` after each student, with the accuracies so far; the last one is final.
    """
    protocol, lesson = PROTOCOLS["real"], Lesson(real.train.images, real.train.labels)
    found: list[float] = []
    seconds = 0.0
    for index in range(students):
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
        first, seconds = first + trained.steps, seconds + trained.seconds
        found.append(accuracy(trained.network, real.test, real))
        ledger = Ledger(
            len(lesson),
            lesson.images.numel(),
            student_steps=trained.steps,
            seconds=seconds / len(found),
            real_images_seen=trained.seen,
        )
        scored = Scored("real", student, protocol.name, tuple(found), "hard", ledger.plain())
        yield scored
    write_json(_cached(whole_key(real, student)), whole_entry(real, scored))
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
