"""Stored labels: the same pixels and the same answers as the live teacher's, in any batch, at a price that is known before."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from classroom import STUDENT, FakeDrive, Killed, digits, drain, job, network, start
from safetensors import safe_open

from distill_core import loop
from distill_core.errors import BadRecord, BadSetting
from distill_core.evaluation import PROTOCOLS, losses, score, stored, train_student
from distill_core.evaluation.check import check
from distill_core.evaluation.classroom import Classroom
from distill_core.evaluation.continual import Memory
from distill_core.evaluation.labeler import labelling
from distill_core.evaluation.protocol import Protocol
from distill_core.evaluation.seen import black_of, pixels
from distill_core.evaluation.stored import LabelStore, Layout, kept_batches, label_bytes, making, space
from distill_core.evaluation.stored.plan import augment_of
from distill_core.measures.budget import record_bytes
from distill_core.pieces import views as viewing
from distill_core.pieces.by_name import build as build_augment
from distill_core.results import Lesson
from distill_core.results.views import Crops, Views

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def no_whole(monkeypatch):
    monkeypatch.setattr("distill_core.evaluation.exam.whole_seconds", lambda *a: 4000.0)


def protocol(name: str = "dwa", epochs: int = 4, **more) -> Protocol:
    kept = {"epochs": more.pop("views", 2), **more.pop("kept", {})}
    return PROTOCOLS[name].with_(labels="stored", epochs=epochs, batch=8, batch_rule="fixed", stored=kept, **more)


def lesson(ipc: int = 2, **more) -> Lesson:
    made = start(ipc)
    return Lesson(made.images, made.labels, **more)


def made(asked: Protocol, of: Lesson | None = None, teacher=None) -> LabelStore:
    return drain(making.stored_views(of or lesson(), asked, digits(), teacher or network(), asked.epochs, CPU))[1]


def test_pixels_that_are_seen_again_are_those_of_a_live_student():
    """The draws of a batch, kept as boxes, mirrors, partners and shares, give the live batch again."""
    real, rows = digits(), torch.arange(20)
    for name in ("dwa", "sre2l-tiny", "dwa-imagenet", "rded", "rded-mosaic", "hard"):
        asked = PROTOCOLS[name]
        room = Classroom(lesson(), asked, real, network(), CPU)
        live = room.batch(rows, torch.Generator().manual_seed(3))
        augment = augment_of(asked.augment, real.may_mirror, black_of(real))
        views = viewing.drawn(augment, asked.mix, asked.mix_alpha, rows, 8, torch.Generator().manual_seed(3))
        again = pixels(views, augment, room.images, real)
        torch.testing.assert_close(again, live.images, atol=1e-5, rtol=0)
        if asked.mix != "none":
            assert torch.equal(views.partner, live.partner) and float(views.share[0]) == pytest.approx(live.share)


def test_mirrored_images_are_seen_again():
    augment = build_augment("crop_flip:pad=2", flip=True)
    x = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    views = viewing.drawn(augment, "cutmix", 1.0, torch.arange(6), 8, torch.Generator().manual_seed(4))
    assert views.crops.flip.any() and views.crops.box[:, :2].abs().max() > 0
    live = augment(x, torch.Generator().manual_seed(4))
    again = viewing.shown(augment, replace(views, partner=None, others=None, share=None, box=None), x, None)
    assert torch.equal(again, live)


@pytest.mark.parametrize("name", ["dwa", "dwa-tiny", "sre2l-tiny", "rded-mosaic"])
def test_stored_labels_are_the_live_teachers_on_these_views(name, home):
    asked, teacher, real = protocol(name), network(), digits()
    found, of = made(asked, teacher=teacher), lesson()
    augment = augment_of(found.augment, True, black_of(real))
    for epoch in range(3):
        rows = torch.randperm(20, generator=torch.Generator().manual_seed(epoch))
        views = found.seen(epoch, rows, torch.Generator())
        assert torch.equal(views.own, rows)
        live = teacher(pixels(views, augment, of.images, real)).detach()
        torch.testing.assert_close(views.logits, live, atol=2e-3 * float(live.abs().max()), rtol=1e-3)
    again = found.seen(2, rows, torch.Generator())
    assert torch.equal(found.seen(0, rows, torch.Generator()).logits, again.logits), "epoch e sees view e mod k"


def test_the_student_wants_the_stored_labels_of_the_very_pixels_in_any_batch(home):
    asked, teacher, real = protocol(), network(), digits()
    of = lesson(views=made(asked, teacher=teacher))
    room = Classroom(of, asked, real, None, CPU, asked.epochs)
    for rows in (torch.tensor([3]), torch.arange(20), torch.tensor([17, 2, 9])):
        shown = room.show(rows, torch.Generator(), epoch=1)
        torch.testing.assert_close(shown.wanted, teacher(shown.images).detach(), atol=5e-3, rtol=1e-3)
        one = room.show(rows[:1], torch.Generator(), epoch=1)
        torch.testing.assert_close(one.images[0], shown.images[0], atol=1e-5, rtol=0)
    net = network(seed=5)
    loss = room.loss(net, rows, torch.Generator(), 1)
    torch.testing.assert_close(loss, losses.soft(net(shown.images), shown.wanted, asked.temperature))


def test_records_name_their_own_and_their_partners_image(home):
    found = made(protocol("dwa-tiny"))
    own, partner = (np.asarray(found.columns[name])[:, 0] for name in ("own", "partner"))
    assert sorted(own.tolist()) == sorted([*range(20)] * 2)
    at = 0
    for size in found.said.sizes:
        assert set(own[at : at + size]) == set(partner[at : at + size])
        at += size
    views = found.records(np.arange(40))
    match = [
        int(np.flatnonzero(own[i // 20 * 20 : i // 20 * 20 + 20] == partner[i])[0]) + i // 20 * 20 for i in range(40)
    ]
    assert np.array_equal(views.others.box.numpy(), np.asarray(found.columns["crop"])[match])


def test_the_file_is_safetensors_and_as_large_as_was_said(home):
    asked = protocol(views=3)
    found = made(asked)
    said = label_bytes(asked, 20, 10, 4)
    assert said == found.said.bytes == 60 * found.said.layout.record
    with safe_open(str(found.path), framework="np") as file:
        held = sum(file.get_tensor(name).nbytes for name in file.keys())  # noqa: SIM118
        assert file.get_tensor("logits").shape == (60, 10) and file.get_tensor("logits").dtype == np.float16
    assert held == said and 0 < found.path.stat().st_size - said < 2500


def test_a_record_is_as_large_as_its_columns():
    """Two bytes a logit, 16 of the crop, 1 of the mirror, 4 of the image; 8 of partner and share; 8 of a box; tiles."""
    assert Layout(100).record == 2 * 100 + 16 + 1 + 4
    assert Layout(100, "mixup").record == 2 * 100 + 21 + 8
    assert Layout(100, "cutmix").record == 2 * 100 + 29 + 8
    assert Layout(100, "cutmix", tiles=2).record == 2 * 100 + 37 + 4
    assert Layout(100, top=10).record == 10 * (2 + 2) + 2 + 21
    assert Layout(100, top=10, rest="dropped").record == 10 * (2 + 2) + 21
    assert Layout(100_000, top=10, rest="dropped").record == 10 * (4 + 2) + 21


@pytest.mark.parametrize(
    ("classes", "images", "epochs", "mixed", "published"),
    [  # the specification's table of what the released layout takes, without containers
        (10, 100, 400, True, 1.80e6), (10, 500, 400, True, 9.00e6), (100, 1000, 400, True, 90.0e6), (100, 5000, 400, True, 450e6),
        (200, 10_000, 100, False, 417e6), (200, 20_000, 100, False, 834e6), (200, 10_000, 200, True, 850e6),
        (1000, 10_000, 300, True, 6.08e9), (1000, 50_000, 300, True, 30.4e9), (1000, 100_000, 300, True, 60.8e9),
        (10, 100, 300, True, 1.35e6), (100, 1000, 300, True, 67.5e6), (200, 2000, 300, True, 255e6), (200, 10_000, 300, True, 1.28e9),
    ],
)  # fmt: skip
def test_the_released_record_has_the_published_size(classes, images, epochs, mixed, published):
    assert images * epochs * record_bytes(classes, mixed=mixed) == pytest.approx(published, rel=0.01)


def test_the_released_records_of_other_methods():
    assert record_bytes(1000, mixed=True, indexed=True) == 2 * 1000 + 33, "G-VBSM"
    assert record_bytes(1000, mixed=True, indexed=True, tiles=4) == 2 * 1000 + 65, "EDC on ImageNet"
    assert 100 * 1000 * record_bytes(10, mixed=True, indexed=True) == pytest.approx(5.3e6, rel=0.01)
    gib = [10_000 * ipc * 300 * record_bytes(1000, mixed=True) / 2**30 for ipc in (1, 5, 10)]
    assert gib == pytest.approx([5.67, 28.33, 56.66], rel=3e-3), "LPLD's list"


@pytest.mark.parametrize("rest", ["spread", "dropped"])
def test_the_largest_logits_and_what_the_others_get(rest):
    logits = torch.randn(50, 12, generator=torch.Generator().manual_seed(1)) * 4
    layout = Layout(12, top=3, rest=rest)
    views = Views(torch.arange(50), Crops(torch.zeros(50, 4), torch.zeros(50, dtype=torch.bool)), logits=logits)
    back = layout.logits(layout.packed(views))
    kept = logits.topk(3, 1).indices
    p, q = logits.softmax(1), back.softmax(1)
    for i in range(50):
        others = [c for c in range(12) if c not in kept[i]]
        left = float(p[i, others].sum())
        if rest == "spread":
            assert q[i, kept[i]].tolist() == pytest.approx(p[i, kept[i]].tolist(), abs=4e-3)
            assert q[i, others].tolist() == pytest.approx([left / 9] * 9, abs=4e-3)
        else:
            assert q[i, kept[i]].tolist() == pytest.approx((p[i, kept[i]] / (1 - left)).tolist(), abs=4e-3)
            assert float(q[i, others].sum()) == 0
    loss = losses.soft(torch.randn(50, 12), back, 30.0)
    assert math.isfinite(float(loss))


def test_all_logits_or_as_many_as_there_are_are_the_same(home):
    full, top = made(protocol()), made(protocol(kept={"top": 10}))
    rows = torch.arange(20)
    torch.testing.assert_close(
        top.seen(0, rows, torch.Generator()).logits, full.seen(0, rows, torch.Generator()).logits
    )


def test_pruned_epochs_and_batches_keep_the_first_ones():
    asked = protocol(epochs=40, views=0, kept={"kept": 0.1})
    assert len({row[0] for row in kept_batches(asked, 20, 40)}) == 4
    assert label_bytes(asked, 20, 10, 40) == 4 * 20 * Layout(10, "mixup").record
    batches = kept_batches(protocol(epochs=40, views=0, kept={"kept": 0.1, "unit": "batch"}), 20, 40)
    assert len(batches) == 12, "a tenth of 40 × 3"
    few = kept_batches(protocol(epochs=40, views=0, kept={"kept": 0.001, "unit": "batch"}), 20, 40)
    assert len(few) == 3, "every image has a label"


def test_an_image_walks_through_what_it_has(home):
    found = made(protocol(epochs=4, views=0, kept={"kept": 0.4, "unit": "batch"}))
    own = np.asarray(found.columns["own"])[:, 0]
    many = np.bincount(own)
    assert set(many) == {1, 2}
    rows = torch.arange(20)
    one, two, three = (found.seen(epoch, rows, torch.Generator()).logits for epoch in (0, 1, 2))
    same = (one == two).all(1).numpy()
    assert np.array_equal(same, many == 1) and torch.equal(one, three)
    by_chance = replace(found, said=replace(found.said, walk="random"))
    a, b = (by_chance.seen(0, rows, torch.Generator().manual_seed(s)).logits for s in (1, 2))
    assert not torch.equal(a, b)


def test_each_stage_of_a_set_has_its_own_views(home):
    asked = protocol(epochs=6, views=0)
    found = made(asked, lesson(stages=(10, 10)))
    own = np.asarray(found.columns["own"])[:, 0]
    assert found.said.records == 60 and set(own[:30]) == set(range(10)) and set(own[30:]) == set(range(10, 20))
    stages = lesson(stages=(10, 10))
    drain(train_student(stages, asked, digits(), seed=0, student=STUDENT, teacher=network(), device=CPU))


def test_a_store_is_made_once_and_again_for_other_content(home):
    def files():
        return {path.name for path in (home / "cache").glob("labels-*.safetensors")}

    made(protocol())
    first = files()
    made(protocol(kept={"walk": "random"}))
    assert files() == first and len(first) == 1
    for other in (protocol(views=1), protocol(mix_alpha=0.3), protocol(kept={"top": 2}), protocol("dwa-as-released")):
        made(other)
    made(protocol(), teacher=network(seed=3))
    made(protocol(), lesson(3))
    assert len(files()) == 7


def test_a_damaged_store_is_made_again(home):
    found = made(protocol())
    whole = found.path.read_bytes()
    found.path.write_bytes(whole[:-7])
    with pytest.raises(BadRecord, match="no label store that can be read"):
        LabelStore.open(found.path)
    assert made(protocol()).path.read_bytes() == whole


def test_a_killed_making_begins_again_and_ends_the_same(home):
    whole = made(protocol()).path
    bytes_ = whole.read_bytes()
    whole.unlink()
    drive = FakeDrive(die_in=0, die_at=3)
    token = loop.driven_by(drive)
    try:
        with pytest.raises(Killed):
            made(protocol())
        loop.undriven(token)
        assert not list((home / "cache").glob("*labels*.safetensors"))
        token = loop.driven_by(FakeDrive(drive.saved))
        assert made(protocol()).path.read_bytes() == bytes_
    finally:
        loop.undriven(token)


def test_a_full_disk_is_said_before_the_first_byte(home, monkeypatch):
    asked = protocol(epochs=50, views=0)
    need = label_bytes(asked, 20, 10, 50)
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _: type("Disk", (), {"free": space.LEFT + need * 4 // 5}))
    with pytest.raises(
        BadSetting,
        match=r"take .*50 views of 20 images.* free in .*There is room for 40 epochs or the top 2 logits of each label",
    ):
        made(asked)
    assert not list((home / "cache").glob("*labels*.safetensors"))
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _: type("Disk", (), {"free": 10}))
    with pytest.raises(BadSetting, match="There is no room for a single epoch"):
        made(asked)


def test_views_that_are_no_boxes_are_refused(home):
    with pytest.raises(BadSetting, match="cannot be stored: what dsa does to images is no box"):
        made(protocol().with_(augment="dsa"))
    with pytest.raises(BadSetting, match="what randaugment does to pixels is no box"):
        made(protocol().with_(pixels="randaugment"))
    with pytest.raises(BadSetting, match="there are 10 classes"):
        made(protocol(kept={"top": 11}))


def test_what_cannot_be_trained_on_is_said(home):
    asked = protocol()
    with pytest.raises(BadSetting, match="no teacher is at hand to make them"):
        drain(train_student(lesson(), asked, digits(), seed=0, student=STUDENT))
    dropped = protocol("gvbsm", kept={"top": 3, "rest": "dropped"})
    with pytest.raises(BadSetting, match="cannot work with the loss 'mse'"):
        drain(train_student(lesson(), dropped, digits(), seed=0, student=STUDENT, teacher=network()))


def test_a_store_of_other_images_classes_or_views_is_refused_by_name(home):
    asked, real = protocol(), digits()
    found = made(asked)
    stored.belongs(found, lesson(), asked, real)
    with pytest.raises(BadRecord, match="labels for 20 images with fingerprint"):
        stored.belongs(found, lesson(3), asked, real)
    with pytest.raises(BadRecord, match="labels for 10 classes"):
        stored.belongs(found, lesson(), asked, replace(real, classes=real.classes[:5]))
    with pytest.raises(
        BadSetting, match=r"views crop_flip with mixing mixup.*Choose a protocol that sees the same: dwa"
    ):
        stored.belongs(found, lesson(), protocol("dwa-tiny"), real)
    with pytest.raises(BadSetting, match="teacher ones were asked for"):
        stored.belongs(found, lesson(), PROTOCOLS["dwa"], real)


def test_set_and_control_get_the_same_kind_of_labels_and_the_ledger_counts_them(home):
    dial = {"labels": "stored", "stored": {"epochs": 2}}
    teacher = network()
    teacher.key = "0" * 16
    asked = job(protocol="dwa", students=1, draws=2)
    events, (distilled, random) = drain(score(start(2, dial=dial), asked, digits(), teacher=teacher))
    assert distilled.labels == random.labels == "stored (2 epochs)" and len(random.accuracy) == 2
    assert distilled.budget["label_bytes"] == random.budget["label_bytes"] == 40 * Layout(10, "mixup").record
    assert distilled.budget["teacher_bytes"] == distilled.budget["label_bytes_on_the_fly"] == 0
    notes = [e.text for e in events if e.kind == "note" and "labels 2 views" in e.text]
    assert len(notes) == 2, "the set's and the second draw's: the first draw has the very images of this set"
    assert len(list((home / "cache").glob("control-*.json"))) == 2
    _, live = drain(score(start(2), asked, digits(), teacher=teacher))
    assert len(list((home / "cache").glob("control-*.json"))) == 4, "another kind of labels, another control"
    assert live[0].labels == "teacher"


def test_epochs_between_have_the_classes_alone(home):
    asked = protocol(epochs=10, hard_from=0.3, hard_until=0.6)
    kinds = [asked.labels_in(epoch, 10) for epoch in range(10)]
    assert kinds == ["stored"] * 3 + ["hard"] * 3 + ["stored"] * 4
    assert asked.labels_said == "stored (2 epochs; hard from 30 to 60 % of the epochs)"
    real, net, rows = digits(), network(seed=5), torch.arange(8)
    room = Classroom(lesson(views=made(asked)), asked, real, None, CPU, 10)
    mixed = room.batch(rows, torch.Generator().manual_seed(1))
    labels = lesson().labels[rows]
    slow = mixed.share * F.cross_entropy(net(mixed.images), labels)
    slow = slow + (1 - mixed.share) * F.cross_entropy(net(mixed.images), labels[mixed.partner])
    torch.testing.assert_close(room.loss(net, rows, torch.Generator().manual_seed(1), 4), slow)


def test_refined_labels_and_the_cosine_are_the_formula_in_double_precision():
    generator = torch.Generator().manual_seed(2)
    student, soft = (torch.randn(6, 10, generator=generator, dtype=torch.float64) for _ in range(2))
    own, other, share = torch.arange(6), torch.arange(4, 10), 0.7
    classes = losses.smoothed(own, other, share, 10, 0.1)
    found = losses.cosine(student, losses.refined(soft, classes, 0.1))
    slow = 0.0
    for i in range(6):
        label = [0.1 / 9] * 10, [0.1 / 9] * 10
        label[0][i], label[1][i + 4] = 0.9, 0.9
        hard = [share * a + (1 - share) * b for a, b in zip(*label, strict=True)]
        s, h = (math.sqrt(sum(v * v for v in one)) for one in (soft[i].tolist(), hard))
        wanted = [a / s + 0.1 * b / h for a, b in zip(soft[i].tolist(), hard, strict=True)]
        z = student[i].tolist()
        lengths = math.sqrt(sum(v * v for v in z)) * math.sqrt(sum(v * v for v in wanted))
        slow += 1 - sum(a * b for a, b in zip(z, wanted, strict=True)) / lengths
    assert float(found) == pytest.approx(slow / 6, rel=1e-6)


def test_a_student_learns_from_refined_static_labels(home):
    dial = {"labels": "static", "loss": "cosine", "refine": 0.1}
    _, final = drain(score(start(2, dial=dial), job(protocol="static", students=1), digits(), teacher=network()))
    assert [one.labels for one in final] == ["refined static", "refined static"]
    assert final[0].budget["label_bytes"] == 2 * 20 * 10


def test_labels_of_a_teacher_in_training_mode_are_those_of_their_batch(home):
    asked = protocol("sre2lpp").with_(parts=2)
    teacher, real = network(), digits()
    found = made(asked, teacher=teacher)
    views = found.records(np.arange(8))
    x = pixels(views, augment_of(found.augment, True, black_of(real)), lesson().images, real)
    judge = labelling(teacher, asked, CPU)
    halves = torch.cat([judge(x[:4]), judge(x[4:])]).detach()
    torch.testing.assert_close(views.logits, halves, atol=5e-3, rtol=2e-3)


@pytest.mark.parametrize("name", [one for one in PROTOCOLS if one.endswith("-stored")])
def test_the_family_that_ships_its_labels_can_be_trained_on_stored_ones(name, home):
    asked = PROTOCOLS[name].with_(epochs=2).settled("convnet", 20, 10)
    assert "made anew" not in asked.source and stored.plan.unfit(asked) is None
    _, trained = drain(train_student(lesson(), asked, digits(), seed=0, student=STUDENT, teacher=network(), device=CPU))
    assert trained.steps == 2 * len(kept_batches(asked, 20, 1))
    assert len(list((home / "cache").glob("labels-*.safetensors"))) == 1


def test_class_after_class_and_sets_that_are_drawn_anew(home):
    """Some classes have a store of their own, by the teacher of these classes; images that never come twice can have none."""
    made_ = start(2, dial={"labels": "stored", "stored": {"epochs": 2}})
    memory = Memory.of(made_, job(protocol="dwa"), digits(), network(), 0)
    for subject in ("distilled", "random"):
        assert 0 <= drain(memory.point(subject, [7, 2, 5], 1))[1] <= 1
    with pytest.raises(BadSetting, match="draws its images anew in every epoch"):
        check(lesson(), protocol(), digits(), network(), steady=False)
