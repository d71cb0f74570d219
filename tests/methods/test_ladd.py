"""LADD: sub-images and loss as the formula says them, the set that stays, the labels that are stored, what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Generator

from distill_core.errors import BadRecord, BadSetting
from distill_core.evaluation.classroom import Classroom
from distill_core.evaluation.continual import of_classes
from distill_core.evaluation.dense import densely, with_dense
from distill_core.evaluation.exam import Exam, score
from distill_core.evaluation.protocols import find
from distill_core.evaluation.students import train_student
from distill_core.methods.ladd import LabelAugmented
from distill_core.pieces.crops import dense_labels, drawn, sub_images
from distill_core.record import dense as shown
from distill_core.record.folder import RunFolder
from distill_core.results import Dense, Factored, Grid, Pictures, load_result
from distill_core.run import whole
from distill_core.work import sets
from tests.evaluation.classroom import STUDENT, digits, drain, job, network, start

GRIDS = [(16, 1, 0.625), (16, 3, 0.625), (28, 5, 0.625), (8, 4, 0.5), (9, 2, 1.0), (32, 7, 0.3)]


def slow_corners(size: int, n: int, ratio: float) -> list[tuple[int, int]]:
    side = round(ratio * size)
    if n == 1:
        return [((size - side) // 2, (size - side) // 2)]
    stride = (size - side) / (n - 1)
    return [(round(a * stride), round(b * stride)) for a in range(n) for b in range(n)]


def slow_resized(cut: np.ndarray, size: int) -> np.ndarray:
    """(r, r) → (size, size): bilinear between the centers of pixels, in float64, pixel by pixel."""
    side, found = len(cut), np.zeros((size, size))
    for y in range(size):
        for x in range(size):
            at = [max((i + 0.5) * side / size - 0.5, 0.0) for i in (y, x)]
            (top, left), (low, right) = [int(i) for i in at], [min(int(i) + 1, side - 1) for i in at]
            v, h = at[0] - top, at[1] - left
            upper = (1 - h) * cut[top, left] + h * cut[top, right]
            found[y, x] = (1 - v) * upper + v * ((1 - h) * cut[low, left] + h * cut[low, right])
    return found


@pytest.mark.parametrize(("size", "n", "ratio"), GRIDS)
def test_sub_images_are_those_of_the_formula(size, n, ratio):
    grid, images = Grid(n, ratio), torch.rand(2, 1, size, size, generator=Generator().manual_seed(0))
    side, corners = round(ratio * size), slow_corners(size, n, ratio)
    assert [tuple(one) for one in grid.corners(size).tolist()] == corners and grid.cells == n * n
    for k, (top, left) in enumerate(corners):
        found = sub_images(images, torch.full((2,), k), grid)
        for i in range(2):
            cut = images[i, 0, top : top + side, left : left + side].double().numpy()
            assert np.abs(found[i, 0].numpy() - slow_resized(cut, size)).max() < 1e-5


def test_every_image_may_have_a_sub_image_of_its_own():
    images, grid = torch.rand(3, 3, 16, 16), Grid(3, 0.5)
    together = sub_images(images, torch.tensor([8, 0, 4]), grid)
    alone = [sub_images(images[i : i + 1], torch.tensor([k]), grid) for i, k in enumerate((8, 0, 4))]
    assert torch.equal(together, torch.cat(alone))


def test_the_drawn_sub_images_of_an_image_are_different():
    found = drawn(50, 4, Grid(2, 0.5), Generator().manual_seed(1))
    assert found.shape == (4, 50) and all(sorted(one) == [0, 1, 2, 3] for one in found.T.tolist())


def dense_of(result: Pictures, grid: Grid = Grid(3, 0.625), dtype: torch.dtype = torch.float32, **more) -> Dense:  # noqa: B008
    return Dense(dense_labels(network(), digits(), result.images, grid, dtype), grid, **more)


def test_labels_are_the_labelers_softmax_on_each_sub_image():
    result, grid = start(2), Grid(3, 0.625)
    dense = dense_of(result, grid)
    assert dense.labels.shape == (20, 9, 10) and dense.bytes == 20 * 9 * 10 * 4
    labeler, real = network().double(), digits()
    for i, k in ((0, 0), (7, 4), (19, 8)):
        x = sub_images(result.images[i : i + 1].double(), torch.tensor([k]), grid)
        z = labeler(real.normalize(x))[0].detach().numpy()
        wanted = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        assert np.abs(dense.labels[i, k].numpy() - wanted).max() < 1e-5
    right = sum(int(dense.labels[i, k].argmax()) == int(result.labels[i]) for i in range(20) for k in range(9))
    assert dense.agreement(result.labels) == pytest.approx(right / 180)


@pytest.mark.parametrize(("weight", "views"), [(1.0, 1), (0.7, 4)])
def test_the_loss_is_the_formula(weight, views):
    result = start(2)
    result = result.with_(dense=dense_of(result, weight=weight, views=views))
    protocol = with_dense(find("hard").with_(augment="none"), result)
    lesson, rows = result.lesson(0, Generator()), torch.tensor([3, 11, 12, 0])
    room = Classroom(lesson, protocol, digits(), None, torch.device("cpu"))
    student = network(4)
    found = room.loss(student, rows, Generator().manual_seed(5)).item()
    cells, exact, real = drawn(4, views, result.dense.grid, Generator().manual_seed(5)), student.double(), digits()

    def slow(x, wanted):
        z = exact(real.normalize(x[None].double()))[0].detach().numpy()
        return float(-(wanted * (z - z.max() - math.log(np.exp(z - z.max()).sum()))).sum())

    total = 0.0
    for place, i in enumerate(rows.tolist()):
        total += slow(result.images[i], np.eye(10)[int(result.labels[i])]) / 4
        for k in cells[:, place].tolist():
            x = sub_images(result.images[i : i + 1].double(), torch.tensor([k]), result.dense.grid)[0]
            total += weight * slow(x, result.dense.labels[i, k].double().numpy()) / (4 * views)
    assert found == pytest.approx(total, rel=1e-5)


def test_with_weight_0_a_student_is_the_one_without_dense_labels():
    plain, protocol = start(2), find("hard").with_(epochs=4, batch=8)
    augmented = plain.with_(dense=dense_of(plain, weight=0.0))
    students = [
        drain(train_student(one, with_dense(protocol, one), digits(), seed=1, student=STUDENT))[1].network
        for one in (plain, augmented)
    ]
    pairs = zip(*(one.state_dict().values() for one in students), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_mixed_images_have_mixed_labels():
    result = start(2)
    result = result.with_(dense=dense_of(result))
    protocol = with_dense(find("hard").with_(mix="mixup"), result)
    room = Classroom(result.lesson(0, Generator()), protocol, digits(), None, torch.device("cpu"))
    assert math.isfinite(room.loss(network(4), torch.arange(20), Generator().manual_seed(1)).item())


# ── the set and its file ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("dtype", "size"), [(torch.float16, 2), (torch.float32, 4)])
def test_bytes_are_n2_c_b_an_image_and_the_file_keeps_them(tmp_path, dtype, size):
    plain = start(2)
    dense = dense_of(plain, dtype=dtype, labeler="abc", weight=0.5, views=2)
    result = plain.with_(dense=dense)
    assert result.bytes.labels == 20 * 9 * 10 * size and result.bytes.images == plain.bytes.images
    result.save(tmp_path / "a.safetensors")
    back = load_result(tmp_path / "a.safetensors")
    (tmp_path / "a.safetensors").rename(tmp_path / "set.safetensors")
    seen = shown.read(RunFolder(tmp_path), 7)
    assert seen.corners == dense.grid.corners(8).tolist() and seen.side == 5 and seen.count == 20
    assert np.array_equal(seen.labels, dense.labels[:7].float().numpy()), "a page reads the same without an engine"
    assert torch.equal(back.dense.labels, dense.labels) and back.dense.labels.dtype == dtype
    assert back.dense.said() == dense.said() and torch.equal(back.images, plain.images) and back.bytes == result.bytes


@pytest.mark.parametrize("form", ["png", "parquet", "pt"])
def test_other_forms_keep_them_too(tmp_path, form):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    result = start(1)
    result = result.with_(dense=dense_of(result, dtype=torch.float16, labeler="abc"))
    path = sets.write(result, form, tmp_path / ("a.parquet" if form == "parquet" else "a"))
    back = sets.read(path)
    assert torch.equal(back.dense.labels, result.dense.labels) and back.dense.said() == result.dense.said()


def test_a_set_in_two_factors_keeps_its_form():
    naturals = torch.randint(0, 256, (1, 10, 1, 8, 8), dtype=torch.uint8)
    plain = Factored(naturals, torch.zeros(1, 2, 1, 8, 8, dtype=torch.float16), digits().classes, (0.0,), (1.0,))
    grid = Grid(2, 0.5)
    labels = dense_labels(network(), digits(), plain.preview(), grid, torch.float16)
    result = plain.with_(dense=Dense(labels, grid))
    assert result.bytes.images == plain.bytes.images and result.bytes.labels == 30 * 4 * 10 * 2
    assert result.lesson(0, Generator()).dense is result.dense
    assert Pictures.of(result).dense is result.dense


def test_of_some_classes_the_shares_among_them_are_left():
    result = start(1)
    lesson = result.with_(dense=dense_of(result)).lesson(0, Generator())
    some = of_classes(lesson, classes=[7, 2])
    whole = lesson.dense.labels[[2, 7]][..., [7, 2]]
    assert torch.allclose(some.dense.labels, whole / whole.sum(2, keepdim=True)) and some.labels.tolist() == [1, 0]


# ── scores ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def augmented(**settings):
    return LabelAugmented.build({"squeeze": {"epochs": 1}, "dense": {"across": 3, **settings}})


def test_a_run_of_its_own_keeps_the_set_and_names_it(home):
    made = job(students=0, teacher=STUDENT, ipc=2)
    folder = RunFolder.create(home, "random", {}, made.model_dump(mode="json"), name="given")
    given = start(2)
    given.save(folder.path / "set.safetensors")
    method = LabelAugmented.build({"run": folder.id, "squeeze": {"epochs": 1}, "dense": {"across": 2}})
    events, result = drain(whole(method, made))
    assert torch.equal(result.images, given.images) and torch.equal(result.labels, given.labels)
    assert result.about["set_of"] == folder.id and result.dense.labels.shape == (20, 4, 10)
    said = {event.name: event.values for event in events if event.kind == "parts"}
    assert set(said["dense-true"]) == {"1,1", "1,2", "2,1", "2,2"} and set(said) == {"dense-true", "dense-entropy"}
    [agreement] = [e.values["dense-agreement"] for e in events if e.kind == "scalars" and "dense-agreement" in e.values]
    assert agreement == pytest.approx(result.dense.agreement(result.labels))


def test_the_control_has_labels_of_the_same_labeler(home):
    asked = job(students=1, teacher=STUDENT, ipc=1)
    events, result = drain(whole(augmented(), asked))
    exam = Exam.of(result, asked, digits(), None)
    assert [(one.subject, one.protocol.labels_said) for one in exam.sittings] == [
        ("distilled", "hard + dense"),
        ("random", "hard + dense"),
    ]
    seen = exam.control(0).lesson(0, Generator())
    assert torch.equal(seen.dense.labels, result.dense.labels), "the first draw is what the method starts from"
    other = exam.control(1).lesson(0, Generator())
    assert other.dense.labels.shape == result.dense.labels.shape and not torch.equal(other.images, seen.images)
    scores = {e.subject: e for e in events if e.kind == "scored"}
    assert scores["distilled"].accuracy == scores["random"].accuracy
    assert all(scores[who].budget["label_bytes"] == result.dense.bytes for who in ("distilled", "random"))


def test_a_control_with_other_dense_labels_is_another_student(home):
    asked = job(students=1, teacher=STUDENT, ipc=1)
    drain(whole(augmented(), asked))
    before = len(list((home / "cache").glob("control-*.json")))
    drain(whole(augmented(ratio=0.75), asked))
    assert len(list((home / "cache").glob("control-*.json"))) == before + 1


def test_without_its_labeler_the_control_stands_beside_hard_labels(home):
    result = start(1)
    result = result.with_(dense=dense_of(result, labeler="0123456789abcdef"))
    events, _ = drain(score(result, job(students=1), digits()))
    found = [(e.subject, e.labels) for e in events if e.kind == "scored" and e.subject != "real"]
    assert found == [("distilled", "hard"), ("random", "hard"), ("distilled", "hard + dense")]
    assert any("not at hand" in e.text for e in events if e.kind == "note")


def test_a_labeler_that_disagrees_with_most_labels_is_a_warning(home):
    events, result = drain(augmented(ratio=0.5).distill(job(students=0, teacher=STUDENT)))
    assert result.dense.agreement(result.labels) < 0.5, "one epoch teaches it nothing of parts"
    [note] = [e for e in events if e.kind == "note" and e.level == "warning"]
    assert "disagrees with most labels" in note.text


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("settings", [{"across": 0}, {"across": 17}, {"ratio": 0.0}, {"ratio": 1.1}, {"views": 0}])
def test_numbers_out_of_range_are_refused(settings):
    with pytest.raises(BadSetting):
        augmented(**settings)


def test_sub_images_of_less_than_four_pixels_are_refused():
    assert "ratio=0.3 makes sub-images of 2×2 pixels" in augmented(ratio=0.3).why_not(job(data="digits:size=8"))
    with pytest.raises(BadSetting, match=r"0\.5 or more"):
        Grid(2, 0.3).fitting(8)
    assert augmented(ratio=0.5).why_not(job()) is None


def test_more_views_than_sub_images_are_refused_and_twins_are_said():
    assert "Lower views to 9" in augmented(views=10).why_not(job())
    assert "across=4 stores each once" in augmented(across=6).caution(job())
    assert augmented(across=4).caution(job()) is None


def given(home, result, **more):
    made = job(students=0, teacher=STUDENT, ipc=2)
    folder = RunFolder.create(home, "random", {}, {**made.model_dump(mode="json"), **more})
    if result is not None:
        result.save(folder.path / "set.safetensors")
    return LabelAugmented.build({"run": folder.id, "squeeze": {"epochs": 1}}), made


def test_runs_that_cannot_be_taken_say_why(home):
    asked = job(ipc=2)
    assert "There is no run called" in LabelAugmented.build({"run": "nothing"}).why_not(asked)
    method, made = given(home, None)
    assert "no synthetic set yet" in method.why_not(made)
    method, made = given(home, start(2))
    assert method.why_not(made) is None
    assert "Choose ipc=2" in method.why_not(made.model_copy(update={"ipc": 3}))
    assert "Choose data=digits:size=8" in method.why_not(made.model_copy(update={"data": "digits"}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"classes": tuple("abcdefghij")}, "has the classes"),
        ({"mean": (0.1,)}, "a labeler would see other images"),
        ({"labels": torch.arange(20) % 9}, "has no image of"),
    ],
)
def test_sets_that_do_not_fit_are_refused(home, changes, said):
    method, made = given(home, start(2).with_(**changes))
    with pytest.raises(BadRecord, match=said):
        drain(method.distill(made))


def test_a_labeler_of_other_normalization_is_refused(home, monkeypatch):
    method = augmented()
    _, first = drain(method.distill(job(students=0, teacher=STUDENT)))
    real = replace(digits(), mean=(0.9,))
    from distill_core.pieces.ensemble import find_teachers

    with pytest.raises(BadRecord, match="was trained with mean"):
        find_teachers(first.dense.labeler, real, torch.device("cpu"))


def test_labels_that_fit_no_image_are_refused():
    with pytest.raises(BadRecord, match="Dense labels"):
        Dense(torch.zeros(2, 8, 10), Grid(3, 0.5))
    with pytest.raises(BadRecord, match="dense labels"):
        start(1).with_(dense=Dense(torch.zeros(3, 9, 10), Grid(3, 0.5)))
    lesson = start(1).with_(dense=dense_of(start(1))).lesson(0, Generator())
    assert len(lesson.dense) == 10 and densely(lesson, lesson.dense, network(), digits()).steady
