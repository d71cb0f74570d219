"""Scores: the random control stands beside every set, nothing is chosen on test data, and the ledger counts."""

import pytest
import torch
from classroom import STUDENT, FakeDrive, Killed, digits, drain, job, network, start

from distill_core import loop
from distill_core.errors import BadSetting
from distill_core.evaluation import (
    PROTOCOLS,
    exam,
    known_whole,
    measure_whole,
    random_lesson,
    random_rows,
    score,
    whole,
)
from distill_core.measures.budget import network_bytes
from distill_core.measures.memory import CUDA, FORGET, RESIDENT, Meter
from distill_core.pieces.ensemble import Ensemble
from distill_core.pieces.start import starting_ids
from distill_core.pieces.teach import SqueezeRecipe, squeeze
from distill_core.results import Lesson
from distill_core.run import distill


def scored(events, subject):
    return [e for e in events if e.kind == "scored" and e.subject == subject]


@pytest.fixture
def no_whole(monkeypatch):
    monkeypatch.setattr("distill_core.evaluation.exam.whole_seconds", lambda *a: 4000.0)


def test_scores_grow_student_by_student_and_end_in_one_for_each_subject(no_whole):
    events, final = drain(score(start(), job(), digits()))
    assert events[0].kind == "stage" and events[0].stage == "evaluate" and events[0].steps == 2 * 2 * 3
    order = [(e.subject, len(e.accuracy)) for e in events if e.kind == "scored"]
    assert order == [("distilled", 1), ("random", 1), ("distilled", 2), ("random", 2)]
    assert [s.subject for s in final] == ["distilled", "random"]
    assert final == [scored(events, "distilled")[-1], scored(events, "random")[-1]]
    assert all(s.protocol == "hard" and s.labels == "hard" and s.student == STUDENT for s in final)
    assert all(0 <= a <= 1 for s in final for a in s.accuracy)
    steps = [e.step for e in events if e.kind == "scalars" and "student-loss" in e.values]
    assert steps == sorted(steps), "students follow each other on one axis"


def test_the_random_control_is_what_the_methods_start_from():
    """One set beside one set: the images of the method `random` for the same seed, as many of each class."""
    real, labels = digits(), start(5).labels
    rows = random_rows(real, labels, 0)
    assert torch.equal(real.train.labels[rows], labels) and len(rows.unique()) == 50
    assert torch.equal(rows.reshape(5, 10), starting_ids(real, 5, 0))
    assert not torch.equal(rows, random_rows(real, labels, 1)), "every seed gets its own"


def test_the_random_control_repeats_images_only_where_a_class_has_too_few():
    real = digits()
    least = len(real.per_class(3))
    rows = random_rows(real, torch.full((least + 2,), 3), 0)
    assert len(rows.unique()) == least and set(real.train.labels[rows].tolist()) == {3}


def test_static_labels_of_the_random_control_come_from_the_teacher():
    real, teacher = digits(), network()
    made = start(2)
    like = Lesson(made.images, made.labels, stages=(10, 10))
    control = random_lesson(real, like, 0, teacher)
    wanted = teacher(real.normalize(real.pixels(control.images))).detach()
    torch.testing.assert_close(control.soft_labels, wanted)
    assert control.stages == (10, 10) and control.images.dtype == torch.uint8


def test_the_same_index_has_the_same_first_weights_for_every_subject(monkeypatch, no_whole):
    seeds = []
    original = exam.train_student

    def watched(*args, **more):
        seeds.append(more["seed"])
        return original(*args, **more)

    monkeypatch.setattr("distill_core.evaluation.exam.train_student", watched)
    drain(score(start(), job(), digits()))
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]


def test_scores_repeat(no_whole):
    one, two = (drain(score(start(), job(protocol="dwa"), digits(), teacher=network()))[1] for _ in range(2))
    assert [s.accuracy for s in one] == [s.accuracy for s in two]


def test_static_labels_without_a_teacher_are_compared_with_hard_labels(no_whole):
    soft = torch.randn(10, 10, generator=torch.Generator().manual_seed(0))
    events, final = drain(score(start(soft_labels=soft), job(protocol="static"), digits()))
    assert any(e.kind == "note" and "no teacher is at hand" in e.text for e in events)
    assert [(s.subject, s.labels) for s in final] == [
        ("distilled", "hard"),
        ("random", "hard"),
        ("distilled", "static"),
    ]
    assert final[2].budget["label_bytes"] == 200
    _, both = drain(score(start(), job(protocol="static"), digits(), teacher=network()))
    assert [(s.subject, s.labels) for s in both] == [("distilled", "static"), ("random", "static")]


def test_a_protocol_that_needs_a_teacher_says_so():
    with pytest.raises(BadSetting, match="no teacher was given"):
        drain(score(start(), job(protocol="dwa"), digits()))
    with pytest.raises(BadSetting, match="There is no protocol"):
        drain(score(start(), job(protocol="harder"), digits()))


def test_auto_is_the_methods_own_protocol_and_no_students_means_no_scores(no_whole):
    own = start(protocol="dsa")
    _, final = drain(score(own, job(protocol="auto", students=1), digits()))
    assert final[0].protocol == "dsa"
    assert drain(score(own, job(students=0), digits())) == ([], [])


