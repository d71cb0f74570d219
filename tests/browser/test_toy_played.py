"""Play in a real Chromium: points move, a drag changes the boundary, the same seed gives the same picture, too much breaks kindly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.desk import Desk, browser, chromium_path, colors, picture, processes, served, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SLOW = 60_000  # milliseconds that anything may take on a machine with other work


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if chromium_path() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    home = tmp_path_factory.mktemp("studio") / "home"
    with served(home, DISTILL_STUDIO_NO_WORKER="1") as made:
        yield made
    assert processes(home) == []


def opened(desk: Desk, chromium: Any, link: str = "", **context: Any) -> Any:
    page = desk.listen(chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, **context}).new_page())
    page.set_default_timeout(SLOW)
    page.goto(f"{desk.url}/?go=toy{link}")
    page.get_by_text(re.compile(r"^step \d")).wait_for()
    return page


def step(page: Any) -> int:
    return int(re.match(r"step (\d+)", page.get_by_text(re.compile(r"^step \d")).inner_text())[1])


def planes(page: Any) -> tuple[Any, Any]:
    left, right = page.locator(".planes canvas").all()
    until(lambda: colors(left) > 20 and colors(right) > 20, "both pictures are drawn")
    return left, right


def control_is_there(page: Any) -> None:
    page.wait_for_function("![...document.querySelectorAll('.toy .bars .value')].some(one => one.textContent === '…')")


def dragged(page: Any, canvas: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    box = canvas.bounding_box()
    to = lambda x, y: (box["x"] + (x / 1.3 + 1) / 2 * box["width"], box["y"] + (1 - y / 1.3) / 2 * box["height"])  # noqa: E731
    page.mouse.move(*to(*start))
    page.mouse.down()
    page.mouse.move(*to(*end), steps=4)
    page.mouse.up()


def test_points_move_by_themselves_by_keys_and_by_hand(desk: Desk) -> None:
    with browser() as chromium:
        page = opened(desk, chromium)
        _, right = planes(page)
        before = picture(right)
        until(lambda: step(page) >= 20, "it plays by itself")
        assert picture(right) != before
        page.keyboard.press(" ")
        rests = step(page)
        page.wait_for_url(re.compile(f"[?&]step={rests}"))
        page.keyboard.press("ArrowRight")
        until(lambda: step(page) == rests + 1, "an arrow makes one step")
        page.get_by_text("Both networks answer the same in").wait_for()
        assert desk.problems == []


def test_a_drag_changes_the_boundary_and_the_same_seed_gives_the_same_picture(desk: Desk) -> None:
    link = "&begin=grid&at=-0.7,-0.7;0,0;0.7,0.7;0.7,-0.7;-0.7,0;0,0.7&moved=0:1.2,1.2"
    with browser() as chromium:
        page = opened(desk, chromium, link, reduced_motion="reduce")
        assert step(page) == 0, "whoever wants no motion presses play"
        left, right = planes(page)
        control_is_there(page)
        first, all_points = picture(right), picture(left)
        dragged(page, right, (0.7, 0.7), (0.2, -1.1))
        until(lambda: picture(right) != first, "the boundary answers to a learned point")
        page.wait_for_url(re.compile(r"0\.2[^;]*-1\.1|0\.2.*%2C-1\.1"))
        dragged(page, left, (1.2, 1.2), (-1.0, 1.0))
        control_is_there(page)
        until(lambda: picture(left) != all_points, "the boundary answers to a real point")

        page.get_by_role("button", name=re.compile("Again from the start")).click()
        page.wait_for_url(re.compile("^[^?]*[?]begin=grid$"))  # what was dragged goes back
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        control_is_there(page)
        page.mouse.move(2, 2)
        once = until(lambda: step(page) == 3 and picture(right), "three steps")
        page.get_by_role("button", name=re.compile("Again from the start")).click()
        until(lambda: step(page) == 0, "again")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        control_is_there(page)
        until(lambda: picture(right) == once, "the same seed gives the same picture")
        page.get_by_role("button", name=re.compile("Other data")).click()
        until(lambda: picture(right) != once, "a new seed gives another")
        page.wait_for_url(re.compile("seed=1"))
    assert desk.problems == []


def test_too_large_a_step_turns_points_gray_and_says_why(desk: Desk) -> None:
    with browser() as chromium:
        page = opened(desk, chromium, "&data=:::&rate=10000", viewport={"width": 390, "height": 844}, has_touch=True)
        page.get_by_text(re.compile("It broke.*is too large")).wait_for()
        page.get_by_text("data=::: is none of circles").wait_for()
        page.get_by_label("step size").select_option("1")
        until(lambda: step(page) == 0, "it begins anew")
        left, right = planes(page)
        assert left.bounding_box()["y"] + left.bounding_box()["height"] <= right.bounding_box()["y"], "stacked"
        page.wait_for_function("document.documentElement.scrollWidth <= 390")
        right.focus()
        before = picture(right)
        page.keyboard.press("n")
        page.keyboard.press("ArrowLeft")
        until(lambda: picture(right) != before, "keys move a point")
    assert desk.problems == []
    assert desk.hosts == {desk.url.removeprefix("http://")}
