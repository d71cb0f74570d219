"""Statistics at batch norms, convolutions and patches against their definitions done the slow way in float64."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from distill_core.datasets import load
from distill_core.networks import build
from distill_core.parts.spectra import densification
from distill_core.pieces.by_name import build as build_augment
from distill_core.pieces.points import KINDS, Points, patch_moments, patches
from distill_core.pieces.realstats import RealStatistics, measured
from tests.methods.tiny import drain

CPU = torch.device("cpu")


def network():
    made = (
        build("convnet:depth=1,norm=batch,width=4", channels=1, size=8, classes=10, seed=0).eval().requires_grad_(False)
    )
    for m in made.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.running_mean.uniform_(-0.5, 0.5)
            m.running_var.uniform_(0.5, 1.5)
    return made


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("side", [8, 6])
def test_patch_statistics_pool_everything_but_the_position(side):
    x = noise(3, 2, side, side)
    wide = F.interpolate(x, size=(8, 8), mode="bilinear", align_corners=False) if side == 6 else x
    assert patches(x).shape == (3, 4, 32)
    means, variances = patch_moments(x)
    for place, (row, column) in enumerate([(0, 0), (0, 4), (4, 0), (4, 4)]):
        cut = wide[:, :, row : row + 4, column : column + 4].double()
        assert float(means[place]) == pytest.approx(float(cut.mean()), rel=1e-4, abs=1e-6)
        assert float(variances[place]) == pytest.approx(float(((cut - cut.mean()) ** 2).mean()), rel=1e-4)


@pytest.mark.parametrize("view", ["none", "crop_flip", "resized_crop_flip"])
def test_statistics_of_the_real_data_are_averages_of_batches_and_of_images(home, view):
    real, net = load("digits:size=8"), network()
    _, found = drain(measured(net, real, "key", CPU, True, view))
    order = torch.randperm(len(real.train.labels), generator=torch.Generator().manual_seed(0))
    assert len(order) % 64, "the last batch is shorter"
    look, draws = build_augment(view, flip=False), torch.Generator().manual_seed(1)
    batches = [real.normalize(look(real.pixels(real.train.images[ids]), draws)).double() for ids in order.split(64)]
    share = torch.tensor([len(one) for one in batches]).double()[:, None] / len(order)
    name = "body.block1.conv, input"
    wanted = (share * torch.stack([part.mean((0, 2, 3)) for part in batches])).sum(0)
    assert torch.allclose(found[f"{name}|mean"].double(), wanted, atol=1e-5)
    spread = (share * torch.stack([part.var((0, 2, 3), unbiased=False) for part in batches])).sum(0)
    assert torch.allclose(found[f"{name}|variance"].double(), spread, atol=1e-5)
    threes = torch.cat(batches)[real.train.labels[order] == 3]
    within = torch.stack([one.var((1, 2), unbiased=False) for one in threes]).mean(0)
    assert torch.allclose(found[f"{name}|variance|classes"][3].double(), within, atol=1e-5)
    assert float(found[f"{name}|variance|classes"].mean()) < float(spread.mean()), "the part between images is missing"
    events, again = drain(measured(net, real, "key", CPU, True, view))
    assert all(torch.equal(again[k], v) for k, v in found.items()) and "at hand" in events[-1].text
    _, other = drain(measured(net, real, "key", CPU, True, "none" if view != "none" else "crop_flip"))
    assert not torch.equal(other[f"{name}|mean"], found[f"{name}|mean"]), "kept apart by view"


@pytest.mark.parametrize(
    ("spec", "first"),
    [("convnet:depth=2,norm=batch,width=4", "body.block1.conv, input"), ("wrn:depth=10,width=1", "body.stem, input")],
)
def test_only_the_first_entry_of_all_counts_ten_times(spec, first):
    """`loss_r_feature_layers` in the released code goes through the modules in their order, batch norms and convolutions alike."""
    net = build(spec, channels=3, size=16, classes=3, seed=0)
    weights = dict(zip((matcher := RealStatistics(net, {})).names, matcher.weights(10.0).tolist(), strict=True))
    assert {name for name, weight in weights.items() if weight != 1} == {first} and weights[first] == 10
    only_norms = RealStatistics(net, {}, convolutions=False)
    assert only_norms.weights(10.0).tolist() == [10.0] + [1.0] * (len(only_norms.names) - 1)


def slow_terms(net, targets, x, labels, share):
    """R by the formula for one forward pass without memory: (mean terms, variance terms) by layer."""
    norm, conv = net.body.block1.norm, net.body.block1.conv
    inside = conv(x)
    terms = []
    for name, seen in (("body.block1.norm", inside), ("body.block1.conv, input", x)):
        entered = seen.detach().double()
        now = {"mean": entered.mean((0, 2, 3)), "variance": entered.var((0, 2, 3), unbiased=False)}
        if "conv" in name:
            cut = patches(entered).transpose(0, 1).flatten(1)
            now |= {"patch mean": cut.mean(1), "patch variance": cut.var(1, unbiased=False)}
        sums = {"mean": 0.0, "variance": 0.0}
        for kind, value in now.items():
            if "conv" in name:
                wanted = targets[f"{name}|{kind}"].double()
            else:
                wanted = (norm.running_mean if kind == "mean" else norm.running_var).double()
            own = sum(targets[f"{name}|{kind}|classes"][c].double() for c in labels.tolist()) / len(labels)
            away = (1 - share) * float((value - wanted).norm()) + share * float((value - own).norm())
            sums[kind.split()[-1]] += away
        terms.append((sums["mean"], sums["variance"]))
    return terms


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_mismatches_equal_the_formula(home, share):
    real, net = load("digits:size=8"), network()
    _, targets = drain(measured(net, real, "key", CPU, True))
    x, labels = noise(6, 1, 8, 8), torch.tensor([0, 0, 0, 4, 4, 4])
    matcher = RealStatistics(net, targets, memory=0.8, class_share=share)
    with matcher.hearing() as heard:
        net(x)
    means, variances = matcher.mismatch(heard, labels)
    wanted = slow_terms(net, targets, x, labels, share)
    assert means.tolist() == pytest.approx([m for m, _ in wanted], rel=1e-4)
    assert variances.tolist() == pytest.approx([v for _, v in wanted], rel=1e-4)
    assert dict(zip(matcher.names, matcher.weights(10.0).tolist(), strict=True))["body.block1.conv, input"] == 10
    assert matcher.weights(10.0).sum() == 11 and len(matcher.names) == 2


@pytest.mark.parametrize("from_zero", [False, True])
def test_the_memory_is_a_running_average_with_the_gradient_of_now(home, from_zero):
    real, net = load("digits:size=8"), network()
    _, targets = drain(measured(net, real, "key", CPU, False))
    matcher, held = RealStatistics(net, targets, memory=0.8, from_zero=from_zero), None
    key = "body.block1.norm|mean"
    for i in range(3):
        x = noise(6, 1, 8, 8, seed=i).requires_grad_(True)
        with matcher.hearing() as heard:
            net(x)
        matcher.mismatch(heard, torch.zeros(6).long())[0].sum().backward()
        now = net.body.block1.conv(x).mean((0, 2, 3)).detach()
        before = held if held is not None else torch.zeros_like(now) if from_zero else now
        held = 0.8 * before + 0.2 * now
        assert torch.allclose(matcher.remembered[key], held, atol=1e-6)
        assert float(x.grad.abs().sum()) > 0
    other = RealStatistics(net, targets)
    other.load_state_dict(matcher.state_dict())
    assert torch.equal(other.remembered[key], held)


def test_a_dropped_convolution_counts_nothing(home):
    real, net = load("digits:size=8"), network()
    _, targets = drain(measured(net, real, "key", CPU, False))
    matcher, generator, dropped = RealStatistics(net, targets, drop=0.4), torch.Generator().manual_seed(0), []
    for _ in range(200):
        matcher.draw(generator)
        with matcher.hearing() as heard:
            net(noise(4, 1, 8, 8))
        means, _ = matcher.mismatch(heard, torch.zeros(4).long())
        assert float(means[0]) > 0, "batch norm always counts"
        dropped.append(float(means[1]) == 0)
    assert 0.3 < sum(dropped) / 200 < 0.5


def test_densification_is_the_divergence_of_spectra():
    images = noise(7, 1, 8, 8)
    labels = torch.tensor([0, 1, 0, 1, 0, 1, 2])
    total = 0.0
    for c in (0, 1):
        z = images[labels == c].flatten(1).double()
        values = torch.linalg.eigvals(z @ z.T).real.sort().values.tolist()
        p, q = ([math.exp(v / t - max(values) / t) for v in values] for t in (4.0, 1.0))
        p, q = ([v / sum(r) for v in r] for r in (p, q))
        total += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert float(densification(images, labels, 4.0)) == pytest.approx(total, rel=1e-3)


def test_densification_flattens_the_spectrum():
    x, label = (0.2 * noise(4, 1, 8, 8)).requires_grad_(True), torch.zeros(4).long()

    def spread():
        z = x.detach().flatten(1)
        values = torch.linalg.eigvalsh(z @ z.T)
        return float(values[-1] - values[0])

    before = spread()
    for _ in range(20):
        (gradient,) = torch.autograd.grad(densification(x, label, 4.0), x)
        x = (x - 0.05 * gradient).detach().requires_grad_(True)
    assert spread() < 0.9 * before


def test_points_without_batch_norm_are_the_convolutions():
    plain = build("convnet:depth=2,norm=none,width=4", channels=1, size=8, classes=3, seed=0)
    assert len(Points.of(plain, convolutions=False).all()) == 2
    assert len(KINDS) == 4
