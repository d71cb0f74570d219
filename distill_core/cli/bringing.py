"""Data sets from a terminal: what there is, and the user's own images."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..entries import DataEntry
from ..record.plain import plain
from .out import aside, console, emit


def known_data() -> list[DataEntry]:
    from .. import datasets

    return [plain(dataclasses.asdict(one)) for one in datasets.known()]


def add_data(home: Path, path: Path, name: str, size: int | None, mirror: bool | None, as_json: bool) -> None:
    from ..work.catalogue import import_data
    from .bar import downloading

    with downloading() as progress:
        found = import_data(
            home, path, name or path.stem.lower(), lambda **p: progress(p["what"], p["done"], p["total"]), mirror, size
        )
    if as_json:
        return emit(found)
    for one, reason in found["skipped"]:
        aside().print(f"left out {one}: {reason}", markup=False, soft_wrap=True)
    for note in found["notes"]:
        console().print(f"· {note}", markup=False, soft_wrap=True)
    data = found["data"]
    counted = f"{found['given']} files given, {found['read']} taken: {data['train']} for training, {data['test']} for the test"
    kept = f"{data['size']}×{data['size']}, {'RGB' if data['channels'] == 3 else 'grey'}"
    text = f"{data['name']}: {counted}, {kept}. Classes: {', '.join(data['classes'])}. run METHOD --data {data['name']}"
    return console().print(text, markup=False, soft_wrap=True)
