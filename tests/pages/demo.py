"""A run folder without an engine: the events that a method would say, with made-up numbers, for tests of the screen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from distill_core import events as say
from distill_core.queue.executor import executor_of
from distill_core.record.folder import RunFolder
from distill_core.record.log import Recorder

CLASSES = 10


def glyphs(rng: np.random.Generator, labels: np.ndarray, noise: float, side: int = 16, channels: int = 1) -> np.ndarray:
    """(n, side, side, c) uint8: a bright stroke whose angle says the class, under noise."""
    rows, columns = np.mgrid[:side, :side] / (side - 1) - 0.5
    pictures = []
    for label in labels:
        angle = math.pi * label / CLASSES
        stroke = np.exp(-((rows * math.cos(angle) + columns * math.sin(angle)) ** 2) * 60)
        ring = np.exp(-((np.hypot(rows, columns) - 0.12 - 0.03 * (label % 4)) ** 2) * 400)
        clean = np.maximum(stroke, 0.8 * ring)[..., None] * np.linspace(1, 0.6, channels)
        pictures.append((1 - noise) * clean + noise * rng.random((side, side, channels)))
    return (np.clip(np.stack(pictures), 0, 1) * 255).astype(np.uint8)


def told(ipc: int = 1, steps: int = 40, seed: int = 0, channels: int = 1, scored: bool = True) -> Iterator[Any]:
    """Everything that a run of the demo says, in order."""
    rng = np.random.default_rng(seed)
    labels = np.tile(np.arange(CLASSES), ipc)
    ids = np.arange(len(labels))
    real_labels = np.repeat(np.arange(CLASSES), 40)
    middles = rng.normal(size=(CLASSES, CLASSES)) + 6 * np.eye(CLASSES)
    yield say.StageStarted("squeeze", 20)
    for step in range(0, 20, 2):
        yield say.Scalars(step, {"loss": 2.3 * math.exp(-step / 6), "teacher-accuracy": 1 - 0.9 * math.exp(-step / 5)})
    yield say.Images(
        0, glyphs(rng, real_labels, 0.25, channels=channels), real_labels, np.arange(400) * 3, source="real"
    )
    real = middles[real_labels] + rng.normal(size=(400, CLASSES)) * 1.4
    yield say.Logits(0, real, real_labels, np.arange(400) * 3, "real")
    yield say.StageStarted("adjust", 12)
    for step in range(12):
        yield say.Scalars(
            step,
            {"start-cross-entropy": 0.1 + 0.02 * step, "shift-length": 0.015 * (step + 1) / 12, "shift-limit": 0.015},
        )
    yield say.Parts(11, "shift-by-layer", {f"layer {i}": 0.001 * (i + 1) for i in range(5)})
    yield say.StageStarted("recover", steps)
    for step in range(steps):
        done = step / max(steps - 1, 1)
        terms = {"cross-entropy": 1.2 * math.exp(-3 * done), "mean-mismatch": 4 * math.exp(-4 * done)}
        terms["variance-mismatch"] = 6 * math.exp(-2.5 * done) + 0.1 * rng.random()
        yield say.Scalars(step, {"loss": sum(terms.values()), **terms})
        for name, base in (("mean-mismatch-by-layer", 2.0), ("variance-mismatch-by-layer", 3.0)):
            yield say.Parts(step, name, {f"bn{i + 1}": base * math.exp(-3 * done) / (i + 1) for i in range(5)})
        yield say.Images(step, glyphs(rng, labels, 0.9 - 0.8 * done, channels=channels), labels, ids)
        at = middles[labels] * (0.2 + 0.9 * done) + rng.normal(size=(len(labels), CLASSES)) * 0.3
        yield say.Logits(step, at, labels, ids)
        if step == steps // 3:
            yield say.KnobMoved("recover", step, "lr_img", 0.05)
        if step == steps // 2:
            yield say.Note("Half of the images are recognized by the teacher.")
    if scored:
        yield say.StageStarted("evaluate", 6)
        budget = {"images": len(labels), "seconds": 2.0}
        for done in range(1, 4):
            accuracy = tuple(0.85 + 0.01 * i for i in range(done))
            yield say.Scored("distilled", "convnet", "dwa", accuracy, "soft", budget)
        yield say.Scored("random", "convnet", "dwa", (0.78, 0.8, 0.79), "soft", budget)
        yield say.Scored("real", "convnet", "hard", (0.972,), "hard", {"images": 1297})


def create(
    home: Path, *, method: str = "dwa", name: str = "", settings: dict[str, Any] | None = None, **job: Any
) -> RunFolder:
    """A queued run of the demo."""
    asked = {"data": "digits", "ipc": 1, "seed": 0, "device": "cpu", **job}
    run = RunFolder.create(home, method, settings or {}, asked, name=name)
    executor_of(home).start(run)
    return run


def write(
    folder: RunFolder,
    *,
    upto: int | None = None,
    state: str = "finished",
    wait: Callable[[], None] = lambda: None,
    message: str = "",
    steps: int = 40,
) -> None:
    """Let the demo's events be said into a folder; `upto` events only, `wait` between two of them."""
    job = folder.request()["job"]
    folder.set_state(state="running", stage="squeeze", step=0, steps=20, pid=0)
    recorder = Recorder(folder)
    for count, event in enumerate(told(job["ipc"], steps, job["seed"])):
        if upto is not None and count >= upto:
            break
        record = recorder.write(event)
        if event.kind == "stage":
            folder.set_state(stage=event.stage, steps=event.steps, step=0)
        elif "step" in record and count % 5 == 0:
            folder.set_state(step=record["step"])
        wait()
    if state == "finished":
        recorder.write(say.Finished(recorder.seconds()))
    elif state == "failed":
        recorder.write(say.Failed(message or "loss is NaN at step 12 of recover. Lower lr_img."))
    elif state == "stopped":
        recorder.write(say.Stopped(recorder.seconds()))
    recorder.close()
    folder.set_state(state=state, message=message)


def main() -> None:
    """`python -m tests.pages.demo HOME SECONDS_BETWEEN`: write a run as if one were working, and print its id first."""
    import sys

    home = Path(sys.argv[1])
    (home / "runs").mkdir(parents=True, exist_ok=True)
    folder = create(home, ipc=int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    print(folder.id, flush=True)
    with folder.lock():
        write(folder, wait=lambda: time.sleep(float(sys.argv[2])), steps=200)


if __name__ == "__main__":
    main()
