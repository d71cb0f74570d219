"""The latent walk and the class activation maps in a real Chromium, made by a real worker: a drag and the keys move through
the square, the maps follow the player."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.desk import ROOT, STORE, Desk, browser, chromium_path, colors, picture, processes, served, until
from tests.looks.test_latent_walk import searched
from tests.looks.test_planes import picture_run

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SLOW = 90_000  # milliseconds that anything may take on a machine with other work: a worker warms up
PAGE = """
import streamlit as st
from distill_core.queue.executor import executor_of
from distill_core.record.folder import RunFolder
from pages.parts import activation, feed, packets, studio, views, walk_pad

st.set_page_config(layout="wide")
executor_of(studio.home()).get_ready()
folder = RunFolder.find(studio.home(), st.query_params["run"])
if st.query_params.get("part") == "maps":
    feed.live([folder], "feed")
    at = views.player([folder.id], "player")
    activation.section(folder, packets.reader(str(folder.path)).refresh(), (at or {}).get("n"))
else:
    walk_pad.section(folder)
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if chromium_path() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    place = tmp_path_factory.mktemp("studio")
    (place / "page.py").write_text(PAGE, encoding="utf-8")
    with served(place / "home", str(place / "page.py"), PYTHONPATH=str(ROOT)) as made:
        yield made
    assert processes(place / "home") == []


@pytest.fixture(autouse=True)
def home(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The served home instead of one per test."""
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(desk.home))
    return desk.home


def test_a_drag_and_the_keys_move_through_what_a_worker_decoded(desk: Desk) -> None:
    run = searched(desk.home, "style")
    with browser() as chromium:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
        page = desk.listen(context.new_page())
        page.set_default_timeout(SLOW)
        page.goto(f"{desk.url}/?run={run.id}")
        pad = page.get_by_role("slider", name="Place in w")
        pad.wait_for()
        large = page.get_by_role("img", name="Decoded image, 0 at")
        layer = page.get_by_role("img", name="Feature map at layer5")
        until(lambda: colors(large) > 20, "the decoded image is drawn")
        assert colors(layer) > 20

        pad.focus()
        page.keyboard.press("Home")
        until(lambda: pad.get_attribute("aria-valuenow") == "84", "Home goes back to the mean")
        assert "0.0 % of its length" in pad.get_attribute("aria-valuetext")
        mean, at_mean = picture(large), picture(layer)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowUp")
        until(lambda: pad.get_attribute("aria-valuenow") == str(84 + 1 - 13), "the keys move by one point")
        assert "+0.4 s.d. along 1, +0.4 s.d. along 2" in pad.get_attribute("aria-valuetext")
        assert picture(large) != mean

        box = pad.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        until(lambda: picture(large) == mean and picture(layer) == at_mean, "a press takes it back to the mean")
        page.mouse.move(box["x"] + 3, box["y"] + box["height"] - 3, steps=12)
        until(lambda: pad.get_attribute("aria-valuenow") == str(12 * 13), "the drag ends in the lower left corner")
        page.mouse.move(box["x"] - 80, box["y"] - 80, steps=4)
        until(lambda: pad.get_attribute("aria-valuenow") == "0", "a drag that leaves the square stays at its edge")
        page.mouse.up()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert picture(large) != mean and picture(layer) != at_mean
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        until(lambda: picture(large) == mean, "a finger does the same")

        page.get_by_text("3", exact=True).first.click()
        page.get_by_role("img", name="Decoded image, 3 at").wait_for()
        assert pad.get_attribute("aria-valuenow") == "84", "another class is shown where the visitor stands"
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_function("document.documentElement.scrollWidth <= 390")
        until(lambda: pad.bounding_box()["width"] < 260, "the pad leaves room for the image beside it")
    assert desk.problems == []
    assert desk.hosts == {desk.url.removeprefix("http://")}


def test_the_maps_follow_the_player(desk: Desk) -> None:
    run = picture_run(desk.home, ipc=1, steps=5)
    with browser() as chromium:
        page = desk.listen(chromium.new_page(viewport={"width": 1280, "height": 900}))
        page.set_default_timeout(SLOW)
        page.goto(f"{desk.url}/?run={run.id}&part=maps")
        page.get_by_text(re.compile("Of .*, step 4")).wait_for()
        page.locator(".js-plotly-plot").nth(2).wait_for()
        page.keyboard.press("Home")
        page.get_by_text(re.compile("Of .*, step 0")).wait_for()
        page.keyboard.press("ArrowRight")
        page.get_by_text(re.compile("Of .*, step 1")).wait_for()
        page.evaluate(f"{STORE}.seek({STORE}.where({STORE}.run('{run.id}'), {STORE}.run('{run.id}').frames[3]))")
        page.get_by_text(re.compile("Of .*, step 3")).wait_for()  # another view went there
    assert desk.problems == []
