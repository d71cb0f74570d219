"""The relatives of SRe2L: what differs between them, and that all of it can be combined."""

from __future__ import annotations

import math

import pytest
import torch

from distill_core.datasets import load
from distill_core.methods.cda import CurriculumDataAugmentation
from distill_core.methods.dwa import DirectedWeightAdjustment
from distill_core.methods.edc import DesignSpace
from distill_core.methods.gvbsm import GeneralizedMatching
from distill_core.methods.rded import RealisticDiverse
from distill_core.methods.sre2l import SqueezeRecoverRelabel
from distill_core.methods.sre2lpp import SqueezeRecoverRelabelPlus
from distill_core.part import settings_of
from distill_core.parts.batches import Slices, WholeClasses
from distill_core.parts.storing import through_jpeg
from distill_core.parts.views import Cropped, CroppedBothWays, Curriculum
from distill_core.pieces.augment import Roll
from distill_core.pieces.ground import Ground
from tests.methods.tiny import NETWORK, drain, job, small


def differing(one, other):
    """The settings that both have and that differ, but for the students of each paper."""
    a, b = settings_of(one()), settings_of(other())
    return {name for name in a.keys() & b.keys() if a[name] != b[name]} - {"labels.protocol"}


def test_relatives_differ_in_few_defaults():
    adjustment, variance = "recover.adjustment", "recover.statistics.variance_weight"
    assert differing(SqueezeRecoverRelabel, CurriculumDataAugmentation) == {"recover.view"}
    assert differing(SqueezeRecoverRelabel, DirectedWeightAdjustment) == {adjustment, variance, "start"}
    assert differing(SqueezeRecoverRelabel, RealisticDiverse) == {"recover", "start"}
    assert differing(SqueezeRecoverRelabel, SqueezeRecoverRelabelPlus) == {"recover.view", "start"}
    assert differing(RealisticDiverse, SqueezeRecoverRelabelPlus) == {"recover", "start.patches"}
    of_view, of_statistics = ("recover.view", "recover.view.jitter"), ("class_share", "drop")
    assert differing(GeneralizedMatching, DesignSpace) == {
        *("start", "recover.spectrum", *of_view, *(f"recover.statistics.{name}" for name in of_statistics))
    }


@pytest.mark.parametrize("milestone", [1.0, 0.5])
def test_the_curriculum_is_the_formula(milestone):
    total = 40
    for t in range(total):
        wanted = 0.08 + 0.92 * (1 + math.cos(math.pi * t / (milestone * total))) / 2
        wanted = wanted if t < milestone * total else 0.08
        assert Curriculum(milestone=milestone).least(t / total) == pytest.approx(wanted)
    assert Curriculum(shape="linear").least(0.25) == pytest.approx(0.08 + 0.92 * 0.75)
    assert [Curriculum(shape="step", milestone=0.5).least(p) for p in (0.0, 0.49, 0.5)] == [1.0, 1.0, 0.08]


def test_a_shift_goes_both_ways_where_it_is_centered():
    real = load("shapes:size=16")
    looks = {}
    for view in (Cropped(low=1.0, jitter=0.25), CroppedBothWays(low=1.0, jitter=0.25)):
        assert view.roll(4) == Roll(4, centered=view.kind == "crop_centered")
        x, generator = torch.rand(2, 3, 16, 16), torch.Generator().manual_seed(0)
        seen, drawn = view.of(real)(x, generator, 0.0), torch.Generator().manual_seed(0)
        looks[view.kind] = torch.equal(seen, view.roll(4)(view.cut(x, real, drawn, 0.0), drawn))
    assert looks == {"crop": True, "crop_centered": True}


def test_a_curriculum_sees_whole_images_first():
    view = Curriculum(jitter=0.0).of(load("shapes:size=16"))
    x = torch.rand(2, 3, 16, 16)
    seen = {}
    for progress in (0.0, 0.99):
        generator = torch.Generator().manual_seed(0)
        looks = [view(x, generator, progress) for _ in range(20)]
        seen[progress] = sum(min(float((v - x).abs().mean()), float((v - x.flip(3)).abs().mean())) for v in looks) / 20
    assert seen[0.0] < 0.05 < seen[0.99]


