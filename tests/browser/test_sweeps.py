"""A sweep in a real Chromium: it works itself off with a real worker, and a click on a cell opens the run it came from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from distill_core import catalog
from distill_core.axis import along
from distill_core.queue import sweeping, sweeps
from distill_core.queue.planning import plan
from tests.browser.desk import browser, chromium_path, processes, served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
JOB = {"data": "digits:size=8", "student": "mlp", "students": 1, "epochs": 1, "device": "cpu"}


def middle(page: Any, row: int, column: int, shape: tuple[int, int]) -> tuple[float, float]:
    """A point in a cell of the heat map, off its center: anywhere in the cell counts."""
    box = page.locator(".js-plotly-plot .heatmaplayer image").bounding_box()
    return box["x"] + (column + 0.3) * box["width"] / shape[1], box["y"] + (row + 0.6) * box["height"] / shape[0]


def test_a_sweep_works_itself_off_and_its_cells_open_their_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if chromium_path() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    monkeypatch.delenv("DISTILL_STUDIO_NO_WORKER")
    home = tmp_path / "home"
    with served(home) as desk, browser() as chromium:
        entry = catalog.method(catalog.read(home), "random")
        axes = [along("ipc", 1, 2), along("epochs", 1)]
        one = sweeping.start(home, plan(entry, {}, JOB, axes))
        page = desk.listen(chromium.new_page(viewport={"width": 1280, "height": 1400}))
        page.goto(f"{desk.url}/?go=scores&show=Ablations&sweep={one.id}")
        page.get_by_text("2 of 2 runs finished").wait_for(timeout=90_000)
        run = sweeps.read(home, one.id).runs[list(one.plan.keys())[1]]
        page.locator(".js-plotly-plot .heatmaplayer image").first.wait_for()  # while it is drawn anew there are two
        page.mouse.move(*middle(page, 1, 0, (2, 1)))
        page.locator(".hoverlayer .hovertext").wait_for()
        page.mouse.click(*middle(page, 1, 0, (2, 1)))
        page.wait_for_url(re.compile(rf"/live\?.*run={run}"), timeout=60_000)
        assert desk.problems == []
        assert desk.hosts == {desk.url.removeprefix("http://")}
    assert processes(home) == []
