"""What a dashboard is asked for, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

Config = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class At:
    """When something was said: the record's number, which only rises; the step of its stage; seconds since 1970."""

    number: int
    step: int
    seconds: float


class Writer(Protocol):
    """A dashboard, opened for one run with its settings."""

    def scalars(self, at: At, values: Mapping[str, float]) -> None:
        """Numbers by tag; all are finite."""

    def image(self, at: At, tag: str, pixels: np.ndarray) -> None:
        """A wall (h, w, 3) uint8."""

    def close(self) -> None:
        """Write what is left."""
