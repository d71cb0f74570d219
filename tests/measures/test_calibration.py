"""Expected calibration error against the sum written out; corruptions and attacks stay what they say."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from distill_core import datasets, networks
from distill_core.evaluation.reliability import Trials, measured
from distill_core.measures.attack import fgsm, pgd
from distill_core.measures.calibration import BINS, calibration
from distill_core.pieces.corrupt import KINDS, SEVERITIES, corrupted


@cache
def real():
    return datasets.load("digits:size=8")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_error_is_the_sum_over_bins():
    logits, labels = 3 * torch.randn(400, 5, generator=generator()), torch.randint(5, (400,), generator=generator(1))
    found = calibration(logits, labels)
    slow, counts = 0.0, [0] * BINS
    probabilities = logits.double().softmax(1)
    for b in range(BINS):
        inside = [
            (float(p.max()), float(p.argmax() == y))
            for p, y in zip(probabilities, labels, strict=True)
            if b / BINS < float(p.max()) <= (b + 1) / BINS
        ]
        counts[b] = len(inside)
        if inside:
            sure, right = (sum(values) / len(inside) for values in zip(*inside, strict=True))
            slow += len(inside) / 400 * abs(right - sure)
            assert (found.confidence[b], found.right[b]) == pytest.approx((sure, right))
    assert found.ece == pytest.approx(slow) and list(found.count) == counts and sum(counts) == 400


def test_a_student_that_is_sure_and_right_is_calibrated_and_one_that_is_wrong_is_not():
    labels = torch.arange(4).repeat(5)
    sure = 50 * torch.eye(4)[labels]
    assert calibration(sure, labels).ece == pytest.approx(0) and calibration(
        sure, (labels + 1) % 4
    ).ece == pytest.approx(1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_corruptions_grow_with_severity_and_zero_is_the_image(kind, channels):
    x = torch.rand(6, channels, 16, 16, generator=generator()) * 0.5 + 0.25
    assert torch.equal(corrupted(x, kind, 0, generator()), x)
    moved = [float((corrupted(x, kind, s, generator()) - x).norm()) for s in SEVERITIES]
    assert moved == sorted(moved) and moved[1] > 0
    for severity in SEVERITIES:
        done = corrupted(x, kind, severity, generator())
        assert done.shape == x.shape and float(done.min()) >= 0 and float(done.max()) <= 1
        assert torch.equal(done, corrupted(x, kind, severity, generator())), "the same generator, the same images"


def test_blur_keeps_a_flat_image_and_the_smallest_side():
    flat = torch.full((1, 1, 8, 8), 0.5)
    assert torch.allclose(corrupted(flat, "blur", 5, generator()), flat)


def test_attacks_stay_within_eps_and_the_sign_step_is_the_formula():
    network = networks.build("mlp:width=16", channels=1, size=8, classes=10, seed=0).eval()
    x, y, eps = real().pixels(real().test.images[:20]), real().test.labels[:20], 8 / 255
    shown = x.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(network(real().normalize(shown)), y, reduction="sum")
    (slope,) = torch.autograd.grad(loss, shown)
    assert torch.equal(fgsm(network, real(), x, y, eps), (x + eps * slope.sign()).clamp(0, 1))
    moved = pgd(network, real(), x, y, eps, generator())
    assert float((moved - x).abs().max()) <= eps + 1e-6 and float(moved.min()) >= 0 and float(moved.max()) <= 1
    assert all(p.grad is None for p in network.parameters())


def test_attacks_raise_the_loss():
    network = networks.build("convnet:depth=1,norm=none,width=8", channels=1, size=8, classes=10, seed=0).eval()
    x, y = real().pixels(real().test.images[:50]), real().test.labels[:50]

    def loss(shown):
        with torch.no_grad():
            return float(torch.nn.functional.cross_entropy(network(real().normalize(shown)), y))

    clean, one = loss(x), loss(fgsm(network, real(), x, y, 8 / 255))
    assert clean < one and clean < loss(pgd(network, real(), x, y, 8 / 255, generator()))


def test_a_student_goes_through_all_trials_and_severity_0_is_clean():
    network = networks.build("mlp:width=16", channels=1, size=8, classes=10, seed=0).eval()
    found = measured(network, real(), Trials(("noise", "jpeg"), (1.0, 8.0), 40))
    assert found == measured(network, real(), Trials(("noise", "jpeg"), (1.0, 8.0), 40))
    assert all(len(one) == 6 and one[0] == found["clean"] for one in found["corruptions"].values())
    assert len(found["fgsm"]) == len(found["pgd"]) == 2 and len(found["bins"]) == BINS
    assert 0 <= found["ece"] <= 1 and sum(n for n, *_ in found["bins"]) <= 40
