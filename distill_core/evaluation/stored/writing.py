"""Writing a label store: record after record into its place, never whole in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ...results.views import Views
from .file import Said, head_of


@contextmanager
def writing(path: Path, said: Said) -> Iterator[Writer]:
    """A new file in which there is room for every record; `Writer.add` fills it. Whole where the block ends."""
    with path.open("wb") as file:
        writer = Writer(file, said)
        yield writer
        if writer.written != said.records:
            raise RuntimeError(f"{writer.written} of {said.records} records were written")
        file.flush()
        os.fsync(file.fileno())


class Writer:
    """Writes batches one after the other, each column in its place."""

    def __init__(self, file: BinaryIO, said: Said):
        self.file, self.said, self.written = file, said, 0
        head, self.places, size = head_of(said)
        file.write(head)
        self.start = len(head)
        file.truncate(self.start + size)

    def add(self, views: Views) -> None:
        """The next records."""
        columns = self.said.layout.packed(views)
        for name, (kind, many) in self.said.layout.columns.items():
            self.file.seek(self.start + self.places[name] + self.written * kind.itemsize * many)
            self.file.write(columns[name].tobytes())
        self.written += len(views.own)
