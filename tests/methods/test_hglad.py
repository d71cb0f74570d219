"""GLaD and H-GLaD: what they reduce to, what the walk must keep, and how they refuse."""

from __future__ import annotations

import pytest
import torch

from distill_core.datasets import load
from distill_core.errors import BadSetting
from distill_core.job import ask
from distill_core.methods import registry
from distill_core.methods.dm import DistributionMatching
from distill_core.methods.glad import GenerativeLatent
from distill_core.methods.hglad import HierarchicalPrior
from distill_core.parts.objectives.mean_features import class_distances
from distill_core.pieces.match import random_network, real_batch
from distill_core.priors import cuts_for
from distill_core.run import check
from distill_core.search.all_layers import AllLayers
from distill_core.search.inside import Inside, high_frequencies
from distill_core.search.walk import Kept
from distill_core.work.answers import why_not
from tests.methods.tiny import NETWORK, drain, fitting, job, small

PLAIN = NETWORK.replace("norm=batch", "norm=instance")
STILL = {"prior": "untrained:width=4", "measure": "loss", "averaged": 4, "stride": 1, "last": "pixels"}


def walk(**more):
    method = small(HierarchicalPrior, **{**STILL, **more})
    return drain(method.distill(fitting(method, ipc=1)))


def test_the_identity_prior_is_pixels():
    """GLaD without a generator is DM, byte for byte."""
    same = {"iterations": 5, "objective_view": "siamese"}
    ours = small(GenerativeLatent, prior="pixels", **same, lr_f=0.7)
    theirs = small(DistributionMatching, **same, lr_img=0.7)
    a, b = (drain(one.distill(job()))[1] for one in (ours, theirs))
    assert torch.equal(a.images, b.images)


@pytest.mark.parametrize("layer", ["latent", "layer1", "layer3", "pixels"])
def test_glad_comes_nearer_at_every_layer(layer):
    settings = {
        "prior": "untrained:width=8",
        "objective_view": "none",
        "iterations": 60,
        "batch_real": 32,
        "lr_w": 3e-3,
    }
    method = small(GenerativeLatent, layer=layer, **settings, lr_f=0.2 if layer == "pixels" else 0.02)
    asked, real = job(ipc=1, teacher=PLAIN), load("digits:size=8")
    events, result = drain(method.distill(asked))
    network = random_network(asked, real, 12345)  # none of those that the search saw
    every = real.normalize(real.pixels(real.train.images[real_batch(real, 60, torch.Generator()).flatten()]))
    first = next(e for e in events if e.kind == "images" and e.source == "synthetic" and e.space == layer).pixels
    shown = real.pixels(torch.from_numpy(first).permute(0, 3, 1, 2))
    before, after = (
        float(class_distances(network, every, real.normalize(x), 10).sum()) for x in (shown, result.images)
    )
    assert after < 0.8 * before
    assert {e.space for e in events if e.kind == "images" and e.source == "synthetic"} == {layer}
    assert result.about["layer"] == layer


def test_every_layer_is_a_part_and_begins_where_the_last_one_ended():
    events, result = walk(lr_f=1e-3, lr_w=1e-5)
    stages = [(e.part, e.parts) for e in events if e.kind == "stage" and e.stage == "walk"]
    assert stages == [(0, 4), (1, 4), (2, 4), (3, 4)]  # three layers at 8 pixels, then pixels themselves
    shown = [e for e in events if e.kind == "images" and e.source == "synthetic"]
    assert list(dict.fromkeys(e.space for e in shown[:-1])) == ["layer1", "layer2", "layer3", "pixels"]
    said = [e.values for e in events if e.kind == "scalars"]
    hand_overs = [v for v in said if "hand-over-change" in v]
    assert len(hand_overs) == 3
    assert all(v["hand-over-change"] < 1e-5 for v in hand_overs if v["clipped-share"] == 0)
    assert any(v["clipped-share"] == 0 for v in hand_overs)
    (sizes,) = (e.values for e in events if e.kind == "parts" and e.name == "map-bytes")
    assert sizes["layer3 4×8×8"] == 10 * 4 * 4 * 8 * 8
    (chosen,) = (e.values for e in events if e.kind == "scalars" and "part-chosen" in e.values)
    assert (chosen["step-chosen"], chosen["distance-chosen"]) == (result.about["step"], result.about["distance"])
    assert ["layer1", "layer2", "layer3", "pixels"][int(chosen["part-chosen"])] == result.about["layer"]
    assert (torch.from_numpy(shown[-1].pixels).permute(0, 3, 1, 2) == (result.images * 255).round()).all()


def test_w_behind_the_cut_stands_still():
    events, _ = walk(lr_w=1e-3)
    moved = [e.values for e in events if e.kind == "parts" and e.name == "w-change" and e.step == 2]
    assert [sum(v == 0 for v in one.values()) for one in moved] == [1, 2, 3]
    assert all(one["pixels"] > 0 for one in moved)


@pytest.mark.parametrize("metric", ["cam_weighted", "fixed_probes", "loss"])
def test_the_kept_candidate_is_the_least_of_all(metric):
    events, result = walk(measure=metric, looks=6, lr_f=3.0, lr_w=0.3)  # rates at which it gets worse
    rows = [list(e.values.values()) for e in events if e.kind == "parts" and e.name == "feature-distance-by-step"]
    assert len(rows) == 4 and all(len(row) == 6 for row in rows)
    least = min(min(row) for row in rows)
    assert result.about["distance"] == pytest.approx(least)
    part = ["layer1", "layer2", "layer3", "pixels"].index(result.about["layer"])
    assert rows[part][result.about["step"]] == pytest.approx(least)
    kept = [e.values["step-kept"] for e in events if e.kind == "scalars" and "step-kept" in e.values]
    assert kept == [row.index(min(row)) for row in rows]


