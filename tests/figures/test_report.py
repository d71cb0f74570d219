"""A report is one file that needs no other: everything inline and escaped, and what machines read in it is what was run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from distill_core import catalog as shelf
from distill_core.errors import BadRecord
from distill_core.figures import report
from distill_core.record import proof
from distill_core.record.folder import RunFolder
from distill_core.record.proof import Proof
from tests.pages import demo

NAME = '<img src="http://elsewhere/x.png"> & "quoted"'


class Addresses(HTMLParser):
    """Everything in a page that could load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        loads = ("src", "href", "srcset", "data", "action", "poster")
        self.found += [value or "" for name, value in attrs if name in loads]


@pytest.fixture
def run(home) -> RunFolder:
    folder = demo.create(home)
    demo.write(folder)
    return folder


def written(home, *runs: RunFolder) -> str:
    catalog = shelf.read(home)
    read = [report.read_run(one, catalog) for one in runs]
    said = Proof(written="2026-11-27", versions={"torch": "2"}, runs=tuple(one.made for one in read))
    return report.page(said, read, {}, catalog)


def test_nothing_is_loaded_from_elsewhere(home, run):
    run.rename(NAME)
    text = written(home, run)
    addresses = Addresses()
    addresses.feed(text)
    assert addresses.found and all(one.startswith("data:image/") for one in addresses.found)
    assert '<img src="http' not in text and "&lt;img src=" in text, "a name is shown and never obeyed"
    assert not re.search(r"@import|url\(|fetch\(|XMLHttp|import\(", text)
    assert "default-src 'none'" in text and "prefers-color-scheme: dark" in text


def test_the_machine_part_is_what_was_run(home, run, tmp_path):
    (tmp_path / "r.html").write_text(written(home, run), encoding="utf-8")
    (made,) = proof.read(tmp_path / "r.html").runs
    asked = run.request()
    assert (made.run, made.method, made.settings) == (run.id, asked["method"], asked["settings"])
    moved = {"stage": "recover", "step": 13, "name": "lr_img", "value": 0.05}
    assert made.job == {**asked["job"], "moves": [moved]}, "what was moved while it worked is moved again"
    assert {one.subject for one in made.figures} >= {"distilled", "random"}


def test_scores_stand_beside_their_control_and_protocol(home, run):
    text = written(home, run)
    assert "As many random real images" in text and "<th>Epoch</th><td>last</td>" in text and "draw" in text
    assert "± " in text and "<th>Updates</th>" in text


def test_walls_are_carried_within_bounds(home, run, monkeypatch):
    whole = report.read_run(run, shelf.read(home))
    assert 2 <= len(whole.frames) <= 24
    monkeypatch.setattr("distill_core.figures.report.runs.FRAMES", 5)
    few = report.read_run(run, shelf.read(home))
    assert len(few.frames) == 5 and few.frames[0] == whole.frames[0] and few.frames[-1] == whole.frames[-1]
    assert few.left_out == whole.left_out + len(whole.frames) - 5
    monkeypatch.setattr("distill_core.figures.report.runs.BYTES", 1)
    assert report.read_run(run, shelf.read(home)).frames == (whole.frames[-1],)


def test_a_run_that_has_not_finished_is_no_report(home, run):
    run.set_state(state="stopped")
    with pytest.raises(BadRecord, match=r"is stopped.*distill-studio resume"):
        report.read_run(run, shelf.read(home))
