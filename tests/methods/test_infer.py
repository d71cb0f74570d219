"""INFER: its acceptance checks, its objective against the formula in float64, its budget, its ablations, its errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from distill_core.datasets import load
from distill_core.errors import BadRecord, BadSetting
from distill_core.evaluation import PROTOCOLS, protocol_of
from distill_core.evaluation.classroom import Classroom
from distill_core.evaluation.losses import blended
from distill_core.method import drained
from distill_core.methods.infer import InterclassCompensators
from distill_core.networks import build
from distill_core.parts.compensators import Joint, NaturalsOnly, OnePerTeacher, PerImage
from distill_core.pieces.compensated import Compensated, weighed
from distill_core.pieces.ensemble import Ensemble, find_teachers, mean_answer, named
from distill_core.pieces.ground import Ground
from distill_core.pieces.start import starting_images
from distill_core.pieces.statistics import BatchNormStatistics
from distill_core.results import Bytes, Factored, Lesson, Pictures, load_result
from distill_core.run import check, whole
from tests.methods.tiny import NETWORK, drain, job, small

C, SIZE = 10, 8
FOUR = "+".join(f"{NETWORK},pooling={p}" for p in ("avg", "max")) + f"+{NETWORK},activation=swish+wrn:depth=10,width=1"


def infer(**more):
    return small(InterclassCompensators, **more)


def distilled(ipc=2, **more):
    return drain(infer(**more).distill(job(ipc=ipc)))


def trained(spec=NETWORK, seed=0, channels=1):
    """A network whose batch norms remember something."""
    network = build(spec, channels=channels, size=SIZE, classes=C, seed=seed).double()
    draws = torch.Generator().manual_seed(seed)
    network.train()
    for _ in range(3):
        network(torch.randn(32, channels, SIZE, SIZE, generator=draws, dtype=torch.float64))
    return network.eval().requires_grad_(False)


def slowly(network, batch, labels, alpha, first=10.0):
    """The objective from its formula in NumPy and float64: every layer's input is caught, its moments are written out."""
    inputs, layers = {}, [(n, m) for n, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)]
    hooks = [m.register_forward_hook(lambda m, x, y, n=n: inputs.__setitem__(n, x[0].numpy())) for n, m in layers]
    logits = network(batch).numpy()
    for hook in hooks:
        hook.remove()
    shifted = logits - logits.max(1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    entropy = -np.mean([log_p[i, label] for i, label in enumerate(labels.tolist())])
    total, weight = 0.0, first
    for name, layer in layers:
        if name not in inputs:
            continue
        x = inputs[name].transpose(1, 0, 2, 3).reshape(inputs[name].shape[1], -1)
        mean = x.sum(1) / x.shape[1]
        variance = ((x - mean[:, None]) ** 2).sum(1) / x.shape[1]
        away = math.sqrt(((mean - layer.running_mean.numpy()) ** 2).sum())
        away += math.sqrt(((variance - layer.running_var.numpy()) ** 2).sum())
        total, weight = total + weight * away, 1.0
    return entropy + alpha * total


def batch(seed=1, n=C):
    return torch.randn(n, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


LABELS = torch.arange(C)


@pytest.mark.parametrize("spec", [NETWORK, "wrn:depth=10,width=1", "shufflenetv1:units=1,width=0.2"])
def test_the_objective_is_the_formula_in_float64(spec, monkeypatch):
    monkeypatch.setattr(
        torch.Tensor, "float", torch.Tensor.double
    )  # the moments are taken in single precision otherwise
    network, seen = trained(spec), batch()
    terms, gradient = Compensated(network, LABELS, seen[:1], 10.0).pull(seen, 1, 0.7)
    assert float(weighed(terms, 0.7)) == pytest.approx(slowly(network, seen, LABELS, 0.7), rel=1e-10)
    direction, h = batch(5), 1e-8
    ahead, behind = (slowly(network, seen + s * h * direction, LABELS, 0.7) for s in (1, -1))
    assert float((gradient * direction).sum()) == pytest.approx((ahead - behind) / (2 * h), rel=1e-4)


class Unused(nn.Module):
    """A network with a batch norm in front that it never runs."""

    def __init__(self, network):
        super().__init__()
        self.spare, self.network = nn.BatchNorm2d(3).double(), network

    def forward(self, x):
        return self.network(x)


def test_layers_that_never_run_are_left_out(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    inner, seen = trained("wrn:depth=10,width=1"), batch()
    outer = Unused(inner)
    assert BatchNormStatistics(outer).names[0] == "spare" and "spare" not in BatchNormStatistics(outer, seen).names
    (own, pull), (theirs, same) = (Compensated(n, LABELS, seen[:1], 10.0).pull(seen, 1, 1.0) for n in (inner, outer))
    assert own == theirs and torch.equal(pull, same), "and the first layer that runs has the weight of the first"


def test_groups_side_by_side_are_groups_one_by_one(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    one = Compensated(trained("wrn:depth=10,width=1"), LABELS, batch()[:1], 10.0)
    several = [batch(seed) for seed in (1, 2, 3)]
    terms, gradient = one.pull(torch.cat(several), 3, 1.0)
    alone = [one.pull(group, 1, 1.0) for group in several]
    torch.testing.assert_close(gradient, torch.cat([pull for _, pull in alone]))
    for name, term in terms.items():
        torch.testing.assert_close(term, torch.stack([each[name] for each, _ in alone]).mean())


@pytest.mark.parametrize("at_once", [1, 3, 5, 9])
def test_a_group_in_pieces_is_the_whole_group(at_once, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    one, seen = Compensated(trained("wrn:depth=10,width=1"), LABELS, batch()[:1], 10.0), batch(4)
    (terms, gradient), (same, pulled) = one.pull(seen, 1, 0.5), one.pull(seen, 1, 0.5, at_once)
    torch.testing.assert_close(pulled, gradient)
    for name, term in terms.items():
        torch.testing.assert_close(same[name], term)


# ── acceptance checks of infer.md ───────────────────────────────────────────────────────────────────────────────


def test_the_first_loss_is_that_of_the_naturals():
    """u begins at 0. The view is left out: it would only move the images."""
    events, result = distilled(jitter=0.0)
    real, first = (
        load("digits:size=8"),
        next(e for e in events if e.kind == "scalars" and "cross-entropy@1" in e.values),
    )
    x, _ = starting_images(real, 1, 3)
    network = find_teachers(result.teacher.split("+")[0], real, torch.device("cpu"))
    wanted = slowly(network.double(), real.normalize(x[0]).double(), LABELS, 1.0)
    assert first.values["loss"] == pytest.approx(wanted, rel=1e-4)


def test_the_gradient_of_a_compensator_is_the_sum_over_its_images():
    one, x = Compensated(trained().float(), LABELS, batch()[:1].float(), 10.0), batch(7).float()
    u = torch.zeros(1, 1, SIZE, SIZE, requires_grad=True)
    seen = torch.roll(x + u, (1, 2), (2, 3))
    _, pull = one.pull(seen, 1, 1.0)
    (gradient,) = torch.autograd.grad(seen, u, pull)
    torch.testing.assert_close(gradient[0], torch.roll(pull, (-1, -2), (2, 3)).sum(0))
    apart = torch.zeros(C, 1, SIZE, SIZE, requires_grad=True)
    (each,) = torch.autograd.grad(torch.roll(x + apart, (1, 2), (2, 3)), apart, pull)
    torch.testing.assert_close(gradient[0], each.sum(0))


def test_sums_less_their_naturals_are_the_same_for_all_classes():
    _, result = distilled(ipc=4)
    assert isinstance(result, Factored) and result.compensators.shape == (3, 2, 1, SIZE, SIZE)
    assert float(result.compensators.float().abs().amax((2, 3, 4)).min()) > 0.01, "every one has learned something"
    images = Pictures.of(result).images.unflatten(0, (3, 3, C))  # (naturals and compensators, groups, classes)
    naturals, u = images[0], result.compensators.float()
    for m in range(2):
        free = (naturals + u[:, m, None] > 0) & (naturals + u[:, m, None] < 1)
        torch.testing.assert_close((images[1 + m] - naturals)[free], u[:, m, None].expand_as(naturals)[free])
        torch.testing.assert_close(images[1 + m], (naturals + u[:, m, None]).clamp(0, 1))


@pytest.mark.parametrize(("ipc", "backbones", "n"), [(2, NETWORK, 1), (4, FOUR, 2), (10, FOUR, 7)])
def test_the_budget_and_its_labels(ipc, backbones, n):
    """n = ⌊ipc / (1 + M/C)⌋, and n (M + 1) C stored labels: the mean logits of all teachers on the images as they are."""
    m = len(backbones.split("+"))
    _, result = distilled(ipc, backbones=backbones, iterations=1)
    assert result.naturals.shape[:2] == (n, C) and len(result.naturals) == math.floor(ipc / (1 + m / C))
    assert result.soft_labels.shape == (n * (m + 1) * C, C)
    real = load("digits:size=8")
    teachers = [find_teachers(key, real, torch.device("cpu")) for key in result.teacher.split("+")]
    shown = real.normalize(Pictures.of(result).images)
    torch.testing.assert_close(result.soft_labels, torch.stack([one(shown) for one in teachers]).mean(0))
    assert result.bytes == Bytes(n * C * 64 + 2 * n * m * 64, 2 * n * (m + 1) * C * C)


def test_the_table_of_budgets():
    """infer.md 1.3: (classes, ipc, M) → naturals of each class."""
    table = {(10, 10, 4): 7, (10, 50, 4): 35, (100, 10, 4): 9, (100, 50, 4): 48, (100, 100, 4): 96, (200, 10, 4): 9,
             (200, 50, 4): 49, (1000, 10, 3): 9, (1000, 50, 3): 49}  # fmt: skip
    for (classes, ipc, m), n in table.items():
        assert OnePerTeacher().naturals(ipc, m, classes) == NaturalsOnly().naturals(ipc, m, classes) == n
    assert NaturalsOnly(count="ipc").naturals(10, 4, 10) == 10 and Joint().naturals(10, 4, 10) == 9
    assert PerImage().naturals(10, 4, 10) == 7 and PerImage(count="ipc").naturals(10, 4, 10) == 2


def test_without_iterations_it_is_the_naturals():
    """Every natural comes M + 1 times, each time with the label that it has by itself."""
    events, result = distilled(iterations=0)
    assert not [e for e in events if e.kind == "stage" and e.stage == "compensate"]
    _, alone = distilled(compensators="none")
    images = Pictures.of(result).images.unflatten(0, (3, C))
    soft = result.soft_labels.unflatten(0, (3, C))
    assert isinstance(alone, Pictures) and len(alone) == C and alone.protocol == result.protocol
    for copy in range(3):
        assert torch.equal(images[copy], alone.images)
        torch.testing.assert_close(soft[copy], alone.soft_labels)
    assert torch.equal(alone.images, starting_images(load("digits:size=8"), 1, 3)[0][0]), "the start of all methods"


# ── how it is learned, and what is said of it ───────────────────────────────────────────────────────────────────


def test_groups_together_or_one_by_one_make_the_same_set():
    """And a group in pieces: only the rounding differs."""
    sets = [
        distilled(6, **more)[1] for more in ({}, {"groups_at_once": 1}, {"groups_at_once": 2}, {"images_at_once": 4})
    ]
    assert len(sets[0].naturals) == 5
    for other in sets[1:]:
        torch.testing.assert_close(other.compensators.float(), sets[0].compensators.float(), atol=2e-3, rtol=0)


def test_what_is_said_while_it_learns():
    events, result = distilled(4)
    pictures = [e for e in events if e.kind == "images" and e.source == "synthetic" and e.space == "pixels"]
    signed = [e for e in events if e.kind == "images" and e.space == "compensator"]
    assert all(e.pixels.shape == (90, SIZE, SIZE, 1) and e.ids.tolist() == list(range(90)) for e in pictures)
    assert {len(e.pixels) for e in signed} == {6} and signed[-1].labels.tolist() == [0, 1] * 3
    scale = [e.values["compensator-scale"] for e in events if e.kind == "scalars" and "compensator-scale" in e.values][
        -1
    ]
    told = (signed[-1].pixels[..., 0].astype(float) - 127.5) / 127.5 * scale
    learned = result.compensators.flatten(0, 1)[:, 0].float().numpy()
    assert np.abs(told - learned).max() <= scale / 255 + 1e-3 and scale == pytest.approx(
        np.abs(learned).max(), abs=1e-3
    )
    transfers = [e for e in events if e.kind == "parts" and e.name.startswith("transfer")]
    assert {e.name for e in transfers} == {"transfer@start", "transfer@1", "transfer@2"}
    names = [f"1 {NETWORK}", "2 convnet:depth=1,norm=batch,pooling=max,width=8"]
    assert all(list(e.values) == names for e in transfers)
    real, last = load("digits:size=8"), transfers[-1]
    shown = real.normalize(Pictures.of(result).images[60:])
    for key, value in zip(result.teacher.split("+"), last.values.values(), strict=True):
        found = find_teachers(key, real, torch.device("cpu"))(shown).argmax(1)
        assert value == pytest.approx(float((found == LABELS.repeat(3)).float().mean()), abs=0.05)


def test_large_sets_are_watched_in_part(monkeypatch):
    monkeypatch.setattr("distill_core.pieces.sums.WATCHED", 65)
    events, result = distilled(4, groups_at_once=1)
    shown = [e for e in events if e.kind == "images" and e.source == "synthetic" and e.space == "pixels"]
    assert all(len(e.pixels) == 60 for e in shown[:-1]) and len(shown[-1].pixels) == 90 == len(result)
    assert shown[1].ids.tolist() == [*range(20), *range(30, 50), *range(60, 80)], (
        "two groups, by their place in the set"
    )


# ── the ablations ───────────────────────────────────────────────────────────────────────────────────────────────


def test_one_for_all_teachers_leaves_room_for_naturals():
    events, result = distilled(4, compensators="joint")
    assert result.compensators.shape == (3, 1, 1, SIZE, SIZE) and len(result) == 60 and result.about["copies"] == 2
    losses = [e.values for e in events if e.kind == "scalars" and "cross-entropy@2" in e.values]
    assert losses and all("cross-entropy@1" in one for one in losses)
    mean = [
        sum(v[f"{n}@{m}"] for n in ("cross-entropy", "mean-mismatch", "variance-mismatch") for m in (1, 2)) / 2
        for v in losses
    ]
    assert [v["loss"] for v in losses] == pytest.approx(mean)


def test_apart_every_image_goes_its_own_way_and_is_stored():
    _, result = distilled(4, compensators="per_image")
    assert isinstance(result, Pictures) and len(result) == 90
    assert result.bytes.images == 90 * 64 > 4 * C * 64, "more than ipc images"
    moved = result.images.unflatten(0, (3, 3, C))[1:] - result.images[:30].unflatten(0, (3, C))
    assert float(moved.std(2).mean()) > 0.01
    _, within = distilled(4, compensators="per_image", compensators_count="ipc")
    assert len(within) == 3 * C and within.bytes.images <= 4 * C * 64


def test_what_is_stored_is_said():
    asked = job(ipc=4)
    assert infer().caution(asked) is None
    assert "9 images of each class are stored where ipc=4" in infer(compensators="per_image").caution(asked)
    assert infer(compensators="per_image", compensators_count="ipc").caution(asked) is None
    events, result = distilled(4)
    said = next(e.text for e in events if e.kind == "note" and e.text.startswith("Stored"))
    assert said.startswith("Stored: 30 naturals and 6 compensators, 2,688 bytes; 4 images of each class are 2,560.")
    assert result.bytes.images == 30 * 64 + 2 * 6 * 64


def test_noise_is_as_long_as_what_was_learned():
    (_, learned), (_, noise) = distilled(4), distilled(4, compensators="noise")
    one, two = (r.compensators.float().flatten(2) for r in (learned, noise))
    torch.testing.assert_close(one.norm(dim=2), two.norm(dim=2), rtol=2e-3, atol=0)
    assert float(torch.cosine_similarity(one, two, dim=2).abs().max()) < 0.6


def test_probabilities_are_averaged_at_the_students_temperature():
    logits = torch.randn(4, 6, C, generator=torch.Generator().manual_seed(0)) * 20
    torch.testing.assert_close((mean_answer(logits, 30.0) / 30).softmax(1), (logits / 30).softmax(2).mean(0))
    torch.testing.assert_close(mean_answer(logits), logits.mean(0))
    (_, plain), (_, other) = distilled(), distilled(mean_of="probabilities")
    assert other.teacher == named(plain.teacher.split("+"), 30.0) and not torch.equal(
        plain.soft_labels, other.soft_labels
    )
    real = load("digits:size=8")
    network = find_teachers(other.teacher, real, torch.device("cpu"))
    assert isinstance(network, Ensemble) and network.temperature == 30.0
    torch.testing.assert_close(other.soft_labels, network(real.normalize(Pictures.of(other).images)))


def test_labels_are_mixed_before_the_softmax_or_behind_it():
    a, b = (20 * torch.randn(5, C, generator=torch.Generator().manual_seed(s)) for s in (1, 2))
    torch.testing.assert_close(blended(a, b, 0.3), 0.3 * a + 0.7 * b)
    mixed = blended(a, b, 0.3, 30)
    torch.testing.assert_close((mixed / 30).softmax(1), 0.3 * (a / 30).softmax(1) + 0.7 * (b / 30).softmax(1))


@pytest.mark.parametrize(("name", "temperature"), [("infer", 0.0), ("infer-probabilities", 30.0)])
def test_students_see_labels_mixed_as_the_protocol_says(name: str, temperature: float):
    real, labels = load("digits:size=8"), torch.arange(C)
    soft = 20 * torch.randn(C, C, generator=torch.Generator().manual_seed(3))
    lesson = Lesson(torch.zeros(C, 1, 8, 8), labels, soft)
    room = Classroom(lesson, PROTOCOLS[name], real, None, torch.device("cpu"))
    shown = room.show(labels, torch.Generator().manual_seed(4))
    assert isinstance(shown.share, float) and 0 < shown.share < 1 and not torch.equal(shown.own, shown.other)
    torch.testing.assert_close(shown.wanted, blended(soft, soft[shown.other], shown.share, temperature))


def test_live_labels_share_the_epochs_among_the_copies():
    _, result = distilled(10, labels="teacher", labels_protocol="infer-dynamic", backbones=FOUR, iterations=1)
    assert result.soft_labels is None and protocol_of(job(), result).epochs == 80
    assert protocol_of(job(), result.with_(about={"copies": 4})).epochs == 100, "ImageNet's three teachers"
    assert protocol_of(job(epochs=7), result).epochs == 7
    assert protocol_of(job(protocol="infer"), result).epochs == 400


@pytest.mark.parametrize(
    "more", [{}, {"labels": "teacher", "labels_protocol": "infer-dynamic"}, {"mean_of": "probabilities"}]
)
def test_students_and_their_control(more):
    method = infer(**more)
    events, result = drain(whole(method, job(students=1, draws=1, epochs=2)))
    scores = {e.subject: e for e in events if e.kind == "scored" and e.subject != "real"}
    assert set(scores) == {"distilled", "random"}
    assert scores["distilled"].budget["image_bytes"] == result.bytes.images
    assert scores["distilled"].budget["images"] == scores["random"].budget["images"] == 30
    assert (scores["distilled"].budget["teacher_bytes"] > 0) == (more.get("labels") == "teacher")


# ── what is stored ──────────────────────────────────────────────────────────────────────────────────────────────


def test_written_out_it_is_the_sums(tmp_path):
    """As floats without loss, as eight bits each rounded; as a set it stays in its factors."""
    from distill_core.work import sets

    _, result = distilled(4)
    wanted = (result.naturals.float() / 255)[None] + torch.cat(
        [torch.zeros(1, 3, 1, 1, SIZE, SIZE), result.compensators.float().transpose(0, 1)[:, :, None]]
    )
    wanted = wanted.clamp(0, 1).flatten(0, 2)
    exact = sets.read(sets.write(result, "pt", tmp_path / "pt"))
    assert torch.equal(Pictures.of(exact).images, wanted) and torch.equal(exact.labels, LABELS.repeat(9))
    assert torch.equal(exact.soft_labels, result.soft_labels)
    for form, name in (("png", "a.zip"), ("parquet", "a.parquet")):
        eight = Pictures.of(sets.read(sets.write(result, form, tmp_path / name)))
        assert torch.equal(eight.images, (wanted * 255).round() / 255)
    result.save(tmp_path / "set.safetensors")
    back = load_result(tmp_path / "set.safetensors")
    assert isinstance(back, Factored) and torch.equal(Pictures.of(back).images, wanted) and back.bytes == result.bytes


# ── what cannot work ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "ipc", "sentence"),
    [
        ({}, 1, r"ipc=1 leaves no natural image: beside 2 compensators for 10 classes.* Take ipc=2, with any number"),
        ({"compensators": "joint"}, 1, "Take ipc=2"),
        (
            {"compensators": "per_image", "compensators_count": "ipc", "backbones": FOUR},
            3,
            "Take ipc=5, or take 2 networks",
        ),
        ({"backbones": " + "}, 2, "backbones is empty.*at least one"),
        ({"backbones": f"teacher+{NETWORK.replace('norm=batch', 'norm=instance')}"}, 2, "has no batch norm"),
        ({"backbones": "teacher+convnett"}, 2, 'Did you mean "convnet"'),
        ({}, 10_000, r'class ".*" has \d+ training images'),
    ],
)
def test_what_cannot_work_says_what_would(more, ipc, sentence):
    with pytest.raises(BadSetting, match=sentence):
        check(infer(**more), job(ipc=ipc))


def test_naturals_alone_need_no_batch_norm():
    plain = NETWORK.replace("norm=batch", "norm=instance")
    assert infer(compensators="none", backbones=plain).why_not(job(ipc=2)) is None
    assert infer(compensators="none", compensators_count="ipc", backbones=plain).why_not(job(ipc=1)) is None


def test_a_class_without_images_is_named(monkeypatch):
    from dataclasses import replace

    real = load("digits:size=8")
    kept = real.train.labels != 4
    lacking = replace(real, train=real.train.take(kept.nonzero().flatten()))
    for place in ("distill_core.run.load", "distill_core.pieces.ground.load", "distill_core.methods.infer.load"):
        monkeypatch.setattr(place, lambda *_, **__: lacking)
    with pytest.raises(BadSetting, match='class "4" has 0 training images'):
        check(infer(), job())


def test_a_teacher_of_other_classes_or_constants_is_refused(monkeypatch):
    from dataclasses import replace

    _, result = distilled()
    key, real = result.teacher.split("+")[0], load("digits:size=8")
    turned = replace(real, classes=tuple(reversed(real.classes)))
    other = replace(real, mean=(0.5,))
    for given, sentence in ((turned, "with classes"), (other, "was trained with mean")):
        monkeypatch.setattr("distill_core.pieces.ground.load", lambda *_, given=given: given)
        with pytest.raises(BadRecord, match=sentence):
            drained(infer(backbones=f"{NETWORK}@{key}").distill(job()))
    assert Ground.of(job()).real is other
