"""The page of layers in a real Chromium: a search by a real worker is shown, and a cell moves every view."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distill_core.quantities import titled
from tests.browser.desk import STORE, Desk, browser, chromium_path, colors, picture, processes, served, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SLOW = 90_000  # milliseconds that anything may take on a machine with other work


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if chromium_path() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    home = tmp_path_factory.mktemp("studio") / "home"
    with served(home) as made:
        yield made
    assert processes(home) == []


@pytest.fixture(autouse=True)
def home(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(desk.home))
    monkeypatch.delenv("DISTILL_STUDIO_NO_WORKER", raising=False)
    return desk.home


def test_a_search_is_shown_and_a_cell_moves_every_view(desk: Desk) -> None:
    run = desk.submit({"objective": "dm", "looks": 5}, method="hglad", students=0).id
    until(lambda: desk.run(run).state()["state"] == "finished", f"{run} is finished", 120)
    with browser() as chromium:
        page = desk.listen(chromium.new_page(viewport={"width": 1400, "height": 1700}))
        page.set_default_timeout(SLOW)
        page.goto(f"{desk.url}/?go=layers&run={run}")
        strip = page.locator("canvas[aria-label*='images at layer 2']")
        strip.wait_for()
        until(lambda: colors(strip) > 20, "the film strip is drawn")
        page.get_by_text("Result ★").wait_for()
        page.get_by_text("Every step of every layer: ").click()
        heat = page.locator(f"canvas[aria-label^='{titled('feature-distance')} at every step of every layer']")
        heat.wait_for()
        until(lambda: colors(heat) > 20, "the heat map is drawn")
        assert page.locator("table.layers tbody tr").count() == 5
        assert page.locator("table.layers tr.chosen").count() == 1
        each = titled("feature-distance-by-class")
        bars, before = page.locator(f"canvas[aria-label^='{each}']"), picture(strip)
        area = heat.bounding_box()
        heat.click(position={"x": 0.3 * area["width"], "y": 30})  # the second layer
        page.get_by_text("Searching at layer 2").wait_for()
        page.get_by_text(f"{each}: layer 2").wait_for()
        heat.focus()
        page.keyboard.press("ArrowDown")
        page.get_by_text(f"{each}: layer 3").wait_for()
        assert colors(bars) > 2

        page.get_by_role("button", name="Go to layer 1").click()
        page.get_by_text("Searching at layer 1").wait_for()
        until(lambda: picture(strip) != before, "what lies ahead of the clock is not shown")
        strip.click(position={"x": 20, "y": 20})
        assert page.evaluate(f"{STORE}.pin.run") == run
        page.get_by_text("times amplified").wait_for()
        page.close()
    assert desk.problems == []


def test_a_run_without_a_generator_shows_the_layers_of_its_network(desk: Desk) -> None:
    run = desk.submit({"iterations": 12, "weights": "none"}, students=0).id
    until(lambda: desk.run(run).state()["state"] == "finished", f"{run} is finished", 90)
    with browser() as chromium:
        page = desk.listen(chromium.new_page(viewport={"width": 1200, "height": 1000}))
        page.set_default_timeout(SLOW)
        page.goto(f"{desk.url}/?go=layers&run={run}")
        heat = page.locator("canvas[aria-label*='at every report']")
        heat.wait_for()
        until(lambda: colors(heat) > 3, "the heat map is drawn")
        page.get_by_role("link", name="This run searched no generator").wait_for()
        page.close()
    assert desk.problems == []
