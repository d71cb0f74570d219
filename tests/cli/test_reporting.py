"""A report of real runs, made again: figures that agree, figures that were changed, runs that cannot be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch

from distill_core.datasets import load
from distill_core.record.proof import MARK
from distill_core.work.reporting import nearest_real
from tests.methods.tiny import NETWORK

RUN = [
    "--data",
    "digits:size=8",
    "--ipc",
    "1",
    "--students",
    "2",
    "--draws",
    "2",
    "--epochs",
    "2",
    "--student",
    NETWORK,
]


@pytest.fixture(autouse=True)
def no_real_data(monkeypatch):
    monkeypatch.setattr("distill_core.evaluation.exam.whole_seconds", lambda *a: 4000.0)  # all real data is left out


@pytest.fixture
def report(call, tmp_path) -> Path:
    """A report of one run that was really made, with a teacher that the run trained itself."""
    made = json.loads(call("run", "confident", *RUN, "--teacher", NETWORK, "--squeeze.epochs", "1", "--json")[1])
    assert made["state"] == "finished", made
    code, out, err = call("report", made["run"], "-o", str(tmp_path / "r.html"), "--json")
    assert code == 0, err
    assert json.loads(out)["path"] == str(tmp_path / "r.html")
    return tmp_path / "r.html"


def changed(path: Path, change) -> Path:
    """The report with another machine part."""
    text = path.read_text(encoding="utf-8")
    found = re.search(rf'id="{MARK}">(.*?)</script>', text)
    said = json.loads(found.group(1))
    change(said)
    path.write_text(text.replace(found.group(1), json.dumps(said).replace("<", "\\u003c")), encoding="utf-8")
    return path


def test_a_report_is_made_again_in_an_empty_home(call, report, home):
    text = report.read_text(encoding="utf-8")
    assert (
        "distill-studio run confident --data digits:size=8 --ipc 1 --seed 0" in text
        and "Below: the real training image" in text
    )
    code, out, err = call("reproduce", str(report), "--fresh", "--json")
    said = json.loads(out)
    assert code == 0 and said["agrees"], (said, err)
    assert "the very same set" in err
    assert {one["subject"] for one in said["figures"]} == {"distilled", "random"}
    fresh = Path(said["home"])
    assert fresh.parent == home / "again" and list((fresh / "cache").glob("teacher-*")), "the teacher was trained again"
    assert len(list((home / "runs").iterdir())) == 1, "the library has no new run"


def test_a_figure_that_was_changed_does_not_agree(call, report):
    def better(said):
        figure = next(one for one in said["runs"][0]["figures"] if one["subject"] == "distilled")
        figure["accuracy"] = [0.97, 0.971]

    code, out, err = call("reproduce", str(changed(report, better)))
    assert code == 1 and "1 of 2 figures do not agree" in out, (out, err)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"method": "nothing"}, "no method called 'nothing'"),
        ({"brought": True}, "was brought in"),
        ({"settings": {"pool": -4}}, "pool=-4 cannot work"),
        ({"job": {"data": "digits:size=8", "ipc": 900}}, "ipc=900"),
    ],
)
def test_a_run_that_cannot_be_made_again_says_why(call, report, change, sentence):
    code, out, _ = call("reproduce", str(changed(report, lambda said: said["runs"][0].update(change))), "--json")
    figures = json.loads(out)["figures"]
    assert code == 1 and all(one["agrees"] is False and sentence in one["sentence"] for one in figures)


def test_what_cannot_be_reported_is_a_sentence(call, tmp_path):
    assert call("report", "nothing")[0] == 1
    code, _, err = call("reproduce", str(tmp_path / "none.html"))
    assert code == 1 and "There is no file" in err


def test_the_nearest_real_image_is_the_nearest():
    real = load("digits:size=8")
    images = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    images[3] = real.pixels(real.train.images[77])
    distance, where = nearest_real(images, real)
    for i, one in enumerate(images):
        slow = [float((one - other).square().mean().sqrt()) for other in real.pixels(real.train.images)]
        assert float(distance[i]) == pytest.approx(min(slow), abs=1e-6)
        assert slow[int(where[i])] == pytest.approx(min(slow), abs=1e-6)
    assert float(distance[3]) == pytest.approx(0, abs=1e-6)
