"""Passports: two are laid beside each other line by line; what nobody recorded agrees with nothing and differs from nothing."""

from __future__ import annotations

from distill_core.record.passport import NOT, TITLES, Passport, differing, missing_run, of_record
from distill_core.record.scores import bonus_said, scores_of


def test_every_line_has_a_title_and_comes_back_from_plain_values():
    full = Passport(**{name: f"a {name}" for name in TITLES})
    assert Passport.of({**full.plain(), "of a later version": "x"}) == full
    assert [value for _, value in full.lines()] == [f"a {name}" for name in TITLES]
    assert dict(Passport(student="mlp").lines()) == {**dict.fromkeys(TITLES.values(), NOT), "Student": "mlp"}


def test_only_lines_that_both_have_can_differ():
    one = Passport(student="mlp", batch="64", temperature="20", epoch="last", protocol="hard")
    other = Passport(student="mlp", batch="128", labels="hard", epoch="best on the test part", protocol="dsa")
    found = differing(one, other)
    assert found.lines == (("Batch", "64", "128"), ("Epoch", "last", "best on the test part"))
    assert found.unknown == ("Labels", "Temperature")
    assert differing(one, one) == differing(other, other) and not differing(one, one).lines


def test_the_missing_run_is_a_command():
    other = Passport(student="mlp", epochs="300", labels="hard", protocol="rethinkdc-hard")
    assert missing_run("run1", other) == (
        "distill-studio evaluate run1 --protocol rethinkdc-hard --student mlp --epochs 300 --labels hard"
    )
    assert missing_run("run1", Passport(student="ConvNet-128")) == "", (
        "a quoted number's protocol may have no name here"
    )


def test_a_record_of_an_earlier_version_has_what_it_says():
    record = {"kind": "scored", "subject": "distilled", "student": "mlp", "protocol": "hard", "labels": "hard"}
    record |= {"accuracy": [0.5, 0.6], "budget": {"student_steps": 1200.0}}
    said = of_record(record)
    assert (said.student, said.protocol, said.steps, said.epoch, said.batch) == ("mlp", "hard", "1,200", "last", "")
    [score] = scores_of([record]).values()
    assert "best" not in score and bonus_said(score).startswith("not recorded")


def test_the_best_epoch_is_said_and_changes_no_number():
    record = {"kind": "scored", "subject": "distilled", "student": "mlp", "protocol": "hard", "labels": "hard"}
    record |= {"accuracy": [0.29, 0.31], "best": [0.302, 0.326], "looks": 11}
    [score] = scores_of([record]).values()
    assert score["accuracy"] == 0.3
    assert bonus_said(score) == "a paper that picks its best epoch (of 11) would print 31.4"