def test_the_ledger_counts_labels_on_the_fly_by_the_formula(no_whole):
    teacher = network()
    _, (distilled, random) = drain(score(start(2), job(protocol="dwa", students=1), digits(), teacher=teacher))
    book = distilled.budget
    assert book["images"] == 20 and book["image_bytes"] == 20 * 64 and book["label_bytes"] == 0
    assert book["label_bytes_on_the_fly"] == 20 * 3 * (2 * 10 + 25)
    assert book["teacher_bytes"] == network_bytes(teacher) == sum(p.nbytes for p in teacher.state_dict().values())
    assert book["student_steps"] == 3 and book["seconds"] > 0
    assert book["real_images_seen"] == 0 and random.budget["real_images_seen"] == 60


def test_the_ledger_says_what_the_teacher_saw_and_nothing_that_nobody_knows(no_whole):
    _, (distilled, random) = drain(score(start(), job(students=1), digits()))
    assert distilled.budget["teacher_images"] == random.budget["teacher_images"] == 0, "no teacher made hard labels"
    assert random.budget["distill_seconds"] == 0 and "distill_seconds" not in distilled.budget
    unknown = network()
    _, (distilled, random) = drain(score(start(), job(protocol="dwa", students=1), digits(), teacher=unknown))
    assert "teacher_images" not in distilled.budget and distilled.budget["teacher_bytes"] > 0
    squeezed = drain(squeeze(digits(), STUDENT, SqueezeRecipe(epochs=1), torch.device("cpu")))[1]
    for teacher in (squeezed.network, Ensemble([squeezed.network, squeezed.network])):
        _, (distilled, _) = drain(score(start(), job(protocol="dwa", students=1), digits(), teacher=teacher))
        assert distilled.budget["teacher_images"] == len(digits().train)
    assert distilled.budget["teacher_bytes"] == 2 * network_bytes(squeezed.network)


def test_the_ledger_says_the_peak_of_the_student_that_needed_most(no_whole, monkeypatch):
    found = iter([{RESIDENT: 5}, {RESIDENT: 7}, {}, {RESIDENT: 3}])
    monkeypatch.setattr(Meter, "peak", lambda self: next(found))
    _, (distilled, random) = drain(score(start(), job(), digits()))
    assert distilled.budget[RESIDENT] == 5 and random.budget[RESIDENT] == 7
    assert CUDA not in distilled.budget


def test_a_run_says_the_peak_of_making_its_set(no_whole):
    events, _ = drain(distill("random", data="digits:size=8", ipc=1, students=0, device="cpu"))
    said = [e.values for e in events if e.kind == "scalars"]
    assert not FORGET.exists() or said[-1]["distill-peak"] >= 0


def test_all_real_data_is_left_out_with_a_note_where_it_is_dear(no_whole):
    events, _ = drain(score(start(), job(), digits()))
    assert any(e.kind == "note" and "about 67 min" in e.text for e in events)


def test_all_real_data_is_trained_where_it_is_cheap_and_known_afterwards(monkeypatch):
    monkeypatch.setattr("distill_core.evaluation.exam.whole_seconds", lambda *a: 1e-9)
    monkeypatch.setitem(PROTOCOLS, "real", PROTOCOLS["real"].with_(epochs=1))
    _, final = drain(score(start(), job(), digits()))
    assert (
        final[-1].subject == "real"
        and len(final[-1].accuracy) == 2
        and final[-1].budget["images"] == len(digits().train)
    )
    again, _ = drain(score(start(), job(), digits()))
    assert scored(again, "real") == [final[-1]] and again.index(final[-1]) < again.index(scored(again, "distilled")[0])
    monkeypatch.setitem(PROTOCOLS, "real", PROTOCOLS["real"].with_(epochs=2))
    assert known_whole(digits(), STUDENT) is None, "another recipe is another score"


def test_more_students_than_are_known_are_trained_anew(monkeypatch):
    monkeypatch.setitem(PROTOCOLS, "real", PROTOCOLS["real"].with_(epochs=1))
    events, two = drain(measure_whole(digits(), STUDENT, 2))
    assert [len(e.accuracy) for e in events if e.kind == "scored"] == [1, 2] and known_whole(digits(), STUDENT) == two
    assert drain(measure_whole(digits(), STUDENT, 1)) == ([two], two)
    three = drain(measure_whole(digits(), STUDENT, 3))[1]
    assert three.accuracy[:2] == two.accuracy and known_whole(digits(), STUDENT) == three


def test_a_shipped_score_is_found(monkeypatch, tmp_path):
    monkeypatch.setitem(PROTOCOLS, "real", PROTOCOLS["real"].with_(epochs=1))
    _, measured = drain(measure_whole(digits(), STUDENT))
    from distill_core.home import studio_home, write_json

    for path in (studio_home() / "cache").glob("score-*.json"):
        path.unlink()
    assert known_whole(digits(), STUDENT) is None
    write_json(tmp_path / "scores.json", {whole.whole_key(digits(), STUDENT): whole.whole_entry(digits(), measured)})
    monkeypatch.setattr(whole, "ASSETS", tmp_path)
    assert known_whole(digits(), STUDENT) == measured


def test_scores_of_a_run_killed_in_its_third_student_are_the_same(no_whole):
    asked, teacher = job(protocol="dwa", epochs=4), network()
    unbroken = drain(score(start(), asked, digits(), teacher=teacher))[1]
    drive = FakeDrive(die_in=2, die_at=2)
    token = loop.driven_by(drive)
    try:
        with pytest.raises(Killed):
            drain(score(start(), asked, digits(), teacher=teacher))
        loop.undriven(token)
        again = FakeDrive(drive.saved)
        token = loop.driven_by(again)
        resumed = drain(score(start(), asked, digits(), teacher=teacher))[1]
    finally:
        loop.undriven(token)
    assert again.taken == 2 + 4
    assert [s.accuracy for s in resumed] == [s.accuracy for s in unbroken]
