"""The worker processes of a home: who is there, who stands ready, and one more where nobody does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TypedDict, cast

from filelock import FileLock, Timeout

from ..errors import BadRecord
from ..home import read_json

WARMING = 60.0  # seconds that a spawned worker may take to say that it is there


class Heartbeat(TypedDict):
    """`workers/<pid>.json`: what a worker does, said every two seconds."""

    pid: int
    doing: str  # warming, idle, running, answering
    run: str  # the run, or the question
    born: float
    heartbeat: float


def workers(home: Path) -> list[Heartbeat]:
    """The worker processes that are there, by their heartbeat files."""
    found: list[Heartbeat] = []
    for path in (home / "workers").glob("[0-9]*.json"):
        try:
            worker = read_json(path)
        except BadRecord:
            continue
        if isinstance(worker, dict) and is_process(int(worker.get("pid", 0))):
            found.append(cast(Heartbeat, worker))
    return found


def is_process(pid: int) -> bool:
    """Whether a process with this id runs (one that ended and was not fetched by its parent does not)."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z" if status.exists() else True
    except (OSError, IndexError):
        return False


def idle_lock(home: Path) -> FileLock:
    """Held by the one worker that waits; taken before it imports anything slow."""
    return FileLock(home / "workers" / "idle.lock", timeout=0)


def has_idle_worker(home: Path) -> bool:
    try:
        with idle_lock(home):
            return False
    except Timeout:
        return True


def keep_quiet(home: Path, seconds: float) -> None:
    """Let nobody warm a worker for so long: a run has just begun, and its first image comes first. 0 ends the quiet."""
    (home / "workers" / "quiet").write_text(f"{time.time() + seconds} {os.getpid()}", encoding="utf-8")


def _is_quiet(home: Path) -> bool:
    """Whether a worker that still lives asked for quiet; one that was killed will start nobody after it."""
    try:
        until, pid = (home / "workers" / "quiet").read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return False
    return 0 < float(until) - time.time() < WARMING and is_process(int(pid))


def ensure_worker(home: Path) -> int:
    """See to it that a worker waits in this home; returns the id of a process it had to spawn, else 0.

    Safe when many call at once: one of them spawns, and the others see that it did. `DISTILL_STUDIO_NO_WORKER=1` keeps
    tests and read-only studios from spawning any.
    """
    if is_read_only():
        return 0
    with FileLock(home / "workers" / "spawn.lock", timeout=10):
        if has_idle_worker(home) or _is_starting(home) or _is_quiet(home):
            return 0
        started = _spawn(home)
        _CHILDREN.append(started)
        (home / "workers" / "starting").write_text(f"{started.pid} {time.time()}", encoding="utf-8")
        return started.pid


def is_read_only() -> bool:
    """Whether nobody may start a worker here."""
    return os.environ.get("DISTILL_STUDIO_NO_WORKER") == "1"


_CHILDREN: list[subprocess.Popen[bytes]] = []  # kept, so that ended ones are fetched and no warning is raised


def _spawn(home: Path) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH", "")])]
    environment = {**os.environ, "DISTILL_STUDIO_HOME": str(home), "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "distill_core.work.worker", "--home", str(home)]
    with open(home / "workers" / "worker.log", "ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment,
            close_fds=True,
        )


def _is_starting(home: Path) -> bool:
    """Whether a worker was spawned a moment ago and has not yet said that it is there."""
    _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]
    try:
        pid, when = (home / "workers" / "starting").read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return False
    young = time.time() - float(when) < WARMING
    return young and is_process(int(pid)) and not (home / "workers" / f"{pid}.json").exists()
