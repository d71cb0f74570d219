"""The random control: several draws, the first as it always was, each student trained once for all runs that ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from classroom import STUDENT, FakeDrive, Killed, digits, drain, job, network, start

from distill_core import loop
from distill_core.evaluation import exam, random_rows, score
from distill_core.evaluation.control import draws_of, seed_of
from distill_core.evaluation.protocols import find
from distill_core.events import Scored
from distill_core.pieces.start import starting_ids


@pytest.fixture(autouse=True)
def no_whole(monkeypatch):
    monkeypatch.setattr("distill_core.evaluation.exam.whole_seconds", lambda *a: 4000.0)


@pytest.fixture
def trained(monkeypatch):
    """Whose students were trained, in order."""
    found = []
    original = exam.train_student

    def watched(*args, **more):
        found.append(more["whose"] or "distilled")
        return original(*args, **more)

    monkeypatch.setattr("distill_core.evaluation.exam.train_student", watched)
    return found


def control(asked, result=None, teacher=None) -> Scored:
    _, final = drain(score(result or start(), asked, digits(), teacher=teacher))
    return next(one for one in final if one.subject == "random")


def named(seed: int = 9):
    """A teacher that is known by its key, as those that were squeezed are."""
    made = network(seed)
    made.key = f"{seed:016x}"
    return made


def test_students_of_the_first_draw_come_in_turn_with_the_sets_and_one_for_each_other_draw_follows():
    events, final = drain(score(start(), job(draws=4), digits()))
    order = [(e.subject, e.draws) for e in events if e.kind == "scored"]
    assert order[:4] == [("distilled", ()), ("random", (0,)), ("distilled", ()), ("random", (0, 0))]
    assert order[4:] == [("random", (0, 0, 1)), ("random", (0, 0, 1, 2)), ("random", (0, 0, 1, 2, 3))]
    assert len(final[1].accuracy) == 5 and len(final[0].accuracy) == 2
    assert events[0].steps == (2 + 2 + 3) * 3
    steps = [e.step for e in events if e.kind == "scalars" and any(n.startswith("student-loss") for n in e.values)]
    assert steps == sorted(steps) and steps[-1] == events[0].steps - 1


def test_the_first_draw_is_what_the_run_starts_from_and_stays_as_it_was(home):
    many, alone = control(job(draws=3)), control(job(draws=1))
    assert many.accuracy[:2] == alone.accuracy and alone.draws == (0, 0)
    rows = [random_rows(digits(), start().labels, seed_of(job(), draw)) for draw in range(3)]
    assert torch.equal(rows[0].reshape(1, 10), starting_ids(digits(), 1, job().seed))
    assert len({tuple(one.tolist()) for one in rows}) == 3


def test_no_two_seeds_share_a_draw_so_that_runs_can_be_pooled():
    seeds = [seed_of(job(seed=seed), draw) for seed in range(20) for draw in range(10)]
    assert len(set(seeds)) == 200


def test_how_many_there_are_by_default():
    assert draws_of(job(draws=0), find("hard")) == 5 == draws_of(job(draws=0), find("static"))
    assert draws_of(job(draws=0), find("dwa")) == 3, "a teacher that labels every image anew is dear"
    assert draws_of(job(draws=9), find("dwa")) == 9


@pytest.mark.parametrize("protocol", ["hard", "dwa", "static"])
def test_it_is_trained_once_for_all_that_ask_for_the_same(trained, protocol):
    asked = job(draws=3, protocol=protocol)
    first = control(asked, teacher=named())
    assert trained.count("random") == 4
    trained.clear()
    other = start().with_(images=start().images.flip(3))
    again = control(asked, other, named())
    assert trained == ["distilled"] * 2 and again.accuracy == first.accuracy and again.draws == first.draws
    assert again.budget == first.budget, "what it cost is kept with it"
    trained.clear()
    more = control(job(draws=5, students=3, protocol=protocol), teacher=named())
    assert trained.count("random") == 3 and more.accuracy[:2] == first.accuracy[:2]


def test_whatever_else_is_asked_is_trained_anew(trained):
    control(job(draws=2, students=1, protocol="dwa"), teacher=named())
    other = {"epochs": 2}, {"seed": 1}, {"student": f"{STUDENT},depth=2".replace("depth=1,", "")}
    for changed in other:
        trained.clear()
        control(job(**{"draws": 2, "students": 1, "protocol": "dwa", **changed}), teacher=named())
        assert trained.count("random") == 2, changed
    for result, teacher in ((start(2), named()), (start(2).with_(stages=(10, 10)), named()), (start(), named(8))):
        trained.clear()
        control(job(draws=2, students=1, protocol="dwa"), result, teacher)
        assert trained.count("random") == 2
    for _ in range(2):
        trained.clear()
        control(job(draws=2, students=1, protocol="dwa"), teacher=network())
        assert trained.count("random") == 2, "a teacher without a name is known by nothing"


def test_what_is_damaged_is_trained_again(home, trained):
    first = control(job(draws=1, students=1))
    (path,) = (home / "cache").glob("control-*.json")
    path.write_text('{"accuracy":')
    assert control(job(draws=1, students=1)).accuracy == first.accuracy and trained.count("random") == 2


@dataclass(eq=False)
class Anew:
    """A result that draws its images anew: here always the same."""

    steady: ClassVar[bool] = False
    result: object

    def __getattr__(self, name):
        return getattr(self.result, name)

    def __len__(self):
        return len(self.result)


def test_beside_a_result_that_is_drawn_anew_every_student_is_a_draw():
    found = control(job(draws=4, students=3), Anew(start()))
    assert found.draws == (0, 1, 2) and len(found.accuracy) == 3


def test_a_run_killed_in_another_draw_ends_with_the_same(home, tmp_path, monkeypatch):
    asked = job(draws=3, epochs=4)
    unbroken = control(asked)
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(tmp_path / "other"))
    drive = FakeDrive(die_in=5, die_at=2)
    token = loop.driven_by(drive)
    try:
        with pytest.raises(Killed):
            control(asked)
        loop.undriven(token)
        token = loop.driven_by(again := FakeDrive(drive.saved))
        assert control(asked).accuracy == unbroken.accuracy
    finally:
        loop.undriven(token)
    assert again.taken == 2, "what was kept is not trained again, and the last one goes on where it was"
