"""Protocols: their values as the sources have them, and their learning rates."""

import math

import pytest

from distill_core.errors import BadSetting
from distill_core.evaluation import PROTOCOLS, find

MATCHING = {"dc", "dc-mnist", "dsa", "dm", "datadam", "mtt", "glad"}
INSTANCE = "auto:norm=instance"
STUDENTS = {  # what a protocol is called for names its student too
    **dict.fromkeys(MATCHING | {"ddranking-hard", "ddranking-hard-compat"}, INSTANCE),
    **dict.fromkeys(("rethinkdc-soft", "rethinkdc-hard", "ddranking-soft", "ddranking-soft-compat"), "resnet18"),
    "challenge-2024": "convnet:width=128,depth=3,norm=instance",
}


def test_every_protocol_says_whose_values_it_has():
    assert {
        "hard",
        "dwa",
        "dwa-as-released",
        "dwa-imagenet",
        "sre2l",
        "sre2l-tiny",
        "dc",
        "dsa",
        "dm",
        "static",
        "real",
    } <= set(PROTOCOLS)
    for name, protocol in PROTOCOLS.items():
        assert protocol.name == name and protocol.title and len(protocol.source) > 10
        assert protocol.student == STUDENTS.get(name, "auto"), "instance norm as the matching papers do on purpose"
        assert protocol.about


def test_dwa_is_the_cifar_column():
    p = PROTOCOLS["dwa"]
    assert (p.epochs, p.batch, p.optimizer, p.lr, p.weight_decay, p.schedule) == (
        400,
        128,
        "adamw",
        1e-3,
        0.01,
        "cosine",
    )
    assert (p.mix, p.mix_alpha, p.labels, p.temperature, p.temperature_squared) == (
        "mixup",
        0.8,
        "teacher",
        30.0,
        False,
    )
    assert p.teacher_mode == "eval" and PROTOCOLS["dwa-as-released"].teacher_mode == "train"
    tiny = PROTOCOLS["sre2l-tiny"]
    assert (tiny.epochs, tiny.batch, tiny.lr, tiny.mix, tiny.temperature_squared) == (100, 256, 0.2, "none", True)


def test_learning_rates():
    step = PROTOCOLS["dc"]
    assert [step.lr_at(e, 10) for e in range(10)] == pytest.approx([0.01] * 6 + [0.001] * 4)
    cosine = PROTOCOLS["dwa"]
    assert cosine.lr_at(0, 400) == 1e-3 and cosine.lr_at(200, 400) == pytest.approx(5e-4)
    half = cosine.with_(schedule="half-cosine")
    assert half.lr_at(200, 400) == pytest.approx(1e-3 * (1 + math.cos(math.pi / 4)) / 2)
    warm = PROTOCOLS["dwa-tiny"]
    assert warm.lr_at(0, 200) == pytest.approx(0.002) and warm.lr_at(5, 200) == pytest.approx(0.2)
    assert warm.lr_at(0, 3) == pytest.approx(0.2), "a run shorter than the warm-up has none"


def test_an_unknown_protocol_gets_the_nearest_name():
    with pytest.raises(BadSetting, match='Did you mean "dwa"'):
        find("dwaa")


def test_batches_by_the_size_of_the_set():
    rded = PROTOCOLS["rded"]
    assert [rded.settled("resnet18", n, 10).batch for n in (10, 100, 500)] == [10, 50, 100]
    assert [rded.settled("resnet18", n, 100).batch for n in (100, 1000, 5000)] == [20, 100, 200]
    assert PROTOCOLS["dwa"].settled("resnet18", 10, 10) is PROTOCOLS["dwa"]


def test_what_is_said_of_a_student_and_a_size_counts_most():
    some = PROTOCOLS["dwa"].with_(lr_of={"resnet18": 0.1, "@10": 0.2, "resnet18@10": 0.3}, batch_of={"vgg11": 7})
    rates = [some.settled(student, n, 10).lr for student in ("resnet18:norm=instance", "vgg11") for n in (10, 100)]
    assert rates == [0.1, 0.3, 1e-3, 0.2]
    assert [some.settled(one, 10, 10).batch for one in ("vgg11", "resnet18")] == [7, 128]
    again = some.settled("resnet18", 100, 10)
    assert again.settled("vgg11", 10, 10) is again, "what is settled stays"


def test_learning_rates_that_fall_late():
    late, smooth = PROTOCOLS["edc"], PROTOCOLS["edc-cifar100"]
    assert [late.lr_at(e, 1000) / 1e-3 for e in (0, 799, 800, 900, 950)] == [1, 1, 0.5, 0.25, 0.125]
    half = 0.1 * 0.5 * (1 + math.cos(math.pi * 0.5 * 5 / 6))
    assert smooth.lr_at(500, 600) == pytest.approx(half) and smooth.lr_at(550, 600) == pytest.approx(half / 2)
    assert smooth.lr_at(599, 600) == pytest.approx(half / 100)


def test_glad_warms_up_over_half_and_falls_over_half():
    glad = PROTOCOLS["glad"]
    assert (glad.epochs, glad.batch, glad.augment, glad.lr, glad.average) == (1000, 256, "dsa", 1e-3, 0.995)
    assert glad.lr_at(0, 1000) == pytest.approx(1e-10) and glad.lr_at(250, 1000) == pytest.approx(5e-4, rel=1e-6)
    assert glad.lr_at(500, 1000) == pytest.approx(1e-3) and glad.lr_at(750, 1000) == pytest.approx(5e-4)
    assert glad.lr_at(999, 1000) < 1e-7 and glad.lr_at(10, 20) == pytest.approx(1e-3), "half of however many"
    assert glad.settled("vgg11:width=8", 10, 10).lr == 1e-4 and glad.settled("resnet18", 10, 10) is glad


def test_the_schedule_of_glad_is_that_of_torch():
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1e-3)
    rise = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1e-7, end_factor=1.0, total_iters=10)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    both = torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[10])
    wanted = []
    for _ in range(20):
        wanted.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        both.step()
    assert [PROTOCOLS["glad"].lr_at(e, 20) for e in range(20)] == pytest.approx(wanted, rel=1e-4, abs=1e-12)
