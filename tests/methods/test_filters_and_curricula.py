"""Which real images a method learns from, and in which order students are taught."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from distill_core.datasets import load
from distill_core.errors import BadRecord
from distill_core.methods.dm import DistributionMatching
from distill_core.methods.dwa import DirectedWeightAdjustment
from distill_core.methods.sre2l import SqueezeRecoverRelabel
from distill_core.parts.curricula import InParts
from distill_core.parts.filters import ByLoss, losses_of
from distill_core.pieces.ground import Ground
from distill_core.pieces.teach import SqueezeRecipe, squeeze
from distill_core.run import whole
from tests.methods.tiny import NETWORK, drain, job, small

CPU = torch.device("cpu")


@pytest.mark.parametrize(("keep", "sign"), [("easiest", 1), ("hardest", -1)])
def test_a_share_of_each_class_by_the_loss_of_a_teacher(keep, sign):
    part, ground = ByLoss(share=0.3, keep=keep), Ground.of(job())
    _, kept = drain(part.model_copy(update={"network": part.network.model_copy(update={"epochs": 1})}).kept(ground))
    teacher = drain(part.network.model_copy(update={"epochs": 1}).teachers(ground))[1][0].network.double()
    real = ground.real
    for label in range(10):
        own, left = real.per_class(label), kept.real.per_class(label)
        assert len(left) == round(0.3 * len(own))
        x = real.normalize(real.pixels(real.train.images[own])).double()
        losses = F.cross_entropy(teacher(x), torch.full((len(own),), label), reduction="none")
        chosen = own[(sign * losses).argsort(stable=True)[: len(left)].sort().values]
        assert torch.equal(kept.real.train.images[left], real.train.images[chosen])
    assert kept.real.fingerprint != real.fingerprint, "caches know them apart"
    assert len(losses_of(teacher.float(), real, ground.device)) == len(real.train)


def test_a_share_that_leaves_too_few_is_refused_with_a_sentence():
    from distill_core.errors import BadSetting

    with pytest.raises(BadSetting, match="Raise the share, or lower ipc"):
        drain(small(DistributionMatching, filter="by_loss", share=0.001, **{"filter.network.epochs": 1}).distill(job()))


@pytest.mark.parametrize("kind", [DistributionMatching, DirectedWeightAdjustment])
def test_a_method_learns_from_what_is_left_and_students_are_taught_in_parts(kind):
    settings = {"filter": "by_loss", "filter.network.epochs": 1, "course": "in_parts"}
    asked = job(students=1, epochs=2, ipc=3)
    events, result = drain(whole(small(kind, **settings), asked))
    assert result.stages == (10, 20)
    assert any(e.kind == "note" and "are learned from: the easiest of each class" in e.text for e in events)
    assert [e.subject for e in events if e.kind == "scored"][:2] == ["distilled", "random"]
    plain = drain(small(kind).distill(asked))[1]
    assert not torch.equal(plain.images, result.images) and plain.stages == ()


def test_a_teacher_by_its_key_judges_and_is_inverted_on_a_choice_of_the_images(home):
    """It was trained on the whole set; what is measured on the choice is kept apart from what is measured on the whole."""
    real = Ground.of(job()).real
    teacher = drain(squeeze(real, NETWORK, SqueezeRecipe(epochs=1), CPU))[1]
    asked = job(teacher=f"{NETWORK}@{teacher.key}", ipc=1)
    settings = {"statistics": "everywhere", "iterations": 1}
    chosen = drain(small(SqueezeRecoverRelabel, filter="by_loss", **settings).distill(asked))[1]
    files = {path.name for path in (home / "cache").glob("moments-*.safetensors")}
    plain = f"moments-{teacher.key}-crop_flip-64.safetensors"
    assert chosen.teacher == teacher.key and len(files) == 1 and plain not in files
    drain(small(SqueezeRecoverRelabel, **settings).distill(asked))
    assert plain in {p.name for p in (home / "cache").glob("moments-*.safetensors")}


def test_a_teacher_of_other_data_is_refused_all_the_same(home):
    teacher = drain(squeeze(load("digits"), NETWORK, SqueezeRecipe(epochs=1), CPU))[1]
    asked = job(teacher=f"{NETWORK}@{teacher.key}")
    with pytest.raises(BadRecord, match="was trained on digits"):
        drain(small(SqueezeRecoverRelabel, filter="by_loss").distill(asked))


def test_parts_need_images_enough():
    assert "Raise ipc" in InParts(parts_in_turn=3).why_not(job(ipc=2))
    assert InParts().stages(Ground.of(job(ipc=5))) == (20, 30)
