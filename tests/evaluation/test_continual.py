"""Class after class, and other architectures: what is remembered, what is tested, what stands beside it."""

import pytest
import torch
from classroom import STUDENT, digits, drain, job, network, start

from distill_core.errors import BadSetting
from distill_core.evaluation import continual as module
from distill_core.evaluation import transfer as transferring
from distill_core.evaluation.continual import Memory, Plan, Restricted, continual, of_classes, only
from distill_core.evaluation.students import lesson_at, train_student
from distill_core.results import Lesson

ORDER = (3, 1, 4, 0, 5, 9, 2, 6, 8, 7)


def memory(result=None, teacher=None, **more):
    return Memory.of(result or start(2), job(epochs=2, **more), digits(), teacher, 0)


def test_tasks_share_the_classes_and_add_up():
    assert [len(seen) for seen in Plan(5).seen(range(100))] == [20, 40, 60, 80, 100]
    assert [len(seen) for seen in Plan(3).seen(range(10))] == [4, 7, 10]
    assert Plan(2).seen(ORDER) == [list(ORDER[:5]), list(ORDER)]


def test_orders_are_drawn_by_the_seed_and_stay_when_more_are_drawn():
    two, three = Plan(5, 2, seed=7).drawn(10), Plan(5, 3, seed=7).drawn(10)
    assert three[:2] == two and all(sorted(one) == list(range(10)) for one in three)
    assert two[0] != two[1] and two != Plan(5, 2, seed=8).drawn(10)
    assert Plan(5, 4, order=ORDER).drawn(10) == [list(ORDER)]


@pytest.mark.parametrize(
    ("plan", "says"),
    [(Plan(11), "tasks=11"), (Plan(0), "tasks=0"), (Plan(2, order=(0, 1)), "every number from 0 to 9")],
)
def test_plans_that_cannot_work(plan, says):
    with pytest.raises(BadSetting, match=says):
        plan.drawn(10)


def test_the_real_set_of_some_classes():
    part, whole = only(digits(), [7, 2]), digits()
    assert part.classes == ("7", "2") and part.mean == whole.mean and part.fingerprint != whole.fingerprint
    for name in ("train", "val", "test"):
        ours, theirs = getattr(part, name), getattr(whole, name)
        assert torch.equal(ours.images[ours.labels == 0], theirs.images[theirs.labels == 7])
        assert torch.equal(ours.images[ours.labels == 1], theirs.images[theirs.labels == 2])
        assert set(ours.labels.tolist()) == {0, 1}


def test_the_lesson_of_some_classes():
    images, labels = torch.rand(6, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1, 2])
    soft = torch.arange(18.0).view(6, 3)
    part = of_classes(Lesson(images, labels, soft, (1, 3, 2)), classes=[2, 0])
    assert part.labels.tolist() == [1, 0, 1, 0] and torch.equal(part.images, images[[0, 2, 3, 5]])
    assert torch.equal(part.soft_labels, soft[[0, 2, 3, 5]][:, [2, 0]])
    assert part.stages == (1, 2, 1)
    assert of_classes(Lesson(images[:2], labels[:2], None, (1, 1)), classes=[1]).stages == (1,)


def test_the_teacher_says_nothing_of_classes_that_were_not_seen():
    teacher, x = network(), torch.rand(3, 1, 8, 8)
    assert torch.equal(Restricted(teacher, [4, 1])(x), teacher(x)[:, [4, 1]])


def test_a_point_is_a_student_of_the_seen_classes_alone():
    """The same as training by hand on the renumbered images, with the restricted teacher."""
    shared, seen = memory(protocol="dwa", teacher=network()), [3, 1]
    _, got = drain(shared.point("distilled", seen, 5))
    lesson, real = of_classes(shared.lesson, classes=seen), only(digits(), seen)
    assert len(lesson) == 4
    stream = train_student(lesson, shared.protocol, real, seed=5, student=STUDENT, teacher=Restricted(network(), seen))
    _, trained = drain(stream)
    assert trained.network.classes == 2
    assert got == module.accuracy(trained.network, real.test, real)


def test_curves_by_order_and_the_control_is_the_random_method():
    """With the control's own images as the set, both curves are the same: same students, same draws."""
    events, found = drain(continual(memory(), Plan(2, 2, seed=1)))
    assert found["orders"] == Plan(2, 2, seed=1).drawn(10) and found["sizes"] == [5, 10]
    assert found["distilled"] == found["random"]
    assert len(found["distilled"]) == 2 and all(0 <= v <= 1 for one in found["distilled"] for v in one)
    parts = [(e.part, e.parts) for e in events if e.kind == "stage"]
    assert parts == [(i, 8) for i in range(8)]
    assert sum(e.kind == "note" for e in events) == 8


def test_another_set_has_another_curve():
    other = start(2)
    _, found = drain(continual(memory(other.with_(images=torch.rand_like(other.images))), Plan(2, 1)))
    assert found["distilled"] != found["random"]


def test_static_labels_are_made_for_the_control_too():
    shared = memory(protocol="static", teacher=network())
    soft = lesson_at(shared.sources["random"], 0, 0).soft_labels
    assert soft is not None and soft.shape == (20, 10)
    with pytest.raises(BadSetting, match="no teacher is at hand"):
        memory(protocol="static")


# ── other architectures ─────────────────────────────────────────────────────────────────────────────────────────


def source(run="a", result=None, **more):
    return transferring.Source(run, result or start(2), digits(), more.get("teacher"), 0)


def test_a_matrix_of_sets_and_students():
    other = start(2)
    sets = [source(), source("b", other.with_(images=torch.rand_like(other.images)))]
    asked = job(epochs=1, students=2)
    events, cells = drain(transferring.transfer(sets, [STUDENT, "mlp:width=8"], asked))
    assert set(cells) == {(s, a) for s in (0, 1) for a in (0, 1)}
    assert cells[0, 1]["student"] == "mlp:width=8" and cells[0, 0]["epochs"] == 1
    assert all(len(cell[who]) == 2 for cell in cells.values() for who in ("distilled", "random"))
    assert cells[0, 0]["distilled"] == cells[0, 0]["random"], "this set is its own control"
    assert cells[0, 0]["random"] == cells[1, 0]["random"], "one control for every set of the same data and seed"
    assert cells[1, 0]["distilled"] != cells[1, 0]["random"]
    assert sum(e.kind == "stage" for e in events) == 16


def test_known_cells_are_not_trained_again():
    events, cells = drain(transferring.transfer([source()], [STUDENT, "mlp:width=8"], job(epochs=1), {(0, 0): {}}))
    assert set(cells) == {(0, 1)} and sum(e.kind == "stage" for e in events) == 4
    _, both = drain(transferring.transfer([source()], [STUDENT, "mlp:width=8"], job(epochs=1)))
    assert both[0, 1] == cells[0, 1], "a cell does not depend on what else is asked"


@pytest.mark.parametrize("name", transferring.USUAL)
def test_every_usual_student_learns_small_images(name):
    """All architectures of the matrix take 8-pixel digits; deep ones are only built, one update each."""
    shared = source().memory(job(epochs=1, protocol="hard"), name)
    _, got = drain(shared.point("distilled", [0, 1], 0))
    assert 0 <= got <= 1
