"""A prior as a job of the queue: trained, measured, killed and resumed to the same bytes; and from a terminal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from distill_core.cli import main
from distill_core.datasets import load
from distill_core.priors.recipes import recommended
from distill_core.priors.train import prior_key
from distill_core.queue import ask
from distill_core.record import priors
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.studies import PriorTraining, askable, whole
from distill_core.work import answers, sitting

JOB = {"data": "digits:size=8", "ipc": 1, "seed": 0, "device": "cpu", "students": 0}
TINY = {"width": 4, "steps": 4, "sharpen": 4, "measure": False}


def study(home, **more):
    return RunFolder.create(home, "prior", PriorTraining(**{**TINY, **more}).model_dump(mode="json"), JOB)


def test_a_prior_is_trained_and_measured_in_the_queue(home):
    folder = study(home, measure=True)
    assert sitting.drive_run(folder, whole, askable())["state"] == "finished"
    (row,) = (one for one in priors.known(home) if one["where"] == "trained")
    assert row["data"] == "digits:size=8" and row["recipe"]["steps"] == 4
    assert 0 <= row["quality"]["samples-teach"] <= 1
    spaces = {one.get("space") for one in Timeline.all(folder) if one["kind"] == "images"}
    assert spaces == {"samples"}


class Killed(BaseException):
    """What a SIGKILL looks like from inside."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("more", [{}, {"half": True, "by_class": True, "head_start": 0.5, "rival_rate": 2.0}])
def test_a_killed_training_ends_with_the_same_weights(home, monkeypatch, more):
    monkeypatch.setenv("DISTILL_STUDIO_CHECKPOINT_STEPS", "1")
    monkeypatch.setattr("distill_core.loop.Cadence.due", lambda self, index: True)  # as many events every time

    def take():
        (path,) = (home / "cache").glob("prior-*.safetensors")
        tensors = load_file(path)
        path.unlink()
        return tensors

    straight = study(home, **more)
    assert sitting.drive_run(straight, whole, askable())["state"] == "finished"
    wanted, total = take(), len(Timeline.all(straight))
    for cut in range(1, total - 1, 3):
        folder = study(home, **more)

        def until(method, job, cut=cut):
            stream = whole(method, job)
            for _ in range(cut):
                yield next(stream)
            raise Killed

        with pytest.raises(Killed):
            sitting.drive_run(folder, until, askable())
        assert sitting.drive_run(folder, whole, askable())["state"] == "finished"
        found = take()
        assert all(torch.equal(found[name], wanted[name]) for name in wanted), f"killed after {cut} events"


@pytest.fixture
def call(capsys, monkeypatch, home):
    monkeypatch.setattr("distill_core.work.sitting.leave_a_core", lambda: None)

    def command(*words):
        with pytest.raises(SystemExit) as end:
            main([*words, "--home", str(home), "--json"])
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return command


def test_from_a_terminal(call, tmp_path, home):
    code, out, err = call(
        "prior", "train", "--data", "digits:size=8", "--width", "4", "--steps", "3", "--sharpen", "0", "--no-measure"
    )
    assert code == 0 and json.loads(out)["state"] == "finished", err
    row = next(one for one in json.loads(call("priors")[1])["priors"] if one["where"] == "trained")
    words = ("--data", "digits:size=8", "--ipc", "1", "--students", "0", "--looks", "2", "--prior", row["use"])
    code, out, err = call("run", "hglad", *words)
    assert code == 0 and json.loads(out)["state"] == "finished", err
    code, out, _ = call("prior", "import", row["path"], "--data", "digits:size=8")
    assert code == 0 and json.loads(out)["use"].startswith("style@")
    assert call("prior", "import", row["path"])[0] == 2
    code, out, _ = call("prior", "import", str(tmp_path / "x.pkl"), "--data", "digits:size=8")
    assert code == 1 and "pickle" in json.loads(out)["error"]
    code, out, _ = call("prior", "train", "--data", "digits:size=8", "--widht", "4")
    assert code == 2 and "--width" in json.loads(out)["error"]


def test_a_terminal_takes_the_recipe_for_the_data(call, home):
    words = ("--data", "shapes:size=16", "--width", "4", "--steps", "2", "--sharpen", "0", "--no-measure")
    code, _out, err = call("prior", "train", *words)
    assert code == 0, err
    [row] = [one for one in json.loads(call("priors")[1])["priors"] if one["where"] == "trained"]
    asked = replace(recommended("shapes"), width=4, steps=2, sharpen=0)
    assert row["recipe"] == asked.plain() and row["key"] == prior_key(load("shapes:size=16"), asked)


def test_the_worker_draws_a_sheet_of_a_prior_that_has_none(home):
    row = next(one for one in priors.known(home) if one["data"] == "digits")
    asked = {"id": f"{1:020d}-00000a", "question": "prior_sheet", "values": {"use": row["use"], "data": row["data"]}}
    answers.give(home, asked)
    reply = ask.answer(home, asked["id"])
    with Image.open(reply["value"]["file"]) as sheet:
        assert sheet.size == (12 * 16, 10 * 16)
