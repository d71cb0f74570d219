"""Results of every kind teach: students, control, scores, continual learning, and a training that is cut and resumed."""

import pytest
import torch
from classroom import STUDENT, FakeDrive, Killed, digits, drain, job, network

from distill_core import loop
from distill_core.errors import BadRecord
from distill_core.evaluation import PROTOCOLS, random_lesson, random_rows, score, train_student
from distill_core.evaluation.continual import Memory
from distill_core.evaluation.control import RandomAnew, control_of, labelled
from distill_core.evaluation.students import lesson_at
from distill_core.results import Lesson, Pictures
from tests.results.kinds import every, factored, generated, pictures, seeded

HARD = PROTOCOLS["hard"].with_(epochs=4, batch=8)


def train(source, protocol=HARD, seed=0, **more):
    return drain(train_student(source, protocol, digits(), seed=seed, student=STUDENT, **more))[1]


def same(a, b):
    one, two = a.network.state_dict(), b.network.state_dict()
    return all(torch.equal(one[name], two[name]) for name in one)


@pytest.fixture
def no_whole(monkeypatch):
    monkeypatch.setattr("distill_core.evaluation.exam.whole_seconds", lambda *a: 4000.0)


class Watched:
    """A result that remembers what it was asked for."""

    def __init__(self, source):
        self.source, self.asked = source, []

    @property
    def steady(self):
        return self.source.steady

    def lesson(self, epoch, generator):
        self.asked.append((epoch, generator.initial_seed()))
        return self.source.lesson(epoch, generator)


@pytest.mark.parametrize("kind", ["pictures", "factored", "generated"])
def test_a_steady_result_teaches_as_its_images_do(kind):
    result = every()[kind].with_(stages=())
    assert same(train(result), train(Pictures.of(result))), kind


def test_the_result_is_asked_once_for_every_epoch_with_a_generator_of_its_own():
    watched = Watched(generated(anew=True))
    trained = train(watched)
    assert [epoch for epoch, _ in watched.asked] == [0, 1, 2, 3] and trained.seen == 4 * 20
    assert len({seed for _, seed in watched.asked}) == 4
    other = Watched(generated(anew=True))
    train(other, seed=1)
    assert not {seed for _, seed in watched.asked} & {seed for _, seed in other.asked}, (
        "another student sees other images"
    )


def test_images_drawn_anew_are_what_the_student_sees():
    """The same as a student that is handed the images of each epoch; not the same as one that sees the first for good."""
    anew = generated(anew=True)

    class ByHand:
        steady = False

        def lesson(self, epoch, generator):
            codes = anew._made.draw(anew.labels, generator)
            return Lesson(anew._made.decode(codes, anew.labels).detach().clamp(0, 1), anew.labels)

    assert same(train(anew), train(ByHand()))
    assert not same(train(anew), train(lesson_at(anew, 0, 0)))


@pytest.mark.parametrize(
    ("name", "labels", "at"), [("hard", "hard", 4), ("hard", "hard", 6), ("dwa", "teacher", 7), ("static", "static", 5)]
)
def test_a_student_of_images_drawn_anew_is_killed_and_ends_with_the_same_bytes(name, labels, at):
    """Cut in the middle of an epoch and at its first batch: three batches an epoch."""
    protocol, teacher = PROTOCOLS[name].with_(epochs=4, batch=8, labels=labels), network()
    anew = generated(anew=True)

    def whole():
        source = labelled(anew, teacher, digits()) if labels == "static" else anew
        return train(source, protocol, teacher=teacher)

    unbroken, drive = whole(), FakeDrive(die_in=0, die_at=at)
    token = loop.driven_by(drive)
    try:
        with pytest.raises(Killed):
            whole()
        loop.undriven(token)
        token = loop.driven_by(FakeDrive(drive.saved))
        resumed = whole()
    finally:
        loop.undriven(token)
    assert same(unbroken, resumed)


def test_epochs_of_different_sizes_are_refused():
    class Grows:
        steady = False

        def lesson(self, epoch, generator):
            return random_lesson(digits(), Lesson(torch.empty(0), torch.arange(10).repeat(epoch + 1)), 0)

    with pytest.raises(BadRecord, match="An epoch brings 20 images"):
        train(Grows())


# ── the control ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_control_has_as_many_real_images_as_the_student_sees():
    result, real = factored(), digits()
    first = lesson_at(result, 0, 0)
    control = control_of(result, first, real, 3, None)
    assert control.steady and len(control.lesson(0, seeded())) == 90
    assert torch.equal(control.lesson(5, seeded()).images, real.train.images[random_rows(real, result.labels, 3)])


def test_beside_images_drawn_anew_the_control_is_drawn_anew():
    result, real, teacher = generated(anew=True).with_(stages=(10, 10)), digits(), network()
    control = control_of(result, lesson_at(result, 0, 0), real, 3, teacher)
    assert isinstance(control, RandomAnew) and not control.steady
    one, again, other = (control.lesson(0, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.images, again.images) and not torch.equal(one.images, other.images)
    assert torch.equal(one.labels, result.labels) and one.stages == (10, 10)
    wanted = teacher(real.normalize(real.pixels(one.images))).detach()
    torch.testing.assert_close(one.soft_labels, wanted)


# ── scores and continual learning ───────────────────────────────────────────────────────────────────────────────


def test_the_ledger_says_what_each_kind_stores(no_whole):
    books = {}
    for name in ("factored", "generated", "generated anew"):
        _, final = drain(score(every()[name], job(students=1), digits()))
        books[name] = [one.budget for one in final]
    (mine, control), stored = books["factored"], every()["factored"].bytes
    assert mine["images"] == control["images"] == 90 and control["image_bytes"] == 90 * 64
    assert mine["image_bytes"] == stored.images < 90 * 64 and mine["generator_bytes"] == 0
    mine, control = books["generated"]
    assert mine["generator_bytes"] == generated().bytes.generators and mine["image_bytes"] == 20 * 16
    mine, control = books["generated anew"]
    assert mine["images"] == control["images"] == 3 * 20 and mine["image_bytes"] == 0
    assert control["image_bytes"] == 3 * 20 * 64 and control["generator_bytes"] == 0


def test_scores_of_images_drawn_anew_repeat(no_whole):
    one, two = (drain(score(generated(anew=True), job(), digits()))[1] for _ in range(2))
    assert [s.accuracy for s in one] == [s.accuracy for s in two]


def test_static_labels_are_made_for_images_drawn_anew(no_whole):
    _, final = drain(score(generated(anew=True), job(protocol="static", students=1), digits(), teacher=network()))
    assert [(s.subject, s.labels) for s in final] == [("distilled", "static"), ("random", "static")]
    assert final[0].budget["label_bytes"] == 2 * 3 * 20 * 10, "a label for every image that was drawn"


@pytest.mark.parametrize("kind", ["factored", "generated anew"])
def test_some_classes_of_every_kind(kind):
    memory = Memory.of(every()[kind], job(epochs=2), digits(), None, 0)
    per_class = len(every()[kind]) // 10
    for subject in ("distilled", "random"):
        _, got = drain(memory.point(subject, [3, 1], 0))
        assert 0 <= got <= 1
    assert memory.updates([3, 1]) == len(range(0, 2 * per_class, memory.protocol.batch)) * 2


def test_stages_and_kinds_meet():
    assert train(pictures(), HARD.with_(epochs=4)).seen == 4 * 10
