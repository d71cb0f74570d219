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


def add_data(home: Path, path: Path, name: str, mirror: bool | None, as_json: bool) -> None:
    from ..work.catalogue import import_data
    from .bar import downloading

    with downloading() as progress:
        found = import_data(
            home, path, name or path.stem.lower(), lambda **p: progress(p["what"], p["done"], p["total"]), mirror
        )
    if as_json:
        return emit(found)
    for one, reason in found["skipped"]:
        aside().print(f"left out {one}: {reason}", markup=False, soft_wrap=True)
    for note in found["notes"]:
        console().print(f"· {note}", markup=False, soft_wrap=True)
    data = found["data"]
    text = f"{data['name']}: {len(data['classes'])} classes, {data['train']} + {data['test']} images. run METHOD --data {data['name']}"
    return console().print(text, markup=False, soft_wrap=True)
