"""EL2N, forgetting, AUM, CCS and the most confident images against their definitions written out, image by image."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from distill_core.datasets import load
from distill_core.errors import BadSetting
from distill_core.methods import registry
from distill_core.methods.ccs import CoverageCentric
from distill_core.methods.confident import Confident
from distill_core.networks import build, resolve
from distill_core.pieces import difficulty, dynamics
from distill_core.pieces.by_name import build as build_augment
from distill_core.pieces.dynamics import Record
from distill_core.pieces.teach import SqueezeRecipe
from tests.methods.tiny import NETWORK, drain, job, small

CPU = torch.device("cpu")
DRAW = torch.Generator().manual_seed(4)
LOGITS, LABELS = torch.randn(9, 5, generator=DRAW), torch.randint(0, 5, (9,), generator=DRAW)


def record(**given) -> Record:
    empty = torch.zeros(1, 1)
    return Record(**{"correct": empty.bool(), "margin": empty, "error": empty, **given})


# ── the scores ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_margin_and_error_are_those_of_the_papers():
    for z, y, margin, error in zip(
        LOGITS.tolist(),
        LABELS.tolist(),
        dynamics.margins(LOGITS, LABELS),
        dynamics.errors(LOGITS, LABELS),
        strict=True,
    ):
        assert float(margin) == pytest.approx(z[y] - max(v for k, v in enumerate(z) if k != y), abs=1e-6)
        p = [math.exp(v) / sum(math.exp(w) for w in z) for v in z]
        assert float(error) == pytest.approx(math.sqrt(sum((q - (k == y)) ** 2 for k, q in enumerate(p))), abs=1e-6)


def test_forgetting_counts_right_to_wrong_and_knows_what_was_never_right():
    seen = {"110100": 2, "000000": math.inf, "111111": 0, "000001": 0, "010101": 2, "101010": 3, "000100": 1}
    correct = torch.tensor([[c == "1" for c in word] for word in seen]).T
    assert difficulty.forgetting_events(correct).tolist() == list(seen.values())


def test_scores_are_averaged_over_networks():
    two = [record(margin=torch.tensor([[1.0, 2.0], [3.0, 5.0]])), record(margin=torch.tensor([[0.0, 0.0], [4.0, 1.0]]))]
    assert difficulty.area_under_margin(two).tolist() == [2.0, 2.0]
    errors = [
        record(error=torch.tensor([[0.5, 0.1], [0.3, 0.2]])),
        record(error=torch.tensor([[0.1, 0.1], [0.5, 0.4]])),
    ]
    assert difficulty.young_errors(errors, 1).tolist() == pytest.approx([0.3, 0.1])
    assert difficulty.young_errors(errors, 2).tolist() == pytest.approx([0.4, 0.3])


# ── the training that is watched ────────────────────────────────────────────────────────────────────────────────────────


def test_a_record_is_what_a_training_written_out_sees(home):
    """Two epochs by hand, every image looked at by itself where eval mode allows it."""
    real, recipe = load("digits:size=8"), SqueezeRecipe(epochs=2, batch=300)
    _, found = drain(dynamics.recorded(real, NETWORK_HERE, recipe, CPU))
    network = build(NETWORK_HERE, channels=1, size=8, classes=10, seed=0)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    generator, look = torch.Generator().manual_seed(0), build_augment("crop_flip", flip=False)
    count = len(real.train)
    number = math.ceil(count / 300)
    for epoch in range(2):
        order = torch.randperm(count, generator=generator)
        parts = [order[count * i // number : count * (i + 1) // number] for i in range(number)]
        assert sorted(torch.cat(parts).tolist()) == list(range(count)), "every image is seen once in every epoch"
        for ids in parts:
            images = real.normalize(look(real.pixels(real.train.images[ids]), generator))
            optimizer.param_groups[0]["lr"] = 0.05 * (1 + math.cos(math.pi * epoch / 2))
            network.train()
            logits, labels = network(images), real.train.labels[ids]
            for i, z, y in zip(ids.tolist(), logits.detach(), labels.tolist(), strict=True):
                assert bool(found.correct[epoch, i]) == (int(z.argmax()) == y)
                others = torch.cat([z[:y], z[y + 1 :]])
                assert float(found.margin[epoch, i]) == pytest.approx(float(z[y] - others.max()), abs=2e-4)
            optimizer.zero_grad()
            F.cross_entropy(logits, labels).backward()
            optimizer.step()
        network.eval()
        for i in range(0, count, 211):
            with torch.no_grad():
                p = network(real.normalize(real.pixels(real.train.images[i : i + 1]))).softmax(1)[0]
            wanted = (p - F.one_hot(real.train.labels[i], 10)).norm()
            assert float(found.error[epoch, i]) == pytest.approx(float(wanted), abs=2e-4)


NETWORK_HERE = resolve(NETWORK, channels=1, size=8)


def test_one_training_serves_all_scores(home):
    for name in ("el2n", "forgetting", "aum", "ccs"):
        drain(small(registry()[name]).distill(job()))
    assert len(list((home / "cache").glob("dynamics-*.safetensors"))) == 1


def test_weights_that_are_named_are_not_watched():
    asked = job(teacher="resnet18@0123456789abcdef")
    assert "Leave @0123456789abcdef out" in registry()["aum"]().why_not(asked)


# ── what is kept ────────────────────────────────────────────────────────────────────────────────────────────────────────


def records_of(method) -> list[Record]:
    from distill_core.pieces.ground import Ground

    return drain(method.dynamics.records(Ground.of(job())))[1]


@pytest.mark.parametrize(("name", "hard_is_high"), [("el2n", True), ("forgetting", True), ("aum", False)])
@pytest.mark.parametrize("keep", ["hardest", "easiest"])
def test_one_end_of_every_class_is_kept(name, hard_is_high, keep, home):
    real, method = load("digits:size=8"), small(registry()[name], keep=keep)
    _, result = drain(method.distill(job()))
    scores = method.score(records_of(method))
    for label in range(10):
        own = [(float(scores[i]), i) for i in real.per_class(label).tolist()]
        ordered = sorted((s for s, _ in own), reverse=hard_is_high == (keep == "hardest"))
        mine = [float(scores[i]) for i in result.ids[result.labels == label].tolist()]
        assert mine == ordered[:2]
    assert len(set(result.ids.tolist())) == 20


def test_papers_defaults_say_which_end_and_a_small_budget_is_warned_of():
    kept = {name: registry()[name]().keep for name in ("el2n", "forgetting", "aum", "confident")}
    assert kept == {"el2n": "hardest", "forgetting": "hardest", "aum": "easiest", "confident": "easiest"}
    assert "Choose the easiest" in registry()["el2n"]().caution(job())
    assert registry()["el2n"].build({"keep": "easiest"}).caution(job()) is None
    assert registry()["el2n"]().caution(job(ipc=51)) is None


def test_young_networks_are_asked_while_they_are_trained():
    method = registry()["el2n"].build({"early": 9, "dynamics.epochs": 8})
    assert "early=9, but training lasts 8 epochs" in method.why_not(job())


# ── CCS ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def slow_water(sizes: list[int], budget: int) -> list[int]:
    """Algorithm 1, lines 6 to 12: the smallest stratum that is left gives all it has or its part of the budget."""
    left, taken = dict(enumerate(sizes)), [0] * len(sizes)
    while left:
        smallest = min(left, key=lambda i: (left[i], i))
        taken[smallest] = min(left[smallest], budget // len(left))
        budget -= taken[smallest]
        del left[smallest]
    return taken


@pytest.mark.parametrize("seed", range(8))
def test_the_budget_is_filled_from_the_smallest_stratum(seed):
    draw = torch.Generator().manual_seed(seed)
    sizes = torch.randint(0, 12, (9,), generator=draw)
    for budget in range(int(sizes.sum()) + 1):
        found = difficulty.water_filled(sizes, budget)
        assert found.tolist() == slow_water(sizes.tolist(), budget)
        assert int(found.sum()) == budget and (found <= sizes).all()


def test_strata_cut_the_range_evenly():
    scores = torch.tensor([-2.0, -1.01, -1.0, -0.5, 0.0, 1.99, 2.0]).double()
    assert difficulty.strata_of(scores, 4).tolist() == [0, 0, 1, 1, 2, 3, 3]
    assert difficulty.strata_of(torch.full((3,), -7.0), 4).tolist() == [0, 0, 0]


def test_the_hardest_are_dropped_and_every_stratum_is_covered():
    hardness = torch.cat([torch.zeros(50), torch.full((5,), 1.0), torch.full((3,), 2.0), torch.full((10,), 9.0)])
    found = difficulty.stratified(hardness, 9, 10, 3, torch.Generator().manual_seed(0))
    values = hardness[found].tolist()
    assert sorted(values) == [0.0] * 3 + [1.0] * 3 + [2.0] * 3 and len(set(found.tolist())) == 9


def test_what_beta_leaves_has_to_be_enough(home):
    method = small(CoverageCentric, beta=0.95)
    with pytest.raises(BadSetting, match=r"β=0.95 leaves \d+ of the \d+ images of a class, but ipc=50. Lower β or ipc"):
        drain(method.distill(job(ipc=50)))


def test_a_class_that_is_too_small_is_a_sentence(home):
    with pytest.raises(BadSetting, match=r"ipc=500, but class .* training images. Lower ipc"):
        drain(small(registry()["aum"]).distill(job(ipc=500)))


# ── the most confident ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_lowest_cross_entropies_of_the_pool_are_kept(home):
    from distill_core.pieces.ground import Ground

    real, method = load("digits:size=8"), small(Confident, pool=5000)
    _, result = drain(method.distill(job()))
    teacher = drain(method.squeeze.teachers(Ground.of(job())))[1][0].network
    for label in range(10):
        losses = []
        for i in real.per_class(label).tolist():
            with torch.no_grad():
                p = teacher(real.normalize(real.pixels(real.train.images[i : i + 1]))).double().softmax(1)
            losses.append((-float(p[0, label].log()), i))
        worst = max(loss for loss, i in losses if i in result.ids[result.labels == label].tolist())
        assert sum(loss < worst - 1e-5 for loss, _ in losses) <= 1
