"""Priors as files, trained and brought in: what fits is found again, what does not is refused with a sentence."""

from __future__ import annotations

import pickle
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file

from distill_core.datasets import load
from distill_core.errors import BadRecord
from distill_core.methods import method_class
from distill_core.pieces.teach import SqueezeRecipe
from distill_core.priors.files import adopt, check, find, opened, save
from distill_core.priors.quality import frechet, judge, measured
from distill_core.priors.recipes import PriorRecipe
from distill_core.priors.style import StyleGenerator
from distill_core.priors.train import prior_key, trained
from tests.methods.tiny import drain, job

CPU = torch.device("cpu")


@pytest.fixture
def made(tmp_path):
    real, network = load("digits:size=8"), StyleGenerator(1, 8, 10, width=4, seed=3)
    path = tmp_path / "mine.safetensors"
    save(network, {"classes": list(real.classes)}, path)
    return real, network, path


def test_a_file_is_taken_in_and_found(made):
    real, network, path = made
    found = find(adopt(path, real), real, CPU)
    assert all(torch.equal(a, b) for a, b in zip(found.parameters(), network.parameters(), strict=True))
    assert not any(p.requires_grad for p in found.parameters())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.update(embedding=torch.zeros(7, 32)), "makes 7 classes"),
        (lambda t: t.update(last=torch.zeros(3, 4)), "holds 'last' with shape"),
        (lambda t: t.pop("layers.1.weight"), "'layers.1.weight' not at all"),
        (lambda t: t.pop("constant"), "is no generator of ours"),
        (lambda t: t.update(extra=torch.zeros(1)), "1 tensors that a generator of ours has not, such as 'extra'"),
        (lambda t: t["last_bias"].fill_(float("nan")), "not finite in 'last_bias'"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(made, change, says):
    real, _, path = made
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    with pytest.raises(BadRecord, match=says):
        opened(path, real)


def test_another_size_a_pickle_and_rubbish_are_refused(made, tmp_path):
    _, _, path = made
    with pytest.raises(BadRecord, match=r"layers\.3"):  # 16 pixels need two layers more
        opened(path, load("digits"))
    (tmp_path / "net.pkl").write_bytes(pickle.dumps({"G_ema": 1}))
    with pytest.raises(BadRecord, match=r"pickle .* can run code"):
        opened(tmp_path / "net.pkl", load("digits"))
    (tmp_path / "net.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadRecord, match="cannot be read"):
        opened(tmp_path / "net.safetensors", load("digits"))
    for ask in (lambda key, real: find(key, real, CPU), check):
        with pytest.raises(BadRecord, match="neither shipped nor cached"):
            ask("0123456789abcdef", load("digits"))


def test_what_a_file_makes_is_known_before_its_tensors_are_read(home, made):
    """A method refuses it before the start: by its classes and by its shapes."""
    _, _, path = made
    method = method_class("glad").build({"prior": f"style@{adopt(path, load('digits:size=8'))}"})
    assert method.why_not(job()) is None
    assert "layers.3" in method.why_not(job(data="digits"))
    assert "makes" in method.why_not(job(data="shapes:size=8,train=200,test=50"))
    assert "neither shipped nor cached" in method_class("glad").build({"prior": "style@0123456789abcdef"}).why_not(
        job()
    )


def test_training_lowers_the_error_and_is_done_once():
    real, recipe = load("digits:size=8"), PriorRecipe(width=8, steps=40, sharpen=4)
    events, prior = drain(trained(real, recipe, CPU))
    errors = [e.values["decoding-error"] for e in events if e.kind == "scalars" and "code-divergence" in e.values]
    assert errors[-1] < 0.7 * errors[0]
    assert any("discriminator-loss" in e.values for e in events if e.kind == "scalars")
    events, again = drain(trained(real, recipe, CPU))
    assert not events and torch.equal(again.last, prior.last)
    assert prior_key(real, recipe) != prior_key(real, PriorRecipe(width=8, steps=41, sharpen=4))


def test_the_frechet_distance_of_gaussians():
    """Against the closed form where covariances commute, in float64."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(500, 4, generator=generator, dtype=torch.float64)
    assert frechet(x, x.clone()) == pytest.approx(0, abs=1e-9)
    c = torch.cov(x.T)
    assert frechet(x, 3 * x + 1) == pytest.approx(
        float(((2 * x.mean(0) + 1) ** 2).sum() + 4 * c.trace()), rel=1e-9
    )  # (3 − 1)² tr C


def test_an_untrained_prior_is_measured_as_one():
    real = load("digits:size=8")
    _, found = drain(measured(StyleGenerator(1, 8, 10, width=4).requires_grad_(False), real, CPU))
    assert found["samples-teach"] < 0.5
    assert found["samples-distance"] > 10 * found["test-distance"]


def test_samples_are_judged_by_the_usual_teacher_or_by_a_cheaper_one_where_images_are_many():
    def asked(count):
        return judge(SimpleNamespace(train=range(count)))

    assert asked(1300) == asked(3600) == ("auto", SqueezeRecipe())
    spec, recipe = asked(54_000)
    assert spec == "convnet:norm=batch,width=32" and recipe == replace(SqueezeRecipe(), epochs=5)
