"""A report in a real Chromium that is cut off from every network: it shows its walls in both themes, and replays them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.desk import browser, chromium_path, until
from tests.figures.test_report import written
from tests.pages import demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_offline_and_replays_its_walls(scheme: str, home: Path, tmp_path: Path) -> None:
    if chromium_path() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    run = demo.create(home)
    demo.write(run)
    path = tmp_path / "report.html"
    path.write_text(written(home, run), encoding="utf-8")
    wrong: list[str] = []
    with browser() as chromium:
        page = chromium.new_context(color_scheme=scheme, offline=True).new_page()
        page.on("console", lambda said: wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.extend([asked.url] if asked.url.startswith("http") else []))
        page.goto(path.as_uri())
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
        walls = page.locator(".replay img")
        assert page.locator(".replay img:visible").count() == 1
        assert walls.last.evaluate("i => i.complete && i.naturalWidth > 0")
        page.get_by_role("slider").fill("0")
        assert walls.first.is_visible() and "step 0" in page.locator("figcaption").first.inner_text()
        page.get_by_role("button", name="Play").click()
        until(lambda: not walls.first.is_visible(), "the replay moves on")
        page.get_by_role("button", name="Pause").click()
    assert not wrong
