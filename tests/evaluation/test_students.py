"""One student: its loss is the formula, its draws are its own, its number is that of the last epoch."""

import copy

import pytest
import torch
import torch.nn.functional as F
from classroom import STUDENT, FakeDrive, Killed, digits, drain, network, start

from distill_core import loop
from distill_core.errors import BadRecord, BadSetting, StudioError
from distill_core.evaluation import PROTOCOLS, accuracy, train_student
from distill_core.evaluation.classroom import Classroom
from distill_core.evaluation.losses import soft as soft_loss
from distill_core.evaluation.timetable import Timetable
from distill_core.results import Lesson

CPU = torch.device("cpu")
HARD = PROTOCOLS["hard"].with_(epochs=3)


def lesson(ipc=1, soft=False):
    made = start(ipc)
    logits = torch.randn(len(made), 10, generator=torch.Generator().manual_seed(4)) if soft else None
    return Lesson(made.images, made.labels, logits)


def train(the_lesson, protocol=HARD, seed=0, **more):
    return drain(train_student(the_lesson, protocol, digits(), seed=seed, student=STUDENT, **more))


def same(a, b):
    one, two = a.network.state_dict(), b.network.state_dict()
    return all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("squared", [False, True])
def test_the_soft_loss_is_the_formula_in_double_precision(squared):
    g = torch.Generator().manual_seed(0)
    student, wanted = (torch.randn(5, 7, dtype=torch.float64, generator=g) * 8 for _ in range(2))
    slow = 0.0
    for z, t in zip(student, wanted, strict=True):
        p, q = torch.exp(t / 30) / torch.exp(t / 30).sum(), torch.exp(z / 30) / torch.exp(z / 30).sum()
        slow += float((p * (p / q).log()).sum())
    slow = slow / 5 * (900 if squared else 1)
    assert float(soft_loss(student, wanted, 30.0, squared)) == pytest.approx(slow, rel=1e-12)


@pytest.mark.parametrize("mix", ["none", "mixup", "cutmix"])
@pytest.mark.parametrize("labels", ["hard", "static", "teacher"])
def test_labels_follow_the_mixing(mix, labels):
    protocol = PROTOCOLS["dwa"].with_(mix=mix, labels=labels, temperature=4.0)
    real, the_lesson, rows = digits(), lesson(soft=True), torch.randperm(10)
    room = Classroom(the_lesson, protocol, real, network(), CPU)
    student = network(1)  # in eval mode, so that the second look is the same
    loss = room.loss(student, rows, torch.Generator().manual_seed(12))
    mixed = room.batch(rows, torch.Generator().manual_seed(12))
    logits, y = student(mixed.images), the_lesson.labels[rows]
    if labels == "hard":
        each = -logits.log_softmax(1)
        wanted = mixed.share * each[range(10), y] + (1 - mixed.share) * each[range(10), y[mixed.partner]]
        torch.testing.assert_close(loss, wanted.mean())
        return
    own = the_lesson.soft_labels[rows]
    mixture = mixed.share * own + (1 - mixed.share) * own[mixed.partner]
    target = network()(mixed.images) if labels == "teacher" else mixture
    torch.testing.assert_close(loss, soft_loss(logits, target, 4.0))
    if mix != "none":
        assert 0 < mixed.share < 1


def test_a_teacher_in_training_mode_uses_the_batch_and_is_left_as_it_was():
    teacher = network()
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    released = PROTOCOLS["dwa-as-released"].with_(mix="none", augment="none")
    rooms = [Classroom(lesson(), p, digits(), teacher, CPU) for p in (released, released.with_(teacher_mode="eval"))]
    rows = torch.arange(10)
    batch = rooms[0].show(rows, torch.Generator())
    found = [room._wanted(batch, slice(None)) for room in rooms]
    torch.testing.assert_close(found[1], teacher(batch.images))
    assert not torch.allclose(found[0], found[1])
    assert all(torch.equal(before[name], value) for name, value in teacher.state_dict().items())
    assert not teacher.training


