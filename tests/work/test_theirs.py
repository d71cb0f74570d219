"""Sets that leave for other programs are read back as those programs document it, and by our own readers."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import torch
import yaml
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms import ToTensor

from distill_core.errors import BadSetting
from distill_core.results import Pictures
from distill_core.work import sets
from distill_core.work.sets import Asked, Brought
from tests.cli.conftest import call  # noqa: F401 (a fixture)
from tests.work.layouts import LABELS, PIXELS, REAL, SEEN, SOFT, few

DATA = "digits:size=8"
SCORE = {"accuracy": 0.712, "std": 0.013, "n": 3, "student": "convnet", "protocol": "hard", "labels": "hard"}


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    """A cache of its own."""


def a_set(**more: object) -> Pictures:
    about = {
        "method": "dm",
        "settings": {"space": {"lr_img": 1.0}},
        "data": DATA,
        "fingerprint": REAL.fingerprint,
        "job": {"data": DATA},
    }
    given = {"protocol": "dsa", "about": about, **more}
    return Pictures(PIXELS, LABELS, REAL.classes, REAL.mean, REAL.std, **given)  # type: ignore[arg-type]


def back(path: Path) -> Brought:
    found = sets.look(path, Asked(DATA))
    assert isinstance(found, Brought), found
    return found


def test_dcs_file_is_read_by_its_own_lines(tmp_path: Path) -> None:
    path = tmp_path / sets.named(a_set(), "res")
    assert path.name == "res_DM_digits-size-8_ConvNet_1ipc.pt"
    lost = sets.hand_over(a_set(soft_labels=SOFT), "res", path)
    images, labels = torch.load(path, weights_only=True)["data"][-1]
    assert torch.allclose(images, SEEN) and images.dtype == torch.float32
    assert torch.equal(labels, LABELS) and labels.dtype == torch.int64
    assert "left out: soft labels" in " ".join(lost) and "normalized with mean 0.303" in " ".join(lost)
    assert back(path).layout.name == "dc" and torch.allclose(back(path).result.images, PIXELS, atol=1e-6)


def test_dd_rankings_files(tmp_path: Path) -> None:
    given = a_set(soft_labels=SOFT)
    sets.hand_over(given.with_(about={**given.about, "student_lr": 0.03}), "ddranking", tmp_path / "out")
    loaded = {one: torch.load(tmp_path / "out" / f"{one}.pt", weights_only=True) for one in ("images", "labels", "lr")}
    assert torch.allclose(loaded["images"], SEEN) and torch.equal(loaded["labels"], SOFT)
    assert float(loaded["lr"]) == pytest.approx(0.03)
    found = back(tmp_path / "out").result
    assert found.about["student_lr"] == pytest.approx(0.03) and torch.equal(found.soft_labels, SOFT)  # type: ignore[arg-type]
    lost = sets.hand_over(a_set(), "ddranking", tmp_path / "hard")
    assert "that of protocol dsa" in " ".join(lost)
    assert torch.equal(torch.load(tmp_path / "hard" / "labels.pt", weights_only=True), LABELS)


@pytest.mark.parametrize("form", ["folders", "folders-jpeg"])
def test_the_familys_folder_is_an_image_folder(tmp_path: Path, form: str) -> None:
    pixels, labels = few(REAL, 2)
    result = Pictures(pixels, labels, REAL.classes, REAL.mean, REAL.std)
    sets.hand_over(result, form, tmp_path / "out")
    read = ImageFolder(tmp_path / "out", transform=ToTensor())
    assert read.classes == [f"new{label:03d}" for label in range(10)] and len(read) == 20
    by_class = [(label, pixels[place * 10 + label]) for label in range(10) for place in range(2)]
    loss = 0.0 if form == "folders" else 0.12
    for (image, label), (wanted, original) in zip(read, by_class, strict=True):
        assert label == wanted and float((image[:1] - original).abs().mean()) <= loss + 1e-6
    ending = "png" if form == "folders" else "jpg"
    assert (tmp_path / "out" / "new003" / f"class003_id001.{ending}").is_file()
    assert back(tmp_path / "out").layout.name == "sre2l"
    with pytest.raises(BadSetting, match="not empty"):
        sets.hand_over(result, form, tmp_path / "out")


def test_a_jpeg_is_cut_to_levels_as_the_released_programs_do(tmp_path: Path) -> None:
    flat = torch.full((1, 3, 16, 16), 0.5)  # 127.5 of 255
    sets.hand_over(Pictures(flat, torch.tensor([0]), ("a",), (0.5,) * 3, (0.5,) * 3), "folders-jpeg", tmp_path / "out")
    with Image.open(tmp_path / "out" / "new000" / "class000_id000.jpg") as picture:
        assert set(np.asarray(picture).ravel().tolist()) == {127}


def test_a_hub_folder_says_what_it_is(tmp_path: Path) -> None:
    given = a_set(soft_labels=SOFT)
    sets.hand_over(given, "hub", tmp_path / "out", {"distilled": SCORE, "random": {**SCORE, "draws": 5}})  # type: ignore[dict-item]
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    _, header, body = text.split("---\n", 2)
    said = yaml.safe_load(header)
    names = said["dataset_info"]["features"][1]["dtype"]["class_label"]["names"]
    assert list(names.values()) == list(REAL.classes) and said["dataset_info"]["splits"][0]["num_examples"] == 10
    (pattern,) = said["configs"][0]["data_files"]
    (file,) = (tmp_path / "out").glob(pattern["path"])
    for words in ("`dm`", '"lr_img": 1.0', "71.2 ± 1.3 %", "(5 draws)", REAL.fingerprint, "CC BY 4.0", "mean [0.303"):
        assert words in body, words
    table = pyarrow.parquet.read_table(file)
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"} and features["label"]["names"] == list(REAL.classes)
    for row, image, label in zip(table.to_pylist(), PIXELS, LABELS, strict=True):
        with Image.open(io.BytesIO(row["image"]["bytes"])) as picture:
            assert np.array_equal(np.asarray(picture), (image[0] * 255).round().numpy()) and row["label"] == int(label)
    whole = sets.read(tmp_path / "out")
    assert whole.classes == REAL.classes and torch.equal(whole.soft_labels, SOFT), "ours, with our card"  # type: ignore[arg-type]


def test_the_terminal_hands_over_and_says_what_got_lost(call, home: Path, tmp_path: Path) -> None:  # noqa: F811
    run = sets.keep(home, a_set(soft_labels=SOFT), name="mine", data=DATA)
    for form in ("res", "ddranking", "folders", "folders-jpeg", "hub"):
        code, out, err = call("export", run.id, "--as", form, "--to", str(tmp_path / form), "--json")
        assert code == 0 and Path(json.loads(out)["path"]).exists(), err
    assert any(
        "soft labels" in one
        for one in json.loads(call("export", run.id, "--as", "res", "--to", str(tmp_path / "b"), "--json")[1])["notes"]
    )
