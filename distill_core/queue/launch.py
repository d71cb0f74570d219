"""Starting, queueing, stopping and resuming runs, without torch: a warm worker process does the work."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from ..errors import BadRecord, BadSetting
from ..home import read_json
from ..record.folder import OVER, RunFolder

WARMING = 60.0  # seconds that a spawned worker may take to say that it is there


class Backend(Protocol):
    """Where runs are worked on: this machine's processes first, a cluster's job interface behind the same four verbs."""

    def submit(self, run: RunFolder) -> None: ...

    def state(self, run: RunFolder) -> dict[str, Any]: ...

    def stop(self, run: RunFolder) -> None: ...

    def logs(self, run: RunFolder) -> str: ...


class LocalProcess:
    """Runs in worker processes on this machine, all of one home."""

    def __init__(self, home: Path):
        self.home = home

    def submit(self, run: RunFolder) -> None:
        """The run lies queued in its folder; make sure that somebody looks."""
        ensure_worker(self.home)

    def state(self, run: RunFolder) -> dict[str, Any]:
        return run.state()

    def stop(self, run: RunFolder) -> None:
        """Ask it to stop: at its next step, with a checkpoint. A queued run leaves the queue at once."""
        run.steer(want="stop")
        if run.state()["state"] == "queued":
            _unqueue(run)

    def logs(self, run: RunFolder) -> str:
        """The run's own log (tracebacks), the last 20,000 characters."""
        path = run.path / "log.txt"
        return path.read_text(encoding="utf-8", errors="replace")[-20_000:] if path.exists() else ""


def _unqueue(run: RunFolder) -> None:
    lock = run.lock()
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return  # a worker has just taken it, and will see the request
    try:
        if run.state()["state"] == "queued":
            run.set_state(state="stopped", message="Stopped before it began.")
    finally:
        lock.release()


def submit(
    home: Path, method: str, settings: dict[str, Any], job: dict[str, Any], name: str = "", preset: str = ""
) -> RunFolder:
    """A new run, queued; returns at once. Bad values are found by the worker, and said in the run's state."""
    run = RunFolder.create(home, method, settings, job, name=name, preset=preset)
    LocalProcess(home).submit(run)
    return run


def stop(home: Path, run: str | RunFolder) -> None:
    LocalProcess(home).stop(_folder(home, run))


def resume(home: Path, run: str | RunFolder) -> RunFolder:
    """Queue a stopped, failed or lost run again: it goes on from its newest checkpoint."""
    folder = requeue(home, run)
    LocalProcess(home).submit(folder)
    return folder


def requeue(home: Path, run: str | RunFolder, by: int = 0) -> RunFolder:
    """Put a run that is over back into the queue, for any worker or for the process `by`."""
    folder = _folder(home, run)
    folder.request()
    state = folder.state()["state"]
    if state == "finished":
        raise BadSetting(
            f"Run {folder.id!r} is finished; there is nothing to resume. Start it again with other settings instead."
        )
    if state not in OVER:
        raise BadSetting(f"Run {folder.id!r} is {state}; only a stopped, failed or lost run can be resumed.")
    lock = folder.lock()
    try:
        lock.acquire(timeout=2)
    except Timeout:
        raise BadSetting(
            f"Run {folder.id!r} is being worked on by another process. Watch it, or stop it first."
        ) from None
    try:
        folder.steer(want="run")
        folder.set_state(state="queued", message="", by=by)
    finally:
        lock.release()
    (home / "workers" / "knock").touch()
    return folder


def _folder(home: Path, run: str | RunFolder) -> RunFolder:
    return run if isinstance(run, RunFolder) else RunFolder.find(home, run)


# ── the queue ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def queue(home: Path) -> list[RunFolder]:
    """Queued runs, oldest request first; runs that cannot be read are passed over (the library shows them)."""
    waiting = []
    for path in (home / "runs").glob("[!.]*"):
        run = RunFolder(path)
        try:
            state = read_json(path / "state.json", {}) or {}
            if state.get("state") == "queued":
                waiting.append((float(run.request().get("created", 0)), run.id, run))
        except (BadRecord, AttributeError, TypeError, ValueError):
            continue
    return [run for _, _, run in sorted(waiting, key=lambda item: item[:2])]