def test_seeds_repeat_and_differ():
    one, two, other = (train(lesson(), seed=seed)[1] for seed in (1, 1, 2))
    assert same(one, two) and not same(one, other)


def test_dropout_is_drawn_from_the_students_seed():
    stream = [
        train_student(lesson(), HARD, digits(), seed=3, student="vit:depth=1,dim=16,heads=2,mlp=16,dropout=0.3")
        for _ in range(2)
    ]
    torch.manual_seed(1)
    one = drain(stream[0])[1]
    torch.manual_seed(2)
    before = torch.get_rng_state()
    two = drain(stream[1])[1]
    assert same(one, two) and torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("name", ["hard", "dsa", "dwa", "sre2l-tiny"])
def test_a_student_killed_in_the_middle_ends_with_the_same_bytes(name):
    protocol = PROTOCOLS[name].with_(epochs=4, batch=8)
    whole = train(lesson(2), protocol, teacher=network())[1]
    drive = FakeDrive(die_in=0, die_at=7)
    token = loop.driven_by(drive)
    try:
        with pytest.raises(Killed):
            train(lesson(2), protocol, teacher=network())
        loop.undriven(token)
        again = FakeDrive(drive.saved)
        token = loop.driven_by(again)
        resumed = train(lesson(2), protocol, teacher=network())[1]
    finally:
        loop.undriven(token)
    assert again.taken == whole.steps - 7 and same(whole, resumed)


def test_the_last_epoch_counts_even_where_it_is_the_worst(monkeypatch):
    """A learning rate that ruins the student in its last epoch ruins its score."""
    normal = HARD.with_(epochs=40, lr=0.01)
    good = accuracy(train(lesson(10), normal)[1].network, digits().test, digits())
    rate = type(normal).lr_at
    monkeypatch.setattr(
        type(normal), "lr_at", lambda self, epoch, epochs: 1e4 if epoch == 39 else rate(self, epoch, epochs)
    )
    bad = accuracy(train(lesson(10), normal)[1].network, digits().test, digits())
    assert good > bad + 0.2


def test_reports_look_at_validation_images_only(monkeypatch):
    real, looked = digits(), []
    from distill_core.pieces import teach

    measure = teach.accuracy
    monkeypatch.setattr(
        teach, "accuracy", lambda net, r, split, *a, **k: looked.append(split) or measure(net, r, split, *a, **k)
    )
    events, _ = train(lesson(), first=100)
    assert looked and all(split is real.val for split in looked)
    assert [e.step for e in events] == [100, 102] and set(events[0].values) == {"student-loss", "student-accuracy"}


@pytest.mark.parametrize("n", [1, 3])
def test_single_images_survive_batch_norm_on_a_one_by_one_map(n):
    made = start()
    few = Lesson(made.images[:n], made.labels[:n])
    deep = "convnet:depth=3,norm=batch,width=4"
    _, trained = drain(train_student(few, HARD.with_(batch=1), digits(), seed=0, student=deep))
    assert trained.steps == 3 * n and all(torch.isfinite(p).all() for p in trained.network.parameters())


def test_a_timetable_shows_every_image_once_an_epoch_and_leaves_no_single_image_over():
    rows = Timetable(129, 2, 128).rows()
    assert rows == [(0, 0, 129, 0, 129), (1, 0, 129, 0, 129)]
    assert [(a, b) for *_, a, b in Timetable(130, 1, 128).rows()] == [(0, 128), (128, 130)]


def test_stages_are_taught_one_after_the_other():
    rows = Timetable(30, 5, 8, (10, 20)).rows()
    assert {row[0] for row in rows if row[1] == 0} == {0, 1} and {row[0] for row in rows if row[1] == 10} == {2, 3, 4}
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    made = start(3)
    trained = train(Lesson(made.images, made.labels, stages=(10, 20)))[1]
    assert trained.seen == 10 + 20 + 20
    with pytest.raises(BadRecord, match="do not add up"):
        Lesson(made.images, made.labels, stages=(10, 10))


