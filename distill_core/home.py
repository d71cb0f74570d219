"""Where everything that the studio writes lives: one folder, `~/.distill-studio` unless told otherwise.

home/
├── catalog.json      what the engine can do, as plain data (written by a worker)
├── guests.json       methods in files of the user's own (see `record/guests.py`)
├── runs/<id>/        one folder per run (see `record/folder.py`)
├── sweeps/<id>.json  grids of runs (see `queue/sweeps.py`)
├── trash/<id>/       runs taken away, until the trash is emptied
├── index.sqlite      for lists and filters; can be rebuilt from the folders at any time
├── cache/            expensive things by content, `<kind>-<key>` (see `store.py`)
├── data/             data sets: the user's own, and what torchvision downloaded
├── workers/<pid>.json
└── questions/<id>.json, <id>.answer.json
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .errors import BadRecord

ASSETS = Path(__file__).resolve().parents[1] / "assets"


def studio_home(given: str | Path | None = None) -> Path:
    """The studio's home: what is given, else `DISTILL_STUDIO_HOME`, else `~/.distill-studio`. Made if absent."""
    home = (
        Path(given or os.environ.get("DISTILL_STUDIO_HOME") or Path.home() / ".distill-studio").expanduser().resolve()
    )
    for part in ("runs", "trash", "cache", "data", "workers", "questions"):
        (home / part).mkdir(parents=True, exist_ok=True)
    return home


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write instead of `path`, beside it and with its ending; it takes the place of `path` when the block ends, so that
    a reader sees the old file or the new one, never half of it. Where the block fails nothing is left behind."""
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.{secrets.token_hex(3)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_array(path: Path, values: np.ndarray) -> None:
    """Write an array; see `replacing`."""
    with replacing(path) as file:
        np.save(file, values, allow_pickle=False)


def write_json(path: Path, value: object) -> None:
    """Write plain values; see `replacing`."""
    with replacing(path) as file:
        file.write_text(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8")


def read_json(path: Path, default: Any = None) -> Any:
    """Read a JSON file; `default` where it is absent, `BadRecord` with a sentence where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except (OSError, ValueError) as error:
        raise BadRecord(
            f"{path.name} of {path.parent.name!r} cannot be read ({error}). Move the run to the trash."
        ) from None
