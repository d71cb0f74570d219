"""A set of natural images and compensators, taken apart: what is kept is what the set holds and what its teachers say."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from distill_core.datasets import load
from distill_core.errors import BadRecord
from distill_core.figures import factors as figures
from distill_core.looks import factors
from distill_core.networks import resolve
from distill_core.pieces.teach import SqueezeRecipe, find_teacher, teacher_key
from distill_core.record.folder import RunFolder
from distill_core.results import Factored, Pictures

DATA, CPU = "digits:size=8", torch.device("cpu")


def made_set(groups: int = 2, compensators: int = 2, teachers: int = 2) -> Factored:
    real = load(DATA)
    key = teacher_key(real, resolve("auto", channels=1, size=8), SqueezeRecipe())
    ids = torch.stack([real.per_class(c)[:groups] for c in range(10)], 1)
    added = 0.3 * torch.randn(groups, compensators, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    return Factored(
        real.train.images[ids], added.half(), real.classes, real.mean, real.std, teacher="+".join([key] * teachers)
    )


def run_with(home: Path, result: Factored | Pictures | None) -> RunFolder:
    folder = RunFolder.create(home, "random", {}, {"data": DATA})
    if result is not None:
        result.save(folder.path / "set.safetensors")
    return folder


def test_what_is_kept_is_the_set_and_its_teachers_answers(home: Path) -> None:
    parts = made_set()
    run = run_with(home, parts)
    about = factors.compute(home, run.id)
    found = factors.kept(run)
    assert found is not None and found.about == about and about["groups"] == about["shown"] == 2
    assert about["bytes"] == {"naturals": 2 * 10 * 64, "compensators": 2 * 2 * 2 * 64}
    assert np.array_equal(found.naturals, parts.naturals.permute(0, 1, 3, 4, 2).numpy())
    assert np.array_equal(found.compensators, parts.compensators.permute(0, 1, 3, 4, 2).numpy())
    real, network = load(DATA), find_teacher(parts.teacher.split("+")[0], load(DATA), CPU).network
    right = torch.zeros(3)
    for group in range(2):
        for part in range(3):
            for label in range(10):
                image = parts.naturals[group, label].float() / 255
                image = image if part == 0 else (image + parts.compensators[group, part - 1].float()).clamp(0, 1)
                logits = network(real.normalize(image[None]))[0].detach()
                assert np.allclose(found.answers[group, part, label], logits, atol=0.02)
                right[part] += float(logits.argmax() == label) / 20
    assert np.allclose(np.array(about["right"]), right[:, None].expand(3, 2), atol=1e-6)
    u = parts.compensators[1, 0].float()
    assert about["norms"][1][0] == [pytest.approx(float(u.norm())), pytest.approx(float(u.abs().max()))]
    assert "A pattern is one image that is added to all 10 classes" in figures.sentence(found)


def test_another_set_in_its_place_is_taken_apart_anew(home: Path) -> None:
    run = run_with(home, made_set())
    factors.compute(home, run.id)
    os.utime(run.path / "set.safetensors", (1, 1))
    assert factors.kept(run) is not None, "a copy of the same bytes is the same set"
    made_set(groups=1).save(run.path / "set.safetensors")
    assert factors.kept(run) is None and factors.compute(home, run.id)["groups"] == 1


def test_what_has_no_factors_says_so(home: Path) -> None:
    with pytest.raises(BadRecord, match="has no set yet"):
        factors.compute(home, run_with(home, None).id)
    with pytest.raises(BadRecord, match="whole images"):
        factors.compute(home, run_with(home, Pictures.of(made_set())).id)


@pytest.mark.parametrize(("compensators", "rows"), [(2, 3), (1, 2)])
def test_the_figure_says_who_recognizes_whose_sums(home: Path, compensators: int, rows: int) -> None:
    run = run_with(home, made_set(compensators=compensators))
    factors.compute(home, run.id)
    found = factors.kept(run)
    assert found is not None
    names = figures.names(found, {"convnet": "ConvNet-D"})
    assert names == ["ConvNet-D (1)", "ConvNet-D (2)"]
    figure = figures.transfer(found, names)
    assert len(figure.data[0].y) == rows and figure.data[0].y[0] == "real images"
    assert ("own teacher" in figure.layout.title.text) == (compensators == 2)


def test_the_curves_say_how_alike_two_images_of_a_class_are(home: Path) -> None:
    parts = made_set(groups=3)
    run = run_with(home, parts)
    curves = factors.compute(home, run.id)["alike"]
    assert [n for n, _ in curves["set"]] == [3, 6, 9] and [n for n, _ in curves["naturals"]] == [2, 3]
    real, network = load(DATA), find_teacher(parts.teacher.split("+")[0], load(DATA), CPU).network

    def cosine(group: int, label: int) -> list[torch.Tensor]:
        natural = parts.naturals[group, label].float() / 255
        images = [natural, *((natural + u.float()).clamp(0, 1) for u in parts.compensators[group])]
        with torch.no_grad():
            return [network.features(real.normalize(one[None])).flatten().double() for one in images]

    slow = []
    for label in range(10):
        z = [one / one.norm() for group in range(2) for one in cosine(group, label)]
        slow.append(np.mean([float(a @ b) for i, a in enumerate(z) for b in z[:i]]))
    assert curves["set"][1][1] == pytest.approx(np.mean(slow), abs=1e-5)
    found = factors.kept(run)
    assert found is not None
    figure = figures.alike(found)
    assert figure is not None and len(figure.data) == 3 and f"{curves['set'][-1][1]:.2f}" in figure.layout.title.text


def test_entropy_is_in_bits() -> None:
    assert figures.entropy(figures.softmax(np.zeros(8))) == pytest.approx(3)
    shares = figures.softmax(np.array([3.0, 1.0, 0.0]), 2.0)
    slow = np.exp(np.array([1.5, 0.5, 0.0]))
    assert np.allclose(shares, slow / slow.sum())
