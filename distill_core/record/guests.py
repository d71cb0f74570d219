"""Methods that were given to a home as a file of the user's own (`--method file.py:Class`): `guests.json`, by name.

What is kept is plain data: where the file lies and what the catalog says of the method. So a page can offer it without running
anything; the file's code runs only when a run, a question or a cost of that method is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from filelock import FileLock

from ..entries import Entry
from ..errors import BadRecord
from ..home import read_json, write_json


class Guest(TypedDict):
    """One method: `file` is `/where/it/is.py:Class`, `entry` is that of the catalog."""

    file: str
    entry: Entry


def known(home: Path) -> dict[str, Guest]:
    """The methods whose file is there now, by name; none where the list cannot be read."""
    try:
        found = read_json(home / "guests.json", {})
    except BadRecord:
        return {}
    listed = found if isinstance(found, dict) else {}
    return {name: one for name, one in listed.items() if Path(one["file"].rpartition(":")[0]).is_file()}


def file_of(home: Path, method: str) -> str:
    """Where the method of this name lies; "" for one that is built in or installed."""
    guest = known(home).get(method)
    return guest["file"] if guest else ""


def remember(home: Path, name: str, file: str, entry: Entry) -> None:
    """Keep a method; another file of the same name takes its place."""
    with FileLock(home / "guests.lock", timeout=10):
        fresh: Guest = {"file": file, "entry": {**entry, "file": file}}
        write_json(home / "guests.json", {**known(home), name: fresh})


def forget(home: Path, name: str) -> None:
    """Take a method off the list; its file and its runs stay."""
    with FileLock(home / "guests.lock", timeout=10):
        write_json(home / "guests.json", {other: one for other, one in known(home).items() if other != name})
