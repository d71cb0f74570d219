"""Looks at the test part decide nothing; a grid of rates is decided by validation images, and by the test part only where a protocol says so."""

from __future__ import annotations

import json

import pytest
import torch
from classroom import STUDENT, digits, drain, job, start
from test_exam import scored

from distill_core.errors import BadSetting
from distill_core.evaluation import PROTOCOLS, accuracy, score, train_student
from distill_core.evaluation.kept import _read
from distill_core.evaluation.looks import looks_of
from distill_core.evaluation.timetable import Timetable
from distill_core.results import Lesson

HARD = PROTOCOLS["hard"].with_(epochs=4)


def train(protocol=HARD, **more):
    made = start()
    lesson = Lesson(made.images, made.labels)
    return drain(train_student(lesson, protocol, digits(), seed=0, student=STUDENT, **more))[1]


@pytest.mark.parametrize("protocol", [HARD, HARD.with_(average=0.9), PROTOCOLS["glad"].with_(epochs=4)])
def test_looking_changes_nothing_and_sees_what_a_shorter_walk_would_reach(protocol):
    plain, looked = train(protocol), train(protocol, looks=(1, 2))
    for a, b in zip(plain.network.state_dict().values(), looked.network.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert plain.looked == () and len(looked.looked) == 2
    if protocol.schedule != "cosine":  # whose rates depend on the number of epochs
        return
    assert all(0 <= one <= 1 for one in looked.looked)


def test_a_look_is_the_accuracy_after_that_epoch():
    steady = HARD.with_(schedule="constant")
    halfway = train(steady.with_(epochs=2)).network
    assert train(steady, looks=(1,)).looked == (accuracy(halfway, digits().test, digits()),)


def test_as_many_looks_as_are_cheap():
    table = Timetable(100, 300, 50)
    p = HARD.with_(epochs=300)
    assert looks_of(table, p, tests=10_000) == (299 // 2,), "30,000 images seen are three test parts: one look"
    assert looks_of(table, p, tests=100_000) == ()
    many = looks_of(table, p, tests=100)
    assert len(many) == 10 and many[0] > 0 and many[-1] < 299 and sorted(set(many)) == list(many)
    assert looks_of(Timetable(10, 100, 10), PROTOCOLS["ddranking-hard"].with_(epochs=25), tests=10**9) == (9, 19)


def test_the_best_epoch_is_recorded_beside_the_last(monkeypatch):
    monkeypatch.setattr("distill_core.evaluation.looks.SHARE", 0.01)
    events, final = drain(score(start(), job(epochs=6), digits()))
    for one in [*scored(events, "distilled"), *scored(events, "random")]:
        assert len(one.best) == len(one.accuracy) and one.looks == 6
        assert all(best >= last for best, last in zip(one.best, one.accuracy, strict=True))
    monkeypatch.setattr("distill_core.evaluation.looks.MOST", 0)
    _, plain = drain(score(start(), job(epochs=6), digits()))
    assert [one.accuracy for one in plain if one.subject == "distilled"] == [
        one.accuracy for one in final if one.subject == "distilled"
    ]


def test_where_only_the_last_epoch_was_tested_nothing_is_recorded():
    _, final = drain(score(start(), job(), digits()))
    ours = next(one for one in final if one.subject == "distilled")
    assert ours.best == () and ours.looks == 0


def test_a_control_of_an_earlier_version_says_nothing_of_looks(tmp_path):
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"accuracy": 0.5, "steps": 3, "seconds": 1.0, "seen": 30}))
    assert _read(file)["looks"] == 0 and _read(file)["best"] == 0.5


@pytest.fixture
def grid(monkeypatch):
    few = PROTOCOLS["ddranking-hard"].with_(student=STUDENT, lr_grid=(1e-6, 0.05), look_every=2)
    for name, choice in (("ddranking-hard", "validation"), ("ddranking-hard-compat", "test")):
        monkeypatch.setitem(PROTOCOLS, name, few.with_(name=name, choice=choice))


def test_a_grid_is_decided_by_validation_images(grid):
    _, final = drain(score(start(2), job(protocol="ddranking-hard", epochs=6, students=1), digits()))
    for one in final[:2]:
        assert (
            one.passport["rate"].startswith("0.05 of 1e-06 … 0.05")
            and one.passport["rate_choice"] == "validation accuracy"
        )
        assert one.passport["epoch"] == "last" and one.budget["student_steps"] == 12, "both rates are paid for"
        assert one.best[0] >= one.accuracy[0]


def test_the_released_rule_takes_the_best_test_epoch_and_says_so(grid):
    asked = job(epochs=6, students=1)
    _, strict = drain(score(start(2), asked.model_copy(update={"protocol": "ddranking-hard"}), digits()))
    _, compat = drain(score(start(2), asked.model_copy(update={"protocol": "ddranking-hard-compat"}), digits()))
    assert compat[0].accuracy == strict[0].best and compat[0].passport["epoch"] == "best on the test part"


def test_a_rate_that_came_with_the_set_is_not_looked_for(grid):
    brought = start(2, about={"student_lr": 0.02})
    _, final = drain(score(brought, job(protocol="ddranking-hard", epochs=6, students=1), digits()))
    assert final[0].passport["rate"].startswith("0.02, step") and "of 1e-06 … 0.05" in final[1].passport["rate"]


def test_a_question_with_one_student_each_refuses_a_grid():
    with pytest.raises(BadSetting, match="tries 5 learning rates"):
        train(PROTOCOLS["ddranking-hard"])


def test_a_passport_says_what_was_resolved():
    _, final = drain(score(start(), job(), digits()))
    said = final[0].passport
    assert (
        said["student"] == STUDENT
        and said["norm"] == "batch"
        and said["labels"] == "hard"
        and said["teacher"] == "none"
    )
    assert (said["steps"], said["epochs"], said["batch"], said["temperature"]) == ("3", "3", "128", "none")
    assert (
        said["optimizer"] == "adamw, weight decay 0.01" and said["rate"] == "0.001, cosine" and said["epoch"] == "last"
    )
    assert said["fingerprint"] == digits().fingerprint[:16] and said["protocol"] == "hard"
