"""Every page, light and dark, as axe-core sees it: contrast, names, roles. Nothing serious may be found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pages.parts.frame import PAGES
from tests.browser.desk import browser, chromium_path, served

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.skipif(chromium_path() is None, reason="needs a Chromium on the path")
EXAMPLES = {"live": "dm-fashion-ipc1", "layers": "hglad-fashion-ipc1"}
DRAWER = {
    "exclude": [["[data-testid=stSidebarNav]"]]
}  # Streamlit's own menu on a phone: a list of which some entries are none
GRAVE = ("serious", "critical")


def grave(page: Any) -> list[str]:
    """What is wrong, with the first place where it is."""
    found = axe.Axe().run(page, DRAWER, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in GRAVE]


def settled(page: Any, address: str) -> None:
    page.goto(address)
    page.locator("[data-testid=stMain] :is(h1, h2, h3, p)").first.wait_for(timeout=60_000)
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached", timeout=60_000)
    page.wait_for_timeout(1500)


SMALL = """() => {
  const roots = [document.querySelector("[data-testid=stMain]"), ...[...document.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean)];
  const inside = "[data-testid=stSlider] input, [data-testid=stCheckbox] input, [data-testid=stFileUploader] input, input[type=file]"; // part of a larger target
  return roots.flatMap((root) => [...root.querySelectorAll("button, input, select, summary")]).filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && box.height < 39.5 && !e.matches(inside) && getComputedStyle(e).visibility !== "hidden";
  }).map((e) => `${e.tagName} ${e.ariaLabel ?? e.textContent} ${Math.round(e.getBoundingClientRect().height)}`);
}"""  # a finger's targets below 40 pixels; words within a text are left out


@pytest.mark.parametrize(
    ("scheme", "width", "height"),
    [("light", 1440, 1200), ("dark", 1440, 1200), ("dark", 390, 844), ("light", 390, 844)],
)
def test_no_page_keeps_anybody_out(tmp_path: Path, scheme: str, width: int, height: int) -> None:
    problems = []
    with served(tmp_path / "home", DISTILL_STUDIO_NO_WORKER="1") as desk, browser() as chromium:
        page = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme).new_page()
        for _, _, address, *_ in PAGES:
            settled(page, f"{desk.url}/?go={address}&run={EXAMPLES.get(address, '')}" if address else desk.url)
            if grave(page):
                page.wait_for_timeout(4000)  # what is drawn anew is pale for a moment
            problems += [f"{scheme} {width} {address or 'start'} {one}" for one in grave(page)]
            if width < 400:
                problems += [f"{address or 'start'} has a small target: {one}" for one in page.evaluate(SMALL)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                problems.append(f"{address or 'start'} is wider than its window of {width}")
    assert problems == []


PALE = """() => {
  const channel = (x) => (x / 255 <= 0.03928 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const drawn = (...colors) => {
    const g = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    for (const one of colors) { g.fillStyle = one; g.fillRect(0, 0, 1, 1); }
    return light([...g.getImageData(0, 0, 1, 1).data]);
  };
  return [...document.querySelectorAll("input")].filter((e) => e.placeholder && !e.disabled).map((e) => {
    const behind = [];
    for (let node = e; node; node = node.parentElement) behind.unshift(getComputedStyle(node).backgroundColor);
    const words = getComputedStyle(e, "::placeholder"), a = drawn(...behind), b = drawn(...behind, words.webkitTextFillColor);
    return [e.placeholder, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), Number(words.opacity)];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_stands_in_an_empty_field_can_be_read(tmp_path: Path, scheme: str) -> None:
    with served(tmp_path / "home", DISTILL_STUDIO_NO_WORKER="1") as desk, browser() as chromium:
        page = chromium.new_context(viewport={"width": 1440, "height": 1200}, color_scheme=scheme).new_page()
        settled(page, f"{desk.url}/?go=new&method=hglad")
        page.locator("input[placeholder^=auto]").first.wait_for()
        found = page.evaluate(PALE)
        assert [one for one in found if one[1] < 4.5 or one[2] < 1] == []


INSIDE = """(term) => {
  term.blur();
  term.focus();
  const box = term.querySelector(".tip").getBoundingClientRect();
  return box.width > 0 && box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight;
}"""


def test_a_words_sentence_stays_inside_the_window(tmp_path: Path) -> None:
    with served(tmp_path / "home", DISTILL_STUDIO_NO_WORKER="1") as desk, browser() as chromium:
        for width in (390, 700, 1000, 1440):
            page = chromium.new_context(viewport={"width": width, "height": 700}).new_page()
            settled(page, f"{desk.url}/?go=methods")
            for term in page.locator(".term").all():
                for _ in range(20):  # a picture that arrives late moves the word out of the window again
                    if inside := term.evaluate(INSIDE):
                        break
                    page.wait_for_timeout(500)
                assert inside, (width, term.inner_text(), term.bounding_box(), term.locator(".tip").bounding_box())
            page.context.close()
