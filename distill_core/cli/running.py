"""`run` and `resume`: a run driven in this very process, with a progress bar; `stop` for one that works elsewhere."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from filelock import FileLock, Timeout

from ..errors import BadSetting
from ..queue import launch
from ..record.folder import RunFolder
from .out import AsJson, Home, aside, console, emit, home_of, percent

LOOK = 0.1  # seconds between two looks at the queue


def add(app: typer.Typer) -> None:
    extra = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("run", context_settings=extra)(run)
    app.command("resume")(resume)
    app.command("stop")(stop)


def run(
    context: typer.Context,
    method: Annotated[str, typer.Argument(help="`distill-studio methods` lists them.")],
    data: Annotated[str, typer.Option(help="A data set by name, with options: digits:size=8.")] = "",
    ipc: Annotated[str, typer.Option(help="Images per class.")] = "",
    seed: Annotated[str, typer.Option(help="Start of every random draw.")] = "",
    preset: Annotated[str, typer.Option(help="Named settings; `distill-studio methods METHOD` lists them.")] = "",
    name: Annotated[str, typer.Option(help="What to call the run.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Distill: run METHOD --data digits --ipc 1 --seed 0, and every setting of the method or the job as a flag (--rho 0.015,
    --lr-img 0.1, --students 3). Ctrl-C stops it with a checkpoint; `resume` goes on."""
    where = home_of(home)
    if method.startswith("-"):
        raise BadSetting("Name the method first: distill-studio run METHOD --flag value.")
    given = {key: value for key, value in (("data", data), ("ipc", ipc), ("seed", seed)) if value}
    folder = _prepare(where, method, [*context.args], given, preset, name)
    raise SystemExit(_work(where, folder, as_json))


def _prepare(home: Path, method: str, words: list[str], given: dict[str, str], preset: str, name: str) -> RunFolder:
    """A queued run that belongs to this process; wrong settings are found before anything is written."""
    from ..datasets import load
    from ..job import Job, ask
    from ..methods import method_class
    from ..run import check
    from .bar import downloading
    from .flags import over, preset_of, split

    kind = method_class(method)
    named = preset_of(kind, preset)
    settings, asked = split(words, (kind, Job), method)
    built = kind.build(over(kind, named.settings, settings))
    job = ask(**{**named.job, **given, **asked})
    with downloading() as progress:
        load(job.data, progress=progress)
    check(built, job)
    values, plain_job = built.plain(), job.model_dump(mode="json")
    return RunFolder.create(home, method, values, plain_job, name=name, preset=named.title, by=os.getpid())


def resume(run: str, home: Home = None, as_json: AsJson = False) -> None:
    """Go on with a stopped, failed or lost run from its newest checkpoint, in this process."""
    where = home_of(home)
    folder = launch.requeue(where, run, by=os.getpid())
    raise SystemExit(_work(where, folder, as_json))


def stop(run: str, home: Home = None, as_json: AsJson = False) -> None:
    """Ask a run to stop at its next step; it keeps a checkpoint."""
    where = home_of(home)
    folder = RunFolder.find(where, run)
    state = folder.state()["state"]
    if state not in ("queued", "running", "paused"):
        raise BadSetting(f"Run {folder.id!r} is {state}; there is nothing to stop.")
    launch.stop(where, folder)
    answer = {"run": folder.id, "state": folder.state()["state"], "asked": "stop"}
    emit(answer) if as_json else console().print(f"{folder.id} stops at its next step.", markup=False)


def _work(home: Path, folder: RunFolder, as_json: bool) -> int:
    """Wait for the device, drive the run, say how it ended; returns the exit code."""
    drive(home, folder)
    return _report(folder, as_json)


def drive(home: Path, folder: RunFolder) -> None:
    """Wait for the device and work on the run in this process, with a progress bar."""
    from ..studies import askable, whole
    from ..work.sitting import drive_run, leave_a_core
    from .bar import Bar

    leave_a_core()
    aside().print(f"run {folder.id}", markup=False)
    with _stops(folder), _device(home, folder) as lock:
        if lock is not None:
            with Bar() as bar:
                drive_run(folder, whole, askable(), watch=bar)


@contextmanager
def _stops(folder: RunFolder) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) asks the run to stop, with a checkpoint; a second one ends at once."""

    def ask_to_stop(number: int, _: Any) -> None:
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, signal.default_int_handler)
        aside().print("Stopping at the next step. Once more to end at once.")
        folder.steer(want="stop")

    before = {one: signal.signal(one, ask_to_stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def _device(home: Path, folder: RunFolder) -> Iterator[FileLock | None]:
    """The lock of the run's device, when it is this run's turn; None if it was asked to stop before."""
    lock, said = launch.device_lock(home, launch.device_of(home, folder)), -1
    while True:
        place = launch.place_in_queue(home, folder)
        if folder.control()["want"] == "stop":
            launch.stop(home, folder)
            yield None
            return
        if place == 0:
            try:
                lock.acquire(timeout=0)
                break
            except Timeout:
                place = 1
        if place != said:
            said = place
            aside().print(f"The device is busy: {place} before this run.")
        time.sleep(LOOK)
    try:
        yield lock
    finally:
        lock.release()


def _report(folder: RunFolder, as_json: bool) -> int:
    state = folder.state()
    finished, wrong = state["state"] == "finished", bool(state.get("wrong_setting"))
    scores = {
        subject: {name: one.get(name) for name in ("accuracy", "std", "n", "student", "protocol", "labels")}
        for subject, one in (state.get("scores") or {}).items()
    }
    message = state.get("message") or ""
    if message and not finished:
        aside().print(message, style="red", markup=False, soft_wrap=True)
    if as_json and wrong:
        emit({"error": message, "run": folder.id})
    elif as_json:
        end = {"run": folder.id, "state": state["state"], "seconds": state.get("seconds", 0.0), "scores": scores}
        emit(end if finished else {**end, "message": message})
    else:
        console().print(f"{folder.id}: {state['state']} after {state.get('seconds', 0):.1f} s", markup=False)
        for subject, one in scores.items():
            console().print(
                f"  {subject:<10} {percent(one)} %  {one['student']}, {one['protocol']}", markup=False, soft_wrap=True
            )
    return 0 if finished else 2 if wrong else 1
