"""Commands: exit codes, one JSON document, sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from distill_core.record.folder import RunFolder

torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nope"], "no method called 'nope'"),
        (["randm"], 'Did you mean "random"?'),
        (["random", "--ipc", "0"], "ipc='0' cannot work"),
        (["random", "--ipc", "600"], "ipc=600"),
        (["random", "--data", "digts"], 'Did you mean "digits"?'),
        (["random", "--student", "convent"], 'Did you mean "convnet"?'),
        (["random", "--sed", "1"], "Did you mean --seed?"),
        (["dwa", "--rho", "-1"], "rho='-1' cannot work"),
        (["dwa", "--rho=nan"], "finite"),
        (["dwa", "--rho"], "needs a value"),
        (["dwa", "--preset", "nothing like it"], "has no preset"),
        (["--rho", "1"], "Name the method first"),
    ],
)
def test_wrong_settings_end_with_2_and_a_sentence(call: Any, home: Path, words: list[str], sentence: str) -> None:
    code, out, err = call("run", *words, "--json")
    assert code == 2 and sentence in err
    assert sentence in json.loads(out)["error"]
    assert not list((home / "runs").iterdir())


def test_a_run_from_beginning_to_export(call: Any, tmp_path: Path) -> None:
    code, out, err = call(
        "run", "random", "--data", "digits:size=8", "--students", "2", "--epochs", "1", "--student", "mlp", "--json"
    )
    assert code == 0, err
    end = json.loads(out)
    assert end["state"] == "finished" and end["seconds"] > 0
    for subject, students in (
        ("distilled", 2),
        ("random", 2 + 4),
    ):  # on the first of five draws, and on each of the others
        assert 0 <= end["scores"][subject]["accuracy"] <= 1 and end["scores"][subject]["n"] == students
        assert {"std", "student", "protocol"} <= end["scores"][subject].keys()
    run = end["run"]
    assert [row["id"] for row in json.loads(call("runs", "--json")[1])["runs"]] == [run]
    assert json.loads(call("show", run, "--json")[1])["state"] == "finished"
    assert run in call("runs")[1].replace("\n", "") or "random-" in call("runs")[1]
    assert end["scores"]["random"]["draws"] == 5 and "draws" not in end["scores"]["distilled"]
    assert all("draws" in call(*words)[1] for words in (("show", run), ("runs",)))
    for form, name in (
        ("run", "r.zip"),
        ("set", "s.safetensors"),
        ("png", "p.zip"),
        ("parquet", "q.parquet"),
        ("pt", "pt"),
    ):
        code, out, err = call("export", run, "--as", form, "--to", str(tmp_path / name), "--json")
        assert code == 0 and Path(json.loads(out)["path"]).exists(), err
        code, out, err = call("import", str(tmp_path / name), "--json")
        assert code == 0 and json.loads(out)["run"] != run, err
    compared = json.loads(call("compare", run, json.loads(out)["run"], "--json")[1])
    assert len(compared["runs"]) == 2 and compared["runs"][0]["scores"]["random"]["draws"] == 5
    words = ["--students", "1", "--epochs", "1", "--student", "mlp", "--protocol", "hard", "--json"]
    code, out, err = call("evaluate", str(tmp_path / "s.safetensors"), *words)
    assert code == 0 and json.loads(out)["scores"]["distilled"]["n"] == 1, err
    code, out, err = call("resume", run, "--json")
    assert code == 2 and "nothing to resume" in json.loads(out)["error"]
    code, out, err = call("stop", run)
    assert code == 2 and "nothing to stop" in err


def test_lists(call: Any) -> None:
    code, out, _ = call("methods", "--json")
    assert code == 0 and "dwa" in [one["name"] for one in json.loads(out)["methods"]]
    assert "--rho" in call("methods", "dwa")[1]
    assert "digits" in [one["name"] for one in json.loads(call("data", "--json")[1])["data"]]
    assert call("data")[0] == 0 and call("methods")[0] == 0
    code, _, err = call("methods", "dwaa")
    assert code == 2 and 'Did you mean "dwa"?' in err


@pytest.mark.parametrize("words", [["runs"], ["methods"], ["sweeps"], ["priors"], ["data"]])
def test_json_may_be_said_before_the_command(call: Any, words: list[str]) -> None:
    assert json.loads(call("--json", *words)[1]) == json.loads(call(*words, "--json")[1])


@pytest.mark.parametrize(
    "words", [["show", "nope"], ["compare", "a", "b"], ["evaluate", "nope"], ["import", "/no/such.zip"]]
)
def test_what_is_not_there_ends_with_1(call: Any, words: list[str]) -> None:
    code, out, err = call(*words, "--json")
    assert code == 1 and json.loads(out)["error"] in err.replace("\n", " ").strip() + " "


def test_usage_errors_end_with_2(call: Any) -> None:
    for words in (["runs", "--nonsense"], ["frobnicate"], ["export", "x", "--as"]):
        assert call(*words)[0] == 2
    code, out, _ = call("compare", "one", "--json")
    assert code == 2 and "two or more" in json.loads(out)["error"]


def test_a_run_is_listed_with_its_own_students_and_its_control_with_its_draws(
    call: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    folder = RunFolder.create(home, "random", {}, {"data": "digits"})
    score = {"accuracy": 0.9, "std": 0.01, "n": 3, "student": "s", "protocol": "p", "labels": "hard"}
    folder.set_state(state="finished", scores={"distilled": score, "random": {**score, "accuracy": 0.8, "draws": 5}})
    said = " ".join(call("runs")[1].split())
    assert "(n=3)" in said and "(5 draws)" in said and "3.0" not in said
    folder.set_state(state="finished", scores={"distilled": score}, facts=[1, 2])
    assert "(n=3)" in call("runs")[1] and call("show", folder.id)[0] == 0
