"""Pages are tested without a worker: a home of their own, a small catalog, and runs written the way a recorder does."""

from __future__ import annotations

import gc
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from distill_core.catalog import SCHEMA, package_version
from distill_core.events import Failed, Finished, Images, Scalars, Scored, StageStarted
from distill_core.home import studio_home, write_json
from distill_core.job import Job
from distill_core.part import fields_of
from distill_core.record.folder import RunFolder
from distill_core.record.log import Recorder
from distill_core.work.catalogue import method_entry
from pages.parts import examples
from tests.pages.toy import RandomReal, Shift

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with a catalog; nobody spawns a worker."""
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(tmp_path / "home"))
    made = studio_home()
    write_json(made / "catalog.json", small_catalog())
    monkeypatch.setattr("pages.parts.frame.get_ready", lambda: None)
    monkeypatch.setattr("distill_core.queue.workers.ensure_worker", lambda home: 0)
    st.cache_data.clear()
    return made


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """`open_page("distill/new", method="shift")` → the page after its first run, without an exception."""

    def open_one(page: str = "learn/start", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        if page != "learn/start":
            app.run()
            app.switch_page(f"pages/{page}.py")
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception, app.exception
        return app

    yield open_one
    gc.collect()


@pytest.fixture
def no_examples(tmp_path, monkeypatch) -> None:
    """A studio without recorded runs."""
    for shelf in ("SHELF", "PLAYED"):
        monkeypatch.setattr(examples, shelf, tmp_path / "nothing")


@pytest.fixture
def make_run(home: Path) -> Callable[..., RunFolder]:
    """A run as a recorder would have written it: images that form, a loss, and scores with their control."""

    def make(method: str = "shift", *, state: str = "finished", where: Path | None = None, **job: Any) -> RunFolder:
        asked = {"data": "tiny", "ipc": 1, "seed": 0, "students": 3, "device": "cpu", **job}
        folder = RunFolder.create(where or home, method, {"steps": 20}, asked)
        if state != "queued":
            write(folder, state, asked)
        folder.set_state(state=state, stage="recover", step=20, steps=20, seconds=1.5, scores=summary(state))
        return folder

    return make


def write(folder: RunFolder, state: str, job: dict[str, Any]) -> None:
    recorder, random = Recorder(folder), np.random.default_rng(int(job["seed"]))
    count = 2 * int(job["ipc"])
    labels, ids = np.arange(count) % 2, np.arange(count)
    recorder.write(StageStarted("recover", 20))
    recorder.write(
        Images(0, random.integers(0, 255, (6, 8, 8, 1)).astype(np.uint8), np.arange(6) % 2, np.arange(6), source="real")
    )
    for step in (0, 10, 20):
        recorder.write(Scalars(step, {"loss": 1 / (step + 1)}))
        recorder.write(Images(step, random.integers(0, 255, (count, 8, 8, 1)).astype(np.uint8), labels, ids))
    if state == "finished":
        for subject, accuracy in (
            ("real", (0.97, 0.98, 0.99)),
            ("distilled", (0.85, 0.86, 0.87)),
            ("random", (0.7, 0.71, 0.72)),
        ):
            budget = {
                "images": 100 if subject == "real" else count,
                "image_bytes": 64 * count,
                "seconds": 0.5,
                "student_steps": 90,
            }
            protocol = "real" if subject == "real" else "hard"
            recorder.write(Scored(subject, "convnet", protocol, accuracy, "hard", budget))  # type: ignore[arg-type]
        recorder.write(Finished(1.5))
    if state == "failed":
        recorder.write(Failed("The loss became NaN at step 10 of recover. Lower lr_img."))
    recorder.close()


def summary(state: str) -> dict[str, Any]:
    about = {"student": "convnet", "protocol": "hard", "labels": "hard", "n": 3, "std": 0.01}
    return (
        {"distilled": {"accuracy": 0.86, **about}, "random": {"accuracy": 0.71, **about}} if state == "finished" else {}
    )


@cache
def toy_methods() -> list[dict[str, Any]]:
    return [method_entry(one) for one in (RandomReal, Shift)]


def small_catalog() -> dict[str, Any]:
    data = {
        "about": "small",
        "classes": ["a", "b"],
        "test": 20,
        "channels": 1,
        "bundled": True,
        "ready": True,
        "download_mb": 0,
    }
    far = {**data, "train": 5000, "size": 32, "sizes": [32], "ready": False, "download_mb": 170}
    return {
        "schema": SCHEMA,
        "methods": deepcopy(toy_methods()),
        "studies": [],
        "job": [one for one in fields_of(Job) if one["name"] != "moves"],
        "data": [
            {"name": "tiny", "title": "Tiny digits", "train": 100, "size": 8, "sizes": [8, 16], **data},
            {"name": "far", "title": "Far photographs", **far},
        ],
        "networks": [{"name": "convnet", "title": "ConvNet", "about": "", "options": ""}],
        "protocols": [{"name": "hard", "title": "hard", "source": "ours", "about": "Hard labels."}],
        "devices": ["cpu"],
        "versions": {"distill-studio": package_version()},
    }
