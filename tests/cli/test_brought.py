"""What was brought in stays what it is: its notes in the run, names of its classes, its data set, its later scores."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from distill_core import datasets
from distill_core.record.classes import names_in
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.results import Pictures

torch.set_num_threads(1)
QUICK = ["--students", "1", "--epochs", "1", "--student", "mlp", "--protocol", "hard", "--json"]


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for k, name in enumerate(("cat", "dog")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(8):
            file, pixels = io.BytesIO(), np.random.RandomState(50 * k + i).randint(0, 256, (20, 16, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
            (tmp_path / "pets" / name / f"{i}.png").write_bytes(file.getvalue())
    (tmp_path / "pets" / "cat" / "broken.png").write_bytes(b"no")
    (tmp_path / "pets" / "cat" / ".DS_Store").write_bytes(b"no")
    return tmp_path / "pets"


def notes_of(run: RunFolder) -> list[str]:
    return [one["text"] for one in Timeline.all(run) if one["kind"] == "note"]


def test_what_was_done_to_own_images_is_said_in_the_run_and_in_the_terminal(call: Any, home: Path, pets: Path) -> None:
    code, out, err = call("run", "random", "--data", f"folder:size=12:{pets}", "--students", "0", "--json")
    assert code == 0, err
    run = RunFolder.find(home, json.loads(out)["run"])
    said = notes_of(run)
    assert said[: len(said)] == list(datasets.load(f"folder:size=12:{pets}").notes)
    for words in ("Of 17 files 16 pictures were taken, in 2 classes: cat 8, dog 8.", "Left out by their names", "broken.png",
                  "16 of 16 pictures were cut square", "resized to 12×12"):  # fmt: skip
        assert any(words in one for one in said) and words in err.replace("\n", " ")
    assert run.state()["classes"] == ["cat", "dog"] == names_in(run)


def test_own_images_at_a_size_with_their_classes_by_name(call: Any, pets: Path) -> None:
    code, out, err = call("data", "add", str(pets), "--name", "pets", "--size", "8")
    text = out.replace("\n", " ")
    assert code == 0, err
    assert "17 files given, 16 taken" in text and "8×8, RGB" in text and "Classes: cat, dog." in text
    assert "left out cat/broken.png" in err and datasets.load("own/pets").size == 8
    code, out, _ = call("data", "add", str(pets), "--name", "more", "--size", "3", "--json")
    assert code == 2 and "size=3" in json.loads(out)["error"]


def a_set(tmp_path: Path) -> Path:
    """Somebody's ten digits, which do not say what they were made from."""
    real = datasets.load("digits:size=8")
    which = torch.stack([real.per_class(c)[0] for c in range(10)])
    images = real.pixels(real.train.images[which])
    Pictures(images, torch.arange(10), real.classes, real.mean, real.std).save(tmp_path / "theirs.safetensors")
    return tmp_path / "theirs.safetensors"


def test_the_data_set_named_at_import_is_remembered_and_scores_stay_with_the_run(
    call: Any, home: Path, tmp_path: Path
) -> None:
    code, out, err = call("import", str(a_set(tmp_path)), "--data", "digits:size=8", "--json")
    assert code == 0, err
    brought = json.loads(out)
    run = RunFolder.find(home, brought["run"])
    assert brought["notes"] == notes_of(run) and "theirs.safetensors" in brought["notes"][0]
    assert "10 images of 1×8×8 with hard labels, 10 classes (0, 1" in brought["notes"][1]
    assert run.state()["message"] == brought["notes"][0] and names_in(run) == [str(i) for i in range(10)]
    code, out, err = call("evaluate", run.id, *QUICK)
    assert code == 0, err
    found = json.loads(out)
    assert found["kept"] and run.state()["scores"] == found["scores"]
    assert {one["subject"] for one in Timeline.all(run) if one["kind"] == "scored"} == {"distilled", "random"}
    assert json.loads(call("show", run.id, "--json")[1])["scores"] == found["scores"]
    call("evaluate", run.id, "--seed", "1", *QUICK)
    assert len([one for one in Timeline.all(run) if one["kind"] == "scored"]) == 4
    numbers = [one["n"] for one in Timeline.all(run)]
    assert numbers == list(range(len(numbers)))


def test_a_set_of_unknown_data_is_not_taken_for_digits(call: Any, home: Path, tmp_path: Path) -> None:
    code, out, err = call("import", str(a_set(tmp_path)), "--json")
    assert code == 0 and "--data NAME" in json.loads(out)["notes"][-1], err
    run = json.loads(out)["run"]
    code, out, err = call("evaluate", run, *QUICK)
    assert code == 2 and "does not say which data set" in json.loads(out)["error"]
    code, out, err = call("evaluate", run, "--data", "digits:size=8", *QUICK)
    assert code == 0 and json.loads(out)["kept"], err


def test_a_score_on_other_data_is_not_kept(call: Any, home: Path, tmp_path: Path) -> None:
    run = json.loads(call("import", str(a_set(tmp_path)), "--data", "digits:size=8", "--json")[1])["run"]
    other = f"folder:{tmp_path / 'digits'}"
    real = datasets.load("digits:size=8")
    for label in range(10):
        (tmp_path / "digits" / str(label)).mkdir(parents=True)
        for i in real.per_class(label)[:4].tolist():
            Image.fromarray(real.train.images[i, 0].numpy()).save(tmp_path / "digits" / str(label) / f"{i}.png")
    code, out, err = call("evaluate", run, "--data", other, *QUICK)
    assert code == 0 and json.loads(out)["kept"] is False, err
    assert "scores" not in RunFolder.find(home, run).state()
