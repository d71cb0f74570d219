"""Labels from a terminal: their price, a file of them, a folder as it is released, and scores under any kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from distill_core.cli import main

torch.set_num_threads(1)
DATA, STUDENT = "digits:size=8", "convnet:depth=1,norm=batch,width=8"
RECORD = 2 * 10 + 21 + 16
ASKED = ("--protocol", "dwa-imagenet", "--student", STUDENT, "--teacher", STUDENT, "--epochs", "3")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path) -> Any:
    monkeypatch.setattr("distill_core.work.sitting.leave_a_core", lambda: None)
    monkeypatch.setattr("distill_core.evaluation.exam.whole_seconds", lambda *a: 4000.0)

    def command(*words: str) -> tuple[int, str, str]:
        code: Any = 0
        try:
            main([*words, "--home", str(home)])
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return (code if isinstance(code, int) else 0), said.out, said.err

    return command


@pytest.fixture
def run(call: Any) -> str:
    code, out, err = call("run", "random", "--data", DATA, "--ipc", "2", "--students", "0", "--json")
    assert code == 0, err
    return json.loads(out)["run"]


def test_the_price_is_said_and_nothing_is_made(call: Any, run: str, home: Path) -> None:
    code, out, err = call("labels", "price", run, *ASKED, "--json")
    assert code == 0, err
    rows = {row["kind"]: row for row in json.loads(out)["prices"]}
    assert rows["hard"]["label_bytes"] == 0 and rows["static"]["label_bytes"] == 400
    assert (
        rows["stored:stored=2"]["label_bytes"] == 40 * RECORD and rows["stored:stored=0"]["label_bytes"] == 60 * RECORD
    )
    assert rows["stored:stored=2"]["released_bytes"] == 40 * (2 * 10 + 25) + 2 * 2200
    assert rows["teacher"]["label_bytes"] == 0 and rows["teacher"]["teacher_bytes"] > 1000
    assert {row["steps"] for row in rows.values()} == {3}
    assert not list((home / "cache").glob("*.safetensors"))
    code, out, _ = call("labels", "price", run, *ASKED, "--labels", "hard pruned:kept=0.5")
    assert code == 0 and "hard" in out and "stored (1" in out


def test_a_store_is_written_read_and_learned_from(call: Any, run: str, tmp_path: Path) -> None:
    fkd, mine, back = (str(tmp_path / name) for name in ("fkd", "a.safetensors", "b.safetensors"))
    kind = ("--labels", "stored:stored=2")
    code, out, err = call("labels", "write", run, mine, *kind, *ASKED, "--json")
    assert code == 0 and json.loads(out)["label_bytes"] == 40 * RECORD, err
    code, out, err = call("labels", "write", run, fkd, "--as", "released", *kind, *ASKED, "--json")
    assert code == 0 and "Batches have 20 images" in json.loads(out)["notes"][0], err
    code, out, err = call("labels", "read", fkd, back, "--for", run)
    assert (code == 0 and "Taken on trust" in err and "2.28 kB" in out) or "2.3 kB" in out, err
    scores = []
    for store in (mine, back):
        words = ("--store", store, "--students", "1", "--draws", "1", *ASKED, "--json")
        code, out, err = call("evaluate", run, *words)
        assert code == 0, err
        scores.append(json.loads(out)["scores"]["distilled"])
    assert scores[0]["labels"] == scores[1]["labels"] == "stored (2 epochs)"
    assert scores[0]["accuracy"] == scores[1]["accuracy"]


def test_refusals_are_sentences(call: Any, run: str, tmp_path: Path) -> None:
    for words, code, sentence in (
        (("labels", "price", run, "--labels", "stord"), 2, "There are no labels called 'stord'"),
        (("labels", "write", run, str(tmp_path / "x"), "--labels", "hard"), 2, "keeps no views"),
        (("labels", "read", str(tmp_path), str(tmp_path / "x"), "--for", run), 1, "holds no stored labels"),
        (("evaluate", run, "--store", str(tmp_path / "x")), 1, "There is no label store"),
        (("evaluate", run, "--labels", "stored:stord=3"), 2, "There is no setting called 'stord'"),
    ):
        given, out, _ = call(*words, "--json")
        assert given == code and sentence in json.loads(out)["error"]
