"""DM against its formula in float64, and what must vanish when both sides are the same."""

from __future__ import annotations

import copy

import pytest
import torch

from distill_core.datasets import load
from distill_core.methods.dm import DistributionMatching
from distill_core.networks import build
from distill_core.parts.objectives.mean_features import class_distances
from distill_core.pieces.match import random_network, real_batch
from tests.methods.tiny import drain, job, small


def test_the_distance_equals_the_formula():
    network = build("convnet:depth=1,norm=instance,width=6", channels=1, size=8, classes=3, seed=1).requires_grad_(
        False
    )
    generator = torch.Generator().manual_seed(0)
    real, synthetic = torch.randn(4 * 3, 1, 8, 8, generator=generator), torch.randn(2 * 3, 1, 8, 8, generator=generator)
    slow = copy.deepcopy(network).double()
    wanted = []
    for c in range(3):
        of_class = [
            torch.stack([slow.features(x[None].double())[0] for x in batch[c::3]]).mean(0)
            for batch in (real, synthetic)
        ]
        wanted.append(float(((of_class[0] - of_class[1]) ** 2).sum()))
    assert class_distances(network, real, synthetic, 3).tolist() == pytest.approx(wanted, rel=1e-4)


def test_equal_sides_have_no_distance():
    network = build("convnet:depth=1,norm=instance,width=6", channels=1, size=8, classes=3, seed=1).requires_grad_(
        False
    )
    same = torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    assert class_distances(network, same, same.clone(), 3).abs().max() == 0


def test_one_step_is_the_gradient_step():
    """Without momentum and augmentation one step is x − lr · ∂L/∂x, clamped to pixels."""
    method = small(DistributionMatching, iterations=1, momentum=0.0, objective_view="none", lr_img=0.1)
    asked, real = job(), load("digits:size=8")
    events, result = drain(method.distill(asked))
    start = real.pixels(torch.from_numpy(next(e for e in events if e.kind == "images").pixels).permute(0, 3, 1, 2))
    generator = torch.Generator().manual_seed(asked.seed + 1)
    ids = real_batch(real, method.objective.batch_real, generator)
    network = random_network(asked, real, int(torch.randint(2**31 - 3, (1,), generator=generator))).double()
    x = real.normalize(start).double().requires_grad_(True)
    batch = real.normalize(real.pixels(real.train.images[ids.flatten()])).double()
    (gradient,) = torch.autograd.grad(class_distances(network, batch, x, 10).sum(), x)
    wanted = real.denormalize((x - 0.1 * gradient).detach()).clamp(0, 1)
    assert torch.allclose(result.images.double(), wanted, atol=0.5 / 255 + 1e-5)


def test_the_loss_falls():
    events, _ = drain(
        small(DistributionMatching, iterations=60, batch_real=32, objective_view="none", lr_img=0.2).distill(job(ipc=1))
    )
    losses = [e.values["loss"] for e in events if e.kind == "scalars"]
    assert losses[-1] < losses[0]
