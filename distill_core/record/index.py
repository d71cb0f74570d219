"""The library's index: one row per run in SQLite, for lists, filters and comparisons.

The folders are the truth. The index remembers what it read of each and reads again what changed; it may be deleted at any
time. A run that cannot be read has a row too: its state is `broken`, and its message says why.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import BadSetting
from .folder import RunFolder
from .rows import COLUMNS, Row, as_row, row_of

VERSION = 3
ORDERS = ("created", "name", "method", "data", "ipc", "seed", "state", "seconds", "accuracy", "random", "bytes")


def list_runs(
    home: Path,
    *,
    method: str = "",
    data: str = "",
    state: str = "",
    text: str = "",
    order: str = "-created",
    limit: int = 1000,
) -> list[Row]:
    """Runs as plain rows, newest first unless `order` says otherwise (`-` reverses).

    `state` may be several, joined by commas; `text` is looked for in id, name, method, data, preset and tags.
    """
    name, downwards = order.lstrip("-"), order.startswith("-")
    if name not in ORDERS:
        raise BadSetting(f"Runs cannot be ordered by {name!r}. Choose one of {', '.join(ORDERS)}.")
    where, values = _filter(method, data, [one for one in state.split(",") if one], text)
    query = f"SELECT {', '.join(COLUMNS)} FROM runs {where} ORDER BY {name} IS NULL, {name} {'DESC' if downwards else 'ASC'}, id LIMIT ?"
    with _open(home) as index:
        _refresh(home, index)
        rows = index.execute(query, [*values, limit]).fetchall()
    return [as_row(dict(zip(COLUMNS, row, strict=True))) for row in rows]


def _filter(method: str, data: str, states: list[str], text: str) -> tuple[str, list[str]]:
    parts, values = [], list[str]()
    for column, wanted in (("method", method), ("data", data)):
        if wanted:
            parts.append(f"{column} = ?")
            values.append(wanted)
    if states:
        parts.append(f"state IN ({', '.join('?' * len(states))})")
        values += states
    for word in text.lower().split():
        parts.append(
            "instr(lower(id || ' ' || name || ' ' || method || ' ' || data || ' ' || preset || ' ' || tags), ?) > 0"
        )
        values.append(word)
    return ("WHERE " + " AND ".join(parts) if parts else ""), values


def refresh(home: Path) -> None:
    """Read again what changed since the last look."""
    with _open(home) as index:
        _refresh(home, index)


@contextmanager
def _open(home: Path) -> Iterator[sqlite3.Connection]:
    """The index, made anew where it is absent, damaged or of another version."""
    path = home / "index.sqlite"
    try:
        index = _connect(path)
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise
        path.unlink(missing_ok=True)
        index = _connect(path)
    with closing(index):
        yield index


def _connect(path: Path) -> sqlite3.Connection:
    index = sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        found = index.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, VERSION):
            raise sqlite3.DatabaseError("another version")
        index.execute("PRAGMA synchronous = OFF")  # nothing in it is the only copy
        index.execute(f"CREATE TABLE IF NOT EXISTS runs ({', '.join(COLUMNS)}, stamp, PRIMARY KEY (id))")
        index.execute(f"PRAGMA user_version = {VERSION}")
        index.execute(f"SELECT {', '.join(COLUMNS)}, stamp FROM runs LIMIT 1").fetchone()
    except sqlite3.DatabaseError:
        index.close()
        raise
    return index


def _refresh(home: Path, index: sqlite3.Connection) -> None:
    """Bring the rows up to date: new and changed folders are read, vanished ones leave, silent ones may be lost."""
    known = {row[0]: row[1:] for row in index.execute("SELECT id, stamp, state FROM runs")}
    present = {path.name: path for path in (home / "runs").glob("[!.]*") if path.is_dir()}
    index.execute("BEGIN IMMEDIATE")
    try:
        index.executemany("DELETE FROM runs WHERE id = ?", [(one,) for one in known.keys() - present.keys()])
        for name, path in present.items():
            stamp, state = _stamp(path), known.get(name, ("", ""))[1]
            if known.get(name, ("",))[0] != stamp or state in ("running", "paused"):
                row = row_of(RunFolder(path))
                values = [row[column] for column in COLUMNS]
                index.execute(f"REPLACE INTO runs VALUES ({', '.join('?' * (len(COLUMNS) + 1))})", [*values, stamp])
        index.execute("COMMIT")
    except BaseException:
        index.execute("ROLLBACK")
        raise


def _stamp(path: Path) -> str:
    """Changes whenever one of the small files does."""
    stamps = []
    for name in ("job.json", "state.json", "tags.json", "events.jsonl"):
        try:
            found = (path / name).stat()
            stamps.append(f"{found.st_mtime_ns}.{found.st_size}")
        except OSError:
            stamps.append("-")
    return " ".join(stamps)
