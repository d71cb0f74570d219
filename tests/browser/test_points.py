"""The diversity page in a real Chromium: a t-SNE that the page asked for is made by a real worker and shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.desk import STORE, Desk, browser, chromium_path, colors, picture, processes, served, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SLOW = 90_000  # milliseconds that anything may take on a machine with other work: a worker warms up, a t-SNE is fitted


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
    """The served home instead of one per test."""
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(desk.home))
    monkeypatch.delenv("DISTILL_STUDIO_NO_WORKER", raising=False)
    return desk.home


def test_a_t_sne_that_was_asked_for_is_made_by_a_worker_and_shown(desk: Desk) -> None:
    runs = [desk.submit({"iterations": 30, "weights": kind}, ipc=2, students=0).id for kind in ("directed", "none")]
    for run in runs:
        until(lambda run=run: desk.run(run).state()["state"] == "finished", f"{run} is finished", 90)
    with browser() as chromium:
        page = desk.listen(chromium.new_page(viewport={"width": 1280, "height": 1000}))
        page.set_default_timeout(SLOW)
        page.goto(f"{desk.url}/?go=diversity&run={runs[0]}&b={runs[1]}")
        page.get_by_text("spreads its classes to").first.wait_for()  # measured by the worker
        area = page.locator("canvas[aria-label^='Feature map, pca of logits: 400 real and 40 synthetic']")
        area.wait_for()
        until(lambda: colors(area) > 20, "the runs lie in one plane of their own logits")

        page.get_by_role("button", name="features", exact=True).click()
        page.get_by_role("button", name="t-SNE", exact=True).click()
        page.get_by_text("t-SNE of features").first.wait_for()
        page.wait_for_function(
            f"Object.keys({STORE}.run('{runs[0]}').planes).some(n => n.startsWith('features-tsne-'))"
        )
        area = page.locator("canvas[aria-label^='Feature map, tsne of features: 400 real and 40 synthetic']")
        area.wait_for()
        page.get_by_text("trustworthiness 0.").wait_for()
        end = picture(area)
        page.keyboard.press("Home")
        until(lambda: picture(area) != end, "the images are where they began")
        real = f"{STORE}.run('{runs[0]}').planes[Object.keys({STORE}.run('{runs[0]}').planes).find(n => n.startsWith('features-tsne-'))]"
        assert page.evaluate(f"{real}.real.length") == 800

        spot = area.evaluate("c => c.spots.find(s => s.source === 'synthetic')")
        box = area.bounding_box()
        page.mouse.click(box["x"] + spot["x"], box["y"] + spot["y"])
        page.get_by_text("Nearest real images by last features").wait_for()

        page.get_by_role("button", name="lasso", exact=True).click()
        page.mouse.move(box["x"] + 2, box["y"] + 2)
        page.mouse.down()
        for x, y in ((1, 0), (1, 1), (0, 1), (0, 0)):
            page.mouse.move(box["x"] + 2 + x * (box["width"] - 4), box["y"] + 2 + y * (box["height"] - 4), steps=4)
        page.mouse.up()
        page.wait_for_function(f"{STORE}.chosen?.points.length === 40")
        page.get_by_text("40 synthetic images chosen").wait_for()
        page.get_by_text("only the 40 images that were drawn around").wait_for()
        page.get_by_role("button", name="all", exact=True).click()
        page.wait_for_function(f"{STORE}.chosen === null")

        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_function("document.documentElement.scrollWidth <= 390")
    assert desk.problems == []
    assert desk.hosts == {desk.url.removeprefix("http://")}
