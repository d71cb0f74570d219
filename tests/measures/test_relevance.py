"""The class-relevant feature distance against its formula done the slow way, and what it must and must not notice."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from distill_core.datasets import load
from distill_core.measures.relevance import BriefAccuracy, ClassRelevant, LayerwiseRandom, Loss, levels, weighted_maps
from distill_core.networks import Network, build

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def real():
    return load("digits:size=8")


def network(spec="convnet:depth=1,norm=batch,width=6"):
    if spec == "averaged":  # a global average before the classifier
        pooled, last = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(5, 10)
        found = Network({"conv": nn.Conv2d(1, 5, 3)}, pooled, last, channels=1, size=8, classes=10)
    else:
        found = build(spec, channels=1, size=8, classes=10, seed=1)
    return found.eval().requires_grad_(False)


def every(real, label):
    return real.normalize(real.pixels(real.train.images[real.per_class(label)]))


def fewest(real):
    """As many real images of every class, slice-major."""
    n = min(len(real.per_class(c)) for c in range(10))
    return torch.stack([every(real, c)[:n] for c in range(10)], 1).flatten(0, 1)


@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize("spec", ["convnet:depth=1,norm=batch,width=6", "averaged", "mlp:width=8"])
def test_it_equals_the_formula(real, summed, spec):
    judge = network(spec)
    slow = copy.deepcopy(judge).double()
    synthetic = torch.randn(20, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    def maps(x, c):
        f = slow.body(x[None].double())
        row = slow.classifier.weight[c]
        if f.ndim != 4:
            f = slow.neck(f)[:, :, None, None]
        out = torch.zeros_like(f[0])
        for k in range(f.shape[1]):
            out[k] = f[0, k] * (row.view_as(f[0])[k] if row.numel() == f[0].numel() else row[k])
        return out.sum(0, keepdim=True) if summed else out

    found = ClassRelevant(judge, real, summed=summed, device=CPU)(synthetic, torch.tensor(0.0), None)
    for c in range(0, 10, 3):
        wanted = torch.stack([maps(x, c) for x in every(real, c)]).mean(0)
        given = torch.stack([maps(x, c) for x in synthetic[c::10]]).mean(0)
        assert float(found[c]) == pytest.approx(float(((wanted - given) ** 2).sum()), rel=2e-4)


def test_real_images_of_the_class_have_no_distance(real, monkeypatch):
    x = fewest(real)
    measure = ClassRelevant(network(), real, summed=False, device=CPU)
    measure.wanted = torch.stack(
        [weighted_maps(network(), x[c::10], torch.full((len(x) // 10,), c)).mean(0) for c in range(10)]
    )
    assert float(measure(x, torch.tensor(0.0), None).max()) < 1e-9
    order = torch.randperm(len(x) // 10, generator=torch.Generator().manual_seed(0))
    mixed = x.unflatten(0, (-1, 10))[order].flatten(0, 1)
    assert float(measure(mixed, torch.tensor(0.0), None).max()) < 1e-9, "the order of images says nothing"


def test_it_falls_as_noise_becomes_real_images(real):
    x = fewest(real)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    measure = ClassRelevant(network(), real, summed=False, device=CPU)
    found = [float(measure((1 - t) * noise + t * x, torch.tensor(0.0), None).sum()) for t in (0.0, 0.5, 0.8, 1.0)]
    assert found == sorted(found, reverse=True)


def test_a_classifier_without_weights_sees_nothing(real):
    blind = network()
    blind.classifier.weight.zero_()
    found = ClassRelevant(blind, real, summed=False, device=CPU)(torch.randn(10, 1, 8, 8), torch.tensor(0.0), None)
    assert float(found.abs().max()) == 0


def test_the_released_distance(real):
    """Its averages are those of all batches of all five networks, every block before its pooling."""
    seeds = []

    def draw(seed):
        seeds.append(seed)
        return build("convnet:depth=2,norm=instance,width=4", channels=1, size=8, classes=10, seed=seed)

    measure = LayerwiseRandom(real, draw, lambda x, g: x, seed=0, device=CPU)
    assert len(seeds) == 5 and [tuple(one.shape) for one in measure.wanted] == [(10, 4, 8, 8), (10, 4, 4, 4)]
    x = fewest(real)
    found = [measure(x, torch.tensor(0.0), None) for _ in range(2)]
    assert len(set(seeds)) == 7 and not torch.equal(*found), "a new network at every look: the same images differ"
    judge, wanted = draw(seeds[6]).eval(), torch.zeros(10)
    for real_mean, maps in zip(measure.wanted, levels(judge, x), strict=True):
        wanted += torch.stack([(real_mean[c] - maps[c::10].mean(0)).square().sum() for c in range(10)]).detach()
    assert torch.allclose(found[1], wanted, rtol=1e-4)
    first = judge.body[0]
    assert torch.equal(levels(judge, x)[0], first.activation(first.norm(first.conv(x))))


def test_loss_and_brief_accuracy(real):
    assert torch.equal(Loss(10)(torch.zeros(10, 1, 8, 8), torch.tensor(5.0), None), torch.full((10,), 0.5))
    assert torch.equal(Loss(3)(torch.zeros(3), torch.tensor(0.0), torch.arange(3.0)), torch.arange(3.0))
    measure = BriefAccuracy(
        real,
        lambda seed: build("convnet:depth=1,norm=instance,width=8", channels=1, size=8, classes=10, seed=seed),
        0,
        CPU,
    )
    x = fewest(real)
    good, bad = (float(measure(one, torch.tensor(0.0), None).sum()) for one in (x[:100], torch.randn(100, 1, 8, 8)))
    assert 0 <= good < 0.5 < bad <= 1
    assert good == float(measure(x[:100], torch.tensor(0.0), None).sum()), "the same images, the same number"
