"""Sweeps from a terminal."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from distill_core.queue import sweeping, sweeps, waiting
from distill_core.work import worker

BASE = ("--students", "1", "--epochs", "1", "--student", "mlp", "--data", "digits:size=8")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["dwa"], "No axis was given"),
        (["dwa", "--axis", "rhoo=1"], 'Did you mean "rho"?'),
        (["dwa", "--axis", "ascent_steps=1,300"], "Cell “K 300”: recover.adjustment.ascent_steps=300 cannot work"),
        (["dwa", "--axis", "milestone=0.5,1"], "recover.view.milestone means nothing here"),
        (
            ["dwa", "--axis", "adjustment=none,directed", "--axis", "rho=0.1,0.2"],
            "Cell “Weight adjustment none · ρ 0.1”",
        ),
        (["dwa", "--axis", "rho=0.1", "--seed", "1"], "--seeds 0-2"),
        (["dwa", "--axis", "rho=0.1", "--seeds", "x"], "seeds='x'"),
        (["dwa", "--ablation", "K x rho"], "has no ablation"),
        (["dwa", "--axis", "teacher=convnet:norm=instance"], "Cell “Teacher convnet:norm=instance”"),
        (["random", "--axis", "ipc=1,600"], "Cell “Images per class 600”"),
    ],
)
def test_what_cannot_be_swept_ends_with_2_and_a_sentence(call: Any, home: Any, words: list[str], sentence: str) -> None:
    code, out, _ = call("sweep", *words, "--no-trial", "--json")
    assert code == 2 and sentence in json.loads(out)["error"]
    assert not sweeps.list_sweeps(home) and not waiting.queue(home)


def test_more_than_a_hundred_runs_are_asked_for_first(call: Any, home: Any) -> None:
    axes = ["--axis", f"rho={','.join(str(i / 1000) for i in range(100))}"]
    axes += ["--axis", f"ascent_steps={','.join(map(str, range(1, 101)))}"]
    code, out, _ = call("sweep", "dwa", *axes, "--no-trial", "--json")
    assert code == 2 and "10,000 runs" in json.loads(out)["error"] and "--yes" in json.loads(out)["error"]
    assert not sweeps.list_sweeps(home)
    code, out, err = call("sweep", "dwa", *axes, "--no-trial", "--dry-run", "--json")
    assert code == 0 and json.loads(out)["runs"] == 10_000 and not sweeps.list_sweeps(home), err


def test_the_cost_is_said_before_anything_starts(call: Any, home: Any) -> None:
    code, out, err = call("sweep", "random", "--axis", "ipc=1,2", "--seeds", "0-1", *BASE, "--dry-run", "--json")
    assert code == 0 and "2 cells × 2 seeds = 4 runs." in err and "The 4 runs to go take about" in err
    assert json.loads(out)["seconds"] > 0 and json.loads(out)["disk"] > 0 and not waiting.queue(home)


def test_a_sweep_from_beginning_to_picture(call: Any, home: Any, tmp_path: Any) -> None:
    words = ("sweep", "random", "--axis", "ipc=1,2", *BASE, "--no-trial", "--json")
    code, out, err = call(*words)
    assert code == 0, err
    made = json.loads(out)
    assert (made["cells"], made["runs"], made["found"], made["state"]) == (2, 2, 0, "going")
    name = made["sweep"]
    assert json.loads(call("runs", "--text", name.rpartition("-")[2], "--json")[1])["runs"], "found by the sweep's tag"
    code, out, _ = call("sweeps", "--json")
    assert json.loads(out)["sweeps"][0]["progress"] == {"queued": 1, "to go": 1}
    assert call("sweep-stop", name)[0] == 0 and not waiting.queue(home)
    assert json.loads(call("sweep-resume", name, "--json")[1])["state"] == "going"
    for _ in range(2):
        task = worker.wait(home, 5.0)
        assert isinstance(task, tuple)
        task[1].release()
        assert worker.work(home, task[0])["state"] == "finished"
    sweeping.feed(home)
    code, out, _ = call(*words)
    assert json.loads(out)["found"] == 2 and json.loads(out)["state"] == "done"
    code, out, _ = call("sweep-table", name, "--json")
    assert [cell["n"] for cell in json.loads(out)["cells"]] == [1, 1]
    rows = list(csv.DictReader(io.StringIO(call("sweep-table", name, "--as", "csv")[1])))
    assert [row["ipc"] for row in rows] == ["1", "2"] and all(float(row["accuracy"]) > 0 for row in rows)
    assert r"\begin{tabular}" in json.loads(call("sweep-table", name, "--as", "latex", "--json")[1])["text"]
    code, out, _ = call("sweep-table", name, "--as", "svg", "--to", str(tmp_path / "a.svg"), "--json")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "1 seed" in call("sweep-table", name)[1] and name[:12] in call("sweeps")[1]
    code, out, _ = call("sweep-table", name, "--as", "png", "--json")
    assert code == 2 and "csv, latex, svg" in json.loads(out)["error"]
    assert call("sweep-table", "nope")[0] == 1
