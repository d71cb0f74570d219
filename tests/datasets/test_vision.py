"""torchvision's sets from made-up files: found, read, downloaded (from this disk), refused. Nothing touches a
network.
"""

import gzip
import hashlib
import os
import pickle
import struct

import numpy as np
import pytest

from distill_core import datasets
from distill_core.datasets import vision
from distill_core.errors import BadData

GIVEN = os.environ.get("DISTILL_STUDIO_DATA", "")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DISTILL_STUDIO_DATA", raising=False)


def idx_files() -> dict[str, bytes]:
    files = {}
    for part, n in (("train", 40), ("t10k", 20)):
        images = np.arange(n * 784, dtype=np.uint64).astype(np.uint8)
        files[f"{part}-images-idx3-ubyte"] = struct.pack(">IIII", 0x803, n, 28, 28) + images.tobytes()
        files[f"{part}-labels-idx1-ubyte"] = struct.pack(">II", 0x801, n) + bytes(i % 10 for i in range(n))
    return files


def write(folder, files):
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST/raw"), ("fashion-mnist", "FashionMNIST/raw")])
def test_idx_files_are_found_in_either_place(tmp_path, monkeypatch, name, folder):
    write(tmp_path / "given" / folder, idx_files())
    assert not next(i for i in datasets.known() if i.name == name).ready
    monkeypatch.setenv("DISTILL_STUDIO_DATA", str(tmp_path / "given"))
    assert next(i for i in datasets.known() if i.name == name).ready
    real = datasets.load(name)
    assert (len(real.train), len(real.val), len(real.test)) == (30, 10, 20)
    assert real.train.images.shape[1:] == (1, 28, 28) and real.mean == vision.SOURCES[name].constants[0]
    assert real.test.images[0].flatten()[:5].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_batches(tmp_path, monkeypatch, name):
    source, key = vision.SOURCES[name], "labels" if name == "cifar10" else "fine_labels"
    library, folder = source.made_by(), tmp_path / "home/data" / source.folder
    folder.mkdir(parents=True)
    sums = {}
    for file in source.files:
        batch = {"data": np.full((20, 3072), 7, np.uint8), key: [i % 10 for i in range(20)]}
        batch |= {"label_names": list(source.info.classes), "fine_label_names": list(source.info.classes)}
        (folder / file).write_bytes(pickle.dumps(batch))
        sums[file] = hashlib.md5((folder / file).read_bytes(), usedforsecurity=False).hexdigest()
    for attribute in ("train_list", "test_list"):
        monkeypatch.setattr(library, attribute, [[file, sums[file]] for file, _ in getattr(library, attribute)])
    monkeypatch.setattr(library, "meta", library.meta | {"md5": sums[library.meta["filename"]]})
    real = datasets.load(name)
    assert len(real.train) + len(real.val) == 20 * (len(source.files) - 2) and len(real.test) == 20
    assert real.test.images.shape == (20, 3, 32, 32) and (real.test.images == 7).all()
    (folder / source.files[0]).write_bytes(b"damaged")
    with pytest.raises(BadData, match="cannot be read"):
        datasets.load(name)


def served(tmp_path, monkeypatch, damage=False):
    """Addresses on this disk in the place of MNIST's mirrors."""
    library, resources = vision.SOURCES["mnist"].made_by(), []
    (tmp_path / "mirror").mkdir()
    for name, data in idx_files().items():
        packed = gzip.compress(data)
        resources.append((f"{name}.gz", hashlib.md5(packed, usedforsecurity=False).hexdigest()))
        (tmp_path / "mirror" / f"{name}.gz").write_bytes(packed[:-9] if damage else packed)
    monkeypatch.setattr(library, "resources", resources)
    monkeypatch.setattr(library, "mirrors", ["file:///nowhere/", (tmp_path / "mirror").as_uri() + "/"])


def test_an_absent_set_is_downloaded_with_progress(tmp_path, monkeypatch):
    served(tmp_path, monkeypatch)
    told = []
    real = datasets.load("mnist", progress=lambda what, done, total: told.append((what, done, total)))
    assert len(real.test) == 20 and any("train-images" in what and done == total > 0 for what, done, total in told)
    assert next(i for i in datasets.known() if i.name == "mnist").ready
    assert not list((tmp_path / "home/data").rglob("*.part"))


def test_a_failing_download_says_where_to_put_the_files(tmp_path, monkeypatch):
    served(tmp_path, monkeypatch, damage=True)
    with pytest.raises(BadData, match=r"wrong md5.*Put train-images-idx3-ubyte.* into .*MNIST/raw by hand"):
        datasets.load("mnist")
    assert not list((tmp_path / "home/data").rglob("*.part"))


def test_class_names_are_complete():
    assert len(set(vision.CIFAR100)) == 100 and list(vision.CIFAR100) == sorted(vision.CIFAR100)
    assert all(len(s.info.classes) in (10, 100) for s in vision.SOURCES.values())


@pytest.mark.development_data
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_real_files(name, monkeypatch):
    monkeypatch.setenv("DISTILL_STUDIO_DATA", GIVEN)
    if not GIVEN or not vision.SOURCES[name].there(vision.roots()[0]):
        pytest.skip("DISTILL_STUDIO_DATA names no folder with the real files")
    real = datasets.load(name)
    assert (len(real.train) + len(real.val), len(real.test)) == (60_000, 10_000)
    pixels = real.pixels(real.train.images)
    assert abs(pixels.mean() - real.mean[0]) < 1e-3 and abs(pixels.std() - real.std[0]) < 1e-3
