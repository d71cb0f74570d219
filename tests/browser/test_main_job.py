"""The main job in a real Chromium: start a run, watch it, steer it, lose it and get it back.

One server with a real worker for the whole file; every test ends with: nothing complained, nobody else was asked.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from pages.parts import recorded
from tests.browser.desk import STORE, Desk, browser, chromium_path, colors, picture, processes, served, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SLOW = 60_000  # milliseconds that anything on the page may take on a machine with other work
LONG = 800  # iterations that are not over before somebody has pressed a button, nor too many for a slow machine


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The studio with a worker that has warmed up; afterwards every process of it is gone."""
    if chromium_path() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    home = tmp_path_factory.mktemp("studio") / "home"
    with served(home, DISTILL_STUDIO_CHECKPOINT_STEPS="20") as made:
        yield made
    assert processes(home) == []


@pytest.fixture(scope="module")
def chromium(desk: Desk) -> Iterator[Any]:
    with browser() as made:
        yield made


@pytest.fixture(autouse=True)
def home(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The served home instead of one per test; and what a page may do, this process may do too."""
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(desk.home))
    monkeypatch.delenv("DISTILL_STUDIO_NO_WORKER", raising=False)
    return desk.home


@pytest.fixture
def page(desk: Desk, chromium: Any) -> Iterator[Any]:
    """A tab; at the end no complaint may have come from it or from others, and no other host been asked."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1100})
    made = desk.listen(context.new_page())
    made.set_default_timeout(SLOW)
    yield made
    context.close()
    desk.stop_all()
    assert desk.problems == []
    assert desk.hosts == {desk.url.removeprefix("http://")}


def press(page: Any, name: str) -> None:
    """Press a button of the run's bar; nothing may lie over it for long."""
    button = page.locator(f".st-key-_{name} button")
    button.wait_for()
    page.mouse.move(5, 500)  # a notice stays for as long as the pointer rests on it
    said = page.get_by_test_id("stToast").all_inner_texts()
    try:
        button.click()
    except Exception as error:
        error.add_note(f"notices on the page: {said} → {page.get_by_test_id('stToast').all_inner_texts()}")
        raise


def ask(page: Any, folder: RunFolder, name: str, want: str) -> None:
    """Press a button that says what the run is to do, again where the press fell between two drawings of the page."""

    def is_asked() -> bool:
        if folder.control()["want"] != want:
            press(page, name)
            page.wait_for_timeout(1000)
        return folder.control()["want"] == want

    until(is_asked, f"{folder.id} is asked to {want}", 60)


def is_drawn(page: Any, run: str) -> None:
    """Wait until the wall shows the images of a run: decoded, and as a picture of many grays."""
    frame = f"{STORE}?.run('{run}').frames.at(-1)"
    page.wait_for_function(f"{frame} && {STORE}.bitmap({STORE}.run('{run}'), {frame})")
    until(lambda: colors(page.locator(".walls canvas").first) > 20, "the wall shows images")


def has_state(folder: RunFolder, *names: str) -> dict[str, Any]:
    """Wait until a run stands so; a run that failed instead says why."""

    def look() -> dict[str, Any] | None:
        state = folder.state()
        assert state["state"] in names or state["state"] != "failed", state.get("message")
        return state if state["state"] in names else None

    return until(look, f"{folder.id} is {' or '.join(names)}", 90)


def is_recovering(folder: RunFolder) -> None:
    """Wait until images are learned: the stage in which live knobs act."""
    until(lambda: folder.state().get("stage") == "recover", "images are learned")


def records(folder: RunFolder, kind: str) -> list[dict[str, Any]]:
    return [record for record in Timeline.all(folder) if record["kind"] == kind]


def stands_at(page: Any, folder: RunFolder, step: int) -> None:
    """Wait until a tab has every record of a paused run, and its player says the run's last step."""
    count, total = len(Timeline.all(folder)), LONG
    page.wait_for_function(f"{STORE}?.run('{folder.id}').have === {count}", timeout=SLOW)
    page.locator(".track canvas").focus()
    page.keyboard.press("End")  # a tab that was opened late plays what it has first
    page.locator(".says").get_by_text(f"step {step:,} of {total:,}", exact=True).wait_for(timeout=SLOW)
    assert folder.id in page.url


@pytest.mark.skipif(not recorded.shelf(), reason="no recording is installed: python -m assets.record")
def test_the_start_page_moves_and_starts_the_same_thing(desk: Desk, page: Any):
    page.goto(desk.url)
    canvas = page.locator(".race canvas").nth(1)  # real images, the learned ones, how those started
    until(lambda: colors(canvas) > 20, "a recorded image is drawn")
    first = picture(canvas)
    until(lambda: picture(canvas) != first, "the images form", 10)
    before = desk.runs()
    page.get_by_role("button", name="Start it for real").click()
    page.wait_for_url(re.compile("/live.*run="))
    (started,) = until(lambda: desk.runs() - before, "a run is there")
    press(page, "stop")
    has_state(desk.run(started), "stopped")


def test_a_run_is_started_watched_steered_and_scored(desk: Desk, page: Any):
    pattern = RunFolder.create(desk.home, "dwa", {"iterations": 3000}, {"data": "digits", "students": 1, "epochs": 20})
    pattern.set_state(state="stopped")
    before = desk.runs()
    page.goto(f"{desk.url}/?go=new&from={pattern.id}")
    field = page.get_by_role("spinbutton", name="Iterations")
    field.fill(str(LONG))
    field.press("Tab")
    page.get_by_text(f"--iterations {LONG}").wait_for(state="attached")  # folded
    page.get_by_test_id("stBaseButton-primary").click()
    page.wait_for_url(re.compile("/live.*run="))
    (started,) = desk.runs() - before
    folder = desk.run(started)

    is_drawn(page, folder.id)  # the first image of the real run
    is_recovering(folder)
    ask(page, folder, "Pause", "pause")
    at = has_state(folder, "paused")["step"]
    move_a_knob(page, folder)
    for _ in range(3):  # again where the press fell between two drawings of the page
        press(page, "Step")
        if until(lambda: folder.state()["step"] > at, "a step was taken", 15, otherwise=lambda: None):
            break
    assert folder.state()["step"] == at + 1, "one step was taken, and no more"
    (moved,) = records(folder, "knob")
    assert (moved["name"], moved["step"]) == ("recover.lr_img", at)
    assert moved["value"] == folder.control()["knobs"]["recover.lr_img"] != 0.25
    page.wait_for_function(f"{STORE}.run('{folder.id}').marks.some(m => m.what === 'knob')")

    others_see_the_same(desk, page, folder, at + 1)
    scrub(page)
    page.keyboard.press("End")
    ask(page, folder, "Continue", "run")
    has_state(folder, "running", "finished")
    until(lambda: records(folder, "scored") or folder.state()["state"] == "finished", "scores come", 90)
    assert has_state(folder, "finished")["scores"].keys() >= {"distilled", "random"}
    page.wait_for_function(f"{STORE}.run('{folder.id}').over && {STORE}.run('{folder.id}').scored.length >= 2")
    assert page.evaluate(f"{STORE}.run('{folder.id}').stages.map(s => s.name)")[-2:] == ["recover", "evaluate"]
    page.get_by_text(re.compile("Finished in")).wait_for()
    assert [record["step"] for record in records(folder, "images") if record["source"] == "synthetic"][-1] == LONG - 1


def move_a_knob(page: Any, folder: RunFolder) -> None:
    """Move a live knob by keyboard; the run waits meanwhile, and the page says when it will act."""
    thumb = page.get_by_test_id("stSlider").get_by_role("slider", name="Learning rate of the images")

    def is_moved() -> bool:  # a key that falls between two drawings of the page is pressed again
        thumb.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(2000)
        return "recover.lr_img" in folder.control()["knobs"]

    until(is_moved, "the knob's place is written")
    page.get_by_text("from the next step on").first.wait_for()


def others_see_the_same(desk: Desk, page: Any, folder: RunFolder, step: int) -> None:
    """A reload, a second and a third tab show the same run at the same step."""
    stands_at(page, folder, step)
    page.reload()
    stands_at(page, folder, step)
    others = [desk.listen(page.context.new_page()) for _ in range(2)]
    for other in others:
        other.goto(f"{desk.url}/?go=live&run={folder.id}", timeout=SLOW)
    for other in others:
        stands_at(other, folder, step)
        other.close()


def scrub(page: Any) -> None:
    """Back in time with the keys and with the pointer; the images on the wall follow."""
    wall = page.locator(".walls canvas").first
    until(lambda: colors(wall) > 20, "the wall shows images")
    now = picture(wall)
    page.locator(".track canvas").focus()
    page.keyboard.press("Home")
    assert page.evaluate(f"{STORE}.clock.x") == 0
    until(lambda: picture(wall) != now, "the wall shows how it began")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{STORE}.clock.x") > 0
    box = page.locator(".track canvas").bounding_box()
    reach = page.evaluate(f"{STORE}.reach / {STORE}.end")
    page.mouse.move(box["x"] + 2, box["y"] + 25)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * reach * box["width"], box["y"] + 25, steps=4)
    page.mouse.up()
    share = page.evaluate(f"{STORE}.clock.x / {STORE}.end")
    assert share == pytest.approx(0.5 * reach, abs=0.02)
    assert page.evaluate(f"{STORE}.clock.follow") is False
    page.wait_for_url(re.compile(r"[?&]t=0\."))


