"""`run` and `resume`: a run driven in this very process, with a progress bar; `stop` for one that works elsewhere."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from ..errors import BadSetting, nearest
from ..fields import Plain
from ..figures import ledger
from ..queue.executor import executor_of
from ..record.folder import RunFolder
from ..record.health import sentence
from .out import AsJson, Home, aside, console, emit, home_of, percent

RELABELS = {"dense": "ladd"}  # what stores such labels for a set that is there


def add(app: typer.Typer) -> None:
    extra = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("run", context_settings=extra)(run)
    app.command("relabel", context_settings=extra)(relabel)
    app.command("resume")(resume)
    app.command("stop")(stop)
    app.command("log")(log)


def run(
    context: typer.Context,
    method: Annotated[str, typer.Argument(help="`distill-studio methods` lists them.")] = "",
    own: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="FILE.py:CLASS",
            help="A method of your own, instead of a name. The file is code: it is run here, with all that you may do. It is "
            "listed in this home from then on; `methods NAME --forget` takes it off.",
        ),
    ] = "",
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
    words = [*context.args]
    if own:
        words, method = [*filter(None, [method]), *words], _taken(where, own)
    if not method or method.startswith("-"):
        raise BadSetting("Name the method first: distill-studio run METHOD --flag value.")
    given = {key: value for key, value in (("data", data), ("ipc", ipc), ("seed", seed)) if value}
    finish(where, _asked(where, method, words, given, preset, name), as_json)


def relabel(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN")],
    labels: Annotated[str, typer.Option(help="dense: one soft label for each of N × N sub-images.")] = "dense",
    name: Annotated[str, typer.Option(help="What to call the new run.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Give the set of a finished run other labels, in a run of its own: relabel RUN --labels dense --across 5 --ratio 0.625, and every
    setting of the labels or of the run's job as a flag (--teacher, --students, --weight)."""
    if labels not in RELABELS:
        raise BadSetting(
            f"labels={labels!r} is not known.{nearest(labels, list(RELABELS))} There is {', '.join(RELABELS)}."
        )
    where = home_of(home)
    folder = RunFolder.find(where, run)
    made = folder.request()
    given = {key: value for key, value in made["job"].items() if key != "moves"}
    asked = name or f"{labels} labels: {made['name']}"[:120]
    finish(where, _asked(where, RELABELS[labels], [*context.args, "--run", folder.id], given, "", asked), as_json)


def _taken(home: Path, place: str) -> str:
    """The name of a method in a file of the user's own, which is code and is run now."""
    from ..work.catalogue import take

    aside().print(
        f"{place.rpartition(':')[0]} is code, and it is run now with all that you may do here.",
        markup=False,
        soft_wrap=True,
    )
    return take(home, place).card.name


def _asked(home: Path, method: str, words: list[str], given: Mapping[str, Plain], preset: str, name: str) -> RunFolder:
    """A new run; wrong settings are found before anything is written."""
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
    return RunFolder.create(home, method, values, plain_job, name=name, preset=named.title)


def resume(run: str, home: Home = None, as_json: AsJson = False) -> None:
    """Go on with a stopped, failed or lost run from its newest checkpoint, in this process."""
    where = home_of(home)
    finish(where, RunFolder.find(where, run), as_json)


def stop(run: str, home: Home = None, as_json: AsJson = False) -> None:
    """Ask a run to stop at its next step; it keeps a checkpoint."""
    where = home_of(home)
    folder = RunFolder.find(where, run)
    state = folder.state()["state"]
    if state not in ("queued", "running", "paused"):
        raise BadSetting(f"Run {folder.id!r} is {state}; there is nothing to stop.")
    executor_of(where).stop(folder)
    answer = {"run": folder.id, "state": folder.state()["state"], "asked": "stop"}
    emit(answer) if as_json else console().print(f"{folder.id} stops at its next step.", markup=False)


def log(run: str, home: Home = None, as_json: AsJson = False) -> None:
    """What the work on a run wrote for people who look for a fault: tracebacks."""
    where = home_of(home)
    folder = RunFolder.find(where, run)
    said = executor_of(where).logs(folder)
    emit({"run": folder.id, "log": said}) if as_json else print(said or "Nothing was written.", end="\n"[bool(said) :])


def finish(home: Path, run: RunFolder, as_json: bool) -> NoReturn:
    """Start a run in this process, wait until it is over, say how it ended; ends with the exit code."""
    drive(home, run)
    raise SystemExit(_report(run, as_json))


def drive(home: Path, run: RunFolder) -> None:
    """Start a run in this process, with a progress bar; returns when it is over."""
    from ..work.sitting import leave_a_core

    leave_a_core()
    aside().print(f"run {run.id}", markup=False)
    with _stops(run):
        executor_of(home, here=Terminal()).start(run)


class Terminal:
    """This very process works on what it starts; see `queue.local.Here`."""

    def waits(self, run: RunFolder, place: int) -> None:
        aside().print(f"The device is busy: {place} before this run.")

    def works(self, run: RunFolder) -> None:
        from ..studies import askable, whole
        from ..work.sitting import drive_run
        from .bar import Bar

        with Bar() as bar:
            drive_run(run, whole, askable(), watch=bar)


@contextmanager
def _stops(run: RunFolder) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) asks the run to stop, with a checkpoint; a second one ends at once."""

    def ask_to_stop(number: int, _: FrameType | None) -> None:
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, signal.default_int_handler)
        aside().print("Stopping at the next step. Once more to end at once.")
        run.steer(want="stop")

    before = {one: signal.signal(one, ask_to_stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _report(folder: RunFolder, as_json: bool) -> int:
    state = folder.state()
    finished, wrong = state["state"] == "finished", state["state"] == "failed" and bool(state.get("wrong_setting"))
    known, names = state.get("scores") or {}, ("accuracy", "std", "n", "student", "protocol", "labels", "budget")
    drawn = ("draws", "within")  # said of random real images only
    scores = {
        subject: {name: one.get(name) for name in (*names, *(name for name in drawn if name in one))}
        for subject, one in known.items()
    }
    message, signs = state.get("message") or "", state.get("health") or []
    if finished and signs:
        aside().print(sentence(signs), style="red", markup=False, soft_wrap=True)
    if message and not finished:
        aside().print(message, style="red", markup=False, soft_wrap=True)
    if as_json and wrong:
        emit({"error": message, "run": folder.id})
    elif as_json:
        end = {"run": folder.id, "state": state["state"], "seconds": state.get("seconds", 0.0), "scores": scores}
        end |= {"health": signs} if finished else {}
        emit(end if finished else {**end, "message": message})
    else:
        console().print(f"{folder.id}: {state['state']} after {state.get('seconds', 0):.1f} s", markup=False)
        for subject, one in known.items():
            trained = f"{one.get('student')}, {one.get('protocol')}"
            kept = f"stored {ledger.sentence(one.get('budget') or {})}"
            console().print(f"  {subject:<10} {percent(one)} %  {trained}, {kept}", markup=False, soft_wrap=True)
    return 0 if finished else 2 if wrong else 1
