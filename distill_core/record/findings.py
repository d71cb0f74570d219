"""What was asked of a finished run afterwards, kept in its folder: `runs/<id>/findings/<kind>-<key>.json`. No torch.

A file says what was asked and what was found, as plain values; its name is made of what was asked, so that the same question
is not worked on twice. Written by the worker when all is there (a ladder of labels point by point), read by pages.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..errors import BadRecord
from ..home import read_json, write_json
from .folder import RunFolder
from .plain import plain


def key_of(asked: Mapping[str, object]) -> str:
    """16 hex digits that name a question by its content."""
    return hashlib.sha256(json.dumps(plain(asked), sort_keys=True).encode()).hexdigest()[:16]


def path_of(home: Path, run: str, kind: str, asked: Mapping[str, object]) -> Path:
    return RunFolder.find(home, run).path / "findings" / f"{kind}-{key_of(asked)}.json"


def keep(home: Path, run: str, kind: str, asked: Mapping[str, object], found: Mapping[str, object]) -> Path:
    """Write what was found into the run that it is about."""
    path = path_of(home, run, kind, asked)
    path.parent.mkdir(exist_ok=True)
    write_json(path, plain({"kind": kind, "asked": asked, "made": time.time(), **found}))
    return path


def known(home: Path, run: str, kind: str, asked: Mapping[str, object]) -> dict[str, Any] | None:
    """What was found when this was asked before, or None."""
    found = read_json(path_of(home, run, kind, asked))
    return found if isinstance(found, dict) else None


def every(home: Path, kind: str, runs: Collection[str] = ()) -> list[Any]:
    """All findings of a kind about these runs (none named: about all in this home), newest first, each with `run` and what was asked of
    that run; damaged ones are left out.

    Their forms are those of `figures/found.py`.
    """
    rows = []
    for path in (home / "runs").glob(f"[!.]*/findings/{kind}-*.json"):
        if runs and path.parent.parent.name not in runs:
            continue
        try:
            found, asked = read_json(path), RunFolder(path.parent.parent).request()
        except BadRecord:
            continue  # the page of runs says what is wrong with a run; a damaged finding can be asked for again
        if isinstance(found, dict) and found.get("kind") == kind:
            rows.append({**found, "run": path.parent.parent.name, "request": asked, "file": path.name})
    return sorted(rows, key=lambda row: -float(row.get("made") or 0))
