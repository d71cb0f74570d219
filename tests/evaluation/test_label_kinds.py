"""The kinds of labels as parts: what they change in a protocol, what they take, and that any finished set is scored under any."""

from __future__ import annotations

import pytest
from classroom import STUDENT, digits, drain, start

from distill_core.errors import BadSetting
from distill_core.evaluation import PROTOCOLS
from distill_core.evaluation.choosing import chosen_protocol
from distill_core.evaluation.stored import Layout
from distill_core.methods import registry
from distill_core.part import kind_of, kinds_of
from distill_core.parts.labels import AnyLabels, HardLabels, LiveTeacher, StaticLabels, labels_of, relabelled
from distill_core.parts.stored_labels import PrunedLabels, RefinedLabels, SoftHardSoft, StoredEpochs
from distill_core.results import load_result
from distill_core.run import evaluate, whole
from tests.methods.tiny import job, small

RECORD = Layout(10, "mixup").record


@pytest.fixture(autouse=True)
def no_whole(monkeypatch):
    monkeypatch.setattr("distill_core.evaluation.exam.whole_seconds", lambda *a: 4000.0)


def test_the_kinds_that_there_are():
    kinds = [kind_of(one) for one in kinds_of(AnyLabels)]
    assert kinds == ["teacher", "static", "hard", "stored", "pruned", "soft_hard_soft", "refined"]


@pytest.mark.parametrize("part", [HardLabels(), StaticLabels(), LiveTeacher()])
def test_the_plain_kinds_leave_the_labels_to_the_protocol(part):
    assert part.dial() == {} and part.asked() == {"labels": part.kind}


def test_a_kind_changes_a_protocol():
    p = chosen_protocol(job(epochs=400), "dwa", StoredEpochs(stored=8, top=3).dial())
    assert (p.labels, p.stored.epochs, p.stored.top, p.stored.rest) == ("stored", 8, 3, "spread")
    assert (p.name, p.epochs, p.temperature, p.labels_said) == ("dwa", 400, 30.0, "stored (8 epochs, top 3)")
    p = chosen_protocol(job(), "dwa", PrunedLabels().dial())
    assert p.labels_said == "stored (40 epochs of 400, by chance)"
    p = chosen_protocol(job(), "dwa", PrunedLabels(unit="batch", kept=0.05, walk="turn").dial())
    assert p.labels_said == "stored (5 % of the batches of 400 epochs)"
    p = chosen_protocol(job(), "dwa", SoftHardSoft(stored=2).dial())
    assert [p.labels_in(epoch, 9) for epoch in range(9)] == ["stored"] * 3 + ["hard"] * 3 + ["stored"] * 3
    p = chosen_protocol(job(), "static", RefinedLabels(refine=0.2).dial())
    assert (p.labels, p.loss, p.refine, p.smoothing) == ("static", "cosine", 0.2, 0.1)
    assert chosen_protocol(job(), "dwa") == PROTOCOLS["dwa"]


def test_a_kind_is_said_in_a_word_with_options():
    assert labels_of("stored:stored=8,top=3") == StoredEpochs(stored=8, top=3)
    assert labels_of("hard") == HardLabels() and labels_of("refined:refine=0.2,soft_labels=teacher").refine == 0.2
    with pytest.raises(BadSetting, match=r"no labels called 'stord'.*stored"):
        labels_of("stord")
    with pytest.raises(BadSetting, match="There is no setting called 'epoch'"):
        labels_of("stored:epoch=8")
    with pytest.raises(BadSetting, match="kept=3 cannot work"):
        labels_of("pruned:kept=3")


@pytest.mark.parametrize("name", ["random", "herding", "dm", "dwa"])
def test_a_method_says_how_its_sets_are_labelled_and_what_that_takes(name, home, tmp_path):
    method = small(registry()[name], **{"labels": "stored", "labels.stored": 3, "labels.protocol": "dwa"})
    asked = job(students=1, draws=1, epochs=5)
    assert "The labels of the set take" in method.caution(asked)
    events, result = drain(whole(method, asked))
    assert result.bytes.labels == 3 * 20 * RECORD and result.dial["labels"] == "stored"
    scores = [e for e in events if e.kind == "scored" and e.subject != "real"]
    assert {(e.subject, e.protocol, e.labels) for e in scores} == {
        (subject, "dwa", "stored (3 epochs)") for subject in ("distilled", "random")
    }
    assert all(e.budget["label_bytes"] == 3 * 20 * RECORD for e in scores)
    result.save(tmp_path / "set.safetensors")
    back = load_result(tmp_path / "set.safetensors")
    assert back.dial == result.dial and back.bytes == result.bytes


def test_a_set_of_an_earlier_version_leaves_its_labels_to_the_protocol(tmp_path):
    start().save(tmp_path / "set.safetensors")
    assert b'"dial"' not in (tmp_path / "set.safetensors").read_bytes()
    assert load_result(tmp_path / "set.safetensors").dial == {}


def test_what_cannot_be_stored_is_said_before_anything_is_made(home):
    def why(name="dwa", **more):
        given = {f"labels.{key}" if key != "labels" else key: value for key, value in more.items()}
        return small(registry()[name], **{"labels": "stored", **given}).why_not(job())

    assert why() is None
    assert "cannot be stored: what dsa does to images is no box" in why(protocol="dsa")
    assert "top=11 cannot work: there are 10 classes" in why(top=11)
    assert "compares all of them" in why(top=2, rest="dropped", protocol="gvbsm")
    assert "leave no epoch for the classes" in why(labels="soft_hard_soft", hard_from=0.5, hard_until=0.4)
    assert "no protocol called" in why(protocol="dwaa")


KINDS = ("hard", "static", "teacher", "stored:stored=2", "stored:stored=2,top=3,rest=dropped", "pruned:kept=0.5",
         "soft_hard_soft:stored=2", "refined", "refined:soft_labels=teacher")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_any_finished_set_is_scored_under_any_kind_and_its_control_under_the_same(kind, home):
    values = {"data": "digits:size=8", "student": STUDENT, "teacher": STUDENT, "students": 1, "draws": 1, "epochs": 4}
    _, final = drain(evaluate(start(2, protocol="dwa"), kind, device="cpu", **values))
    distilled, random = (next(one for one in final if one.subject == subject) for subject in ("distilled", "random"))
    assert distilled.labels == random.labels and distilled.budget["label_bytes"] == random.budget["label_bytes"]
    p = chosen_protocol(job(epochs=4), "dwa", labels_of(kind).asked())
    assert distilled.labels == p.labels_said
    price = {"hard": 0, "static": 400, "teacher": 0, "stored:stored=2": 40 * RECORD, "refined": 400}
    if kind in price:
        assert distilled.budget["label_bytes"] == price[kind]
    assert (distilled.budget["teacher_bytes"] > 0) == (p.labels == "teacher")
    assert relabelled(start(), labels_of(kind)).dial == labels_of(kind).asked()
    assert digits().classes
