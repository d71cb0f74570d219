"""The pixel space of a set is found and said with its runner-up; another one is the person's word. Whitening is kornia's, by its equation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from distill_core.datasets import RealSet, load
from distill_core.errors import BadRecord, BadSetting
from distill_core.run import evaluate
from distill_core.work import sets
from distill_core.work.sets import Asked, Brought, space
from distill_core.work.sets.zca import EPS, whitening_of
from tests.work.layouts import LABELS, PIXELS, REAL, SEEN, few, saved

DATA = "digits:size=8"
SHAPES = load("shapes:size=16")
FORMS = {"unit": PIXELS, "signed": 2 * PIXELS - 1, "bytes": 255 * PIXELS, "normalized": SEEN}


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    """A cache of its own."""


def looked(at: Path, images: Tensor, data: str = DATA, labels: Tensor = LABELS, **asked: str) -> Brought:
    found = sets.look(saved(at, images__pt=images, labels__pt=labels), Asked(data, **asked))
    assert isinstance(found, Brought)
    return found


def score(result: object) -> tuple[float, ...]:
    asked = {"students": 1, "draws": 1, "epochs": 30, "student": "mlp", "protocol": "hard", "data": DATA}
    scored = [one for one in evaluate(result, **asked) if one.kind == "scored" and one.subject == "distilled"]  # type: ignore[arg-type]
    return scored[-1].accuracy


@pytest.mark.parametrize("data", ["digits:size=8", "shapes:size=16"])
@pytest.mark.parametrize("form", ["unit", "signed", "bytes", "normalized", "zca"])
def test_each_space_is_found(tmp_path: Path, data: str, form: str) -> None:
    real = load(data)
    pixels, labels = few(real)
    given = {"unit": pixels, "signed": 2 * pixels - 1, "bytes": 255 * pixels, "normalized": real.normalize(pixels)}
    images = whitening_of(real).whiten(pixels) if form == "zca" else given[form]
    found = looked(tmp_path, images, data, labels)
    assert found.pixels == form, found.said
    assert torch.allclose(found.result.images, pixels, atol=1e-3)
    assert "Next:" in " ".join(found.said), "the runner-up is said"


@pytest.mark.parametrize("times", [1.5, 2.0])
def test_whitened_images_of_more_contrast_are_still_known(tmp_path: Path, times: float) -> None:
    pixels, labels = few(SHAPES)
    found = looked(tmp_path, times * whitening_of(SHAPES).whiten(pixels), "shapes:size=16", labels)
    assert found.pixels == "zca", found.said


def test_the_same_ten_digits_score_the_same_in_every_space(tmp_path: Path) -> None:
    found = {form: looked(tmp_path / form, images) for form, images in FORMS.items()}
    assert {form: one.pixels for form, one in found.items()} == {form: form for form in FORMS}
    assert len({score(one.result) for one in found.values()}) == 1
    for one in found.values():
        assert torch.equal(one.result.images, found["unit"].result.images)


def test_whole_numbers_of_eight_bits_are_known_without_a_look(tmp_path: Path) -> None:
    found = looked(tmp_path, (255 * PIXELS).round().byte())
    assert found.pixels == "bytes" and torch.allclose(found.result.images, PIXELS, atol=1e-6)


@pytest.mark.parametrize("pair", ["normalized-2023", "normalized-2470"])
def test_both_pairs_that_circulate_for_cifar_are_tried(pair: str) -> None:
    pixels, labels = few(SHAPES)
    named = replace(SHAPES, name="cifar10-of-shapes")
    mean, std = (torch.tensor(one).view(-1, 1, 1) for one in space.CIFAR[pair])
    found = space.judged((pixels - mean) / std, labels, named)
    assert found[0].space == pair and {*space.CIFAR} <= {one.space for one in found}


def test_what_a_person_says_is_taken_and_what_was_found_is_said(tmp_path: Path) -> None:
    found = looked(tmp_path, PIXELS, pixels="signed")
    assert found.pixels == "signed" and torch.allclose(found.result.images, (PIXELS + 1) / 2)
    assert "as you say. Found were: [0, 1]" in " ".join(found.said)
    with pytest.raises(BadSetting, match=r"no pixel space .sined.\. Did you mean .signed."):
        looked(tmp_path, PIXELS, pixels="sined")


@pytest.mark.parametrize("times", [40.0, 0.001, 65535.0])
def test_what_fits_nowhere_is_refused_with_the_figures(tmp_path: Path, times: float) -> None:
    with pytest.raises(BadRecord, match=r"none of the known pixel spaces.*s\.d\.") as refused:
        looked(tmp_path, PIXELS * times + 0.37 * (times > 1))
    assert "--pixels" in str(refused.value) and "away" in str(refused.value)


def test_nothing_is_guessed_without_a_data_set(tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match="Name the data set: --data NAME"):
        looked(tmp_path, SEEN, data="")
    assert looked(tmp_path, PIXELS, data="").pixels == "unit"
    assert looked(tmp_path, (255 * PIXELS).round(), data="").pixels == "bytes"
    with pytest.raises(BadSetting, match="need the data set"):
        looked(tmp_path, SEEN, data="", pixels="zca")


def test_what_reaches_outside_stays_and_is_said(tmp_path: Path) -> None:
    wide = SEEN * 1.3
    found = looked(tmp_path, wide)
    assert found.pixels == "normalized" and torch.allclose(found.result.images, REAL.denormalize(wide), atol=1e-6)
    assert "reach outside of [0, 1]" in " ".join(found.said)


def test_a_teacher_at_hand_is_asked() -> None:
    real = load("digits:size=8")
    pixels, labels = few(real, 2)
    teacher = sets.teacher_for(real)
    assert teacher is not None, "one ships"
    by_space = {one.space: one for one in space.judged(real.normalize(pixels), labels, real, teacher=teacher)}
    assert by_space["normalized"].recognized > 0.9 and (by_space["bytes"].recognized or 0) < 0.6


# ── whitening ─────────────────────────────────────────────────────────────────────────────────────────────────


def flat(real: RealSet) -> Tensor:
    return real.pixels(torch.cat([real.train.images, real.val.images])).flatten(1).double()


def test_whitening_is_its_equation() -> None:
    """kornia's, written out: singular values of the covariance, each raised by ε, on the training images in [0, 1]."""
    x = flat(REAL)
    centred = x - x.mean(0)
    u, s, _ = torch.linalg.svd(centred.T @ centred / (len(x) - 1))
    wanted = centred[:9] @ (u @ torch.diag((s + EPS).rsqrt()) @ u.T)
    fitted = whitening_of(REAL)
    images = x[:9].float().view(9, 1, 8, 8)
    assert torch.allclose(fitted.whiten(images).flatten(1).double(), wanted, atol=1e-5)
    assert torch.allclose(fitted.invert(fitted.whiten(images)), images, atol=1e-5)
    again = whitening_of(REAL)
    assert torch.equal(again.vectors, fitted.vectors), "kept"


def test_kips_whitening_is_its_own() -> None:
    x = flat(REAL)
    freed = x - x.mean(1, keepdim=True)
    freed = freed / freed.norm(dim=1, keepdim=True)
    covariance = freed.T @ freed / len(x)
    u, s, _ = torch.linalg.svd(covariance + EPS * covariance.trace() / 64 * torch.eye(64))
    wanted = freed[:9] @ (u @ torch.diag(s.rsqrt()) @ u.T)
    fitted = whitening_of(REAL, freed=True)
    images = x[:9].float().view(9, 1, 8, 8)
    assert torch.allclose(fitted.whiten(images).flatten(1).double(), wanted, atol=1e-4)
    back = fitted.invert(fitted.whiten(images)).flatten(1)
    back = back - back.mean(1, keepdim=True)
    assert torch.allclose((back / back.norm(dim=1, keepdim=True)).double(), freed[:9], atol=1e-4), "up to mean and norm"