def test_the_last_candidate_as_released():
    events, result = walk(select="last", looks=4, lr_f=3.0, lr_w=0.3)
    assert result.about["layer"] == "pixels" and result.about["step"] == 3
    assert {e.values["step-kept"] for e in events if e.kind == "scalars" and "step-kept" in e.values} == {3}


def test_candidates_do_not_alias():
    x = torch.zeros(3)
    kept = Kept([x], "kept")
    kept.offer([x], torch.tensor(1.0), 0, 0)
    x.add_(5)
    assert kept.copies[0].tolist() == [0, 0, 0]
    kept.offer([x], torch.tensor(2.0), 1, 0)
    assert kept.copies[0].tolist() == [0, 0, 0] and int(kept.step) == 0
    kept.offer([x], torch.tensor(float("nan")), 2, 0)
    assert float(kept.distance) == 1
    kept.offer([x], torch.tensor(0.5), 3, 1)
    assert kept.copies[0].tolist() == [5, 5, 5] and (int(kept.step), int(kept.part)) == (3, 1)


def test_a_broken_feature_map_goes_back_to_the_best_candidate(monkeypatch):
    """NaN at the second move of the first layer: its best candidate goes on, and it is said."""
    real_step, calls = Inside.step, []

    def step(self, gradient, rates):
        calls.append(self.name)
        real_step(self, gradient, rates)
        if self.name == "layer1" and len(calls) == 2:
            self.f.data[0, 0, 0, 0] = float("nan")

    monkeypatch.setattr("distill_core.search.inside.Inside.step", step)
    events, result = walk(looks=5, lr_f=1e-3, lr_w=1e-5)
    warnings = [e.text for e in events if e.kind == "note" and e.level == "warning"]
    assert (
        len(warnings) == 1
        and "layer1: after step 1" in warnings[0]
        and "goes back to its best candidate" in warnings[0]
    )
    assert torch.isfinite(result.images).all()
    assert {"layer2", "layer3", "pixels"} <= set(calls) | {"pixels"}


def test_high_frequencies():
    flat, checks = torch.ones(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    checks[..., ::2, 1::2] = checks[..., 1::2, ::2] = 0
    assert high_frequencies(flat) == 0 and high_frequencies(checks) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "settings", "asked", "says"),
    [
        ("glad", {"layer": "layer9"}, {}, "There are latent, layer1, layer2, layer3, pixels"),
        ("glad", {"layer": "layer1", "prior": "pixels"}, {}, "There are pixels"),
        ("hglad", {"prior": "stylegan"}, {}, "There is no prior called 'stylegan'"),
        ("hglad", {"prior": "untrained:width=1"}, {}, "choose a whole number from 4"),
        ("hglad", {"objective": "mtt"}, {"teacher": NETWORK}, "has batch norm"),
        (
            "hglad",
            {"objective": "mtt", "expert_epochs": 9, "train_epochs": 2},
            {"teacher": PLAIN},
            "Raise train_epochs",
        ),
    ],
)
def test_what_cannot_work_is_refused(name, settings, asked, says):
    with pytest.raises(BadSetting, match=says):
        check(registry()[name].build(settings), job(**asked))


@pytest.mark.parametrize("name", ["glad", "hglad"])
def test_released_settings_say_what_they_need_and_are_refused_before_the_start(name, home):
    """On New run (the worker's answer) as in a terminal (`check`), with what to do; the networks come after the generator."""
    kind = registry()[name]
    quick, *as_released = kind.card.presets
    for preset in as_released:
        assert "128-pixel generator" in preset.title and "import one" in preset.source
        asked = ask(data="digits", **preset.job)
        with pytest.raises(BadSetting, match=r"names no file.*prior import FILE --data NAME:size=128"):
            check(kind.build(preset.settings), asked)
        said = why_not(home, {"method": name, "settings": preset.settings, "job": asked.model_dump()}, print)
        assert "names no file" in said["reason"]
    settings = {**dict(quick.settings), "prior": "untrained"}
    asked = ask(data="digits", **as_released[0].job)
    said = why_not(home, {"method": name, "settings": settings, "job": asked.model_dump()}, print)
    assert "convnet:depth=5 cannot work with 16×16 images" in said["reason"]


@pytest.mark.parametrize("name", ["glad", "hglad"])
def test_released_presets_name_their_protocol_and_the_quick_one_does_not(name):
    quick, *as_released = registry()[name].card.presets
    assert not quick.job and all(one.job["protocol"] == "glad" and one.job["students"] == 5 for one in as_released)


def test_the_walk_and_one_layer_make_as_many_updates():
    """The ablation is fair: on digits the images move as often in the walk as at each single layer."""
    (ablation,) = (one for one in HierarchicalPrior.card.ablations if one.title == "The walk or one layer")
    spaces, ipcs = ablation.axes
    assert list(ipcs.cases) == ["1", "10"]
    cuts = cuts_for("style", 1, 16)
    assert {case["layer"] for case in spaces.cases.values() if "layer" in case} == {cut.name for cut in cuts}
    for case in spaces.cases.values():
        space = HierarchicalPrior.build(dict(case)).space
        walks = isinstance(space, AllLayers)
        assert (len(cuts) - 1) * (space.looks - 1) == 100 if walks else space.iterations == 100
