"""The bundled sets, and what every real set promises."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from distill_core import datasets
from distill_core.datasets import fashion, real, shapes
from distill_core.errors import BadData, BadSetting


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("size", [8, 16, 32])
def test_digits(size):
    digits = datasets.load(f"digits:size={size}")
    assert (len(digits.train) + len(digits.val), len(digits.test)) == (1297, 500)
    assert digits.train.images.shape[1:] == (1, size, size) and digits.classes == tuple("0123456789")
    assert torch.bincount(digits.test.labels).tolist() == [50] * 10
    assert torch.bincount(digits.val.labels).min() >= 10
    assert digits.train.images.max() == 255 and digits.train.images.min() == 0


def test_clothes_are_the_first_of_each_class():
    clothes = datasets.load("fashion")
    assert (len(clothes.train), len(clothes.val), len(clothes.test)) == (4500, 500, 1000)
    assert (
        torch.bincount(clothes.train.labels).tolist() == [450] * 10
        and torch.bincount(clothes.test.labels).tolist() == [100] * 10
    )
    assert clothes.fingerprint.startswith("421e0d44") and clothes.train.images.shape[1:] == (1, 28, 28)
    assert "MIT" in clothes.licence and "Copyright © 2017 Zalando SE" in (fashion.FILES / "LICENSE").read_text()


def test_clothes_that_are_damaged_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(fashion, "FILES", tmp_path)
    with pytest.raises(BadData, match="install it again"):
        datasets.load("fashion")
    Image.new("L", (28, 28)).save(tmp_path / "train.png")
    with pytest.raises(BadData, match="28×28 pixels, 14000×280 was wanted"):
        datasets.load("fashion")


@pytest.mark.skipif(not os.environ.get("DISTILL_STUDIO_DATA"), reason="needs the files of Fashion-MNIST")
def test_clothes_are_those_of_the_whole_set():
    from torchvision.datasets import FashionMNIST

    root = Path(os.environ["DISTILL_STUDIO_DATA"])
    for part, each in fashion.EACH.items():
        whole = FashionMNIST(str(root), train=part == "train")
        rows = fashion._rows(part)
        for label in range(10):
            assert np.array_equal(rows[label], whole.data[whole.targets == label][:each].numpy())


def test_digits_at_16_pixels_are_the_usual_ones_and_fingerprints_never_move():
    assert datasets.load("digits").fingerprint == datasets.load("digits:size=16").fingerprint
    assert datasets.load("digits").fingerprint.startswith("1d4d5147")
    assert datasets.load("digits:size=8").fingerprint.startswith("81ab12d4")


def test_normalize_is_undone_by_denormalize():
    digits = datasets.load("digits:size=8")
    pixels = digits.pixels(digits.train.images)
    seen = digits.normalize(pixels)
    assert abs(seen.mean()) < 1e-3 and abs(seen.std() - 1) < 1e-3
    assert torch.allclose(digits.denormalize(seen), pixels, atol=1e-6)
    assert (digits.train.labels[digits.per_class(3)] == 3).all() and len(digits.per_class(3)) > 100


def test_shapes_repeat_differ_by_seed_and_are_kept():
    small = "shapes:size=16,train=100,test=20"
    one, two = datasets.load(small), datasets.load(small)
    assert torch.equal(one.train.images, two.train.images) and one.fingerprint == two.fingerprint
    other = datasets.load(small + ",seed=1")
    assert other.fingerprint != one.fingerprint and not torch.equal(other.train.images, one.train.images)
    assert one.classes == shapes.CLASSES and one.train.images.shape[1:] == (3, 16, 16)
    assert torch.bincount(one.train.labels).tolist() == [9] * 10 and torch.bincount(one.val.labels).tolist() == [1] * 10


def test_a_scene_at_another_size_is_the_same_scene():
    fine, coarse = (datasets.load(f"shapes:size={s},train=40,test=10").train.images.float() for s in (64, 16))
    shrunk = torch.nn.functional.avg_pool2d(fine, 4)
    assert (shrunk - coarse).abs().mean() < 12  # of 255: grain and edges


def test_images_of_a_class_vary():
    real_set = datasets.load("shapes:size=16,train=200,test=10")
    spread = torch.stack([real_set.train.images[real_set.per_class(c)].float().std(0).mean() for c in range(10)])
    assert spread.min() > 30  # of 255


def test_a_damaged_cache_is_made_again(tmp_path):
    small = "shapes:size=8,train=20,test=10"
    before = datasets.load(small).train.images
    (kept,) = (tmp_path / "home/cache").glob("shapes-*.safetensors")
    kept.write_bytes(b"short")
    assert torch.equal(datasets.load(small).train.images, before)


def test_validation_is_stratified_and_leaves_one_behind():
    kept, taken = real.stratified(np.array([0] * 30 + [1] * 2 + [2]), 0.1, 0)
    assert (len(taken), len(kept)) == (4, 29) and sorted([*kept, *taken]) == list(range(33))
    assert 32 in kept


def test_statistics_are_those_of_the_pixels():
    images = torch.randint(0, 256, (9, 2, 5, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    mean, std = real.statistics(images)
    pixels = images.double().transpose(0, 1).flatten(1) / 255
    assert np.allclose(mean, pixels.mean(1), atol=1e-4) and np.allclose(std, pixels.std(1, correction=0), atol=1e-4)
    assert real.statistics(torch.zeros(1, 1, 2, 2, dtype=torch.uint8)) == ((0.0,), (1.0,))


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("digitz", 'Did you mean "digits"'),
        ("digits:sise=8", 'Did you mean "size"'),
        ("digits:size=12", "one of 8, 16, 32"),
        ("shapes:size=4", "from 8 to 256"),
        ("mnist:size=8", "no options"),
    ],
)
def test_what_cannot_work_gets_a_sentence(spec, says):
    with pytest.raises(BadSetting, match=says):
        datasets.load(spec)
