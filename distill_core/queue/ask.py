"""Questions that need the engine, put to the waiting worker through files: `home/questions/<id>.json` and `<id>.answer.json`.

why_not      method, settings, job                  → {"reason", "caution": sentence or None, "in_force": {path: value}}
check_sweep  plan                                   → {"reason": sentence or None}: see `cells.py`
trial        method, settings, job                  → {"seconds", "disk", "memory", "stages": {name: seconds}}
import_data  path, name, mirror, size               → what `datasets.own.add` found, refused and why
bring        path, data, pixels, factor             → what lies there: see `work/sets/report.py`
plane        runs, kind ("tsne", …), space, …       → {"file", "kept", "notes"}: see `planes.py`
spread       runs, planes, measure                  → {"left", "seconds"}: see `spread.py`
activation   run, record                            → names of its files, numbers: see `activation.py`
attention    run, record                            → names of its files, numbers: see `attention.py`
walk         run, label, row                        → names of its files, numbers: see `walk.py`
prior_sheet  use ("style@…"), data                  → {"file"}: samples of a prior, beside it in the cache
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict, Unpack, cast

from ..errors import BadRecord
from ..home import read_json, write_json
from . import workers
from .executor import executor_of

KEPT = 24 * 3600.0  # seconds after which an answer nobody took is thrown away


class Question(TypedDict):
    """questions/<id>.json"""

    id: str
    question: str
    values: dict[str, object]
    asked: float


class Reply(TypedDict, total=False):
    """questions/<id>.answer.json: `state` is working (with `progress`), done (with `value`) or failed (with `message`)."""

    state: str
    progress: Mapping[str, object]
    value: Mapping[str, object]
    message: str


def ask(home: Path, question: str, **values: object) -> str:
    """Put a question; returns its id at once. Values are plain."""
    one = f"{time.time_ns():020d}-{secrets.token_hex(3)}"
    write_json(
        home / "questions" / f"{one}.json", {"id": one, "question": question, "values": values, "asked": time.time()}
    )
    executor_of(home).get_ready()
    return one


def is_heard(home: Path) -> bool:
    """Whether anybody answers: a worker that is there, or one that may be started."""
    return bool(workers.workers(home)) or not workers.is_read_only()


def answer(home: Path, question: str) -> Reply | None:
    """What is known so far; None until somebody has begun."""
    if not re.fullmatch(r"\d{20}-[0-9a-f]{6}", question):
        raise BadRecord(f"{question!r} is no question's id.")
    found = read_json(home / "questions" / f"{question}.answer.json")
    return cast(Reply, found) if isinstance(found, dict) else None


def forget(home: Path, question: str) -> None:
    """Take a question and its answer away."""
    if re.fullmatch(r"\d{20}-[0-9a-f]{6}", question):
        for end in (".json", ".answer.json"):
            (home / "questions" / f"{question}{end}").unlink(missing_ok=True)


def open_questions(home: Path) -> list[Question]:
    """Questions that nobody has begun to answer, oldest first."""
    found: list[Question] = []
    for path in sorted((home / "questions").glob("*.json")):
        if path.name.endswith(".answer.json") or path.with_suffix(".answer.json").exists():
            continue
        try:
            question = read_json(path)
        except BadRecord:
            continue  # half a file put there by hand; `sweep` takes it away in time
        if isinstance(question, dict) and {"id", "question", "values"} <= question.keys():
            found.append(cast(Question, question))
    return found


def reply(home: Path, question: str, **values: Unpack[Reply]) -> None:
    """The worker's side: write what is known so far."""
    write_json(home / "questions" / f"{question}.answer.json", values)


def sweep(home: Path) -> None:
    """Throw away questions and answers that are older than a day."""
    for path in (home / "questions").glob("*.json"):
        if time.time() - path.stat().st_mtime > KEPT:
            path.unlink(missing_ok=True)
