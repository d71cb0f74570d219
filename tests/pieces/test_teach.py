"""Teachers as things of their own: keys that last, the papers' recipes, and what is refused when one is brought in."""

import json
import math

import pytest
import torch
from safetensors.torch import load_file, save_file

from distill_core import networks
from distill_core.datasets import load
from distill_core.errors import BadRecord, BadSetting
from distill_core.home import ASSETS
from distill_core.job import Job
from distill_core.pieces import teach
from distill_core.pieces.adopt import adopt
from distill_core.pieces.confusion import reordered
from distill_core.pieces.teach import SqueezeRecipe, squeeze
from distill_core.record import teachers
from distill_core.studies import RECIPES, TeacherTraining

SPEC = "convnet:depth=1,norm=batch,width=8"
DATA = "digits:size=8"
CPU = torch.device("cpu")


def drain(stream):
    events = []
    while True:
        try:
            events.append(next(stream))
        except StopIteration as end:
            return events, end.value


@pytest.fixture
def real():
    return load(DATA)


@pytest.fixture
def good(real, tmp_path, home):
    """A teacher that knows something, exported: its file and its card."""
    drain(squeeze(real, SPEC, SqueezeRecipe(epochs=3), CPU))
    path, _ = teachers.export(home, teachers.known(home)[0]["key"], tmp_path / "out" / "mine.safetensors")
    for cached in (home / "cache").glob("teacher-*"):
        cached.unlink()
    return path


def rewritten(path, about=None, tensors=None, drop=()):
    """The same file with another header or other tensors, and no card beside it."""
    said = {k: v for k, v in {**teachers.header(path), **(about or {})}.items() if k not in drop}
    save_file({**load_file(path), **(tensors or {})}, path, metadata={"teacher": json.dumps(said)})
    path.with_suffix(".json").unlink(missing_ok=True)
    return path


# ── recipes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_recipe_that_could_be_said_before_keeps_its_key(real):
    """Frozen from the release before the later fields came: the teachers that ship are found under these."""
    assert teach.teacher_key(real, "convnet:norm=batch,width=64", SqueezeRecipe()) == "a4a059e8ce1d5d8f"
    assert set(SqueezeRecipe().plain()) == {"epochs", "lr", "batch", "weight_decay", "seed"}
    keys = {teach.teacher_key(real, SPEC, SqueezeRecipe(**one))
            for one in ({}, {"momentum": 0.5}, {"schedule": "none"}, {"warmup": 2}, {"augment": "none"})}  # fmt: skip
    assert len(keys) == 5


def test_schedules():
    cosine = SqueezeRecipe(epochs=10, lr=0.1)
    assert [cosine.lr_at(e) for e in (0, 5)] == [0.1, pytest.approx(0.05)]
    assert cosine.lr_at(9) == 0.5 * 0.1 * (1 + math.cos(math.pi * 9 / 10))
    warm = SqueezeRecipe(epochs=50, lr=0.2, warmup=5)
    assert warm.lr_at(0) == pytest.approx(0.002) and warm.lr_at(5) == pytest.approx(0.2)
    assert warm.lr_at(4) < warm.lr_at(5) > warm.lr_at(6)
    assert {SqueezeRecipe(schedule="none", lr=0.05).lr_at(e) for e in range(40)} == {0.05}
    assert SqueezeRecipe(epochs=2, warmup=5).lr_at(0) == 0.1, "a warm-up longer than the training is left out"


def test_the_papers_recipes_are_presets_with_their_source():
    by_title = {one.title: TeacherTraining.build(one.settings).recipe(Job()) for one in RECIPES}
    assert by_title["SRe2L, DWA: CIFAR (paper)"] == SqueezeRecipe(epochs=200)
    tiny = {"lr": 0.2, "weight_decay": 1e-4, "batch": 256, "warmup": 5, "augment": "resized_crop_flip"}
    assert by_title["SRe2L: Tiny-ImageNet (paper)"] == SqueezeRecipe(epochs=50, **tiny)
    assert by_title["DWA: Tiny-ImageNet (paper)"] == SqueezeRecipe(epochs=100, **tiny)
    gvbsm = {"lr": 0.05, "weight_decay": 0.0, "batch": 64, "schedule": "none"}
    assert by_title["G-VBSM: CIFAR-100 (paper)"] == SqueezeRecipe(epochs=50, **gvbsm)
    assert by_title["G-VBSM: CIFAR-10 (paper)"] == SqueezeRecipe(epochs=5, **gvbsm)
    assert by_title["G-VBSM: Tiny-ImageNet (paper)"] == SqueezeRecipe(epochs=50, weight_decay=0.0)
    assert by_title["G-VBSM: CIFAR-10 (paper)"].epochs == 5
    assert all(one.source for one in RECIPES)