def test_patches_with_an_adjusted_teacher_and_a_curriculum_are_a_run():
    method = small(RealisticDiverse, recover="inversion", adjustment="directed", recover_view="curriculum", rho=0.05)
    events, result = drain(method.distill(job()))
    assert [e.stage for e in events if e.kind == "stage"] == ["squeeze", "select", "adjust", "adjust", "recover"]
    assert any("shift-length" in e.values for e in events if e.kind == "scalars")
    assert len(result) == 20 and result.protocol == "rded"


@pytest.mark.parametrize(
    "kind",
    [SqueezeRecoverRelabel, CurriculumDataAugmentation, SqueezeRecoverRelabelPlus, GeneralizedMatching, DesignSpace],
)
def test_every_relative_takes_an_adjusted_teacher(kind):
    events, result = drain(small(kind, adjustment="directed", rho=0.02).distill(job()))
    lengths = [e.values["shift-length"] for e in events if e.kind == "scalars" and "shift-length" in e.values]
    assert lengths and max(lengths) == pytest.approx(0.02, rel=0.02) and len(result) == 20


def test_rded_optimizes_nothing():
    events, result = drain(small(RealisticDiverse).distill(job()))
    assert [e.stage for e in events if e.kind == "stage"] == ["squeeze", "select"]
    chosen = [e for e in events if e.kind == "images" and e.source == "synthetic"][-1]
    assert torch.equal((result.images * 255).round().byte(), torch.from_numpy(chosen.pixels).permute(0, 3, 1, 2))


def test_networks_take_turns_and_label_together():
    events, result = drain(small(GeneralizedMatching, iterations=6).distill(job()))
    assert result.teacher.count("+") == 1
    names = {e.name for e in events if e.kind == "parts"}
    assert {"mean-mismatch-by-layer@1", "mean-mismatch-by-layer@2"} <= names
    said = [set(e.values) for e in events if e.kind == "scalars"]
    for number in (1, 2):
        wanted = {f"loss@{number}", f"densification@{number}"}
        assert any(wanted <= values for values in said)


def test_a_batch_of_classes_holds_all_images_of_some_classes():
    three, two = Ground.of(job(ipc=3)), Ground.of(job(ipc=2))
    whole = WholeClasses(images=6).together(three)
    found = [[divmod(place, 10)[::-1] for place in block.tolist()] for (block,) in whole]
    assert found[0] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] and len(found) == 5
    alone, together = Slices(class_block=6, slices_at_once=1), Slices(class_block=6, slices_at_once=2)
    assert [[len(block) for block in group] for group in alone.together(two)] == [[6], [4], [6], [4]]
    assert [[len(block) for block in group] for group in together.together(three)] == [[6, 6], [4, 4], [6], [4]]
    assert [len(group) for group in Slices().together(three)] == [3], "small slices are worked on together"


def test_jpeg_is_what_a_file_holds():
    images = torch.rand(3, 3, 16, 16)
    found, size = through_jpeg(images, 75)
    assert found.shape == images.shape and not torch.equal(found, images) and 3 * 300 < size < 3 * 2000
    _, result = drain(small(DirectedWeightAdjustment, storage="jpeg").distill(job()))
    assert result.about["jpeg_bytes"] > 0


def test_a_backbone_without_convolutions_is_refused():
    assert "no convolution" in small(DesignSpace, backbones="teacher+mlp").why_not(job())
    assert "no convolution" in small(SqueezeRecoverRelabel, statistics="everywhere").why_not(job(teacher="mlp"))
    several = {"squeeze": "several", "statistics": "batch_norm"}
    plain = NETWORK.replace("norm=batch", "norm=instance")
    assert "no batch norm" in small(SqueezeRecoverRelabel, **several, backbones=f"teacher+{plain}").why_not(job())
    only = small(SqueezeRecoverRelabel, **several, backbones=NETWORK)
    assert only.why_not(job(teacher=plain)) is None, "the job's teacher is not among those that are inverted"
    assert small(DesignSpace, backbones="teacher+vit").why_not(job()) is None
    assert "no network called 'foo'" in small(DesignSpace, backbones="foo").why_not(job())
    assert "has no option 'depth'" in small(DesignSpace, by="resnet18:depth=3").why_not(job())
    assert "Name at least one network" in small(DesignSpace, backbones=" + ").why_not(job())
