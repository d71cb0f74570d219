"""DC and DSA: the distance of gradients against its formula in float64, the loops, and what must hold of a run."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from distill_core.methods.dc import DatasetCondensation
from distill_core.methods.dsa import SiameseCondensation
from distill_core.networks import build
from distill_core.parts.objectives.gradients import class_gradients, distances, loops_for
from distill_core.parts.starts import RealStart
from distill_core.pieces.ground import Ground
from tests.methods.tiny import drain, job, quiet_step, small

SPECS = ["convnet:depth=1,norm=instance,width=6", "convnet:depth=1,norm=layer,width=6", "mlp"]


def scene(method, asked):
    """The method's objective in a run, and the real images that the job starts from, (n, c, h, w) normalized."""
    ground = Ground.of(asked)
    return drain(method.objective.match(ground))[1], RealStart().first(ground).flatten(0, 1)


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def slow_distance(network, ours, theirs, label):
    """D of one class as the text says, weight by weight and row by row, in float64."""
    network, total, gradients = copy.deepcopy(network).double(), 0.0, []
    for x in (ours, theirs):
        network.zero_grad()
        F.cross_entropy(network(x.double()), torch.full((len(x),), label)).backward()
        gradients.append([p.grad.clone() for p in network.parameters()])
    for a, b in zip(*gradients, strict=True):
        if a.ndim == 1:
            continue
        for row_a, row_b in zip(a.flatten(1), b.flatten(1), strict=True):
            total += float(1 - (row_a @ row_b) / (row_a.norm() * row_b.norm() + 1e-6))
    return total


@pytest.mark.parametrize("spec", SPECS)
def test_the_distance_equals_the_formula_class_by_class(spec):
    network = build(spec, channels=1, size=8, classes=3, seed=1)
    ours, theirs = noise(3, 2, 1, 8, 8), noise(3, 5, 1, 8, 8, seed=1)
    labels = torch.arange(3)[:, None]
    a, b = (class_gradients(network, x, labels.expand(-1, x.shape[1])) for x in (ours, theirs))
    found = torch.stack(list(distances(a, b).values())).sum(0)
    assert found.tolist() == pytest.approx([slow_distance(network, ours[c], theirs[c], c) for c in range(3)], rel=1e-3)
    for name, p in network.named_parameters():
        assert (name in distances(a, b)) == (p.ndim > 1), "biases and scales add nothing"


def test_other_distances():
    a, b = {"w": noise(2, 3, 4), "b": noise(2, 3, seed=1)}, {"w": noise(2, 3, 4, seed=2), "b": noise(2, 3, seed=3)}
    for c in range(2):
        flat = [torch.cat([side[n][c].flatten() for n in ("w", "b")]).double() for side in (a, b)]
        mse = sum(d[c] for d in distances(a, b, "mse").values())
        assert float(mse) == pytest.approx(float((flat[0] - flat[1]).square().sum()), rel=1e-5)
        cosine = float(flat[0] @ flat[1] / (flat[0].norm() * flat[1].norm() + 1e-6))
        assert float(distances(a, b, "cos")["all"][c]) == pytest.approx(1 - cosine, rel=1e-4)


def test_equal_sides_leave_only_the_floor_of_silent_rows():
    network = build(SPECS[0], channels=1, size=8, classes=3, seed=1)
    x, labels = noise(3, 4, 1, 8, 8), torch.arange(3)[:, None].expand(-1, 4)
    gradients = class_gradients(network, x, labels)
    found = distances(gradients, {n: g.clone() for n, g in gradients.items()})
    for name, value in found.items():
        silent = (gradients[name].flatten(2).norm(dim=-1) < 1e-3).sum(1)
        assert bool((value <= silent + 1e-3).all())


def test_a_few_classes_at_a_time_change_nothing():
    network = build(SPECS[0], channels=1, size=8, classes=3, seed=1)
    x, labels = noise(3, 4, 1, 8, 8), torch.arange(3)[:, None].expand(-1, 4)
    for name, value in class_gradients(network, x, labels).items():
        assert torch.allclose(value, class_gradients(network, x, labels, 2)[name], atol=1e-6)


