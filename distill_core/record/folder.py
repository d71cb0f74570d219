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

import os
import re
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Unpack, cast

from filelock import FileLock, Timeout

from ..errors import BadRecord, BadSetting
from ..home import read_json, write_json
from ..spec import respelled
from . import guests
from .asked import Asked, Control, State

SCHEMA = 1
SILENT = 3.0  # seconds without a heartbeat after which the lock is asked whether anybody still works
OVER = ("finished", "stopped", "failed", "lost")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


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
        expected: float | None = None,
    ) -> RunFolder:
        """A new run; an executor starts it. Its id says what it is: `dwa-digits-ipc1-s0-7f3a`.

        Args:
            expected: seconds that it will take, where a trial or runs of its kind say so.
        """
        data = re.sub(r"[^a-z0-9]+", "-", str(job.get("data", "")).lower()).strip("-")[-40:]
        words = f"{method}-{data}-ipc{job.get('ipc', 1)}-s{job.get('seed', 0)}".lower()
        stem = re.sub(r"[^a-z0-9._-]+|\.{2,}", "-", words).lstrip("._-")[:90] or "run"
        folder = cls(home / "runs" / f"{stem}-{secrets.token_hex(2)}")
        while folder.path.exists():
            folder = cls(home / "runs" / f"{stem}-{secrets.token_hex(3)}")
        asked: Asked = {"schema": SCHEMA, "id": folder.id, "name": name or stem, "method": method, "settings": settings}
        if file := guests.file_of(home, method):
            asked["file"] = file
        if expected:
            asked["expected"] = round(expected, 1)
        fresh: State = {"schema": SCHEMA, "state": "stopped", "message": "It was not started yet."}
        staging = home / "runs" / f".new-{folder.id}"
        try:
            for part in ("sheets", "arrays", "checkpoints", "planes"):
                (staging / part).mkdir(parents=True)
            write_json(staging / "job.json", {**asked, "job": job, "preset": preset, "created": time.time()})
            write_json(staging / "state.json", {**fresh, "heartbeat": time.time()})
            os.replace(staging, folder.path)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return folder

    def request(self) -> Asked:
        """job.json with `settings` in any case, its specs in the one spelling; refuses what a newer version wrote."""
        asked = read_json(self.path / "job.json")
        if (
            not isinstance(asked, dict)
            or not isinstance(asked.get("method"), str)
            or not isinstance(asked.get("job"), dict)
            or not isinstance(asked.get("settings") or {}, dict)
        ):
            raise BadRecord(
                f"Run {self.id!r} has no readable job.json. Move it to the trash, or put its job.json back."
            )
        if int(asked.get("schema", 0)) > SCHEMA:
            raise BadRecord(
                f"Run {self.id!r} was written by a newer version (record {asked['schema']}, this one reads up to {SCHEMA}). Update Distill Studio."
            )
        return cast(Asked, {**asked, "settings": asked.get("settings") or {}, "job": respelled(asked["job"])})

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
