"""Lessons in a real Chromium: one walked to its end with a presenter's keys, all of them step by step without a complaint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pages.parts import lessons
from tests.browser.desk import Desk, browser, chromium_path, served, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LESSONS = lessons.lessons()
STANDS = "(s => s?.clock.x / s?.end)(window.__distillStudio1)"
SIGHT = "e => { const b = e.getBoundingClientRect(); return b.height > 8 && b.top < innerHeight && b.bottom > 0; }"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if chromium_path() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    with served(tmp_path_factory.mktemp("lessons") / "home", DISTILL_STUDIO_NO_WORKER="1") as made:
        yield made


@pytest.fixture(autouse=True)
def home(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The served home, instead of one per test."""
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(desk.home))
    return desk.home


@pytest.fixture
def page(desk: Desk) -> Iterator[Any]:
    with browser() as chromium:
        made = desk.listen(chromium.new_context(viewport={"width": 1440, "height": 900}).new_page())
        made.set_default_timeout(60_000)
        yield made
    assert desk.problems == []
    assert desk.hosts == {desk.url.removeprefix("http://")}


def wait_for(page: Any, name: str, at: int) -> None:
    """Until the card says this step and the page behind it is drawn."""
    page.locator(".st-key-lesson").get_by_text(f"step {at} of {len(LESSONS[name].steps)}").wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def press_next(page: Any, wanted: str) -> None:
    """Press *Next*, again where the press fell between two drawings of the page."""
    card = page.locator(".st-key-lesson")
    for _ in range(3):
        page.locator(".st-key-_next button").click()
        if until(lambda: wanted in card.inner_text(), wanted, 10, otherwise=lambda: None):
            return


def turn(page: Any, key: str, wanted: str) -> None:
    """Press a key, again where the press fell between two drawings of the page."""
    card = page.locator(".st-key-lesson")
    for _ in range(3):
        page.keyboard.press(key)
        if until(lambda: card.count() and wanted in card.inner_text(), wanted, 15, otherwise=lambda: None):
            return


def check_light(page: Any, key: str) -> None:
    """The part that a step speaks of is outlined, alone, and in sight."""
    part = page.locator(f".st-key-{key}").first
    part.wait_for()
    until(lambda: part.evaluate(SIGHT), f"{key} is in sight", 20)
    assert part.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    lit = "[...document.querySelectorAll('[class*=st-key-]')].filter(e => getComputedStyle(e).outlineWidth === '3px' && getComputedStyle(e).outlineStyle === 'solid').length"
    assert page.evaluate(lit) == 1


def test_a_lesson_is_walked_to_its_end_with_a_presenters_keys(desk, page):
    name, steps = "how-made", LESSONS["how-made"].steps
    page.goto(f"{desk.url}/?lesson={name}&step=1&hide=menu")
    for at, step in enumerate(steps, 1):
        wait_for(page, name, at)
        if step.light:
            check_light(page, step.light)
        assert page.locator('[data-testid="stHeader"]').is_visible() == (at == len(steps))
        wanted = "null" if step.show.only is None else str(step.show.only)
        until(
            lambda wanted=wanted: page.evaluate("String(window.__distillStudio1?.only ?? null)") == wanted,
            "the class",
            20,
        )
        share = 1 if step.show.at is None else step.show.at
        until(lambda share=share: abs((page.evaluate(STANDS) or 0) - share) < 0.02, f"the clock stands at {share}", 20)
        if at == 2:
            turn(page, "PageUp", f"step 1 of {len(steps)}")
            wait_for(page, name, 1)
            turn(page, "PageDown", f"step 2 of {len(steps)}")
            wait_for(page, name, 2)
        if at < len(steps):
            turn(page, "PageDown", f"step {at + 1} of {len(steps)}")
    page.keyboard.press("PageDown")
    page.locator(".st-key-lesson").wait_for(state="detached")
    assert "lesson=" not in page.url and "run=" in page.url


def test_a_step_ticks_itself_when_the_clock_was_moved(desk, page):
    page.goto(f"{desk.url}/?lesson=how-made&step=1")
    wait_for(page, "how-made", 1)
    card = page.locator(".st-key-lesson")
    check_light(page, "player")
    assert card.get_by_text("Done:").count() == 0
    page.keyboard.press("ArrowRight")
    card.get_by_text("Done:").wait_for()
    assert "step=1" in page.url  # arrows belong to the player


def test_every_step_of_every_lesson_is_drawn_without_a_complaint(desk, page):
    for name, lesson in LESSONS.items():
        page.goto(f"{desk.url}/?lesson={name}&step=1")
        for at, step in enumerate(lesson.steps, 1):
            wait_for(page, name, at)
            assert page.locator('[data-testid="stException"]').all_inner_texts() == [], (name, at)
            if step.light:
                page.locator(f".st-key-{step.light}").first.wait_for()
            if at < len(lesson.steps):
                press_next(page, f"step {at + 1} of {len(lesson.steps)}")


def test_the_teachers_page_prints_whole(desk, page):
    page.goto(f"{desk.url}/?go=tour&plan=all")
    page.get_by_text(list(LESSONS.values())[-1].steps[-1].ask).wait_for()
    page.emulate_media(media="print")
    page.locator('[data-testid="stHeader"]').wait_for(state="hidden")
    assert page.evaluate("document.documentElement.scrollHeight") > 2000  # it is not cut to one screen
    assert page.pdf().count(b"/Type /Page\n") > 2
