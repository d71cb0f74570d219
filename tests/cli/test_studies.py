"""Teachers, other students and class after class from a terminal."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch

torch.set_num_threads(1)
DATA, STUDENT = "digits:size=8", "convnet:depth=1,norm=batch,width=8"


@pytest.fixture
def run(call: Any) -> str:
    code, out, err = call("run", "random", "--data", DATA, "--ipc", "2", "--students", "0", "--json")
    assert code == 0, err
    return json.loads(out)["run"]


def test_a_teacher_from_training_to_import(call: Any, tmp_path: Path) -> None:
    code, out, err = call("teacher", "train", "--data", DATA, "--network", STUDENT, "--epochs", "3", "--json")
    assert code == 0 and json.loads(out)["state"] == "finished", err
    listed = json.loads(call("teachers", "--json")[1])["teachers"]
    assert listed[0]["spec"] == STUDENT and listed[0]["where"] == "trained"
    assert call("teachers")[0] == 0
    code, out, err = call("teacher", "export", listed[0]["key"][:8], "--to", str(tmp_path / "t.safetensors"), "--json")
    assert code == 0 and json.loads(Path(json.loads(out)["card"]).read_text(encoding="utf-8"))["spec"] == STUDENT, err
    code, out, err = call("teacher", "import", str(tmp_path / "t.safetensors"), "--data", DATA, "--json")
    brought = json.loads(out)
    assert code == 0 and brought["use"] == f"{STUDENT}@{brought['teacher']}", err
    words = ("--data", DATA, "--ipc", "1", "--students", "0", "--teacher", brought["use"], "--json")
    code, out, err = call("run", "herding", *words)
    assert code == 0 and json.loads(out)["state"] == "finished", err


def test_a_named_recipe_can_be_changed(call: Any) -> None:
    words = ("--data", DATA, "--network", STUDENT, "--recipe", "dwa: tiny-imagenet (paper)", "--epochs", "1", "--json")
    code, _, err = call("teacher", "train", *words)
    assert code == 0, err
    recipe = json.loads(call("teachers", "--json")[1])["teachers"][0]["recipe"]
    assert recipe["augment"] == "resized_crop_flip" and recipe["epochs"] == 1 and recipe["warmup"] == 5


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["teacher", "train", "--bach", "3"], 2, "Did you mean --batch?"),
        (["teacher", "train", "--recipe", "SRe2L"], 2, "has no preset"),
        (["teacher", "train", "--network", "resnet81"], 2, 'Did you mean "resnet18"?'),
        (["teacher", "train", "--network", "mlp@abc"], 2, "Leave out what follows @"),
        (["teacher", "train", "--lr", "0"], 2, "lr='0' cannot work"),
        (["teacher", "export", "zzz"], 1, "There is no teacher called"),
        (["teacher", "import", "nothing.safetensors"], 2, "--data NAME"),
        (["teacher", "import", "nothing.safetensors", "--data", DATA], 1, "There is no file"),
        (["teacher", "import", "nothing.pkl", "--data", DATA], 1, "ends in .safetensors"),
        (["transfer", "nope"], 1, "There is no run called 'nope'"),
        (["continual", "nope"], 1, "There is no run called 'nope'"),
    ],
)
def test_refusals_are_sentences(call: Any, home: Path, words: list[str], code: int, sentence: str) -> None:
    given, out, err = call(*words, "--json")
    assert given == code and sentence in err
    assert sentence in json.loads(out)["error"]
    assert not list((home / "runs").iterdir())


def test_other_students(call: Any, run: str, tmp_path: Path) -> None:
    file = tmp_path / "matrix.csv"
    words = ("--students", f"{STUDENT} mlp:width=8", "--seeds", "2", "--epochs", "1", "--csv", str(file))
    code, out, err = call("transfer", run, *words, "--json")
    assert code == 0, err
    cells = json.loads(out)["transfer"]
    assert [cell["student"] for cell in cells] == [STUDENT, "mlp:width=8"] and len(cells[0]["distilled"]) == 2
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [row["student"] for row in rows] == [STUDENT, "mlp:width=8"]
    assert float(rows[0]["accuracy"]) == pytest.approx(sum(cells[0]["distilled"]) / 2, abs=1e-6)
    assert call("transfer", run, *words[:4], "--epochs", "1")[0] == 0


def test_class_after_class(call: Any, run: str, tmp_path: Path) -> None:
    file = tmp_path / "curve.csv"
    words = ("--tasks", "2", "--orders", "2", "--epochs", "1", "--student", STUDENT, "--csv", str(file))
    code, out, err = call("continual", run, *words, "--json")
    assert code == 0 and json.loads(out)["continual"][0]["sizes"] == [5, 10], err
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [(row["images"], row["task"], row["classes_seen"]) for row in rows] == [
        ("distilled", "1", "5"), ("distilled", "2", "10"), ("random", "1", "5"), ("random", "2", "10"),
    ]  # fmt: skip
    code, out, err = call("continual", run, "--tasks", "20", "--json")
    assert code == 2 and "tasks=20 cannot work with 10 classes" in err
    code, _, err = call("transfer", run, "--students", "resnet81", "--json")
    assert code == 2 and "resnet81" in err, "a wrong setting that a study finds while it works"
    code, out, err = call("continual", run, "--order", "a,b", "--json")
    assert code == 2 and "order='a,b' cannot be read" in err


def test_methods_lists_their_settings_by_name(call: Any) -> None:
    code, out, _ = call("methods", "teacher", "--json")
    assert code == 0 and "warmup" in {field["name"] for field in json.loads(out)["fields"]}


def test_the_distances_are_ranked(call: Any, tmp_path: Path) -> None:
    plain = "convnet:depth=1,norm=instance,width=8"
    words = ["--data", DATA, "--ipc", "1", "--students", "0", "--teacher", plain, "--student", STUDENT, "--json"]
    search = ["--prior", "untrained:width=4", "--metric", "loss", "--looks", "3", "--lr-f", "0.5", "--averaged", "2"]
    code, out, err = call("run", "hglad", *search, *words)
    assert code == 0, err
    run, file = json.loads(out)["run"], tmp_path / "ranking.csv"
    brief = (
        "--students",
        "1",
        "--epochs",
        "1",
        "--each",
        "2",
        "--draws",
        "1",
        "--short",
        "1",
        "--long",
        "2",
        "--csv",
        str(file),
    )
    code, out, err = call("rank", run, *brief, "--json")
    assert code == 0, err
    (found,) = json.loads(out)["ranking"]
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [row["layer"] for row in rows] == [row["layer"] for row in found["rows"]] and len(rows) >= 4
    assert set(found["metrics"]) == {name.removeprefix("distance_") for name in rows[0] if name.startswith("distance_")}
    assert call("rank", run, *brief)[0] == 0
    code, out, err = call("rank", run, "--each", "1", "--students", "0", "--json")
    assert code == 2 and "students=0 leaves nothing" in err


def test_three_regimes(call: Any, run: str, tmp_path: Path) -> None:
    file = tmp_path / "regimes.csv"
    words = (
        "--coresets",
        "none",
        "--regimes",
        "hard static",
        "--epochs",
        "1",
        "--students",
        "2",
        "--draws",
        "2",
        "--student",
        STUDENT,
    )
    code, out, err = call("regimes", run, *words, "--teacher", STUDENT, "--csv", str(file), "--json")
    assert code == 0, err
    assert {one["regime"] for one in json.loads(out)["regimes"]} == {"hard", "static"}
    assert [row["kind"] for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())] == ["set", "set"]
    code, out, err = call("regimes", run, *words, "--teacher", STUDENT)
    assert code == 0 and "One" in out and "convnet" in err
    code, out, err = call("regimes", run, "--regimes", "soft", "--json")
    assert code == 2 and "no regime 'soft'" in err


def test_reliability(call: Any, run: str, tmp_path: Path) -> None:
    file = tmp_path / "reliability.csv"
    words = (
        "--corruptions",
        "blur",
        "--eps",
        "2 8",
        "--images",
        "40",
        "--epochs",
        "1",
        "--students",
        "1",
        "--draws",
        "1",
    )
    code, out, err = call("reliability", run, *words, "--student", STUDENT, "--csv", str(file))
    assert code == 0 and "Blur" in out, err
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert {row["measure"] for row in rows} == {"clean", "ece", "blur", "fgsm", "pgd"}
    code, out, err = call("reliability", run, "--eps", "a", "--json")
    assert code == 2 and "eps='a' cannot be read" in err
