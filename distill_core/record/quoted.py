"""Quoted numbers: what papers print, with a passport of what the source states. They stand in a table of their own, never among ours."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from ..home import ASSETS
from .passport import Passport


@dataclass(frozen=True)
class Quoted:
    """A published accuracy as a fraction with its s.d.; `source` names paper and table, `stated` what its passport rests on."""

    method: str
    data: str
    ipc: int
    accuracy: float
    std: float
    source: str
    stated: str
    passport: Passport

    @property
    def text(self) -> str:
        return f"{100 * self.accuracy:.1f} ± {100 * self.std:.1f} %"


@cache
def every() -> tuple[Quoted, ...]:
    """All that is shipped, in `assets/quoted.json`."""
    rows = json.loads((ASSETS / "quoted.json").read_text(encoding="utf-8"))
    return tuple(Quoted(**{**row, "passport": Passport.of(row["passport"])}) for row in rows)


def beside(asked: Collection[tuple[str, int]]) -> list[Quoted]:
    """Those of these data sets (by name, without options) and images per class."""
    return [one for one in every() if (one.data, one.ipc) in asked]
