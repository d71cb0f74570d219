"""Runs that were thrown away, until the trash is emptied."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from ..errors import BadRecord, BadSetting
from .folder import RunFolder
from .rows import Row, as_row, row_of, size_of


def trash(home: Path, run: str) -> None:
    """Take a run away; `restore` brings it back until the trash is emptied."""
    path = _inside(home / "runs", run)
    folder = RunFolder(path)
    if folder.is_alive():
        raise BadSetting(f"Run {run!r} is being worked on. Stop it first.")
    (path / "trashed").write_text(str(time.time()), encoding="utf-8")
    target = home / "trash" / run
    if target.exists():
        shutil.rmtree(target)
    path.rename(target)


def restore(home: Path, run: str) -> None:
    """Bring a run back from the trash."""
    path = _inside(home / "trash", run)
    if (home / "runs" / run).exists():
        raise BadSetting(f"There is a run called {run!r} already. Move it to the trash first.")
    (path / "trashed").unlink(missing_ok=True)
    path.rename(home / "runs" / run)


def list_trash(home: Path) -> list[Row]:
    """The runs in the trash, as rows, the last one first."""
    paths = [path for path in (home / "trash").glob("[!.]*") if path.is_dir()]
    paths.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [as_row(row_of(RunFolder(path))) for path in paths]


def empty_trash(home: Path) -> int:
    """Delete what is in the trash for good; returns the bytes that became free."""
    freed = 0
    for path in (home / "trash").iterdir():
        freed += size_of(path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return freed


def _inside(folder: Path, run: str) -> Path:
    path = folder / run
    if not run or run.startswith(".") or path.parent != folder or not path.is_dir():
        raise BadRecord(f"There is no run called {run!r} there.")
    return path
