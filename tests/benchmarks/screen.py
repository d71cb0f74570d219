"""What a visitor waits for, and what an open tab costs: `python -m tests.benchmarks.screen`.

A real server, a real worker and a headless Chromium; digits at ipc 1 by DWA, started from the start page's button as a
visitor would. Processor time and memory of the page process are read from /proc (Linux).
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit
import torch

from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from tests.browser.desk import STORE, Desk, browser, colors, picture, served, until

TICKS = os.sysconf("SC_CLK_TCK")
VIEW = {"width": 1280, "height": 1100}
LIVE = {"recover.iterations": 3000, "squeeze.epochs": 40}
# Called in the tab: when each image sheet of the run was there, decoded, as wall-clock seconds by record number.
ARRIVALS = """run => { const store = window.__distillStudio1; window.__seen = {};
  const look = () => { for (const r of store.run(run).frames) if (store.bitmap(store.run(run), r)) window.__seen[r.n] ??= Date.now() / 1000; };
  store.on(() => look()); look(); }"""


def processor_seconds(pid: int) -> float:
    """Processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> float:
    """Resident memory of a process, in MB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024  # type: ignore[index]


def share(pid: int, seconds: float) -> float:
    """Processor share of a process over some seconds, in percent of one core."""
    before, since = processor_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (processor_seconds(pid) - before) / (time.monotonic() - since)


class Wire:
    """Counts what a tab receives over its WebSockets, in bytes."""

    def __init__(self, page: Any):
        self.bytes = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._take))

    def _take(self, payload: Any) -> None:
        self.bytes += len(payload)


def moves(page: Any) -> None:
    """Wait until the start page's picture has changed."""
    canvas = page.locator(".race canvas").last
    canvas.wait_for(timeout=60_000)
    until(lambda: colors(canvas) > 20, "a recorded image is drawn")
    first = picture(canvas)
    until(lambda: picture(canvas) != first, "the images form")


def is_drawn(page: Any, run: str) -> None:
    """Wait until the wall shows an image of the run."""
    frame = f"{STORE}?.run('{run}').frames.at(-1)"
    page.wait_for_function(f"{frame} && {STORE}.bitmap({STORE}.run('{run}'), {frame})", timeout=90_000)
    until(lambda: colors(page.locator(".walls canvas").first) > 20, "the wall shows images")


def click_to_image(desk: Desk, page: Any) -> float:
    """Seconds from the start page's button to the first image of the real run; the run is stopped afterwards."""
    until(desk.has_idle_worker, "a worker waits", 120)
    page.goto(desk.url)
    moves(page)
    before, since = desk.runs(), time.monotonic()
    page.get_by_role("button", name="Start it for real").click()
    page.wait_for_url(re.compile("/live.*run="), timeout=60_000)
    (run,) = desk.runs() - before
    is_drawn(page, run)
    took = time.monotonic() - since
    page.goto("about:blank")
    end(desk, desk.run(run))
    return took


def end(desk: Desk, run: RunFolder) -> None:
    desk.stop_all()
    until(lambda: run.state()["state"] in ("stopped", "finished"), "the run ends", 60)


def live(desk: Desk, page: Any, seconds: float) -> dict[str, Any]:
    """A run that is watched: delay of each sheet, processor share and memory of the page process, bytes a second."""
    until(desk.has_idle_worker, "a worker waits", 120)
    wire, run = Wire(page), desk.submit(LIVE)
    page.goto(f"{desk.url}/?go=live&run={run.id}")
    until(lambda: run.state().get("stage") == "recover", "images are learned", 90)
    is_drawn(page, run.id)
    page.evaluate(ARRIVALS, run.id)
    page.wait_for_timeout(3000)
    since, before = time.monotonic(), wire.bytes
    cost = processor_seconds(desk.server.pid)
    page.wait_for_timeout(1000 * seconds)
    passed = time.monotonic() - since
    found = {
        "processor": 100 * (processor_seconds(desk.server.pid) - cost) / passed,
        "wire": (wire.bytes - before) / passed / 1000,
        "memory": memory(desk.server.pid),
        "delays": delays(page, run, time.time() - passed),
    }
    end(desk, run)
    page.wait_for_function(f"{STORE}.run('{run.id}').over", timeout=60_000)
    found["idle"] = share(desk.server.pid, seconds)
    page.goto("about:blank")
    return found


def delays(page: Any, run: RunFolder, since: float) -> list[float]:
    """Seconds from an image file's last write to its decoded picture in the tab, for files written after `since`."""
    seen = {int(number): when for number, when in page.evaluate("window.__seen").items()}
    found = []
    for record in Timeline.all(run):
        if record["kind"] != "images" or record["n"] not in seen:
            continue
        written = (run.path / record["sheet"]).stat().st_mtime
        if written >= since:
            found.append(seen[record["n"]] - written)
    return found


def timed(what: Callable[[], Any]) -> float:
    since = time.monotonic()
    what()
    return time.monotonic() - since


def machine() -> str:
    """Processor, cores in use, load and versions, in one line."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    name = re.search(r"model name\s*:\s*(.+)", text)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    versions = f"Python {platform.python_version()}, Streamlit {streamlit.__version__}, torch {torch.__version__}"
    return f"{name[1] if name else platform.processor()}, {cores} cores, load {load:.1f}; {versions}"


def main(rounds: int = 3, seconds: float = 20) -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        home = Path(folder) / "home"
        with served(home) as desk:
            page = desk.listen(chromium.new_page(viewport=VIEW))
            page.goto(desk.url)
            moves(page)
            line("`streamlit run` → something moves", time.monotonic() - desk.started, "s")
            reloads = [timed(lambda: (page.reload(), moves(page))) for _ in range(rounds)]
            line("reload → something moves (median)", statistics.median(reloads), "s")
            clicks = [click_to_image(desk, page) for _ in range(rounds)]
            line("click → first image, warm worker (median)", statistics.median(clicks), "s")
            found = live(desk, page, seconds)
            line("image written → image visible (median)", statistics.median(found["delays"]), "s")
            line("image written → image visible (90 %)", statistics.quantiles(found["delays"], n=10)[-1], "s")
            line("page process, one live tab", found["processor"], "% of a core")
            line("page process, one idle live tab", found["idle"], "% of a core")
            line("page process, memory while live", found["memory"], "MB")
            line("WebSocket, one live tab", found["wire"], "kB/s")
            print(f"load at the end {os.getloadavg()[0]:.1f}; complaints of the browser: {desk.problems or 'none'}")


def line(what: str, value: float, unit: str) -> None:
    print(f"{what:46} {value:9.2f} {unit}", flush=True)


if __name__ == "__main__":
    main()
