"""One thing is wrong with a set: it is refused with a sentence that says what was given, or it is read to the same set. Never a traceback,
and what was taken in can be kept, exported and taught from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch

from distill_core.errors import StudioError
from distill_core.results import Result
from distill_core.work import sets
from distill_core.work.sets import Asked, Brought
from tests.work import broken
from tests.work.broken import HEADERS, IMAGES, LABELS_OF, LISTINGS, MORE, MOSAICS, RIGHT, TABLES, TENSORS, right_images
from tests.work.layouts import LABELS, PIXELS

DATA = "digits:size=8"
pytestmark = pytest.mark.filterwarnings("ignore:Casting complex")


def drawn(what: Iterable[str]) -> list[tuple[str, str]]:
    """Layouts and what is wrong: everything for three of them, a third in turn for the others; all where DISTILL_STUDIO_ALL is set."""
    pairs = [(name, broke) for name in TENSORS for broke in what]
    kept = ("pair", "ours", "ours as pt")
    whole = "DISTILL_STUDIO_ALL" in os.environ
    return [pair for at, pair in enumerate(pairs) if whole or pair[0] in kept or at % 3 == 0]


def taken(path: Path, home: Path, data: str = DATA, pixels: str = "unit") -> tuple[Result | None, str]:
    """What was read and what was said of it; None with the sentence of a refusal."""
    try:
        found = sets.look(path, Asked(data, pixels))
        result, said = (found.result, " ".join(found.said)) if isinstance(found, Brought) else (found, "")
        said += " ".join((result.about.get("brought") or {}).get("notes", ()))
        folder = sets.keep(home, result, name="x", data=data)
    except StudioError as error:
        assert not list((home / "runs").iterdir()), "nothing is left half-made"
        return None, str(error)
    useful(sets.of_run(folder))
    goes_out(result, folder.path / "out")
    assert folder.path.parent == home / "runs" and folder.request()["job"]["data"] == (
        data or folder.request()["job"]["data"]
    )
    shutil.rmtree(folder.path)
    return result, said


def goes_out(result: Result, at: Path) -> None:
    """What came in is written in every form of ours, and read back."""
    for form, name in (("set", "s.safetensors"), ("png", "s.zip"), ("parquet", "s.parquet"), ("pt", "pt")):
        back = sets.read(sets.write(result, form, at / name))
        assert torch.equal(back.labels, result.labels) and back.classes == result.classes


def useful(result: Result) -> None:
    """What came in is whole, as a student takes it."""
    lesson = result.lesson(0, torch.Generator())
    n, classes = len(result), len(result.classes)
    assert lesson.images.dtype == torch.float32 and lesson.images.shape == (n, *result.shape) and n > 0
    assert bool(torch.isfinite(lesson.images).all())
    assert lesson.labels.dtype == torch.int64 and lesson.labels.shape == (n,)
    assert int(lesson.labels.min()) >= 0 and int(lesson.labels.max()) < classes
    assert result.ids.dtype == torch.int64 and len(set(result.ids.tolist())) == n
    if lesson.soft_labels is not None:
        assert lesson.soft_labels.dtype == torch.float32 and lesson.soft_labels.shape == (n, classes)
    seen = (lesson.images - torch.tensor(result.mean).view(-1, 1, 1)) / torch.tensor(result.std).view(-1, 1, 1)
    assert bool(torch.isfinite(seen).all()), "mean and s.d. are numbers to divide by"
    assert not result.stages or sum(result.stages) == n


def sentence(said: str) -> None:
    """Says something that a person can act on: no bare key, no name of an exception, no address."""
    assert len(said) > 40 and said.rstrip()[-1] in ".)'\"" and " at 0x" not in said, said
    for word in (
        "KeyError",
        "Traceback",
        "Error:",
        "object has no attribute",
        "not subscriptable",
        "not iterable",
        "must be str",
    ):
        assert word not in said, said


def judged(path: Path, home: Path, name: str, same: bool = True, data: str = DATA) -> None:
    result, said = taken(path, home, data)
    if result is None:
        return sentence(said)
    images = result.lesson(0, torch.Generator()).images
    if same and torch.equal(result.labels, LABELS) and name not in MOSAICS:
        assert images.shape == PIXELS.shape and torch.allclose(images, PIXELS, atol=4e-3), said
    return None


SAME = {"as they are", "without channels", "channels last", "half", "bfloat16", "double", "of another stride"}


@pytest.mark.parametrize(("name", "broke"), drawn(IMAGES))
def test_wrong_images(tmp_path, home, name, broke):
    given = IMAGES[broke](right_images(name))
    if name == "ours" and not isinstance(given, torch.Tensor):
        pytest.skip("safetensors holds tensors only")
    if name == "split" and isinstance(given, torch.Tensor) and not given.ndim:
        pytest.skip("one number has no parts")
    path = TENSORS[name](tmp_path / "set", given, LABELS)
    judged(path, home, name, same=broke in SAME)
    if broke in ("half", "bfloat16", "double") and isinstance(given, torch.Tensor):
        _, said = taken(path, home)
        kind = "float32" if name in ("npy", "kip") and broke == "bfloat16" else str(given.dtype).removeprefix("torch.")
        assert kind in said or kind == "float32", f"{said}: the precision is said, or refused by name"


@pytest.mark.parametrize(("name", "broke"), drawn(LABELS_OF))
def test_wrong_labels(tmp_path, home, name, broke):
    given = LABELS_OF[broke](LABELS)
    if name in ("ours", "npy", "kip") and not isinstance(given, torch.Tensor) and broke not in ("a list", "words"):
        pytest.skip("no such thing can be written there")
    if name == "ours" and not isinstance(given, torch.Tensor):
        pytest.skip("safetensors holds tensors only")
    judged(TENSORS[name](tmp_path / "set", right_images(name), given), home, name)


@pytest.mark.parametrize(
    "broke", ["huge", "hugest", "huge floats", "negative", "two columns", "no column", "one number"]
)
@pytest.mark.parametrize("name", TENSORS)
def test_wrong_labels_of_no_named_data(tmp_path, home, name, broke):
    judged(TENSORS[name](tmp_path / "set", right_images(name), LABELS_OF[broke](LABELS)), home, name, data="")


@pytest.mark.parametrize("broke", HEADERS)
def test_wrong_headers(tmp_path, home, broke):
    judged(broken.resaved(tmp_path / "set", header=HEADERS[broke]), home, "ours")


@pytest.mark.parametrize("text", ["null", "3", "[]", "{", broken.DEEP, '{"classes": ' + broken.DEEP + "}", "\x00"])
def test_headers_that_are_none(tmp_path, home, text):
    judged(broken.resaved(tmp_path / "set", text=text), home, "ours")


@pytest.mark.parametrize("broke", MORE)
def test_wrong_tensors_beside(tmp_path, home, broke):
    judged(broken.resaved(tmp_path / "set", MORE[broke]), home, "ours")


@pytest.mark.parametrize("broke", LISTINGS)
def test_wrong_listings(tmp_path, home, broke):
    judged(broken.listing(tmp_path / "set", LISTINGS[broke]), home, "ours as png")


@pytest.mark.parametrize("broke", TABLES)
def test_wrong_tables(tmp_path, home, broke):
    judged(broken.table(tmp_path / "set", **TABLES[broke]), home, "ours as parquet")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", RIGHT)
def test_damaged_bytes(tmp_path, home, name, seed):
    """Any file of the set cut, changed, doubled or replaced: pixels may change where no format can know; the rest holds."""
    draw = np.random.default_rng([seed, RIGHT.index(name)])
    path = broken.right(name, tmp_path / "set")
    files = sorted(one for one in (path.rglob("*") if path.is_dir() else [path]) if one.is_file())
    broken.damage(files[int(draw.integers(len(files)))], seed, draw)
    judged(path, home, name, same=False)