def test_what_cannot_work_gets_a_sentence():
    with pytest.raises(BadSetting, match="no teacher was given"):
        train(lesson(), PROTOCOLS["dwa"])
    with pytest.raises(BadSetting, match="one soft label for each image"):
        train(lesson(), PROTOCOLS["static"])
    with pytest.raises(BadRecord, match="3×8×8, but digits"):
        train(Lesson(torch.rand(2, 3, 8, 8), torch.tensor([0, 1])))
    with pytest.raises(BadRecord, match="not finite"):
        train(Lesson(torch.full((2, 1, 8, 8), torch.nan), torch.tensor([0, 1])))
    with pytest.raises(BadRecord, match="outside the 10 classes"):
        train(Lesson(torch.rand(2, 1, 8, 8), torch.tensor([0, 10])))


def test_a_loss_that_is_no_number_stops_the_student_and_says_where():
    wild = HARD.with_(optimizer="sgd", lr=1e30, momentum=0.9, weight_decay=0.0, schedule="constant")
    with pytest.raises(StudioError, match=r"step \d of evaluate"):
        train(lesson(), wild)


def test_norms_and_biases_are_spared_where_only_matrices_decay():
    from distill_core.evaluation.students import optimizer_of

    net = network()
    groups = optimizer_of(net, PROTOCOLS["dwa-imagenet"]).param_groups
    assert [g["weight_decay"] for g in groups] == [0.01, 0.0]
    assert all(p.ndim >= 2 for p in groups[0]["params"]) and all(p.ndim < 2 for p in groups[1]["params"])
    assert sum(len(g["params"]) for g in groups) == len(list(net.parameters()))


def test_squared_error_beside_the_classes_is_the_sum():
    protocol = PROTOCOLS["gvbsm"].with_(mix="none", augment="none")
    room, net, rows = Classroom(lesson(), protocol, digits(), network(), CPU), network(seed=5), torch.arange(4)
    mixed = room.batch(rows, torch.Generator())
    logits = net(mixed.images)
    wanted = room.teacher(mixed.images)
    slow = ((logits - wanted) ** 2).mean() + 0.15 * F.cross_entropy(logits, room.labels[rows])
    torch.testing.assert_close(room.loss(net, rows, torch.Generator()), slow)


def test_a_batch_is_mixed_whole_and_passes_in_parts_with_statistics_of_their_own():
    protocol = PROTOCOLS["sre2lpp"].with_(augment="none", parts=2)
    room, net = Classroom(lesson(), protocol, digits(), network(), CPU), network(seed=5)
    rows = torch.arange(8)
    mixed = room.batch(rows, torch.Generator().manual_seed(1))
    assert (mixed.partner[:4] >= 4).any(), "a partner is in the other half"
    halves = [(net(x), room.teacher(x)) for x in mixed.images.chunk(2)]
    slow = sum(
        F.kl_div(F.log_softmax(student / 20, 1), F.softmax(wanted / 20, 1), reduction="batchmean") / 2
        for student, wanted in halves
    )
    torch.testing.assert_close(room.loss(net, rows, torch.Generator().manual_seed(1)), slow)
    together = Classroom(lesson(), protocol.with_(parts=1), digits(), network(), CPU)
    assert not torch.isclose(together.loss(net, rows, torch.Generator().manual_seed(1)), slow)


@pytest.mark.parametrize("parts", [1, 2])
def test_the_classes_beside_squared_error_are_mixed_or_the_first_ones(parts):
    mixing = PROTOCOLS["gvbsm"].with_(augment="none", parts=parts)
    released = PROTOCOLS["gvbsm-as-released"].with_(augment="none", parts=parts)
    rows, net = torch.tensor([0, 3, 9, 5, 7, 2]), network(seed=5)
    found = {}
    for protocol in (mixing, released):
        room = Classroom(lesson(), protocol, digits(), network(), CPU)
        mixed = room.batch(rows, torch.Generator().manual_seed(3))
        found[protocol.hard_classes] = room.loss(net, rows, torch.Generator().manual_seed(3))
    labels, slow = room.labels[rows], {"own": 0.0, "mixed": 0.0}
    for places in torch.arange(6).chunk(parts):
        logits, wanted = net(mixed.images[places]), room.teacher(mixed.images[places])
        error = ((logits - wanted) ** 2).mean()
        own, other = (F.cross_entropy(logits, labels[i]) for i in (places, mixed.partner[places]))
        slow["own"] += (error + 0.15 * own) / parts
        slow["mixed"] += (error + 0.15 * (mixed.share * own + (1 - mixed.share) * other)) / parts
    for which, value in slow.items():
        torch.testing.assert_close(found[which], value)
    assert not torch.isclose(found["own"], found["mixed"])


