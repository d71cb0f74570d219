"""The library's index: one row per run in SQLite, for lists, filters and comparisons.

The folders are the truth. The index remembers what it read of each and reads again what changed; it may be deleted at any
time. A run that cannot be read has a row too: its state is `broken`, and its message says why.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypedDict, cast

from ..errors import BadRecord, BadSetting
from ..home import read_json, write_json
from .folder import OVER, Asked, RunFolder

VERSION = 1
COLUMNS = (
    "id", "name", "method", "data", "ipc", "seed", "state", "message", "preset", "created", "seconds", "progress",
    "accuracy", "std", "n", "random", "real", "student", "protocol", "bytes", "tags", "stage", "left_s",
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
    real: float | None
    student: str
    protocol: str
    bytes: int
    tags: list[str]
    stage: str
    left_s: float | None


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
    return [_row(dict(zip(COLUMNS, row, strict=True))) for row in rows]


def _row(values: dict[str, Any]) -> Row:
    """A row of the table as it is handed out: `tags` as a list."""
    return cast(Row, {**values, "tags": json.loads(values["tags"])})


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
        **{name: str(distilled.get(name) or "") for name in ("student", "protocol")},
        "stage": str(state.get("stage") or ""),
        "left_s": _number(state.get("left_s")),
        "tags": json.dumps(tags(run), ensure_ascii=False),
    }


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def size_of(path: Path) -> int:
    """Bytes on disk of everything in a folder."""
    total = 0
    for one in path.rglob("*"):
        try:
            total += one.stat().st_size if one.is_file() else 0
        except FileNotFoundError:
            continue  # a temporary file of a run that is working
    return total


# ── what a visitor does with runs ─────────────────────────────────────────────────────────────────────────────


def tags(run: RunFolder) -> list[str]:
    found = read_json(run.path / "tags.json", [])
    return [str(one) for one in found] if isinstance(found, list) else []


def set_tags(run: RunFolder, wanted: list[str]) -> None:
    """Words of 1 to 40 characters that a run is filed under."""
    clean = sorted({one.strip() for one in wanted if one.strip()})
    if len(clean) > 20 or any(len(one) > 40 for one in clean):
        raise BadSetting(f"{len(clean)} tags were given; a run has at most 20, of at most 40 characters each.")
    write_json(run.path / "tags.json", clean)


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
    return [_row(row_of(RunFolder(path))) for path in paths]


def empty_trash(home: Path) -> int:
    """Delete what is in the trash for good; returns the bytes that became free."""
    freed = 0
    for path in (home / "trash").iterdir():
        freed += size_of(path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return freed


def again(run: RunFolder, *, with_moves: bool = True) -> Asked:
    """What to ask for the same run once more: method, settings, job (with the moves that were made), preset."""
    from .folder import Timeline

    asked = run.request()
    moved = {(one["stage"], one["step"], one["name"]): one["value"] for one in asked["job"].get("moves", ())}
    if with_moves:
        moved |= {(r["stage"], r["step"], r["name"]): r["value"] for r in Timeline.all(run) if r["kind"] == "knob"}
    moves = [{"stage": s, "step": i, "name": n, "value": v} for (s, i, n), v in moved.items()] if with_moves else []
    job = {**asked["job"], "moves": moves}
    return {
        "method": asked["method"],
        "settings": asked.get("settings") or {},
        "job": job,
        "preset": asked.get("preset", ""),
    }


def is_over(row: Row) -> bool:
    return row["state"] in (*OVER, "broken")


def _inside(folder: Path, run: str) -> Path:
    path = folder / run
    if not run or run.startswith(".") or path.parent != folder or not path.is_dir():
        raise BadRecord(f"There is no run called {run!r} there.")
    return path