def test_loops_are_the_published_ones():
    assert [loops_for(ipc) for ipc in (1, 10, 20, 30, 40, 50)] == [
        (1, 1),
        (10, 50),
        (20, 25),
        (30, 20),
        (40, 15),
        (50, 10),
    ]
    assert loops_for(5) == (10, 50) and loops_for(500) == (50, 10)


@pytest.mark.parametrize("spec", ["convnet:depth=1,norm=instance,width=6", "convnet:depth=1,norm=batch,width=6"])
def test_the_image_gradient_is_that_of_the_sum_over_classes(spec):
    """One pull of the objective against autograd through plain double-precision networks."""
    method, asked = small(DatasetCondensation, batch_real=5), job(ipc=2, teacher=spec)
    objective, start = scene(method, asked)
    real_batches = []

    def remember(b, s, generator):
        real_batches.append(b.clone())
        return b, s

    objective.view = remember
    pull = objective.pull(start.clone(), quiet_step(due=True))
    network = copy.deepcopy(objective.network).double().requires_grad_(True)
    x, total = start.double().clone().requires_grad_(True), 0.0
    weights = [p for p in network.parameters() if p.requires_grad]
    for c, batch in enumerate(real_batches):
        sides = []
        for images in (batch.double(), x[c::10]):
            loss = F.cross_entropy(network(images), torch.full((len(images),), c))
            sides.append(torch.autograd.grad(loss, weights, create_graph=True))
        for theirs, ours in zip(*sides, strict=True):
            if theirs.ndim > 1:
                a, b = ours.flatten(1), theirs.detach().flatten(1)
                total = total + (1 - (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1) + 1e-6)).sum()
    wanted = torch.autograd.grad(total, x)[0]
    assert pull.loss.item() == pytest.approx(total.item(), rel=1e-3)
    assert torch.allclose(pull.gradient.double(), wanted, atol=1e-3 * float(wanted.abs().max()))
    assert pull.per_class.sum().item() == pytest.approx(pull.loss.item(), rel=1e-5)


def test_the_network_is_trained_between_looks_and_drawn_anew_after_the_last():
    method, asked = small(DatasetCondensation, outer=2, inner=3, batch_train=8), job(ipc=2)
    objective, x = scene(method, asked)

    def weights():
        return torch.cat([p.detach().flatten().clone() for p in objective.network.parameters()])

    objective.pull(x.clone(), quiet_step())
    first = weights()
    objective.after(x)
    trained = weights()
    assert not torch.equal(first, trained)
    objective.pull(x.clone(), quiet_step())
    assert torch.equal(weights(), trained), "the second look is at the trained network"
    objective.after(x)
    objective.pull(x.clone(), quiet_step())
    assert not torch.equal(weights(), first) and not torch.equal(weights(), trained)


def test_batch_norm_is_settled_by_real_images_and_then_fixed():
    asked = job(teacher="convnet:depth=1,norm=batch,width=6")
    method = small(DatasetCondensation)
    objective, start = scene(method, asked)
    objective.pull(start.clone(), quiet_step())
    norms = [m for m in objective.network.modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms and not any(m.training for m in norms)
    assert all(float(m.running_mean.abs().sum()) > 0 for m in norms)


def test_both_sides_are_augmented_alike_and_the_starts_differ():
    events, result = drain(small(SiameseCondensation).distill(job(ipc=1)))
    assert result.protocol == "dsa" and len(result) == 10
    names = {e.name for e in events if e.kind == "parts"}
    assert names == {"gradient-distance-by-layer"}
    first = next(e for e in events if e.kind == "images" and e.source == "synthetic")
    noisy, _ = drain(small(DatasetCondensation).distill(job(ipc=1)))
    other = next(e for e in noisy if e.kind == "images" and e.source == "synthetic")
    assert float((first.pixels == other.pixels).mean()) < 0.5


@pytest.mark.parametrize("kind", [DatasetCondensation, SiameseCondensation])
def test_the_distance_falls(kind):
    events, _ = drain(
        small(kind, iterations=40, batch_real=16, start="real", objective_view="none", lr_img=1.0).distill(job(ipc=1))
    )
    losses = [e.values["loss"] for e in events if e.kind == "scalars" and "loss" in e.values]
    assert losses[-1] < losses[0]
