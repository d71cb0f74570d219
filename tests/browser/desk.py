"""A desk for tests and measurements: the studio as a visitor starts it, with a real worker, and a real Chromium."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distill_core.home import studio_home
from distill_core.queue import workers
from distill_core.queue.executor import executor_of
from distill_core.record.folder import RunFolder

ROOT = Path(__file__).parents[2]
STORE = "window.__distillStudio1"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]
# Streamlit itself, when a page other than the start is reloaded: it tries its own addresses below that page's first.
HARMLESS = re.compile(r"/[a-z]+/_stcore/(health|host-config)")
SMALL: dict[str, Any] = {"data": "digits", "ipc": 1, "seed": 0, "device": "cpu", "students": 1, "epochs": 20}


def chromium_path() -> str | None:
    """Where a Chromium is installed, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Desk:
    """A studio that is being served: its address, its home, its server."""

    url: str
    home: Path
    server: subprocess.Popen[bytes]
    started: float  # time.monotonic() when the command was given
    hosts: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def runs(self) -> set[str]:
        return {path.name for path in (self.home / "runs").glob("[!.]*")}

    def run(self, name: str) -> RunFolder:
        return RunFolder.find(self.home, name)

    def submit(self, settings: dict[str, Any], method: str = "dwa", **job: Any) -> RunFolder:
        """A run on digits, of DWA where nothing else is said, started the way a page does."""
        run = RunFolder.create(self.home, method, settings, {**SMALL, **job})
        executor_of(self.home).start(run)
        return run

    def worker_of(self, run: str) -> int:
        """The process that works on a run, 0 where none does."""
        return next((int(one["pid"]) for one in workers.workers(self.home) if one.get("run") == run), 0)

    def has_idle_worker(self) -> bool:
        return any(one.get("doing") == "idle" for one in workers.workers(self.home))

    def stop_all(self) -> None:
        """Stop what still works, so that the next run need not wait for it."""
        for name in self.runs():
            if self.run(name).state()["state"] in ("queued", "running", "paused"):
                executor_of(self.home).stop(self.run(name))

    def listen(self, page: Any) -> Any:
        """Note what a page complains about and whom it talks to."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda asked: self.hosts.add(asked.url.split("/")[2]) if _leaves(asked.url) else None)
        return page

    def _hear(self, said: Any) -> None:
        if said.type == "error" and not HARMLESS.fullmatch(said.location["url"].removeprefix(self.url)):
            self.problems.append(f"{said.text} ({said.location['url']})")


def _leaves(url: str) -> bool:
    return url.startswith(("http:", "https:", "ws:", "wss:"))


@contextlib.contextmanager
def served(home: Path, script: str = "app.py", **environ: str) -> Iterator[Desk]:
    """`streamlit run app.py` (or another script) on a free port over this home; at the end no process of it is left."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    studio_home(home)
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true", f"--server.port={port}"]
    environment = {key: value for key, value in os.environ.items() if key != "DISTILL_STUDIO_NO_WORKER"}
    environment |= {"DISTILL_STUDIO_HOME": str(home), **environ}
    started = time.monotonic()
    with open(home / "server.log", "wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for_port(server, port, home / "server.log")
            yield Desk(f"http://127.0.0.1:{port}", home, server, started)
        finally:
            server.terminate()
            server.wait(20)
            end_all(home)


def wait_for_port(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()


def processes(home: Path) -> list[int]:
    """Processes that were started for this home, by what they were called with."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (path / "cmdline").read_bytes().split(b"\0")
            if str(home).encode() in words and workers.is_process(int(path.name)):
                found.append(int(path.name))
    return found


def end_all(home: Path) -> None:
    """End every worker of this home; a worker that is just being started is found in the next round."""
    until(lambda: not _signal(home, signal.SIGTERM), "the workers end", 20, otherwise=lambda: None)
    until(lambda: not _signal(home, signal.SIGKILL), "the workers are killed", 20)


def _signal(home: Path, number: int) -> list[int]:
    found = processes(home)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return found


def until(
    condition: Callable[[], Any], what: str, seconds: float = 60, otherwise: Callable[[], None] | None = None
) -> Any:
    """Wait until something holds and return it; after the deadline, `otherwise` instead of an assertion."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            if otherwise is not None:
                return otherwise()
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium. Playwright and Chromium must be installed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        try:
            yield made
        finally:
            made.close()


def colors(canvas: Any) -> int:
    """How many different colors a canvas shows."""
    return canvas.evaluate(
        "c => { if (!c.width || !c.height) return 0; const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, s = new Set();"
        " for (let i = 0; i < d.length; i += 4) s.add((d[i] << 16) | (d[i + 1] << 8) | d[i + 2]); return s.size; }"
    )


def picture(canvas: Any) -> str:
    """A canvas as text, to see whether it changed."""
    return canvas.evaluate("c => c.toDataURL()")
