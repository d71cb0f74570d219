"""DM against its formula in float64, and what must vanish when both sides are the same."""

from __future__ import annotations

import copy

import pytest
import torch

from distill_core.datasets import load
from distill_core.methods.dm import DistributionMatching
from distill_core.networks import build
from distill_core.parts.objectives.mean_features import class_distances
from distill_core.parts.starts import RealStart
from distill_core.parts.views import SiameseView, seen_by_class
from distill_core.pieces.augment import Siamese
from distill_core.pieces.ground import Ground
from distill_core.pieces.match import random_network, real_batch
from tests.methods.tiny import drain, job, quiet_step, small


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


def test_every_class_has_an_augmentation_of_its_own_and_both_sides_the_same():
    """Against the released order of things: class after class an ω, both sides under it; then one pass for all classes."""
    real = load("digits:size=8")
    view, generator = SiameseView().pair(real), torch.Generator().manual_seed(5)
    theirs, ours = (torch.rand(n * 10, 1, 8, 8, generator=torch.Generator().manual_seed(n)) for n in (4, 2))
    found = seen_by_class(view, theirs, ours, 10, torch.Generator().manual_seed(5))
    augment = Siamese().without("flip")
    families = set()
    for c in range(10):
        drawn = augment.draw(generator, 2, 8)
        families |= set(drawn)
        for side, whole in zip(found, (theirs, ours), strict=True):
            assert torch.equal(side[c], augment.apply(whole[c::10], drawn))
    assert len(families) > 1, "one draw for all would have one family"


def test_a_step_matches_classes_under_their_own_augmentations():
    """The pull equals the sum over classes, each augmented and embedded alone, in float64."""
    method, asked = small(DistributionMatching, batch_real=3), job()
    ground = Ground.of(asked)
    match = drain(method.objective.match(ground))[1]
    x = RealStart().first(ground).flatten(0, 1)
    pull = match.pull(x.clone(), quiet_step())
    real, generator = ground.real, torch.Generator().manual_seed(asked.seed + 1)
    ids = real_batch(real, 3, generator)
    network = random_network(asked, real, int(torch.randint(2**31 - 3, (1,), generator=generator))).double()
    batch = real.normalize(real.pixels(real.train.images[ids.flatten()])).double()
    y, view, total = x.double().requires_grad_(True), SiameseView().pair(real), []
    pairs = [view(batch[c::10], y[c::10], generator) for c in range(10)]
    sides = [torch.stack(one, 1).flatten(0, 1) for one in zip(*pairs, strict=True)]  # batch norm mixes the classes
    features = [network.features(side) for side in sides]
    for c in range(10):
        total.append((features[0][c::10].mean(0) - features[1][c::10].mean(0)).square().sum())
    assert pull.per_class.tolist() == pytest.approx(torch.stack(total).tolist(), rel=1e-3)
    (wanted,) = torch.autograd.grad(sum(total), y)
    assert torch.allclose(pull.gradient.double(), wanted, atol=1e-3 * float(wanted.abs().max()))


def test_the_loss_falls():
    events, _ = drain(
        small(DistributionMatching, iterations=60, batch_real=32, objective_view="none", lr_img=0.2).distill(job(ipc=1))
    )
    losses = [e.values["loss"] for e in events if e.kind == "scalars"]
    assert losses[-1] < losses[0]
