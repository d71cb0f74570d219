"""`import`: what was found is said, a look takes nothing in, and a run keeps what was said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.work import sets
from tests.work.layouts import LABELS, LAYOUTS, PIXELS, SEEN, saved

DATA = ["--data", "digits:size=8"]


@pytest.fixture
def dm(tmp_path: Path, home: Path) -> Path:
    return LAYOUTS["DM"][1](tmp_path / "theirs")


def test_a_look_says_what_is_there_and_takes_nothing(call: Any, home: Path, dm: Path) -> None:
    code, out, err = call("import", str(dm), *DATA, "--look", "--json")
    told = json.loads(out)
    assert code == 0 and not list((home / "runs").iterdir()), err
    assert (told["layout"], told["pixels"], told["labels"]) == ("dc", "normalized", "hard")
    assert told["candidates"][0]["space"] == "normalized" and told["candidates"][0]["recognized"] >= 0.8
    code, out, _ = call("import", str(dm), *DATA, "--look")
    assert code == 0 and "Pixels: normalized" in out and "Next:" in out


def test_what_was_found_is_kept_with_the_run(call: Any, home: Path, dm: Path) -> None:
    code, out, err = call("import", str(dm), *DATA, "--json")
    assert code == 0, err
    run = RunFolder.find(home, json.loads(out)["run"])
    notes = [one["text"] for one in Timeline.all(run) if one["kind"] == "note"]
    assert any(one.startswith("Pixels: normalized") for one in notes)
    assert run.request()["job"]["data"] == "digits:size=8"
    kept = sets.of_run(run)
    assert torch.allclose(kept.preview(), PIXELS, atol=1e-5) and kept.protocol == "dsa"
    words = ["--students", "1", "--draws", "1", "--epochs", "1", "--student", "mlp", "--json"]
    code, out, err = call("evaluate", run.id, *words)
    assert code == 0 and json.loads(out)["scores"]["distilled"]["n"] == 1, "the data set is remembered"


def test_a_person_overrules(call: Any, home: Path, dm: Path) -> None:
    code, out, _ = call("import", str(dm), *DATA, "--pixels", "signed", "--json")
    assert code == 0 and json.loads(out)["pixels"] == "signed"
    code, out, _ = call("import", str(dm), *DATA, "--pixels", "nope", "--json")
    assert code == 2 and "no pixel space 'nope'" in json.loads(out)["error"]


def test_a_file_is_judged_where_it_lies(call: Any, tmp_path: Path) -> None:
    at = saved(tmp_path / "a", images__pt=255 * PIXELS, labels__pt=LABELS)
    words = ["--students", "1", "--draws", "1", "--epochs", "1", "--student", "mlp", "--json"]
    code, _, err = call("evaluate", str(at), *DATA, *words)
    assert code == 0 and "Pixels: 0 … 255" in " ".join(err.split()), err


def test_some_classes_are_a_caution(call: Any, home: Path, tmp_path: Path) -> None:
    at = saved(tmp_path / "a", images__pt=SEEN[:3], labels__pt=LABELS[:3])
    code, out, _ = call("import", str(at), *DATA, "--json")
    told = json.loads(out)
    assert code == 0 and "3 of the 10 classes" in told["cautions"][0]
    notes = [one for one in Timeline.all(RunFolder.find(home, told["run"])) if one["kind"] == "note"]
    assert [one["text"] for one in notes if one.get("level") == "warning"] == told["cautions"]


@pytest.mark.parametrize(
    ("words", "sentence"), [([], "Name the data set"), (["--network", "mlp"], "for experts' buffers")]
)
def test_wrong_words(call: Any, dm: Path, words: list[str], sentence: str) -> None:
    code, out, _ = call("import", str(dm), *words, "--json")
    assert code in (1, 2) and sentence in json.loads(out)["error"]
