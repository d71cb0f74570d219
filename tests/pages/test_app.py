"""The frame: menu, links that start at the root, the chosen run, and getting ready."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pages.parts import frame

ROOT = Path(__file__).parents[2]
PAGES = [file for _, file, *_ in frame.PAGES]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_in_an_empty_home(open_page, page):
    open_page(page)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_runs_and_with_broken_ones(home, open_page, make_run, page):
    run = make_run()
    make_run("random", state="failed")
    (home / "runs" / "half").mkdir()
    (home / "runs" / "half" / "job.json").write_text("{half", encoding="utf-8")
    open_page(page, run=run.id)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_survives_a_link_that_makes_no_sense(open_page, make_run, page):
    make_run()
    open_page(page, run="../../etc", b="x" * 500, ipc="999", method="bogus", data=":::", t="nan", go="nowhere")


def test_a_link_from_the_root_leads_to_its_page_and_keeps_the_rest(open_page, make_run):
    run = make_run()
    app = open_page("learn/start", go="runs", run=run.id)
    assert app.title[0].value == "Runs"
    assert app.query_params["run"] == run.id


def test_the_chosen_run_follows_from_page_to_page(open_page, make_run):
    run = make_run()
    app = open_page("compare/scores", run=run.id)
    app.switch_page("pages/learn/methods.py").run()
    assert app.query_params["run"] == run.id
    assert app.selectbox(key="_chosen").value == run.id


def test_another_run_can_be_chosen_on_every_page(open_page, make_run):
    one, two = make_run(), make_run(seed=1)
    app = open_page("learn/methods", run=one.id)
    app.selectbox(key="_chosen").set_value(two.id).run()
    assert app.query_params["run"] == two.id
    assert app.session_state["run"] == two.id


def test_a_working_run_can_be_left_for_another(open_page, make_run):
    one, two = make_run(state="queued"), make_run(seed=1)
    app = open_page("learn/methods", run=one.id)
    app.selectbox(key="_chosen").set_value(two.id).run()
    assert not app.exception
    assert app.query_params["run"] == two.id
    app.run()
    assert app.selectbox(key="_chosen").value == two.id


def test_getting_ready_ensures_a_worker_and_freezes(home, monkeypatch):
    told = []
    monkeypatch.setattr("distill_core.queue.workers.ensure_worker", told.append)
    monkeypatch.setattr("gc.freeze", lambda: told.append("frozen"))
    frame.ready(home)
    assert told == [home, "frozen"]


def test_the_first_picture_needs_neither_torch_nor_pandas():
    heavy = ("torch", "torchvision", "sklearn", "umap", "pandas")
    code = (
        f"import sys; import pages.parts.frame, pages.parts.recorded; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_config_keeps_to_this_machine_and_collects_nothing():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["address"] == "127.0.0.1"
    assert set(config["server"]["allowedHosts"]) == {"localhost", "127.0.0.1"}
    assert config["runner"]["postScriptGC"] is False
    assert config["browser"]["gatherUsageStats"] is False
    assert "http" not in (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")


def test_the_entry_stays_short():
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) <= 20
