"""MTT: the unrolled loss and its gradients against float64, the constant-memory way, and what experts leave behind."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F

from distill_core.methods.mtt import TrajectoryMatching
from distill_core.parts.objectives.trajectories import Trajectories, TrajectoryMatch
from distill_core.parts.starts import RealStart
from distill_core.parts.views import Untouched
from distill_core.pieces.augment import Nothing
from distill_core.pieces.ground import Ground
from distill_core.pieces.trajectory import ExpertRecipe, expert_paths, flat, named
from tests.methods.tiny import drain, job, quiet_step, small

SPEC = "convnet:depth=1,norm=instance,width=4"
CPU = torch.device("cpu")


@pytest.fixture
def scene(home):
    asked = job(ipc=1, teacher=SPEC)
    ground = Ground.of(asked)
    recipe = ExpertRecipe(2, 4, 0.1, 400, False)
    paths = drain(expert_paths(asked, ground.real, SPEC, recipe, Nothing(), CPU))[1]
    return asked, ground, paths, RealStart().first(ground).flatten(0, 1)


def objective(scene, **more):
    _, ground, paths, _ = scene
    options = {"inner_steps": 3, "expert_epochs": 2, "last_start": 1, "first_lr": 0.05, "view": Untouched()}
    return TrajectoryMatch(Trajectories(**{**options, **more}), ground, paths)


def method(**more):
    return small(TrajectoryMatching, **more)


def test_snapshots_are_copies(scene):
    _, ground, paths, _ = scene
    assert len(paths) == 2 and paths[0].shape[0] == 5
    lengths = [(paths[0][i + 1] - paths[0][i]).norm().item() for i in range(4)]
    assert min(lengths) > 0, "no two epochs are the same"
    events, again = drain(
        expert_paths(scene[0], ground.real, SPEC, ExpertRecipe(2, 4, 0.1, 400, False), Nothing(), CPU)
    )
    assert all(torch.equal(a, b) for a, b in zip(again, paths, strict=True))
    assert not any(e.kind == "scalars" for e in events), "they are trained once"


def test_a_vector_is_a_network(scene):
    ours = objective(scene)
    vector = flat(ours.network)
    for name, weight in named(vector, ours.network).items():
        assert torch.equal(weight, dict(ours.network.named_parameters())[name])


def slow_loss(ours, x, alpha, origin, target):
    """L by the text, in float64, through copies of a module."""
    network = copy.deepcopy(ours.network).double()
    shapes = [p.shape for p in network.parameters()]
    theta = origin.double()
    labels = ours.ground.labels
    for _ in range(ours.settings.inner_steps):
        theta = theta.requires_grad_(True) if not theta.requires_grad else theta
        cut = torch.split(theta, [s.numel() for s in shapes])
        weights = {n: w.view(s) for (n, _), w, s in zip(network.named_parameters(), cut, shapes, strict=True)}
        loss = F.cross_entropy(torch.func.functional_call(network, weights, (x,)), labels)
        theta = theta - alpha * torch.autograd.grad(loss, theta, create_graph=True)[0]
    return (theta - target.double()).square().sum() / (origin.double() - target.double()).square().sum()


def test_the_loss_and_both_gradients_equal_autograd_in_double(scene):
    ours = objective(scene)
    x = start = scene[3].clone()
    origin, target = scene[2][0][0], scene[2][0][2]
    far = (origin - target).square().sum()
    gradient, slope, loss, walk = ours._through(x.requires_grad_(True), origin, target, far)
    y, alpha = (
        start.detach().double().requires_grad_(True),
        torch.tensor(0.05, dtype=torch.float64, requires_grad=True),
    )
    wanted = slow_loss(ours, y, alpha, origin, target)
    right, rise = torch.autograd.grad(wanted, (y, alpha))
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-4) and walk()[-1] == pytest.approx(loss.item(), rel=1e-5)
    assert slope.item() == pytest.approx(rise.item(), rel=1e-3)
    assert torch.allclose(gradient.double(), right, atol=2e-3 * float(right.abs().max()))


@pytest.mark.parametrize("memory", ["full", "constant"])
def test_without_a_step_length_the_loss_is_one(scene, memory):
    ours = objective(scene, memory=memory)
    with torch.no_grad():
        ours.alpha.zero_()
    pull = ours.pull(scene[3].clone(), quiet_step(due=True))
    assert pull.loss.item() == pytest.approx(1.0, rel=1e-5)


def test_constant_memory_has_the_same_loss_and_the_stated_gradient(scene):
    full, cheap = objective(scene), objective(scene, memory="constant")
    x = scene[3].clone()
    origin, target = scene[2][1][1], scene[2][1][3]
    far = (origin - target).square().sum()
    one = full._through(x.clone().requires_grad_(True), origin, target, far)
    two = cheap._fixed(x.clone().requires_grad_(True), origin, target, far)
    assert one[2].item() == pytest.approx(two[2].item(), rel=1e-4) and one[3]() == pytest.approx(two[3](), rel=1e-4)
    y = x.clone().requires_grad_(True)  # by hand: each step's gradient pulled by 2 α (α G − θ_t + θ_{t+M}) / far
    thetas, steps = [origin], []
    for _ in range(3):
        theta = thetas[-1].clone().requires_grad_(True)
        steps.append(cheap._gradient(theta, y, torch.arange(10), {}, True))
        thetas.append((theta - 0.05 * steps[-1]).detach())
    miss = 0.05 * sum(s.detach() for s in steps) - origin + target
    right = torch.autograd.grad(sum((s * 2 * 0.05 * miss / far).sum() for s in steps), y)[0]
    assert torch.allclose(two[0], right, atol=1e-5 * float(right.abs().max()) + 1e-8)
    cosine = F.cosine_similarity(one[0].flatten(), two[0].flatten(), dim=0)
    assert float(cosine) > 0.9, "the part that is left out is small"


def test_batches_use_every_image_up_before_one_comes_again(scene):
    ours = objective(scene, batch_syn=4, inner_steps=6)
    rows = ours._batches(10)
    assert [len(r) for r in rows] == [4, 4, 2, 4, 4, 2]
    assert sorted(torch.cat(rows[:3]).tolist()) == list(range(10)) == sorted(torch.cat(rows[3:]).tolist())


@pytest.mark.parametrize(("starts", "wanted"), [(1, {0}), (2, {0, 1}), (3, {0, 1, 2}), (9, {0, 1, 2})])
def test_the_last_start_is_excluded(scene, starts, wanted):
    """t ~ U{0 … T⁺ − 1}; paths of four epochs leave three starts from which two more can be followed."""
    ours = objective(scene, last_start=starts, inner_steps=1)
    seen = {ours.pull(scene[3].clone(), quiet_step()).scalars["start-epoch"] for _ in range(40)}
    assert seen == wanted


def test_the_learned_rate_stays_positive_and_goes_with_the_set():
    events, result = drain(small(TrajectoryMatching, lr_lr=1.0, iterations=6).distill(job(ipc=1, teacher=SPEC)))
    learned = [e.values["learned-rate"] for e in events if e.kind == "scalars" and "learned-rate" in e.values]
    assert learned and min(learned) > 0 and result.about["student_lr"] == pytest.approx(learned[-1])
    assert result.protocol == "mtt" and [e.stage for e in events if e.kind == "stage"] == ["experts", "match"]


def test_students_take_the_learned_rate():
    from distill_core.datasets import load
    from distill_core.evaluation.exam import Exam

    _, result = drain(small(TrajectoryMatching).distill(job(ipc=1, teacher=SPEC)))
    asked = job(ipc=1, teacher=SPEC, students=1)
    exam = Exam.of(result, asked, load(asked.data), None)
    assert [s.protocol.lr for s in exam.sittings] == [result.about["student_lr"]] * 2


def test_batch_norm_is_refused():
    assert "no weights of a trajectory" in method().why_not(job(teacher="resnet18"))
    assert "Raise train_epochs" in method(expert_epochs=9).why_not(job(teacher=SPEC))
    assert method().why_not(job(teacher="auto")) is None


def test_an_expert_that_stands_still_is_refused(scene):
    from distill_core.errors import StudioError

    asked, ground, paths, start = scene
    with pytest.raises(StudioError, match="Raise lr_expert"):
        objective((asked, ground, [paths[0][:1].repeat(5, 1)], start))
