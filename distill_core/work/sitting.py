"""One sitting: a run driven from where it stands until it finishes, is stopped or fails."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
import traceback
from collections.abc import Callable, Iterator, Mapping

import torch
from filelock import Timeout

from ..datasets import load
from ..errors import BadRecord, BadSetting, StudioError
from ..events import Event, Failed, Finished, Stopped
from ..job import Job, ask
from ..loop import StopRun, driven_by, undriven
from ..method import Method, Stream
from ..methods.own import method_of
from ..record.asked import State
from ..record.facts import facts_of
from ..record.folder import RunFolder
from ..record.health import signs_of
from ..record.log import Recorder, Timeline
from ..record.scores import scores_of
from ..run import in_force
from ..studies.study import Outcome
from .drive import RunDrive
from .pulse import Pulse

Whole = Callable[[Method, Job], Stream[Outcome]]
RESERVE = 256 * 1024  # bytes kept aside, so that a run on a full disk can still say so


def drive_run(
    folder: RunFolder,
    whole: Whole,
    methods: Mapping[str, type[Method]],
    *,
    watch: Callable[[Event], None] | None = None,
) -> State:
    """Work on a run until it is over; returns its last state. Errors of the run become its state `failed`, not exceptions.

    Raises `BadRecord` when another process works on it.
    """
    with held(folder):
        before = folder.state()
        if before["state"] == "finished":
            return before
        began = time.perf_counter()
        try:
            (folder.path / "checkpoints").mkdir(exist_ok=True)
            (folder.path / ".reserve").write_bytes(bytes(RESERVE))
            method, job = asked_of(folder, methods)
            folder.control()  # what the watchers want has to be readable too
        except (StudioError, OSError) as error:
            return _refuse(folder, error)
        return _sit(folder, method, job, whole, float(before.get("seconds", 0.0)), began, watch)


@contextlib.contextmanager
def held(folder: RunFolder) -> Iterator[None]:
    """The right to work on a run; a second asker is told who has it."""
    lock = folder.lock()
    try:
        lock.acquire(timeout=2)  # a reader that looks whether anybody works holds it for a moment
    except Timeout:
        raise BadRecord(
            f"Run {folder.id!r} is being worked on by another process. Watch it, or stop it first."
        ) from None
    try:
        yield
    finally:
        lock.release()


def asked_of(folder: RunFolder, methods: Mapping[str, type[Method]]) -> tuple[Method, Job]:
    """The method and job of a run folder, validated again: it may have been edited by hand."""
    request = folder.request()
    kind = method_of(request, methods)
    method, job = kind.build(request["settings"], saved=True), ask(**request["job"])
    for move in job.moves:
        method.moved({move.name: move.value})
    reason = method.why_not(job)
    if reason:
        raise BadSetting(reason)
    return method, job


def _sit(
    folder: RunFolder,
    method: Method,
    job: Job,
    whole: Whole,
    earlier: float,
    began: float,
    watch: Callable[[Event], None] | None,
) -> State:
    recorder = Recorder(folder, started=began)
    recorder.offset = earlier
    with Pulse(folder, recorder) as pulse:
        pulse.tell(state="running", pid=os.getpid(), message="", started=time.time())
        drive = RunDrive(folder, recorder, pulse, method, job.moves, watch=watch)
        torch.manual_seed(job.seed)  # for what draws from the global generator; a new process starts it anywhere
        token = driven_by(drive)
        try:
            pulse.tell(in_force=in_force(method, job))
            _name_classes(pulse, job)
            _follow(folder, drive, whole(method, job))
            drive.record(Finished(recorder.seconds()))
            end: State = {"state": "finished", **_known(folder), "health": signs_of(folder, Timeline.all(folder))}
        except (StopRun, KeyboardInterrupt):
            drive.silent = False
            drive.record(Stopped(recorder.seconds()))
            end = {"state": "stopped", **_known(folder)}
        except Exception as error:  # noqa: BLE001 (every failure is written into the run)
            end = _fail(folder, drive, error)
        finally:
            undriven(token)
            _close(recorder)
    end = {"health": pulse.health, **end, "seconds": round(recorder.seconds(), 2), "left_s": None, "pid": 0}
    state = folder.set_state(**end)
    (folder.path / ".reserve").unlink(missing_ok=True)
    if end["state"] == "finished":  # a finished run has no need of them
        shutil.rmtree(folder.path / "checkpoints", ignore_errors=True)
    return state


def _name_classes(pulse: Pulse, job: Job) -> None:
    """Names of classes that a catalog may not know: those of the user's own images, which can go away."""
    if job.data.startswith(("folder:", "own/")):
        pulse.tell(classes=list(load(job.data).classes))


def _known(folder: RunFolder) -> State:
    """The numbers that lists and tables show of a run."""
    records = Timeline.all(folder)
    return {"scores": scores_of(records), "facts": facts_of(records)}


def _follow(folder: RunFolder, drive: RunDrive, stream: Stream[Outcome]) -> None:
    """Take event after event, look at the control between two, and save what is returned."""
    drive.begin()
    try:
        while True:
            drive.between()
            event = next(stream)
            drive.record(event)
            if event.kind == "scored" and not drive.silent:
                drive.pulse.tell(**_known(folder))
    except StopIteration as end:
        drive.finish()
        end.value.save(folder.path / "set.safetensors")
    finally:
        stream.close()


def _fail(folder: RunFolder, drive: RunDrive, error: Exception) -> State:
    """Write down why a run failed; on a full disk, in the room that was kept aside."""
    (folder.path / ".reserve").unlink(missing_ok=True)
    message = sentence(error)
    drive.silent = False
    with contextlib.suppress(OSError):  # the disk may be full for good: state.json, written last, matters most
        with open(folder.path / "log.txt", "a", encoding="utf-8") as log:
            log.write("".join(traceback.format_exception(error)))
        drive.record(Failed(message))
    return {"state": "failed", "message": message, "wrong_setting": isinstance(error, BadSetting), **_known(folder)}


def _refuse(folder: RunFolder, error: Exception) -> State:
    (folder.path / ".reserve").unlink(missing_ok=True)
    message = sentence(error)
    recorder = Recorder(folder)
    recorder.write(Failed(message))
    recorder.close()
    return folder.set_state(state="failed", message=message, wrong_setting=isinstance(error, BadSetting))


def _close(recorder: Recorder) -> None:
    with contextlib.suppress(
        OSError
    ):  # what could not be written was said by the failure; the next sitting mends the line
        recorder.close()


def sentence(error: BaseException) -> str:
    """What went wrong, in words that say what to do."""
    text = str(error)
    if isinstance(error, StudioError):
        return text
    if (
        isinstance(error, (MemoryError, torch.OutOfMemoryError))
        or "can't allocate memory" in text
        or "not enough memory" in text
    ):
        return "Out of memory. Lower batch_real, the network's width, ipc or the size of the images, then resume or start again."
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in text or "os error 28" in text:
        return "The disk is full. What was recorded so far is kept; make room (empty the trash), then resume."
    return f"unexpected error: {type(error).__name__}: {text[:300]} (the whole of it is in log.txt of the run)"


def leave_a_core() -> None:
    """One core is left to the screen. The same in a worker and in a terminal, so that their bytes are the same too."""
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