def test_a_stopped_run_goes_on_where_it_was(desk: Desk, page: Any):
    folder = desk.submit({"iterations": LONG})
    page.goto(f"{desk.url}/?go=live&run={folder.id}")
    is_drawn(page, folder.id)
    is_recovering(folder)
    press(page, "stop")
    stopped = has_state(folder, "stopped")
    assert stopped["stage"] == "recover" and 0 < stopped["step"] < LONG, stopped
    page.get_by_text(re.compile("Stopped after")).wait_for()
    press(page, "resume")
    has_state(folder, "finished")
    assert records(folder, "resumed")
    page.wait_for_function(f"{STORE}.run('{folder.id}').over")


def test_a_killed_run_says_so_and_is_resumed(desk: Desk, page: Any):
    folder = desk.submit({"iterations": LONG})
    page.goto(f"{desk.url}/?go=live&run={folder.id}")
    until(lambda: list((folder.path / "checkpoints").glob("recover*.safetensors")), "a checkpoint is there")
    os.kill(has_state(folder, "running")["pid"], signal.SIGKILL)
    page.get_by_text(re.compile("The process that worked on this run is gone")).wait_for()
    assert folder.state()["state"] == "lost"
    press(page, "resume")
    has_state(folder, "finished")
    steps = [record["step"] for record in records(folder, "images") if record["stage"] == "recover"]
    assert records(folder, "resumed") and steps == sorted(set(steps)) and steps[-1] == LONG - 1 and len(steps) > 5
    page.wait_for_function(f"{STORE}.run('{folder.id}').over")
