"""The warm worker: `python -m distill_core.work.worker --home H`.

A process that has imported torch, has written the catalog, answers questions and waits for a run. It takes one run, works
on it and ends, so that all its memory is returned; a fresh one warms up meanwhile. One worker waits per home.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import threading
import time
from pathlib import Path

from filelock import FileLock, Timeout

from ..catalog import installed
from ..errors import BadRecord
from ..home import read_json, studio_home
from ..queue import ask, devices, sweeping, waiting, workers
from ..queue.executor import executor_of
from ..record.asked import State
from ..record.folder import RunFolder
from .heart import Heart
from .lookout import Lookout

TICK = 0.1  # seconds between two looks for work
FEED = 0.5  # seconds between two looks whether a sweep has a run for us
RELOOK = 2.0  # seconds between two looks whether this code was changed on disk
SUCCESSOR = 8.0  # seconds after which a fresh worker warms up beside a run


def warm(home: Path) -> None:
    """Import what is slow to import, leave one core to the screen, write the catalog, and limber up."""
    from .. import studies  # noqa: F401 (imported now, so that the first run need not wait for it)
    from . import catalogue, sitting

    sitting.leave_a_core()
    catalogue.write(home)
    limber()


def limber() -> None:
    """One update of a small student on the usual data: what torch and the data sets load at first use is loaded now."""
    import torch

    from .. import datasets, networks
    from ..job import Job

    real = datasets.load(Job().data)
    images, labels = real.train.images[:4], real.train.labels[:4]
    network = networks.build("auto", channels=real.channels, size=real.size, classes=len(real.classes), seed=0)
    optimizer = torch.optim.AdamW(network.parameters())
    torch.nn.functional.cross_entropy(network(real.normalize(real.pixels(images))), labels).backward()
    optimizer.step()


def work(home: Path, run: RunFolder) -> State:
    """Work on a run with the methods of the registry, or on a study."""
    from ..studies import askable, whole
    from .sitting import drive_run

    return drive_run(run, whole, askable())


Code = tuple[float, list[list[str]]]


def present() -> Code:
    """When a file of this package was last changed, and which methods other packages bring: another answer later means that
    what this process has loaded is not what is there any more."""
    files = (path for path in Path(__file__).parents[1].rglob("*") if path.suffix in (".py", ".toml"))  # cards are toml
    return max(path.stat().st_mtime for path in files), installed()


def wait(home: Path, idle: float, code: Code | None = None) -> tuple[RunFolder, FileLock] | ask.Question | str | None:
    """The next run (with its device's lock) or slow question; None when nothing came for `idle` seconds or home is gone;
    "outdated" when what is there is no longer the `code` (see `present`) that this process has loaded."""
    from . import answers

    lookout, since, fed, looked = Lookout(home), time.monotonic(), 0.0, 0.0
    while time.monotonic() - since < idle and (home / "runs").is_dir():
        if code is not None and time.monotonic() - looked > RELOOK:
            looked = time.monotonic()
            if present() != code:
                return "outdated"
        claimed = lookout.claim()
        if claimed is not None:
            return claimed
        if time.monotonic() - fed > FEED:
            fed = time.monotonic()
            since = fed if sweeping.feed(home, lookout.waiting) else since
        for question in ask.open_questions(home):
            since = time.monotonic()
            if answers.is_slow(question):
                return question
            answers.give(home, question)
        time.sleep(TICK)
    return None


def serve(home: Path, idle: float) -> None:
    """Warm up, wait, do one thing, end."""
    place = workers.idle_lock(home)
    try:
        place.acquire(timeout=2)  # a reader that looks whether anybody waits holds it for a moment
    except Timeout:
        return
    with Heart(home) as heart:
        _tidy(home)
        code = present()
        warm(home)
        heart.say("idle")
        task = wait(home, idle, code)
        if task == "outdated":
            place.release()
            executor_of(home).get_ready()  # of the new code; this one ends
        elif isinstance(task, tuple):
            _work_and_hand_over(home, heart, place, *task)
        elif isinstance(task, dict):
            from . import answers

            ask.reply(home, task["id"], state="working", progress={})  # first, so that no other worker takes it too
            place.release()
            executor_of(home).get_ready()
            heart.say("answering", task["question"])
            answers.give(home, task)


def _work_and_hand_over(home: Path, heart: Heart, place: FileLock, run: RunFolder, device: FileLock) -> None:
    workers.keep_quiet(home, SUCCESSOR)
    place.release()
    successor = threading.Timer(SUCCESSOR + TICK, executor_of(home).get_ready)
    successor.daemon = True
    successor.start()
    heart.say("running", run.id)
    try:
        work(home, run)
    finally:
        device.release()
        successor.cancel()
        if home.is_dir():
            workers.keep_quiet(home, 0)
            executor_of(home).get_ready()


def once(home: Path, name: str) -> int:
    """Work on one run and end: 0 if it finished, 1 if not."""
    run = RunFolder.find(home, name)
    with Heart(home) as heart:
        warm(home)
        heart.say("running", run.id)
        with devices.lock(home, waiting.device_of(home, run)).acquire(timeout=-1):
            return 0 if work(home, run)["state"] == "finished" else 1


def _tidy(home: Path) -> None:
    """Take away what dead processes left: heartbeat files, half-made runs, old questions, temporary files."""
    for path in (home / "workers").glob("[0-9]*.json"):
        try:
            alive = workers.is_process(int((read_json(path) or {}).get("pid", 0)))
        except (BadRecord, AttributeError, TypeError, ValueError):
            alive = False
        if not alive:
            path.unlink(missing_ok=True)
    for path in (home / "runs").glob(".new-*"):
        if time.time() - path.stat().st_mtime > 60:
            shutil.rmtree(path, ignore_errors=True)
    ask.sweep(home)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Works on the runs of one home.")
    parser.add_argument("--home", required=True, type=Path)
    parser.add_argument("--once", metavar="RUN", default="")
    parser.add_argument("--idle-minutes", type=float, default=30.0)
    given = parser.parse_args(arguments)
    if not given.home.is_dir():
        print(f"There is no home at {given.home}.", file=sys.stderr)
        return 1
    os.environ["DISTILL_STUDIO_HOME"] = str(given.home)
    home = studio_home(given.home)
    if given.once:
        return once(home, given.once)
    serve(home, given.idle_minutes * 60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
