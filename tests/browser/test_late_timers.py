"""Timers of the page before that ask for it while the next one is drawn: the tab must not stay blank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.desk import Desk, browser, chromium_path, served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
APP = str(Path(__file__).with_name("late_timers.py"))
TIMES = 5  # there and back
# The browser hears everything 300 ms late, as over a slow line: its timers go on asking for the page that is gone.
SLOW_LINE = """
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  addEventListener(kind, hear, options) {
    const late = (event) => setTimeout(() => hear.call(this, event), 300);
    super.addEventListener(kind, kind === "message" ? late : hear, options);
  }
  set onmessage(hear) {
    this.addEventListener("message", hear);
  }
};
"""


def go_there_and_back(page: Any, desk: Desk) -> None:
    page.add_init_script(SLOW_LINE)
    page.goto(desk.url)
    for _ in range(TIMES):
        for name, button in (("one", "To two"), ("two", "To one")):
            page.get_by_text(f"This is {name}.").wait_for()
            page.get_by_text(f"{name} ticks").wait_for()
            page.wait_for_timeout(400)  # some ticks
            page.get_by_text(f"This is {name}.").wait_for()
            page.get_by_role("button", name=button).click()


@pytest.fixture(autouse=True)
def chromium() -> None:
    if chromium_path() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")


def test_no_page_is_wiped_by_a_timer_of_the_page_before(tmp_path: Path) -> None:
    with served(tmp_path / "home", APP, KEEP_PAGE="1") as desk, browser() as chrome:
        page = desk.listen(chrome.new_page())
        go_there_and_back(page, desk)
        assert desk.problems == []


def test_streamlit_still_needs_help(tmp_path: Path) -> None:
    """Where this fails, Streamlit has mended it: take pages/parts/steady.py away."""
    from playwright.sync_api import TimeoutError as Blank

    with served(tmp_path / "home", APP, KEEP_PAGE="0") as desk, browser() as chrome:
        page = desk.listen(chrome.new_page())
        page.set_default_timeout(8_000)
        with pytest.raises(Blank):
            go_there_and_back(page, desk)
        assert any("Bad delta path" in said for said in desk.problems)