def test_the_average_of_the_weights_is_what_is_tested():
    from distill_core.evaluation.students import Average

    net = network(seed=1)
    average, kept = Average(net, 0.9), {k: v.clone().double() for k, v in net.state_dict().items()}
    for i in range(3):
        with torch.no_grad():
            for p in net.parameters():
                p.add_(0.1 * (i + 1))
        average.follow(net)
        kept = {k: 0.9 * v + 0.1 * net.state_dict()[k].double() for k, v in kept.items()}
    average.into(net)
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            assert torch.allclose(value.double(), kept[name], atol=1e-6)


def test_one_update_of_a_student_is_adamw_on_the_divergence():
    """The student step done the slow way in float64: one batch, no mixing, the teacher in eval mode."""
    from distill_core.networks import build

    protocol = PROTOCOLS["dwa"].with_(mix="none", augment="none", temperature=4.0)
    made, teacher, real = lesson(ipc=2), network(), digits()
    trained = train(made, protocol, seed=3, teacher=teacher, epochs=1)[1]
    slow = build(STUDENT, channels=1, size=8, classes=10, seed=3).double().train()
    x = real.normalize(made.images.double())
    p, q = (F.softmax(net(x) / 4.0, dim=1) for net in (copy.deepcopy(teacher).double(), slow))
    divergence = (p * (p / q).log()).sum(1).mean()
    weights = dict(slow.named_parameters())
    gradients = torch.autograd.grad(divergence, list(weights.values()))
    found = dict(trained.network.named_parameters())
    for (name, weight), gradient in zip(weights.items(), gradients, strict=True):
        first = gradient / (gradient.abs() + 1e-8)  # both moments after one step, bias corrected
        wanted = weight.detach() * (1 - 1e-3 * 0.01) - 1e-3 * first
        sure = gradient.abs() > 1e-6  # below, float32 cannot tell the sign
        assert sure.float().mean() > 0.5 or name.endswith("conv.bias"), "a bias before batch norm has no gradient"
        assert torch.allclose(found[name].double()[sure], wanted[sure], atol=2e-6), name


def test_the_ramped_average_is_the_plain_mean_until_its_decay_is_reached():
    """ema_pytorch with power 1: decay (k − 1) / k at the k-th time, at most β; a restored one goes on as it was."""
    from distill_core.evaluation.students import Average

    net = torch.nn.Linear(1, 1, bias=False)
    average, values = Average(net, 0.8, ramp=True), [1.0, 4.0, -2.0, 7.0, 3.0, 10.0]
    for i, value in enumerate(values):
        net.weight.data.fill_(value)
        average.follow(net)
        if i < 5:
            assert average.kept["weight"].item() == pytest.approx(sum(values[: i + 1]) / (i + 1))
        saved, average = average.state_dict(), Average(net, 0.8, ramp=True)
        average.load_state_dict(saved)
    assert average.kept["weight"].item() == pytest.approx(0.8 * sum(values[:5]) / 5 + 0.2 * values[5])


def test_weights_that_follow_once_per_epoch(monkeypatch):
    from distill_core.evaluation import students

    counted = []
    monkeypatch.setattr(students.Average, "follow", lambda self, network: counted.append(1))
    protocol = PROTOCOLS["glad"].with_(batch=4, epochs=3)
    trained = train(lesson(), protocol)[1]
    assert trained.steps > len(counted) == 3
