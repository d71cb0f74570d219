"""What a list shows of a run: one row, read from its small files; and the tags that it is filed under."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypedDict, cast

from ..errors import BadRecord, BadSetting
from ..home import read_json, write_json
from .facts import kept_facts
from .folder import RunFolder

COLUMNS = (
    "id", "name", "method", "data", "ipc", "seed", "state", "message", "preset", "created", "seconds", "progress",
    "accuracy", "std", "n", "random", "draws", "real", "student", "protocol", "bytes", "tags", "facts", "stage", "left_s",
)  # fmt: skip


class Row(TypedDict):
    """What a list shows of a run; a fraction in [0, 1] for each accuracy, None where there is nothing to say."""

    id: str
    name: str
    method: str
    data: str
    ipc: int | None
    seed: int | None
    state: str
    message: str
    preset: str
    created: float
    seconds: float | None
    progress: float | None
    accuracy: float | None
    std: float | None
    n: float | None
    random: float | None
    draws: float | None  # of random real images
    real: float | None
    student: str
    protocol: str
    bytes: int
    tags: list[str]
    facts: dict[str, float]  # by quantity, see `facts.py`
    stage: str
    left_s: float | None


def as_row(values: dict[str, Any]) -> Row:
    """A row of the table as it is handed out: `tags` as a list, `facts` as a dict."""
    return cast(Row, {**values, **{name: json.loads(values[name]) for name in ("tags", "facts")}})


def row_of(run: RunFolder) -> dict[str, Any]:
    """What the list shows of a run; a broken one says so and breaks nothing."""
    blank: dict[str, Any] = dict.fromkeys(COLUMNS)
    texts = dict.fromkeys(("method", "data", "message", "preset", "student", "protocol", "stage"), "")
    blank |= {
        **texts,
        "id": run.id,
        "name": run.id,
        "state": "broken",
        "created": 0.0,
        "tags": "[]",
        "facts": "{}",
        "bytes": size_of(run.path),
    }
    try:
        return {**blank, **_read(run)}
    except BadRecord as error:
        return {**blank, "message": str(error)}
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # edited by hand into another shape
        return {**blank, "message": f"Run {run.id!r} has values that make no sense ({error}). Move it to the trash."}


def _read(run: RunFolder) -> dict[str, Any]:
    asked, state = run.request(), run.state()
    job, scores = asked["job"], state.get("scores") or {}
    distilled: Mapping[str, Any] = scores.get("distilled") or {}
    others: dict[str, Mapping[str, Any]] = {name: scores.get(name) or {} for name in ("random", "real")}
    steps = int(state.get("steps") or 0)
    return {
        "name": str(asked.get("name") or run.id),
        "method": asked["method"],
        "data": str(job.get("data", "")),
        "ipc": int(job.get("ipc", 1)),
        "seed": int(job.get("seed", 0)),
        "state": str(state["state"]),
        "message": str(state.get("message") or ""),
        "preset": str(asked.get("preset") or ""),
        "created": float(asked.get("created", 0)),
        "seconds": _number(state.get("seconds")),
        "progress": int(state.get("step") or 0) / steps if steps else None,
        **{name: _number(distilled.get(name)) for name in ("accuracy", "std", "n")},
        **{name: _number(one.get("accuracy")) for name, one in others.items()},
        "draws": _number(others["random"].get("draws", 1)) if others["random"] else None,
        **{name: str(distilled.get(name) or "") for name in ("student", "protocol")},
        "stage": str(state.get("stage") or ""),
        "left_s": _number(state.get("left_s")),
        "tags": json.dumps(tags(run), ensure_ascii=False),
        "facts": json.dumps(kept_facts(state)),
    }


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def size_of(path: Path) -> int:
    """Bytes on disk of everything in a folder. What vanishes meanwhile counts nothing: a run that works has files that come and
    go, and one that ends takes its checkpoints away."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(os.path.join(folder, name)).st_size
    return total


def tags(run: RunFolder) -> list[str]:
    found = read_json(run.path / "tags.json", [])
    return [str(one) for one in found] if isinstance(found, list) else []


def set_tags(run: RunFolder, wanted: list[str]) -> None:
    """Words of 1 to 40 characters that a run is filed under."""
    clean = sorted({one.strip() for one in wanted if one.strip()})
    if len(clean) > 20 or any(len(one) > 40 for one in clean):
        raise BadSetting(f"{len(clean)} tags were given; a run has at most 20, of at most 40 characters each.")
    write_json(run.path / "tags.json", clean)
