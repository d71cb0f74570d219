"""What the tests of evaluation share: small digits, a small student, and a drive that kills a run."""

from __future__ import annotations

from functools import cache
from typing import Any

from distill_core import datasets, networks
from distill_core.datasets import RealSet
from distill_core.job import Job
from distill_core.pieces.start import slice_labels, starting_images
from distill_core.results import Pictures
from distill_core.where import Where
from distill_core.work import checkpoint
from tests.methods.tiny import drain

__all__ = ["STUDENT", "FakeDrive", "Killed", "digits", "drain", "job", "network", "start"]
STUDENT = "convnet:depth=1,norm=batch,width=8"


@cache
def digits() -> RealSet:
    return datasets.load("digits:size=8")


def network(seed: int = 9, spec: str = STUDENT) -> networks.Network:
    return networks.build(spec, channels=1, size=8, classes=10, seed=seed).eval()


def start(ipc: int = 1, **more: Any) -> Pictures:
    """Real images in the place of distilled ones, those that a method with seed 0 starts from."""
    real = digits()
    images = starting_images(real, ipc, 0)[0].flatten(0, 1)
    return Pictures(images, slice_labels(ipc, 10), real.classes, real.mean, real.std, **more)


def job(**more: Any) -> Job:
    settings = {
        "data": "digits:size=8",
        "student": STUDENT,
        "students": 2,
        "draws": 1,
        "epochs": 3,
        "protocol": "hard",
        "device": "cpu",
    }
    return Job(**{**settings, **more})


class Killed(Exception):
    """The process died here."""


class FakeDrive:
    """Saves before every step, through the real checkpoint's encoding; dies at `die_at` of the loop with number `die_in`."""

    def __init__(self, saved: dict[str, Any] | None = None, die_in: int = -1, die_at: int = -1):
        self.saved, self.die_in, self.die_at = saved or {}, die_in, die_at
        self.where, self.taken = Where(), 0

    def enter(self, key: str, live: bool) -> None:
        return None

    def restore(self, key: str) -> Any:
        if key not in self.saved:
            return None
        index, shape, tensors = self.saved[key]
        return index, checkpoint._decode(shape, tensors)

    def keep(self, key: str, index: int, save: Any) -> None:
        tensors: dict[str, Any] = {}
        self.saved[key] = (index, checkpoint._encode(save(), tensors), tensors)

    def at_step(self, key: str, stage: str, index: int, total: int, save: Any) -> tuple[dict[str, float], bool]:
        self.keep(key, index, save)
        if len(self.where.opened) - 1 == self.die_in and index == self.die_at:
            raise Killed
        self.taken += 1
        return {}, False

    def done(self, key: str, total: int, save: Any) -> None:
        self.keep(key, total, save)

    def leave(self, key: str) -> None:
        return None

    def saw(self, images: int) -> None:
        return None