def test_the_schedule_and_the_momentum_reach_the_optimizer(real, monkeypatch):
    seen = []
    step = torch.optim.SGD.step

    def watched(self, *args, **more):
        seen.append((self.param_groups[0]["lr"], self.param_groups[0]["momentum"], self.param_groups[0]["nesterov"]))
        return step(self, *args, **more)

    monkeypatch.setattr(torch.optim.SGD, "step", watched)
    recipe = SqueezeRecipe(epochs=2, lr=0.05, batch=500, momentum=0.5, schedule="none", augment="resized_crop_flip")
    drain(squeeze(real, SPEC, recipe, CPU))
    assert seen == [(0.05, 0.5, False)] * (2 * (len(real.train) // 500))


def test_a_loss_that_explodes_is_a_sentence(real):
    with pytest.raises(Exception, match="Lower the teacher's learning rate"):
        drain(squeeze(real, SPEC, SqueezeRecipe(epochs=2, lr=1e30), CPU))


# ── out and in ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_teacher_goes_out_and_comes_back(good, real, home):
    card = json.loads(good.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["classes"] == list(real.classes) and card["spec"] == SPEC and len(card["sha256"]) == 64
    found = adopt(good, real)
    assert found.accuracy == pytest.approx(card["accuracy"]) and found.key != card["key"]
    row = teachers.find(home, found.key[:6])
    assert row["where"] == "imported" and row["accuracy"] == found.accuracy and row["runs"] == []
    weights = load_file(good)
    assert all(torch.equal(t, weights[name]) for name, t in found.network.state_dict().items())


def test_a_run_can_name_an_imported_teacher(good, real):
    found = adopt(good, real)
    _, teacher = drain(squeeze(real, f"{SPEC}@{found.key}", SqueezeRecipe(), CPU))
    assert teacher.key == found.key
    with pytest.raises(BadSetting, match=f"Write {SPEC}@{found.key}"):
        drain(squeeze(real, f"resnet18@{found.key}", SqueezeRecipe(), CPU))
    with pytest.raises(BadRecord, match="neither shipped nor cached"):
        drain(squeeze(real, f"{SPEC}@0000", SqueezeRecipe(), CPU))


def test_the_card_beside_it_speaks_for_a_bare_file(good, real):
    card = good.with_suffix(".json").read_text(encoding="utf-8")
    save_file(load_file(good), good)
    good.with_suffix(".json").write_text(card, encoding="utf-8")
    assert adopt(good, real).spec == SPEC
    good.with_suffix(".json").unlink()
    with pytest.raises(BadRecord, match="does not say its classes and mean and std"):
        adopt(good, real)


def test_another_class_order_is_refused_by_its_header(good, real):
    turned = [*real.classes[1:], real.classes[0]]
    with pytest.raises(BadRecord, match="in another order: class 0 is '1' there and '0' here"):
        adopt(rewritten(good, {"classes": turned}), real)
    with pytest.raises(BadRecord, match="tells 9 classes apart"):
        adopt(rewritten(good, {"classes": list(real.classes[:9])}), real)
    with pytest.raises(BadRecord, match="other classes: class 9 is 'x'"):
        adopt(rewritten(good, {"classes": [*real.classes[:9], "x"]}), real)


def test_another_class_order_is_refused_by_its_answers(good, real, home):
    """The header says the right order, the last layer has another: only asking it tells."""
    weights = load_file(good)
    turned = {name: t.roll(1, 0) for name, t in weights.items() if name.startswith("classifier")}
    assert turned
    with pytest.raises(BadRecord, match=r"no better than chance .* order of its classes"):
        adopt(rewritten(good, tensors=turned), real)
    assert teachers.known(home)[0]["where"] == "shipped", "nothing was kept"


@pytest.mark.parametrize("say", [{}, {"accuracy": None}])
def test_two_swapped_classes_are_found_by_their_confusion(good, real, say):
    """Whatever accuracy the file states, or where it states none."""
    weights = load_file(good)
    order = torch.tensor([0, 1, 2, 5, 4, 3, *range(6, 10)])
    swapped = {name: t[order] for name, t in weights.items() if name.startswith("classifier")}
    with pytest.raises(
        BadRecord, match=r"gets \d.*classes 3 and 5 look swapped: \d+ % of class 3 are called class 5 and \d+ % of"
    ):
        adopt(rewritten(good, say, swapped), real)


def test_random_weights_are_at_chance_and_that_is_said(good, real, home):
    torch.manual_seed(0)
    for scale in (0.0, 0.1, 1.0):
        untrained = {n: torch.randn_like(t) * scale if t.is_floating_point() else t for n, t in load_file(good).items()}
        untrained |= {n: t for n, t in load_file(good).items() if "running" in n}
        with pytest.raises(
            BadRecord, match=r"no better than chance .*It was not trained, or on other classes|reordered|swapped"
        ):
            adopt(rewritten(good, {"accuracy": None}, untrained), real)
    assert teachers.known(home)[0]["where"] == "shipped", "nothing was kept"


@pytest.mark.parametrize(("title", "mean", "std"), [("0, 1", 0.0, 1.0), ("−1, 1", 0.5, 0.5)])
def test_a_teacher_of_other_pixels_whose_header_hides_it_is_named(good, real, title, mean, std):
    """The first layer is turned so that it sees in other pixels what it saw in normalized ones, but for the padding."""
    weights = load_file(good)
    first = next(name for name, t in weights.items() if t.ndim == 4)
    (m,), (s,) = real.mean, real.std
    turned = weights[first] * (std / s)
    shift = weights[first].sum((1, 2, 3)) * ((mean - m) / s)
    bias = first.replace("weight", "bias")
    assert bias in weights
    moved = weights | {first: turned, bias: weights[bias] + shift}
    with pytest.raises(
        BadRecord, match=rf"as they are normalized here, and \d.*with pixels in \[{title}\]: it was trained on"
    ):
        adopt(rewritten(good, {"accuracy": None}, moved), real)


@pytest.mark.parametrize(
    ("say", "says"),
    [
        ({"accuracy": "ninety"}, "the accuracy 'ninety'"),
        ({"accuracy": 99.2}, "from 0 to 1"),
        ({"recipe": [1]}, r"the recipe \[1\]"),
    ],
)
def test_a_header_that_states_no_numbers_is_refused(good, real, say, says):
    with pytest.raises(BadRecord, match=says):
        adopt(rewritten(good, say), real)


def test_a_teacher_that_misses_what_it_states_is_refused(good, real):
    with pytest.raises(BadRecord, match=r"states an accuracy of 99.9%, .* Some of its classes"):
        adopt(rewritten(good, {"accuracy": 0.999}), real)


def test_only_classes_that_trade_names_are_reordered():
    names = ("ant", "bee", "cat", "dog")
    right = torch.diag(torch.tensor([10, 10, 10, 10]))
    assert reordered(right, names) == ""
    weak = torch.tensor([[1, 9, 0, 0], [0, 10, 0, 0], [0, 0, 4, 6], [0, 0, 5, 5]])
    assert reordered(weak, names) == "", (
        "one class that is taken for another, and two that are mixed up, are weaknesses"
    )
    two = right[[1, 0, 2, 3]]
    assert reordered(two, names).startswith(
        "classes 0 and 1 look swapped: 100 % of 'ant' (0) are called 'bee' (1) and 100 %"
    )
    ring = right[[1, 2, 0, 3]]
    assert reordered(ring, names).startswith("3 classes look reordered: 100 % of 'ant' (0) are called 'bee' (1), ")
    constant = torch.tensor([[0, 10, 0, 0]] * 4)
    assert reordered(constant, names) == ""


def test_other_normalization_is_refused(good, real):
    with pytest.raises(BadRecord, match=r"normalizes with std \[0\.5\], but digits:size=8 with"):
        adopt(rewritten(good, {"std": [0.5]}), real)
    with pytest.raises(BadRecord, match="normalizes with mean"):
        adopt(rewritten(good, {"mean": [0.3, 0.3, 0.3]}), real)


def test_tensors_that_do_not_fit_are_refused(good, real):
    first = next(iter(load_file(good)))
    with pytest.raises(BadRecord, match=r"no tensor .*which a resnet18 has"):
        adopt(good, real, "resnet18")
    with pytest.raises(BadRecord, match="with shape"):
        adopt(good, real, "convnet:depth=1,norm=batch,width=16")
    with pytest.raises(BadRecord, match=r"tensors that a .* has not, such as 'extra'"):
        adopt(rewritten(good, tensors={"extra": torch.zeros(1)}), real)
    broken = load_file(good)[first] * float("nan")
    with pytest.raises(BadRecord, match="not finite"):
        adopt(rewritten(good, tensors={first: broken}), real)


class Program:
    """What a pickle can do to who opens it."""

    opened = False

    def __reduce__(self):
        return setattr, (Program, "opened", True)


def test_code_in_a_pickle_is_never_run(tmp_path, real):
    path = tmp_path / "teacher.pt"
    torch.save({"a": torch.zeros(1), "b": Program()}, path)
    with pytest.raises(BadRecord, match="holds more than tensors"):
        adopt(path, real)
    assert not Program.opened
    with pytest.raises(BadRecord, match=r"ends in \.safetensors, \.pt"):
        adopt(path.rename(tmp_path / "teacher.pkl"), real)
    disguised = (tmp_path / "teacher.pkl").rename(tmp_path / "teacher.safetensors")
    with pytest.raises(BadRecord, match="cannot be read"):
        adopt(disguised, real)


def test_a_teacher_with_other_constants_is_not_used(real, home):
    _, teacher = drain(squeeze(real, SPEC, SqueezeRecipe(epochs=1), CPU))
    path = home / "cache" / f"teacher-{teacher.key}.safetensors"
    rewritten(path, {"mean": [0.1]})
    with pytest.raises(BadRecord, match=r"was trained with mean \[0\.1\]"):
        teach.find_teacher(teacher.key, real, CPU)


# ── the list ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_says_who_uses_a_teacher(real, home):
    from distill_core.record.folder import RunFolder
    from distill_core.results import Pictures

    _, teacher = drain(squeeze(real, SPEC, SqueezeRecipe(epochs=1, augment="none"), CPU))
    run = RunFolder.create(home, "some", {}, {"data": DATA})
    images, labels = torch.zeros(2, 1, 8, 8), torch.tensor([0, 1])
    Pictures(images, labels, real.classes, real.mean, real.std, teacher=teacher.key).save(run.path / "set.safetensors")
    (home / "cache" / "teacher-broken.safetensors").write_bytes(b"nothing")
    rows = teachers.known(home)
    assert rows[0]["key"] == teacher.key and rows[0]["runs"] == [run.id] and rows[0]["where"] == "trained"
    assert rows[0]["recipe"]["augment"] == "none" and rows[0]["made"] > 0
    shipped = len(list((ASSETS / "teachers").glob("*.safetensors")))
    assert {row["where"] for row in rows[1:]} == {"shipped"} and len(rows) == 1 + shipped
    with pytest.raises(BadRecord, match="There is no teacher called"):
        teachers.find(home, "zzzz")


def test_deit_is_deit_tiny():
    def count(size, classes):
        network = networks.build("deit", channels=3, size=size, classes=classes, seed=0)
        return sum(p.numel() for p in network.parameters()), network.body.embed.projection.kernel_size

    assert count(224, 1000) == (5_717_416, (16, 16))
    assert count(32, 10)[1] == (4, 4) and count(64, 10)[1] == (8, 8)


def test_a_student_has_no_weights_to_begin_with():
    from distill_core.methods.random import RandomReal
    from distill_core.run import check

    with pytest.raises(BadSetting, match="start from random weights"):
        check(RandomReal(), Job(data=DATA, student="convnet@abc"))