def device_of(home: Path, run: RunFolder) -> str:
    """The device that a run queues for, spelled as its lock: `cpu`, `cuda-0`."""
    return device_named(home, str(run.request()["job"].get("device", "auto")))


def device_named(home: Path, named: str) -> str:
    """`auto` as the device that it stands for in this home, spelled as its lock."""
    if named == "auto":
        catalog = read_json(home / "catalog.json", {}) or {}
        named = next((d for d in catalog.get("devices", ()) if d.startswith("cuda")), "cpu")
    named = "cuda:0" if named == "cuda" else named
    return "".join(c if c.isalnum() else "-" for c in named)[:40]


def device_lock(home: Path, device: str) -> FileLock:
    """Held by whoever works on this device."""
    (home / "devices").mkdir(exist_ok=True)
    return FileLock(home / "devices" / f"{device}.lock", timeout=0)


def place_in_queue(home: Path, run: str | RunFolder) -> int:
    """How many runs are before this one on its device: 0 when it is next or no longer queued."""
    folder = _folder(home, run)
    device = device_of(home, folder)
    mine = [one.id for one in queue(home) if device_of(home, one) == device]
    if folder.id not in mine:
        return 0
    return mine.index(folder.id) + is_busy(home, device)


def is_busy(home: Path, device: str) -> bool:
    try:
        with device_lock(home, device):
            return False
    except Timeout:
        return True


# ── workers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def workers(home: Path) -> list[dict[str, Any]]:
    """The worker processes that are alive, by their heartbeat files: pid, doing, run, heartbeat."""
    found = []
    for path in (home / "workers").glob("[0-9]*.json"):
        try:
            worker = read_json(path)
        except BadRecord:
            continue
        if isinstance(worker, dict) and is_alive(int(worker.get("pid", 0))):
            found.append(worker)
    return found


def is_alive(pid: int) -> bool:
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
    return 0 < float(until) - time.time() < WARMING and is_alive(int(pid))


def ensure_worker(home: Path) -> int:
    """See to it that a worker waits in this home; returns the id of a process it had to spawn, else 0.

    Safe when many call at once: one of them spawns, and the others see that it did. `DISTILL_STUDIO_NO_WORKER=1` keeps
    tests and read-only studios from spawning any.
    """
    if os.environ.get("DISTILL_STUDIO_NO_WORKER") == "1":
        return 0
    with FileLock(home / "workers" / "spawn.lock", timeout=10):
        if has_idle_worker(home) or _is_starting(home) or _is_quiet(home):
            return 0
        log = open(home / "workers" / "worker.log", "ab")  # noqa: SIM115 (handed to the process)
        with log:
            command = [sys.executable, "-m", "distill_core.work.worker", "--home", str(home)]
            root = Path(__file__).resolve().parents[2]
            environment = {**os.environ, "DISTILL_STUDIO_HOME": str(home)}
            paths = [str(root), *filter(None, [environment.get("PYTHONPATH", "")])]
            environment["PYTHONPATH"] = os.pathsep.join(paths)
            started = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
                close_fds=True,
            )
        _CHILDREN.append(started)
        (home / "workers" / "starting").write_text(f"{started.pid} {time.time()}", encoding="utf-8")
        return started.pid


_CHILDREN: list[subprocess.Popen[bytes]] = []  # kept, so that ended ones are fetched and no warning is raised


def _is_starting(home: Path) -> bool:
    """Whether a worker was spawned a moment ago and has not yet said that it is there."""
    _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]
    try:
        pid, when = (home / "workers" / "starting").read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return False
    young = time.time() - float(when) < WARMING
    return young and is_alive(int(pid)) and not (home / "workers" / f"{pid}.json").exists()
