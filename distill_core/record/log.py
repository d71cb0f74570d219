"""The log of a run: events are written as lines by the engine, and read as they come by anybody."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from ..events import Event, Images
from ..home import write_array
from .folder import RunFolder
from .lines import KnobLine, Line
from .naming import by_quantity
from .plain import plain
from .sheets import write_sheet


class Recorder:
    """Writes events as records: the engine's side of a run folder."""

    def __init__(self, folder: RunFolder, started: float | None = None):
        self.folder, self.path = folder, folder.path
        self.stage, self.seen = "", 0
        self._earlier = list(Timeline(folder).read_all_raw())
        self.count = 1 + max((record["n"] for record in self._earlier), default=-1)
        self.offset = 0.0  # seconds that earlier sittings took
        self.started = started or time.perf_counter()
        self._mend()
        self._file = open(self.path / "events.jsonl", "a", encoding="utf-8")  # noqa: SIM115 (kept open for the run)

    def _mend(self) -> None:
        """Cut a torn last line, which a killed writer may leave."""
        log = self.path / "events.jsonl"
        if log.exists():
            data = log.read_bytes()
            whole = data.rfind(b"\n") + 1
            if whole != len(data):
                with open(log, "r+b") as file:
                    file.truncate(whole)

    def earlier_moves(self) -> list[KnobLine]:
        """Knobs that were moved in earlier sittings, in what was taken back too."""
        return [record for record in self._earlier if record["kind"] == "knob"]

    def seconds(self) -> float:
        """Seconds of work on this run so far, in all sittings."""
        return self.offset + time.perf_counter() - self.started

    def write(self, event: Event) -> dict[str, Any]:
        """Write one event; returns its record."""
        if event.kind == "stage":
            self.stage = event.stage  # type: ignore[union-attr]
        stamp = {"n": self.count, "t": round(self.seconds(), 3), "stage": self.stage, "seen": self.seen}
        record = {**stamp, "kind": event.kind, **self._body(event)}
        self.count += 1  # first, so that no number is used twice when the disk is full
        self._file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n")
        self._file.flush()
        return record

    def _body(self, event: Event) -> dict[str, Any]:
        if event.kind == "images":
            return self._images(cast(Images, event))
        body: dict[str, Any] = {}
        for one in dataclasses.fields(event):
            value = getattr(event, one.name)
            if isinstance(value, np.ndarray) and value.size > 64:
                body[one.name] = {"file": self._array(one.name, value)}
            else:
                body[one.name] = plain(value)
        return body

    def _array(self, name: str, value: np.ndarray) -> str:
        relative = f"arrays/{self.count:06d}-{name}.npy"
        small = value.astype(np.float32) if value.dtype.kind == "f" else value.astype(np.int32)
        write_array(self.path / relative, small)
        return relative

    def _images(self, event: Images) -> dict[str, Any]:
        relative = f"sheets/{self.count:06d}.webp"
        columns, tile = write_sheet(event.pixels, self.path / relative)
        body = {"step": event.step, "space": event.space, "source": event.source, "sheet": relative, "columns": columns}
        many = {"labels": plain(event.labels), "ids": plain(event.ids)}
        return {**body, "tile": list(tile), "channels": int(event.pixels.shape[3]), "count": len(event.pixels), **many}

    def close(self) -> None:
        self._file.close()


class Timeline:
    """Reads events.jsonl as it grows: remembers where it was, leaves a torn last line for later, obeys `resumed`."""

    def __init__(self, folder: RunFolder):
        self.folder, self.offset = folder, 0
        self.records: list[Line] = []  # what holds now

    @classmethod
    def all(cls, folder: RunFolder) -> list[Line]:
        """What holds now, from the beginning."""
        timeline = cls(folder)
        timeline.read()
        return timeline.records

    def read(self) -> list[Line]:
        """The records written since the last call, `resumed` ones included; `self.records` is brought up to date."""
        fresh = list(self.read_all_raw())
        for record in fresh:
            if record["kind"] == "resumed":
                keep = record["keep"]
                self.records = [r for r in self.records if r["n"] < keep or r["kind"] == "resumed"]
            self.records.append(record)
        return fresh

    def read_all_raw(self) -> Iterator[Line]:
        try:
            with open(self.folder.path / "events.jsonl", "rb") as file:
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data.rfind(b"\n") + 1
        self.offset += whole
        for line in data[:whole].splitlines():
            try:
                record = json.loads(line)
                (
                    int(record["n"]),
                    str(record["kind"]),
                    float(record["t"]),
                    record["kind"] != "resumed" or int(record["keep"]),
                )
            except (ValueError, KeyError, TypeError):
                continue
            yield by_quantity(record)
