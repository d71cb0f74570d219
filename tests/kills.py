"""A run killed at many moments: what lies in its home then is copied, as a SIGKILL would leave it, and the copy goes on."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distill_core.fields import Plain
from distill_core.home import studio_home
from distill_core.job import Job
from distill_core.method import Method
from distill_core.methods import registry
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.results import Pictures, load_result
from distill_core.work import drive, sitting
from tests.methods.tiny import fitting, small

Settings = Mapping[str, Plain]
CUTS = 20  # of each method, at least, where its run has so many moments
UNSAID = {"n", "t", "seen", "seconds", "text", "level"}  # clocks, numbers, and sentences that say what a cache held


@dataclass
class Watch:
    """Called before every step and every record of a run, with where it stands."""

    look: Callable[[str, str], None] = lambda stage, key: None
    moments: list[tuple[str, str]] = field(default_factory=list)  # (stage, loop)

    @contextmanager
    def on(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        step, record = drive.RunDrive.at_step, drive.RunDrive.record

        def at_step(this: Any, key: str, *more: Any) -> Any:
            self._tell(this, key)
            return step(this, key, *more)

        def recorded(this: Any, event: Any) -> None:
            self._tell(this, "")
            record(this, event)

        with monkeypatch.context() as patch:
            patch.setattr(drive.RunDrive, "at_step", at_step)
            patch.setattr(drive.RunDrive, "record", recorded)
            yield

    def _tell(self, driven: Any, key: str) -> None:
        stage = f"{driven.recorder.stage} {driven.pulse.part}"
        self.look(stage, key)
        self.moments.append((stage, key))


def check_kills(kind: type[Method], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: Plain) -> None:
    """Settings other than the small ones by short names."""
    monkeypatch.setenv("DISTILL_STUDIO_CHECKPOINT_STEPS", "1")
    monkeypatch.setattr("distill_core.loop.Cadence.due", lambda self, index: True)  # as many events every time
    watch = Watch()
    with watch.on(monkeypatch):
        straight = finished(new_run(tmp_path / "straight", kind, monkeypatch, settings), kind)
    made = making(tmp_path / "straight", watch.moments)
    wanted = outcome(straight, made)
    for number, folder in copies(kind, tmp_path, monkeypatch, cuts(kind.card.name, watch.moments), settings).items():
        monkeypatch.setenv("DISTILL_STUDIO_HOME", str(folder.path.parents[1]))
        found = outcome(finished(folder, kind), made)
        for what, value in wanted.items():
            other = [pair for pair in zip_longest(value, found[what]) if pair[0] != pair[1]]
            assert not other, f"killed at moment {number}, {watch.moments[number]}: another {what}, {other[0]}"
        shutil.rmtree(folder.path.parents[1])


def cuts(name: str, moments: list[tuple[str, str]]) -> list[int]:
    """One in every stage and every loop, and more until there are `CUTS`: drawn by the name, the same every time."""
    draw = random.Random(f"cuts of {name}")
    groups: dict[str, list[int]] = {}
    for number, (stage, key) in enumerate(moments):
        groups.setdefault(stage, []).append(number)
        groups.setdefault(key, []).append(number)
    chosen = {draw.choice(group) for group in groups.values()}
    rest = sorted(set(range(len(moments))) - chosen)
    return sorted(chosen | set(draw.sample(rest, max(0, min(len(rest), CUTS - len(chosen))))))


def new_run(home: Path, kind: type[Method], monkeypatch: pytest.MonkeyPatch, settings: Settings) -> RunFolder:
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(home))
    method = small(kind, **settings)
    values = method.plain(), fitting(method).model_dump(mode="json")
    return RunFolder.create(studio_home(), kind.card.name, *values)


def finished(folder: RunFolder, kind: type[Method]) -> RunFolder:
    def only_distill(method: Method, job: Job) -> Any:
        return (yield from method.distill(job))

    state = sitting.drive_run(folder, only_distill, {**registry(), kind.card.name: kind})
    assert state["state"] == "finished", state["message"]
    return folder


def copies(
    kind: type[Method], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: list[int], settings: Settings
) -> dict[int, RunFolder]:
    """The run once more, its home copied at these moments."""
    home, found = tmp_path / "again", {}
    folder = new_run(home, kind, monkeypatch, settings)

    def copy(stage: str, key: str) -> None:
        if (number := len(watch.moments)) in at:
            shutil.copytree(home, tmp_path / f"cut {number}")
            found[number] = RunFolder.find(tmp_path / f"cut {number}", folder.id)

    watch = Watch(copy)
    with watch.on(monkeypatch):
        finished(folder, kind)
    assert sorted(found) == at
    return found


def making(home: Path, moments: list[tuple[str, str]]) -> set[str]:
    """Stages in which something was made for the cache: a run that finds it there says less."""
    kept = {path.stem for path in (home / "cache").iterdir()}
    return {stage.split()[0] for stage, key in moments if kept & set(key.split("/"))}


def outcome(folder: RunFolder, made: set[str]) -> dict[str, list[Any]]:
    """What has to be the same: the set, every file of the cache, the timeline."""
    result = Pictures.of(load_result(folder.path / "set.safetensors"))
    tensors = [t for t in (result.images, result.labels, result.soft_labels) if t is not None]
    cache = folder.path.parents[1] / "cache"
    kept = [path for path in cache.rglob("[!.]*") if path.is_file() and path.suffix != ".lock"]
    return {
        "set": [digest(t.numpy().tobytes()) for t in tensors],
        "cache": sorted((os.fspath(path.relative_to(cache)), digest(path.read_bytes())) for path in kept),
        "timeline": [said(folder, r) for r in Timeline.all(folder) if is_told(r, made)],
    }


def is_told(record: dict[str, Any], made: set[str]) -> bool:
    if record["kind"] in ("note", "resumed"):
        return False
    return record["kind"] in ("stage", "finished") or record["stage"] not in made


def said(folder: RunFolder, record: dict[str, Any]) -> dict[str, Any]:
    """A record without clocks; files by what they hold."""

    def held(name: str, value: Any) -> Any:
        if name == "sheet":
            return digest((folder.path / value).read_bytes())
        if isinstance(value, dict) and "file" in value:
            return digest(np.load(folder.path / value["file"]).tobytes())
        return value

    return {name: held(name, value) for name, value in record.items() if name not in UNSAID}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
