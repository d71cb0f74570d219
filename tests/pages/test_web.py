"""The canvas views: their size and manners as text, their arithmetic in Node, their behavior in a real Chromium."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from graphlib import CycleError
from pathlib import Path

import pytest

from pages.parts import views
from tests.pages import demo

ROOT = Path(__file__).parents[2]
PARTS = ("player", "wall", "map", "plots", "race", "layers", "strip", "pad", "factors", "crops", "toy")


def test_all_of_the_javascript_is_small():
    files = [*views.WEB.glob("*.js"), *views.WEB.glob("*.css")]
    toy = [path for path in files if path.name.startswith("toy")]
    assert sum(len(path.read_bytes()) for path in files if path not in toy) < 270_000
    assert sum(len(path.read_bytes()) for path in toy) < 70_000
    assert len((views.WEB / "feed.js").read_bytes()) < 1_000
    large = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert [name for name, lines in large.items() if lines > 200] == []


def test_what_a_view_imports_comes_before_it_and_only_once(tmp_path, monkeypatch):
    monkeypatch.setattr(views, "WEB", tmp_path)
    (tmp_path / "ground.js").write_text("export const low = 1;\n")
    (tmp_path / "middle.js").write_text('import { low } from "./ground.js";\nexport const high = low + 1;\n')
    (tmp_path / "top.js").write_text(
        'import { low } from "./ground.js";\nimport {\n  high,\n} from "./middle.js";\nexport default low + high;\n'
    )
    joined = "const low = 1;\n\nconst high = low + 1;\n\nexport default low + high;\n"
    assert views.source.__wrapped__("top") == joined
    (tmp_path / "ground.js").write_text('import { high } from "./middle.js";\nexport const low = high;\n')
    with pytest.raises(CycleError):
        views.source.__wrapped__("top")


@pytest.mark.parametrize("path", sorted(views.WEB.glob("*.js")), ids=lambda path: path.name)
def test_names_are_never_markup_and_nothing_is_fetched(path):
    text = path.read_text(encoding="utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "fetch(",
        "import(",
        "XMLHttp",
    ):
        assert word not in text, word
    assert not [url for url in re.findall(r"https?://[^\"'` ]+", text) if "www.w3.org/2000/svg" not in url]


@pytest.mark.parametrize("part", PARTS)
def test_each_view_is_one_module(part, tmp_path):
    assert views.source(part).count("export default") == 1
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; the browser test runs the same code")
    path = tmp_path / f"{part}.mjs"
    path.write_text(views.source(part), encoding="utf-8")
    subprocess.run([node, "--check", str(path)], check=True)


def test_the_store_counts_right():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; the browser test runs the same code")
    done = subprocess.run(
        [node, "--test", str(ROOT / "tests/pages/js")], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return found


@pytest.fixture
def served(home: Path) -> Iterator[str]:
    """The studio over this test's home, with nobody to warm a worker."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    environment = {**os.environ, "DISTILL_STUDIO_HOME": str(home), "DISTILL_STUDIO_NO_WORKER": "1"}
    with open(home / "server.log", "wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert server.poll() is None and time.monotonic() < deadline, (home / "server.log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


STORE = "window.__distillStudio1"


@pytest.mark.browser
def test_a_replay_can_be_played_scrubbed_hovered_and_steered_by_keys(home, served):
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    folder = demo.create(home, name="replay <b>me</b>")
    demo.write(folder)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    with sync.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 1200})
        problems, hosts = [], set()
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.on("request", lambda r: hosts.add(r.url.split("/")[2]) if "://" in r.url else None)
        page.goto(f"{served}/?go=live&run={folder.id}")
        page.wait_for_function(f"{STORE}?.run('{folder.id}').over && {STORE}.reach > 0", timeout=60_000)
        page.wait_for_function(f"{STORE}.clock.x === {STORE}.reach")
        track = page.locator(".track canvas")
        box = track.bounding_box()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 25)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 25, steps=5)
        page.mouse.up()
        share = page.evaluate(f"{STORE}.clock.x / {STORE}.end")
        assert share == pytest.approx(0.6, abs=0.02)
        page.wait_for_url(re.compile(r"[?&]t=0\.[56]"), timeout=20_000)
        before = page.evaluate(f"{STORE}.clock.x")
        page.keyboard.press("ArrowRight")
        assert page.evaluate(f"{STORE}.clock.x") > before
        page.keyboard.press("Home")
        page.keyboard.press(" ")
        page.wait_for_function(f"{STORE}.clock.playing && {STORE}.clock.x > 0.5")
        page.keyboard.press(" ")
        assert page.evaluate(f"{STORE}.clock.playing") is False
        page.keyboard.press("End")
        wall = page.locator(".walls canvas").first
        wall.hover(position={"x": 30, "y": 30})
        page.wait_for_function(f"{STORE}.hover?.id === 0")
        wall.click(position={"x": 30, "y": 30})
        page.get_by_text("Nearest real images by the network").wait_for(timeout=20_000)
        page.keyboard.press("3")
        assert page.evaluate(f"{STORE}.only") == 2
        page.get_by_role("button", name="change").click()
        page.get_by_text("change since the start").wait_for()
        page.set_viewport_size({"width": 320, "height": 800})
        page.wait_for_function("document.documentElement.scrollWidth <= 320")
        browser.close()
    assert problems == [] and hosts == {served.removeprefix("http://")}
