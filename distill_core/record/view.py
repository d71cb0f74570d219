"""Names of what a worker makes for looking at one to six runs together; it is kept in the folder of the first of them.

planes/<space>-<kind>[-mark].json|npy   a plane and the places in it: see `planes.py`
planes/spread[-mark].json               measures of diversity, class by class: see `spread.py`
planes/reach[-mark].json                which real images are within reach: see `reach.py`
planes/near[-mark].npy                  nearest real images of each synthetic one
planes/activation-<record>.json|npy     where a classifier finds its evidence: see `activation.py`
planes/attention-<record>.json|npy      where a network with random weights looks, and through which channels: see `attention.py`
planes/walk-<class>-<rows>.json|npy     images and feature maps around a class in a generator: see `walk.py`
planes/factors.json|npy                 naturals, compensators and what teachers say of their sums: see `factors.py`
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TypedDict

from .lines import ImagesLine, Line, LogitsLine

SPACES = ("logits", "features")
KINDS = ("pca", "lda", "tsne", "umap")
LINEAR = ("pca", "lda")  # made in no time
MOST_RUNS = 6
FACTORS = "factors"
NEAR = 5  # real neighbors that are kept of each synthetic image
PLANE = re.compile(rf"(?P<space>{'|'.join(SPACES)})-(?P<kind>{'|'.join(KINDS)})(?P<mark>(-[0-9a-f]{{8}})?)")


class Judge(TypedDict):
    """The network whose outputs are looked at; key "" where a run recorded them itself."""

    key: str
    spec: str
    accuracy: float | None


def mark(runs: Sequence[str]) -> str:
    """What tells this set of runs from another in the first one's folder; nothing where it is alone."""
    return "" if len(runs) == 1 else "-" + hashlib.sha256("\n".join(runs).encode()).hexdigest()[:8]


def plane_name(space: str, kind: str, runs: Sequence[str]) -> str:
    """`features-tsne-1f0c9a3b`, without an ending."""
    return f"{space}-{kind}{mark(runs)}"


def images(records: Iterable[Line]) -> list[ImagesLine]:
    """The records of synthetic images, in order."""
    return [one for one in records if one["kind"] == "images" and one.get("source", "synthetic") == "synthetic"]


def logits(records: Iterable[Line]) -> list[LogitsLine]:
    """The records of the logits of synthetic images, in order."""
    return [one for one in records if one["kind"] == "logits" and one.get("source", "synthetic") == "synthetic"]


def upto(records: Sequence[Line]) -> int:
    """The number of the last record that shows synthetic images or their logits, -1 where there is none."""
    found = (one["n"] for one in reversed(records) if one["kind"] in ("images", "logits"))
    return next(found, -1)


def look_name(kind: str, record: int | None) -> str:
    """`activation-42`, of the final set `activation-set`; without an ending. Kinds are `activation` and `attention`."""
    return f"{kind}-{'set' if record is None else int(record)}"


def walk_name(label: int, row: str) -> str:
    """`walk-3-all`, `walk-3-layer2`; without an ending."""
    return f"walk-{int(label)}-{re.sub(r'[^A-Za-z0-9_]', '_', row)}"
