"""Students of the random control, once for each content: found in the home's cache, or trained and kept there.

A run's control is the same for every run with the same data, labels, stages, protocol, network and seeds, whatever was
distilled: so a sweep trains it once. Bump `FORMAT` when students are trained in another way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypedDict

import torch
from torch import nn

from .. import store
from ..datasets import RealSet
from ..home import write_json
from ..method import Stream
from ..pieces.ensemble import names_of
from ..results import Lesson
from .protocols import Protocol

KIND, ENDING, FORMAT = "control", ".json", 1


class Sat(TypedDict):
    """What became of a student: its accuracy as a fraction, its updates, the seconds they took, the images it was shown; and its
    peak memory by what was measured, where anything was (`measures.memory`).

    `best` is the best of its accuracies at the epochs that were looked at, the last among them, and `looks` their number: 0 where
    only the last was. `lr` is the learning rate that a grid came to, 0 without a grid. All rates of a grid count as updates and seconds.
    """

    accuracy: float
    steps: int
    seconds: float
    seen: int
    peak: dict[str, int]
    best: float
    looks: int
    lr: float


def control_key(
    real: RealSet,
    like: Lesson,
    protocol: Protocol,
    teacher: nn.Module | None,
    student: str,
    device: torch.device,
    draw: int | None,
    seed: int,
) -> str:
    """16 hex digits of all that decides what the student reaches; "" where a teacher has no name to be known by.

    Args:
        draw: the seed of its images; None where it sees others at every epoch, which its own seed decides.
        seed: of its weights and everything that it draws.
    """
    taught = protocol.labels != "hard"
    by = names_of(teacher) if taught and teacher is not None else ""
    if taught and not by:
        return ""
    recipe = protocol.model_dump(exclude={"name", "title", "about", "source"}, exclude_defaults=True)
    images = {"data": real.fingerprint, "labels": sha256(like.labels.numpy().tobytes()).hexdigest(), "draw": draw}
    asked = {"stages": like.stages, "recipe": recipe, "teacher": by, "student": student, "seed": seed}
    if protocol.dense_weight and like.dense is not None:
        asked |= {"dense": {**like.dense.said(), "as": str(like.dense.labels.dtype)}}
    return store.key_of({**images, **asked, "device": device.type, "format": FORMAT})


def kept(key: str, sit: Callable[[], Stream[Sat]]) -> Stream[Sat]:
    """What is known of a student of the control; `sit` trains it where nothing is, and always where it has no key."""

    def make(file: Path) -> Stream[None]:
        write_json(file, (yield from sit()))

    return (yield from store.made(KIND, key, make, _read, ENDING)) if key else (yield from sit())


def _read(path: Path) -> Sat:
    found = json.loads(path.read_text(encoding="utf-8"))
    return {
        "accuracy": float(found["accuracy"]),
        "steps": int(found["steps"]),
        "seconds": float(found["seconds"]),
        "seen": int(found["seen"]),
        "peak": {str(name): int(value) for name, value in found.get("peak", {}).items()},
        "best": float(found.get("best", found["accuracy"])),
        "looks": int(found.get("looks", 0)),
        "lr": float(found.get("lr", 0.0)),
    }
