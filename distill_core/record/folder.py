"""One run on disk: readable while it is written, by any number of readers.

job.json         what was asked: method, settings, job, name, when; see `Asked`
state.json       how it stands (atomic rename); see `State`
control.json     what the watchers want: pause, stop, single steps, live knobs
events.jsonl     append-only; one record a line; files are written before the line that names them
sheets/*.webp    image sheets, lossless, so that they are the very pixels
arrays/*.npy     logits and other arrays
checkpoints/     for resume
findings/        what was asked of the set afterwards: other students, class after class (see `findings.py`)
planes/          planes, measures and features, made on request: see `view.py`
set.safetensors  the synthetic set, once there is one
lock             held by the process that works on the run
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypedDict, Unpack, cast

import numpy as np
from filelock import FileLock, Timeout
from PIL import Image

from ..errors import BadRecord, BadSetting
from ..events import Event, Images
from ..home import read_json, replacing, write_array, write_json
from ..spec import respelled
from . import guests
from .lines import ImagesLine, KnobLine, Line
from .naming import by_quantity
from .scores import Score

SCHEMA = 1
SILENT = 3.0  # seconds without a heartbeat after which the lock is asked whether anybody still works
OVER = ("finished", "stopped", "failed", "lost")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class Asked(TypedDict, total=False):
    """job.json. `settings` are the fields of the method, `job` those of the `Job`, both as plain values."""

    schema: int
    id: str
    name: str
    method: str
    settings: dict[str, Any]
    job: dict[str, Any]
    preset: str
    created: float
    file: str  # `/where/it/is.py:Class`, for a method in a file of the user's own


class State(TypedDict, total=False):
    """state.json: how a run stands. Written by whoever holds its lock, once a second while it works."""

    schema: int
    state: str  # queued, running, paused, finished, stopped, failed; `lost` is seen by readers
    message: str
    heartbeat: float
    pid: int  # who works on it
    by: int  # the process that will work on it itself (a terminal); 0 leaves it to whichever worker is free
    started: float
    stage: str
    step: int
    steps: int
    part: int
    parts: int
    rate: float
    left_s: float | None
    seconds: float
    memory: int
    scores: dict[str, Score]
    wrong_setting: bool
    imported: bool


class Control(TypedDict):
    """control.json: what the watchers want."""

    want: str  # run, pause, stop
    steps: int  # single steps asked for so far
    knobs: dict[str, float]


class RunFolder:
    """A run, by its folder."""

    def __init__(self, path: Path):
        self.path = Path(path)

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def home(self) -> Path:
        """The home whose library (or trash) it lies in."""
        return self.path.parents[1]

    @classmethod
    def find(cls, home: Path, run: str) -> RunFolder:
        """The run with this id. An id never leaves the runs folder."""
        if not _ID.fullmatch(run) or not (home / "runs" / run / "job.json").is_file():
            from ..errors import nearest

            known = [p.name for p in (home / "runs").iterdir()] if (home / "runs").is_dir() else []
            raise BadRecord(f"There is no run called {run!r}.{nearest(run, known)} `distill-studio runs` lists them.")
        return cls(home / "runs" / run)

    @classmethod
    def create(
        cls,
        home: Path,
        method: str,
        settings: dict[str, Any],
        job: dict[str, Any],
        *,
        name: str = "",
        preset: str = "",
    ) -> RunFolder:
        """A new run; an executor starts it. Its id says what it is: `dwa-digits-ipc1-s0-7f3a`."""
        data = re.sub(r"[^a-z0-9]+", "-", str(job.get("data", "")).lower()).strip("-")[-40:]
        stem = f"{method}-{data}-ipc{job.get('ipc', 1)}-s{job.get('seed', 0)}"
        folder = cls(home / "runs" / f"{stem}-{secrets.token_hex(2)}")
        while folder.path.exists():
            folder = cls(home / "runs" / f"{stem}-{secrets.token_hex(3)}")
        staging = home / "runs" / f".new-{folder.id}"
        for part in ("sheets", "arrays", "checkpoints", "planes"):
            (staging / part).mkdir(parents=True)
        asked: Asked = {"schema": SCHEMA, "id": folder.id, "name": name or stem, "method": method, "settings": settings}
        if file := guests.file_of(home, method):
            asked["file"] = file
        write_json(staging / "job.json", {**asked, "job": job, "preset": preset, "created": time.time()})
        fresh: State = {"schema": SCHEMA, "state": "stopped", "message": "It was not started yet."}
        write_json(staging / "state.json", {**fresh, "heartbeat": time.time()})
        os.replace(staging, folder.path)
        return folder

    def request(self) -> Asked:
        """job.json, its specs in the one spelling; refuses what a newer version wrote."""
        asked = read_json(self.path / "job.json")
        if (
            not isinstance(asked, dict)
            or not isinstance(asked.get("method"), str)
            or not isinstance(asked.get("job"), dict)
        ):
            raise BadRecord(
                f"Run {self.id!r} has no readable job.json. Move it to the trash, or put its job.json back."
            )
        if int(asked.get("schema", 0)) > SCHEMA:
            raise BadRecord(
                f"Run {self.id!r} was written by a newer version (record {asked['schema']}, this one reads up to {SCHEMA}). Update Distill Studio."
            )
        return cast(Asked, {**asked, "job": respelled(asked["job"])})

    def rename(self, name: str) -> None:
        if not name.strip() or len(name) > 120:
            raise BadSetting(f"A run's name has 1 to 120 characters; {len(name.strip())} were given.")
        write_json(self.path / "job.json", {**self.request(), "name": name.strip()})

    def state(self) -> State:
        """How the run stands. A run that says it works while nobody works on it is `lost` and can be resumed."""
        state = read_json(self.path / "state.json", {"state": "failed", "message": "state.json is missing."})
        if not isinstance(state, dict) or "state" not in state:
            raise BadRecord(f"Run {self.id!r} has no readable state.json. Move it to the trash.")
        silent = time.time() - float(state.get("heartbeat", 0)) > SILENT
        if state["state"] in ("running", "paused") and silent and not self.is_alive():
            # whoever worked on it may have finished between the two looks
            state = read_json(self.path / "state.json", state)
            if state["state"] in ("running", "paused"):
                state = {
                    **state,
                    "state": "lost",
                    "message": "The process that worked on this run is gone. Nothing that it saved is lost.",
                }
        return cast(State, state)

    def set_state(self, **changes: Unpack[State]) -> State:
        """Merge into state.json. Only the holder of the lock (or the submitter of a queued run) writes it."""
        old = read_json(self.path / "state.json", {}) or {}
        new: State = {**old, **changes, "schema": SCHEMA, "heartbeat": time.time()}
        write_json(self.path / "state.json", new)
        return new

    def lock(self) -> FileLock:
        """The right to work on this run; released by the system when its holder dies."""
        return FileLock(self.path / "lock", timeout=0)

    def is_held(self) -> bool:
        if not (self.path / "lock").exists():
            return False
        try:
            with self.lock():
                return False
        except Timeout:
            return True

    def is_alive(self) -> bool:
        """Whether anybody works on it, as its executor says."""
        return _judge(self)

    def control(self) -> Control:
        """What the watchers want."""
        return {"want": "run", "steps": 0, "knobs": {}, **(read_json(self.path / "control.json", {}) or {})}

    def steer(self, *, want: str | None = None, steps: int = 0, knobs: dict[str, float] | None = None) -> None:
        """Ask the run to `run`, `pause` or `stop`; to take `steps` single steps; to move live `knobs`."""
        with FileLock(self.path / "control.lock", timeout=5):
            now = self.control()
            if want is not None:
                now["want"] = want
            now["steps"] = int(now["steps"]) + steps
            now["knobs"] = {**now["knobs"], **(knobs or {})}
            write_json(self.path / "control.json", now)


_judge: Callable[[RunFolder], bool] = RunFolder.is_held


def judge_by(is_alive: Callable[[RunFolder], bool]) -> None:
    """Ask this from now on whether anybody works on a run. The executors, which stand above, say it (`queue/executor.py`);
    where none was loaded, the lock is asked."""
    global _judge  # noqa: PLW0603 (one judge for the process, set once at import)
    _judge = is_alive


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


def plain(value: object) -> Any:
    """NumPy and mappings to what JSON knows; a number that is not finite becomes null."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def write_sheet(pixels: np.ndarray, path: Path) -> tuple[int, tuple[int, int]]:
    """Tile (n, h, w, c) uint8 into one lossless WebP; returns (columns, (h, w)). Ten columns, fewer for fewer images.

    A WebP side has at most 16,383 pixels; more images than fit take more columns.
    """
    n, h, w, _ = pixels.shape
    columns = max(1, min(n, 10))
    while -(-n // columns) * h > 16_000:
        columns *= 2
    rows = -(-n // columns)
    sheet = np.zeros((rows * h, columns * w, 3), np.uint8)
    for i in range(n):
        top, left = i // columns * h, i % columns * w
        sheet[top : top + h, left : left + w] = pixels[i]
    with replacing(path) as file:
        Image.fromarray(sheet).save(file, "WEBP", lossless=True, method=0, quality=0, exact=True)
    return columns, (h, w)


def read_sheet(folder: RunFolder, record: ImagesLine) -> np.ndarray:
    """The pixels of an `images` record, (n, h, w, c) uint8."""
    with Image.open(inside(folder, record["sheet"])) as opened:
        sheet = np.asarray(opened.convert("RGB"))
    (h, w), columns, c = record["tile"], record["columns"], record["channels"]
    tiles = [
        sheet[i // columns * h : i // columns * h + h, i % columns * w : i % columns * w + w]
        for i in range(record["count"])
    ]
    return np.stack(tiles)[..., :c]


def read_array(folder: RunFolder, value: object) -> np.ndarray:
    """A field of a record that may be inline or in a file of its own."""
    if isinstance(value, dict) and "file" in value:
        return np.load(inside(folder, value["file"]), allow_pickle=False)
    return np.asarray(value)


def inside(folder: RunFolder, relative: str) -> Path:
    """A file that a record names; refuses a path that leaves the run's folder."""
    path = (folder.path / relative).resolve()
    if not path.is_relative_to(folder.path.resolve()) or not path.is_file():
        raise BadRecord(
            f"Run {folder.id!r} names a file that is not in its folder: {relative!r}. The run was edited or half copied."
        )
    return path


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
