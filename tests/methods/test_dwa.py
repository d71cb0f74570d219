"""DWA against its equations computed the slow way in float64, its reductions, and the invariants of the adjustment."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, nn

from distill_core.datasets import RealSet, load
from distill_core.datasets.real import Split
from distill_core.errors import BadSetting
from distill_core.methods.dwa import DirectedWeightAdjustment
from distill_core.methods.sre2l import SqueezeRecoverRelabel
from distill_core.parts.adjustments import AsItIs, ByLength, ByRise, DirectedShift, RandomRise, RandomShift
from distill_core.parts.batches import Slices
from distill_core.parts.recovery import Inversion
from distill_core.parts.statistics import AtBatchNorm
from distill_core.parts.views import RecoveryView, View
from distill_core.pieces.apart import class_spread
from distill_core.pieces.batch import Batch, FirstLook
from distill_core.pieces.ground import Ground
from distill_core.pieces.moving import HARDLY, HeldOut, Moving
from distill_core.pieces.perturb import directed, noise_like, scattered
from distill_core.pieces.statistics import BatchNormStatistics
from distill_core.pieces.teach import Teacher
from tests.methods.tiny import drain, job, small


class Little(nn.Module):
    """Three convolutions with batch norm for 8×8 images and five classes."""

    def __init__(self, seed: int = 0):
        super().__init__()
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for c in (1, 6, 6):
            layers += [nn.Conv2d(c, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(6 * 64, 5))
        for m in self.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.running_mean.uniform_(-0.5, 0.5)
                m.running_var.uniform_(0.5, 1.5)

    def features(self, x):
        return self.body[:-1](x)

    def forward(self, x):
        return self.body(x)


class FiveClasses:
    """What a recovery asks of a real set."""

    name, channels, size, classes = "five", 1, 8, tuple("abcde")
    val = Split(torch.randint(256, (40, 1, 8, 8), dtype=torch.uint8), torch.arange(40) % 5)

    @staticmethod
    def pixels(x):
        return x.float() / 255

    @staticmethod
    def normalize(x):
        return (x - 0.3) / 0.4

    @staticmethod
    def denormalize(x):
        return x * 0.4 + 0.3


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(5)
    return torch.randn(5, 1, 8, 8, generator=generator), torch.arange(5)


def slow_adjustment(network, images, labels, rho, count):
    """Δθ by the formula, one weight tensor after the other, in float64; returns the weights, CE(k) and ‖g_k‖."""
    network = copy.deepcopy(network).double().eval()
    losses, norms = [], []
    for _ in range(count):
        network.zero_grad()
        loss = F.cross_entropy(network(images.double()), labels)
        loss.backward()
        norm = sum(float((p.grad**2).sum()) for p in network.parameters()) ** 0.5
        with torch.no_grad():
            for p in network.parameters():
                p.add_(rho / count * p.grad / (norm + 1e-12))
        losses.append(float(loss.detach()))
        norms.append(norm)
    return network, losses, norms


def test_the_adjustment_equals_the_equation(batch):
    images, labels = batch
    network = Little().eval()
    wanted, losses, norms = slow_adjustment(network, images, labels, 0.05, 12)
    origin = {n: p.detach().clone() for n, p in network.named_parameters()}
    buffers = {n: b.clone() for n, b in network.named_buffers()}
    events, _ = drain(directed(Moving(network, lambda: images, labels), 0.05, 12))
    scalars = [e.values for e in events if e.kind == "scalars"]
    assert [s["start-cross-entropy"] for s in scalars] == pytest.approx(losses, rel=1e-5)
    assert [s["gradient-norm"] for s in scalars] == pytest.approx(norms, rel=1e-4)
    for (name, found), right in zip(network.named_parameters(), wanted.parameters(), strict=True):
        moved = (found.double() - origin[name].double()).flatten()
        assert torch.allclose(moved, (right - origin[name].double()).flatten(), atol=1e-6)
    assert all(torch.equal(b, buffers[n]) for n, b in network.named_buffers()), "the buffers do not change"


def test_the_shift_ends_at_rho_and_the_loss_rises(batch):
    images, labels = batch
    network = Little().eval()
    events, _ = drain(directed(Moving(network, lambda: images, labels), 0.015, 12))
    scalars = [e.values for e in events if e.kind == "scalars"]
    assert 0.98 * 0.015 < scalars[-1]["shift-length"] <= 0.015 * (1 + 1e-3)
    losses = [s["start-cross-entropy"] for s in scalars]
    assert losses == sorted(losses) and losses[-1] > losses[0]
    lengths = [s["shift-length"] for s in scalars]
    assert lengths == pytest.approx([0.015 * (k + 1) / 12 for k in range(12)], rel=0.05)


def test_the_random_shift_has_the_same_length(batch):
    network = Little().eval()
    moving = Moving(network, lambda: batch[0], batch[1])
    drain(scattered(moving, noise_like(network, torch.Generator().manual_seed(0)), 0.3))
    assert moving.shifts()[0] == pytest.approx(0.3, rel=1e-4)


def rise_of(network, origin, images, labels):
    """CE at the network minus CE at the weights `origin`, the slow way."""
    before = copy.deepcopy(network).double()
    before.load_state_dict({**before.state_dict(), **{n: w.double() for n, w in origin.items()}})
    losses = [
        F.cross_entropy(n.double().eval()(images.double()), labels).item() for n in (copy.deepcopy(network), before)
    ]
    return losses[0] - losses[1]


@pytest.mark.parametrize(
    "shift",
    [DirectedShift(reach=ByRise(rise=0.4), ascent_steps=5), RandomShift(reach=ByRise(rise=0.05))],
)
def test_a_shift_that_is_asked_for_by_its_rise_raises_the_loss_by_it(batch, shift):
    images, labels = batch
    network = Little().eval()
    origin = {n: p.detach().clone() for n, p in network.named_parameters()}
    events, _ = drain(shift.shifted(Moving(network, lambda: images, labels), as_batch(images), Generator()))
    said = {name: value for e in events if e.kind == "scalars" for name, value in e.values.items()}
    assert rise_of(network, origin, images, labels) == pytest.approx(shift.reach.rise, rel=0.011)
    assert said["start-rise"] == pytest.approx(shift.reach.rise, rel=0.011)
    length = sum(float((p.detach() - origin[n]).double().square().sum()) for n, p in network.named_parameters()) ** 0.5
    whole = sum(float(w.double().square().sum()) for w in origin.values()) ** 0.5
    assert said["shift-relative"] == pytest.approx(length / whole, rel=1e-4)


def test_the_second_random_control_hurts_as_much_as_the_directed_shift_of_that_length(batch):
    images, labels = batch
    networks = [Little().eval() for _ in range(3)]
    kinds = (DirectedShift, RandomRise, RandomShift)
    rises, lengths = [], []
    for network, kind in zip(networks, kinds, strict=True):
        moving = Moving(network, lambda: images, labels)
        drain(kind(reach=ByLength(rho=0.1)).shifted(moving, as_batch(images), Generator().manual_seed(1)))
        rises.append(moving.rise())
        lengths.append(moving.shifts()[0])
    assert rises[1] == pytest.approx(rises[0], rel=0.02) and abs(rises[2]) < rises[0] / 3
    assert lengths[2] == pytest.approx(0.1, rel=1e-3) and lengths[1] > 2 * lengths[0]


def as_batch(images):
    return SimpleNamespace(x=images.clone().requires_grad_(True))


def test_what_a_shift_cannot_do_is_said(batch):
    images, labels = batch
    wanted = ByRise(rise=20.0)
    with pytest.raises(BadSetting, match="No shift raises the loss on the start by 20: the most was"):
        drain(
            RandomShift(reach=wanted).shifted(Moving(Still0(), lambda: images, labels), as_batch(images), Generator())
        )
    sure = Little().eval()
    with torch.no_grad():
        for p in sure.parameters():
            p.zero_()
        sure.body[-1].bias.copy_(torch.tensor([500.0, 0, 0, 0, 0]))
    only = torch.zeros(5, dtype=torch.int64)  # so sure of the first class that nothing is left to gain
    with pytest.raises(BadSetting, match="gradient on this batch is zero"):
        drain(DirectedShift(reach=wanted).shifted(Moving(sure, lambda: images, only), as_batch(images), Generator()))
    events, _ = drain(DirectedShift().shifted(Moving(sure, lambda: images, only), as_batch(images), Generator()))
    assert any(e.kind == "note" and "gradient on this batch is zero" in e.text for e in events)
    assert sum(e.kind == "note" for e in events) == 1, "once, not at every step"


class Still0(Little):
    """A network whose answer no weight changes."""

    def forward(self, x):
        return 0 * self.body(x)


def test_a_shift_that_is_not_felt_and_a_teacher_that_guesses_are_doubted(batch):
    images, labels = batch
    held = HeldOut(images.repeat(4, 1, 1, 1), labels.repeat(4), 5)
    moving = Moving(Little().eval(), lambda: images, labels, held)
    moving.felt(0.0)
    assert [any(word in one for one in moving.doubts()) for word in ("hardly felt", "no better than chance")] == [
        True
    ] * 2
    moving.did = {"start-rise": 2 * HARDLY, "shifted-accuracy": 0.9}
    assert moving.doubts() == []


def test_doubts_are_said_once_in_a_run_and_the_run_goes_on(batch):
    start = batch[0].clamp(-0.7, 1.7)[None].repeat(3, 1, 1, 1, 1)
    settings = recovery(DirectedShift(reach=ByLength(rho=1e-5)), batches=Slices(slices_at_once=1), iterations=1)
    events, images = recovered(settings, start, Little().eval())
    said = [e.text for e in events if e.kind == "note" and "hardly felt" in e.text]
    assert len(said) == 1 and images.shape == start.shape


def test_the_distance_within_a_class_is_the_mean_over_pairs():
    network, images = Little().eval(), torch.randn(3, 5, 1, 8, 8, generator=Generator().manual_seed(0))
    slow = []
    for c in range(5):
        z = network.features(images[:, c]).detach().double()
        slow += [float((z[i] - z[j]).norm()) for i in range(3) for j in range(i)]
    assert class_spread(network, images) == pytest.approx(sum(slow) / len(slow), rel=1e-5)


def test_mismatches_equal_the_formula(batch):
    images, _ = batch
    network = Little().eval()
    statistics = BatchNormStatistics(network)
    with statistics.hearing() as heard:
        network(images)
    means, variances = statistics.mismatch(heard, torch.arange(5))
    x, wanted = images.double(), []
    for layer in copy.deepcopy(network).double().body:
        if isinstance(layer, nn.BatchNorm2d):
            channels = x.transpose(0, 1).flatten(1)
            mean = channels.mean(1)
            variance = ((channels - mean[:, None]) ** 2).sum(1) / channels.shape[1]
            wanted.append((float((mean - layer.running_mean).norm()), float((variance - layer.running_var).norm())))
        x = layer(x).detach()
    assert means.tolist() == pytest.approx([m for m, _ in wanted], rel=1e-5)
    assert variances.tolist() == pytest.approx([v for _, v in wanted], rel=1e-5)
    assert statistics.weights(10.0).tolist() == [10, 1, 1]


class RollOne(RecoveryView):
    """A roll of 0 to 2 pixels to the right and down, and no other draw."""

    def of(self, real: RealSet) -> View:
        return lambda x, generator, progress: torch.roll(
            x, torch.randint(0, 3, (2,), generator=generator).tolist(), (2, 3)
        )


class Still(RecoveryView):
    """The images as they are; nothing is drawn."""

    def of(self, real: RealSet) -> View:
        return lambda x, generator, progress: x


def recovery(adjustment=AsItIs(), *, mean_weight=0.01, variance_weight=0.11, view=RollOne(), **more):  # noqa: B008
    """Eight iterations on batches of five, as the paper weighs them; the view is ours, so it is put in past the choice."""
    more = {"iterations": 8, "batches": Slices(class_block=5), **more}
    statistics = AtBatchNorm(mean_weight=mean_weight, variance_weight=variance_weight)
    made = Inversion(adjustment=adjustment, statistics=statistics, **more)
    return made.model_copy(update={"view": view})


def recovered(settings, start, network):
    """Events, and the images that come of a start (ipc, 5, 1, 8, 8)."""
    asked = job(ipc=len(start), seed=0)
    ground = Ground(asked, FiveClasses(), torch.device("cpu"), torch.arange(5).repeat(len(start)))
    teachers, listeners = [Teacher(network, "little", "little", 0.0, 0, {})], [BatchNormStatistics]
    return drain(settings._recovered(ground, teachers, listeners, start))


def slow_recovery(start, network, settings, rho, count, seed, released):
    """Everything that DWA does with one batch in float64, written as the paper reads."""
    import math

    generator = torch.Generator().manual_seed(seed + 1)
    x = start.double().clone().requires_grad_(True)
    labels = torch.arange(len(x))
    adam = torch.optim.Adam([x], lr=settings.lr_img, betas=(0.5, 0.9), eps=1e-8)
    moved, left = copy.deepcopy(network).double().eval(), None
    low, high = FiveClasses.normalize(torch.tensor(0.0)).double(), FiveClasses.normalize(torch.tensor(1.0)).double()
    for t in range(settings.iterations):
        shift = tuple(torch.randint(0, 3, (2,), generator=generator).tolist())
        if t == 0:
            for _ in range(count):
                moved.zero_grad()
                loss = F.cross_entropy(moved(torch.roll(x, shift, (2, 3))), labels)
                loss.backward()
                norm = torch.cat([p.grad.flatten() for p in moved.parameters()]).norm()
                with torch.no_grad():
                    for p in moved.parameters():
                        p.add_(rho / count * p.grad / (norm + 1e-12))
            left = x.grad.clone() if released and x.grad is not None else None
        seen, hooks = [], []
        for layer in moved.modules():
            if isinstance(layer, nn.BatchNorm2d):
                hooks.append(layer.register_forward_pre_hook(lambda m, a, seen=seen: seen.append((m, a[0]))))
        loss = F.cross_entropy(moved(torch.roll(x, shift, (2, 3))), labels)
        for hook in hooks:
            hook.remove()
        for i, (layer, a) in enumerate(seen):
            omega = settings.statistics.first_layer if i == 0 else 1.0
            loss = loss + settings.statistics.mean_weight * omega * (a.mean((0, 2, 3)) - layer.running_mean).norm()
            loss = (
                loss
                + settings.statistics.variance_weight
                * omega
                * (a.var((0, 2, 3), unbiased=False) - layer.running_var).norm()
            )
        (gradient,) = torch.autograd.grad(loss, x)
        x.grad = gradient + left if t == 0 and left is not None else gradient
        adam.param_groups[0]["lr"] = 0.5 * (1 + math.cos(math.pi * t / settings.iterations)) * settings.lr_img
        adam.step()
        with torch.no_grad():
            x.clamp_(low, high)
    return FiveClasses.denormalize(x.detach())


@pytest.mark.parametrize("first_gradient", ["clean", "as_released"])
def test_eight_iterations_equal_the_slow_way(batch, first_gradient):
    images, _ = batch
    network = Little().eval()
    start = images.clamp(-0.7, 1.7)
    settings = recovery(DirectedShift(reach=ByLength(rho=0.05), ascent_steps=4, first_gradient=first_gradient))
    wanted = slow_recovery(start, network, settings, 0.05, 4, 0, first_gradient == "as_released")
    _, found = recovered(settings, start[None], network)
    assert torch.allclose(found[0].double(), wanted, atol=2e-4)


def test_the_first_gradient_as_released_goes_another_way(batch):
    start = batch[0].clamp(-0.7, 1.7)[None]
    shifts = [
        DirectedShift(reach=ByLength(rho=0.05), ascent_steps=4, first_gradient=way) for way in ("clean", "as_released")
    ]
    found = [recovered(recovery(shift), start, Little().eval())[1] for shift in shifts]
    assert not torch.allclose(found[0], found[1], atol=1e-4)


def test_a_second_block_starts_from_the_trained_teacher(batch):
    """Two blocks of classes: what the adjustment of the second one starts from has not moved."""
    start = batch[0].clamp(-0.7, 1.7)[None]
    settings = recovery(DirectedShift(reach=ByLength(rho=0.05), ascent_steps=4), batches=Slices(class_block=3))
    events, _ = recovered(settings, start, Little().eval())
    lengths = [e.values["shift-length"] for e in events if e.kind == "scalars" and "shift-length" in e.values]
    assert len(lengths) == 8
    assert lengths[4:] == pytest.approx(lengths[:4], rel=0.05), "shifts of blocks do not pile up"
    assert max(lengths) <= 0.05 * 1.001


def test_freezing_the_weights_costs_nothing_and_changes_nothing(batch):
    images, labels = batch
    look = FirstLook(lambda x, g, p: x, Generator().get_state())
    ground = Ground(job(), FiveClasses(), torch.device("cpu"), labels)
    one = Batch(ground, images, labels, [Little()], 0.25, look)
    assert all(not p.requires_grad or p.grad is None for p in one.teachers[0][0].parameters())
    network, frozen = Little().eval(), Little().eval().requires_grad_(False)
    x = images.clone().requires_grad_(True)
    with_weights = torch.autograd.grad(F.cross_entropy(network(x), labels), x)[0]
    assert torch.equal(with_weights, torch.autograd.grad(F.cross_entropy(frozen(x), labels), x)[0])


@pytest.mark.parametrize("nothing", [{"rho": 0.0}, {"ascent_steps": 0}, {"adjustment": "none"}])
def test_without_a_shift_it_is_sre2l_from_real_images(nothing):
    ours = small(DirectedWeightAdjustment, variance_weight=0.01, **nothing)
    theirs = small(SqueezeRecoverRelabel, start="real")
    assert torch.equal(drain(ours.distill(job()))[1].images, drain(theirs.distill(job()))[1].images)


def test_equal_coefficients_are_the_coupled_loss(batch):
    images, _ = batch
    events, _ = recovered(recovery(mean_weight=0.3, variance_weight=0.3), images[None], Little().eval())
    for event in events:
        if event.kind == "scalars" and "loss" in event.values:
            v = event.values
            assert v["loss"] == pytest.approx(
                v["cross-entropy"] + 0.3 * (v["mean-mismatch"] + v["variance-mismatch"]), rel=1e-4
            )


def test_images_stay_pixels():
    _, result = drain(small(DirectedWeightAdjustment, lr_img=5.0).distill(job()))
    assert float(result.images.min()) >= 0 and float(result.images.max()) <= 1
    assert torch.equal(result.images, (result.images * 255).round() / 255), "what is scored is what eight bits hold"


def test_a_broken_loss_says_at_which_step():
    from distill_core.errors import StudioError

    network = Little().eval()
    start = torch.full((1, 5, 1, 8, 8), float("nan"))
    with pytest.raises(StudioError, match="step 0 of recover"):
        recovered(recovery(), start, network)


def test_a_teacher_without_batch_norm_is_refused():
    method = DirectedWeightAdjustment()
    assert "no batch norm" in method.why_not(job(teacher="convnet:norm=instance"))
    assert method.why_not(job(teacher="resnet18")) is None


def test_the_starting_images_are_those_of_every_method():
    from distill_core.methods.random import RandomReal

    events, _ = drain(small(DirectedWeightAdjustment).distill(job()))
    first = next(e for e in events if e.kind == "images")
    _, random = drain(RandomReal().distill(job()))
    assert torch.equal(torch.from_numpy(first.pixels).permute(0, 3, 1, 2) / 255, random.images)
    assert load("digits:size=8").classes == random.classes


@pytest.mark.parametrize(
    "shift", [AsItIs(), RandomShift(reach=ByLength(rho=0.3)), DirectedShift(reach=ByLength(rho=0.3), ascent_steps=3)]
)
def test_slices_worked_on_together_are_those_worked_on_alone(shift):
    """Without draws in the view, three slices at once end as three slices one after the other."""
    start = torch.randn(3, 5, 1, 8, 8, generator=torch.Generator().manual_seed(2)).clamp(-0.7, 1.7)
    found = []
    for at_once in (1, 3):
        batches = Slices(class_block=5, slices_at_once=at_once)
        settings = recovery(shift, iterations=6, view=Still(), batches=batches)
        found.append(recovered(settings, start, Little().eval())[1])
    if not isinstance(shift, RandomShift):  # there the order of the draws differs
        assert torch.allclose(*found, atol=1e-3)
    assert found[0].shape == found[1].shape == start.shape


def test_each_slice_has_a_teacher_of_its_own():
    """The stacked pass gives every group the answers of its own network."""
    from distill_core.pieces.together import Together

    networks = [Little(seed).eval().requires_grad_(False) for seed in (0, 1, 2)]
    for network in networks:  # what differs is the weights; the remembered statistics are the trained network's
        network.load_state_dict({**network.state_dict(), **dict(networks[0].named_buffers())})
    x = torch.randn(15, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    statistics = BatchNormStatistics(networks[0])
    logits, heard = Together(networks, statistics, 3)(x)
    for group, network in enumerate(networks):
        own = BatchNormStatistics(network)
        with own.hearing() as alone:
            wanted = network(x[group * 5 : group * 5 + 5])
        assert torch.allclose(logits[group * 5 : group * 5 + 5], wanted, atol=1e-5)
        for name, values in alone.items():
            assert all(torch.allclose(heard[name][i][group], value[0], atol=1e-5) for i, value in enumerate(values))
