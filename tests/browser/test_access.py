"""Every page, light and dark, as axe-core sees it: contrast, names, roles. Nothing serious may be found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pages.parts.frame import PAGES
from tests.browser.desk import browser, chromium_path, served

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.skipif(chromium_path() is None, reason="needs a Chromium on the path")
EXAMPLES = {"live": "dm-fashion-ipc1", "layers": "hglad-digits-ipc1"}
GRAVE = ("serious", "critical")


def grave(page: Any) -> list[str]:
    """What is wrong, with the first place where it is."""
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in GRAVE]


def test_no_page_keeps_anybody_out(tmp_path: Path) -> None:
    problems = []
    with served(tmp_path / "home", DISTILL_STUDIO_NO_WORKER="1") as desk, browser() as chromium:
        for scheme in ("light", "dark"):
            context = chromium.new_context(viewport={"width": 1440, "height": 1200}, color_scheme=scheme)
            page = context.new_page()
            for _, _, address, *_ in PAGES:
                page.goto(f"{desk.url}/?go={address}&run={EXAMPLES.get(address, '')}" if address else desk.url)
                page.locator("[data-testid=stMain] :is(h1, h2, h3, p)").first.wait_for(timeout=60_000)
                page.locator("[data-testid=stStatusWidget]").wait_for(state="detached", timeout=60_000)
                page.wait_for_timeout(1500)
                if grave(page):
                    page.wait_for_timeout(4000)  # what is drawn anew is pale for a moment
                problems += [f"{scheme} {address or 'start'} {one}" for one in grave(page)]
            context.close()
    assert problems == []
