"""Every published protocol against a table of what its authors' code does, written from that code and from the specification.

Where each value was read: DWA (AngusDujw/Diversity-Driven-Synthesis, `validation/`, `scripts/`), SRe2L and CDA (VILA-Lab/SRe2L),
SRe2L++ (Jiacheng8/CV-DD, `validate/train_fkd.py`), RDED (LINs-lab/RDED, `argument.py`), G-VBSM
(shaoshitong/G_VBSM_Dataset_Condensation, `Branch_*/train`), EDC (shaoshitong/EDC, `Branch_*/train`), DC, DSA and DM
(VICO-UoE/DatasetCondensation, `utils.py`), MTT (GeorgeCazenavette/mtt-distillation), GLaD and H-PD (their `utils.py`), INFER
(zhangxin-xd/UFC), RethinkDC (PyPI rethinkdc 0.3.2, `dc_config/`), the ECCV 2024 challenge (its `evaluate.py`), DD-Ranking (PyPI
ddranking 0.2.0, `metrics/`, and the evaluation files named in `methods/evaluation.md` B.5). `get_parameters` in the SRe2L family gives weight decay to what has two dimensions or more.
"""

from __future__ import annotations

import pytest

from distill_core.errors import BadSetting
from distill_core.evaluation import PROTOCOLS

# What a recipe does not speak of. A field that a protocol sets and its row does not name fails.
SILENT = {
    "momentum": 0.9, "schedule_of": {}, "warmup": 0, "warmup_share": 0.0, "warmup_from": 0.01, "lr_of": {}, "batch_of": {},
    "batch_rule": "fixed", "parts": 1, "pixels": "none", "augment": "none", "mix": "none", "mix_alpha": 0.8,
    "labels": "hard", "loss": "kl", "hard_weight": 0.0, "hard_classes": "mixed", "temperature": 1.0, "temperature_squared": False,
    "labels_mixed": "logits", "epochs_shared": False,
    "stored": {"epochs": 0, "kept": 1.0, "unit": "epoch", "walk": "turn", "top": 0, "rest": "spread"},
    "hard_from": 1.0, "hard_until": 1.0, "refine": 0.0, "smoothing": 0.1, "dense_weight": 0.0, "dense_views": 1,
    "teacher_mode": "eval", "average": 0.0, "average_each": "update", "average_ramp": False, "learned_lr": False, "student": "auto",
    "lr_grid": (), "choice": "validation", "look_every": 0,
}  # fmt: skip
CROPS, MILD = "resized_crop_flip:low=0.08", "resized_crop_flip:low=0.5"


def adamw(lr, weight_decay, decay):
    return {"optimizer": "adamw", "lr": lr, "weight_decay": weight_decay, "decay": decay}


def sgd(lr, momentum, weight_decay, decay):
    return {"optimizer": "sgd", "lr": lr, "momentum": momentum, "weight_decay": weight_decay, "decay": decay}


def run(epochs, batch, schedule):
    return {"epochs": epochs, "batch": batch, "schedule": schedule}


def taught(mix, alpha, temperature, mode="eval"):
    mixing = {"mix": mix} if mix == "none" else {"mix": mix, "mix_alpha": alpha}
    return {"labels": "teacher", "temperature": temperature, "teacher_mode": mode, **mixing}


ALL, MATRICES = adamw(1e-3, 0.01, "all"), adamw(1e-3, 0.01, "matrices")
CIFAR = {**ALL, **run(400, 128, "cosine"), "augment": "crop_flip"}
TINY = {**sgd(0.2, 0.9, 1e-4, "all"), "schedule": "cosine", "warmup": 5, "augment": CROPS, "temperature_squared": True}
LARGE = {**MATRICES, "augment": CROPS, **taught("cutmix", 1.0, 20.0)}
PLUS = {**MATRICES, "augment": CROPS, "parts": 2, **taught("cutmix", 1.0, 20.0, "train")}
MOSAIC = {
    **MATRICES, **taught("cutmix", 1.0, 20.0), "augment": "tiles:side=1", "schedule": "half-cosine", "epochs": 300,
    "lr_of": {"vgg11": 5e-4, "efficientnetb0": 2e-3, "mobilenetv2": 2.5e-3, "alexnet": 1e-4, "vit": 1e-4},
}  # fmt: skip
MEAN = {"labels": "teacher", "loss": "mse", "mix": "cutmix", "mix_alpha": 1.0}
EDC = {**MEAN, "hard_weight": 0.025, "average": 0.99}
GRID = {"lr_grid": (0.001, 0.005, 0.01, 0.05, 0.1)}
VICO = {**sgd(0.01, 0.9, 5e-4, "all"), "batch": 256, "schedule": "step", "student": "auto:norm=instance"}

PUBLISHED = {
    "dwa": {**CIFAR, **taught("mixup", 0.8, 30.0)},
    "dwa-as-released": {**CIFAR, **taught("mixup", 0.8, 30.0, "train")},
    "dwa-tiny": {**TINY, "epochs": 200, "batch": 64, **taught("cutmix", 1.0, 20.0)},
    "dwa-imagenet": {**LARGE, **run(300, 128, "cosine")},
    "sre2l": {**CIFAR, **taught("mixup", 0.8, 30.0)},
    "sre2l-as-released": {**CIFAR, **taught("mixup", 0.8, 30.0, "train")},
    "sre2l-tiny": {**TINY, "epochs": 100, "batch": 256, **taught("none", 0, 20.0)},
    "sre2l-imagenet": {**LARGE, **run(300, 1024, "cosine")},
    "cda-imagenet": {**LARGE, **run(300, 128, "cosine")},
    "sre2lpp": {**PLUS, **run(300, 16, "cosine"), "lr_of": {"resnet101": 5e-4}},
    "sre2lpp-cifar100": {
        **PLUS, **run(300, 16, "cosine"), "lr_of": {"resnet101": 5e-4},
        "schedule_of": {"@10": "half-cosine", "resnet101": "cosine"},
    },
    "sre2lpp-tiny": {
        **PLUS, **run(300, 16, "half-cosine"), "lr_of": {"resnet101": 5e-4},
        "schedule_of": {"@10": "cosine", "resnet50": "cosine", "resnet101": "half-cosine"},
    },
    "sre2lpp-imagenet": {
        **PLUS, **run(300, 16, "half-cosine"), "lr_of": {"resnet101@50": 5e-4},
        "schedule_of": {"@50": "cosine", "resnet101": "half-cosine"},
    },
    "rded": {**MOSAIC, "batch_rule": "rded"},
    "rded-cifar100-convnet": {**MOSAIC, "batch": 25, "lr": 2e-3, "lr_of": {}},
    "rded-tiny": {**MOSAIC, "batch": 100},
    "rded-mosaic": {**MOSAIC, "batch_rule": "rded", "augment": "tiles:side=2"},
    "gvbsm": {**MEAN, **adamw(1e-3, 0.0, "matrices"), **run(1000, 100, "cosine"), "augment": CROPS, "hard_weight": 0.15},
    "gvbsm-cifar100": {
        **MEAN, **sgd(0.1, 0.9, 5e-4, "matrices"), **run(1000, 64, "cosine"), "augment": CROPS, "hard_weight": 0.15,
    },
    "gvbsm-tiny": {
        **MEAN, **sgd(0.1, 0.9, 5e-4, "matrices"), **run(100, 100, "cosine"), "augment": CROPS, "hard_weight": 0.1, "parts": 2,
    },
    "gvbsm-imagenet": {**MEAN, **MATRICES, **run(300, 1024, "cosine"), "augment": CROPS, "hard_weight": 0.1},
    "edc": {**EDC, **MATRICES, **run(1000, 10, "late-steps"), "augment": CROPS, "pixels": "randaugment"},
    "edc-cifar100": {
        **EDC, **sgd(0.1, 0.875, 5e-4, "matrices"), **run(1000, 50, "smoothed"), "augment": MILD, "pixels": "randaugment",
    },
    "edc-tiny": {
        **EDC, **sgd(0.1, 0.875, 5e-4, "matrices"), **run(1000, 100, "half-cosine"), "augment": MILD, "pixels": "randaugment",
    },
    "edc-imagenet": {**EDC, **MATRICES, **run(300, 100, "half-cosine"), "augment": "tiles:side=2"},
    "dc": {**VICO, "epochs": 300},
    "dc-mnist": {**VICO, "epochs": 1000, "augment": "one_of:crop=4,scale=0.2,rotate=45"},
    "dsa": {**VICO, "epochs": 1000, "augment": "dsa"},
    "dm": {**VICO, "epochs": 1000, "augment": "dsa"},
    "datadam": {**VICO, "epochs": 1800, "batch": 64, "augment": "dsa"},
    "mtt": {**VICO, "epochs": 1000, "augment": "dsa", "learned_lr": True},
    "glad": {
        **VICO, "lr": 1e-3, "lr_of": {"vgg11": 1e-4}, "epochs": 1000, "schedule": "cosine", "warmup_share": 0.5,
        "warmup_from": 1e-7, "augment": "dsa", "average": 0.995, "average_each": "epoch", "average_ramp": True,
    },
    "static": {**CIFAR, "batch": 64, "mix": "mixup", "mix_alpha": 0.8, "labels": "static", "temperature": 30.0},
    "infer": {**CIFAR, "batch": 64, "mix": "mixup", "mix_alpha": 0.8, "labels": "static", "temperature": 30.0},
    "infer-dynamic": {**CIFAR, "batch": 64, **taught("mixup", 0.8, 30.0), "epochs_shared": True},
    "rethinkdc-soft": {**LARGE, **run(300, 128, "cosine"), "student": "resnet18"},
    "rethinkdc-hard": {**MATRICES, "augment": CROPS, "mix_alpha": 1.0, **run(300, 128, "cosine"), "student": "resnet18"},
    "challenge-2024": {**VICO, "epochs": 1000, "augment": "dsa", "student": "convnet:width=128,depth=3,norm=instance"},
    "ddranking-hard": {**VICO, "epochs": 1000, "augment": "dsa", "learned_lr": True, **GRID, "look_every": 10},
    "ddranking-soft": {
        **CIFAR, **run(400, 256, "half-cosine"), **taught("mixup", 0.8, 30.0), **GRID, "look_every": 20,
        "student": "resnet18",
    },
}  # fmt: skip
for name in [one for one in PUBLISHED if one.startswith(("gvbsm", "edc"))]:
    PUBLISHED[f"{name}-as-released"] = {**PUBLISHED[name], "hard_classes": "own"}
for name in [
    one
    for one in PUBLISHED
    if one.startswith(("sre2lpp", "gvbsm")) or one in ("sre2l-imagenet", "cda-imagenet", "edc-imagenet")
]:
    if not name.endswith("as-released"):  # whose code stores its labels: dwa.md 6.2
        PUBLISHED[f"{name}-stored"] = {**PUBLISHED[name], "labels": "stored"}
for name in ("ddranking-hard", "ddranking-soft"):
    PUBLISHED[f"{name}-compat"] = {**PUBLISHED[name], "choice": "test"}
OURS = {"hard", "real", "regimes", "infer-unmixed", "infer-probabilities"}
UNUSED = {"adamw": {"momentum"}, "sgd": set()}  # what an optimizer has no use for


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_has_the_published_values(name):
    if name in OURS:
        assert PROTOCOLS[name].source.startswith("Ours")
        return
    row = {**SILENT, **PUBLISHED[name]}
    said = PROTOCOLS[name].model_dump(exclude={"name", "title", "about", "source"})
    free = UNUSED[said["optimizer"]] | ({"mix_alpha"} if said["mix"] == "none" else set())
    free |= {"batch"} if said["batch_rule"] == "rded" else set()
    wrong = {
        field: (value, row.get(field)) for field, value in said.items() if field not in free and value != row.get(field)
    }
    assert not wrong, f"{name}: ours, published"
    assert any(word in PROTOCOLS[name].source for word in ("DWA", "SRe2L", "CDA", "RDED", "G-VBSM", "EDC", "DC", "DSA", "DataDAM", "MTT", "GLaD", "INFER", "rethinkdc", "ECCV", "DD-Ranking"))  # fmt: skip


def test_the_table_names_no_protocol_that_is_not_there():
    assert set(PUBLISHED) | OURS == set(PROTOCOLS)


# dwa.md 6.4: updates of a student, per data set and images per class; IN-1K counted with 1,000 classes.
UPDATES = [
    ("dwa", "resnet18", 10, 10, 400), ("dwa", "resnet18", 10, 50, 1_600), ("dwa", "resnet18", 100, 10, 3_200),
    ("dwa", "resnet18", 100, 50, 16_000), ("dwa-tiny", "resnet18", 200, 50, 31_400), ("sre2l-tiny", "resnet18", 200, 50, 4_000),
    ("dwa-imagenet", "resnet18", 1000, 10, 23_700), ("sre2l-imagenet", "resnet18", 1000, 10, 3_000),
    ("rded", "resnet18", 10, 10, 600), ("rded", "resnet18", 10, 50, 1_500), ("rded", "resnet18", 100, 10, 3_000),
    ("rded", "resnet18", 100, 50, 7_500), ("rded-tiny", "resnet18", 200, 50, 30_000), ("rded", "resnet18", 1000, 10, 30_000),
    ("sre2lpp", "resnet18", 10, 10, 2_100), ("sre2lpp", "resnet18", 10, 50, 9_600), ("sre2lpp-cifar100", "resnet18", 100, 10, 18_900),
    ("sre2lpp-cifar100", "resnet18", 100, 50, 93_900), ("sre2lpp-tiny", "resnet18", 200, 50, 187_500),
    ("sre2lpp-imagenet", "resnet18", 1000, 10, 187_500),
    ("gvbsm", "resnet18", 10, 10, 1_000), ("gvbsm", "resnet18", 10, 50, 5_000), ("gvbsm-cifar100", "convnet", 100, 10, 16_000),
    ("gvbsm-cifar100", "convnet", 100, 50, 79_000), ("gvbsm-tiny", "resnet18", 200, 50, 10_000),
    ("gvbsm-imagenet", "resnet18", 1000, 10, 3_000),
    ("edc", "resnet18", 10, 10, 10_000), ("edc", "resnet18", 10, 50, 50_000), ("edc-cifar100", "resnet18", 100, 10, 20_000),
    ("edc-cifar100", "resnet18", 100, 50, 100_000), ("edc-tiny", "resnet18", 200, 50, 100_000),
    ("edc-imagenet", "resnet18", 1000, 10, 30_000),
]  # fmt: skip


@pytest.mark.parametrize(("name", "student", "classes", "ipc", "updates"), UPDATES)
def test_a_student_takes_the_published_number_of_updates(name, student, classes, ipc, updates):
    settled = PROTOCOLS[name].settled(student, classes * ipc, classes)
    assert settled.epochs * -(-classes * ipc // settled.batch) == updates


# CV-DD, `validate/train_fkd.py`: learning rate and η of (data set, student, images per class); η = 2 ends at half.
PLUS_RATES = [
    ("sre2lpp", "resnet18", 1e-3, {1: 1, 10: 1, 50: 1}), ("sre2lpp", "resnet50", 1e-3, {1: 1, 10: 1, 50: 1}),
    ("sre2lpp", "resnet101", 5e-4, {1: 1, 10: 1, 50: 1}),
    ("sre2lpp-cifar100", "resnet18", 1e-3, {1: 1, 10: 2, 50: 1}), ("sre2lpp-cifar100", "resnet50", 1e-3, {1: 1, 10: 2, 50: 1}),
    ("sre2lpp-cifar100", "resnet101", 5e-4, {1: 1, 10: 1, 50: 1}),
    ("sre2lpp-tiny", "resnet18", 1e-3, {1: 2, 10: 1, 50: 2}), ("sre2lpp-tiny", "resnet50", 1e-3, {1: 1, 10: 1, 50: 1}),
    ("sre2lpp-tiny", "resnet101", 5e-4, {1: 2, 10: 2, 50: 2}),
    ("sre2lpp-imagenet", "resnet18", 1e-3, {1: 2, 10: 2, 50: 1}), ("sre2lpp-imagenet", "resnet50", 1e-3, {1: 2, 10: 2, 50: 1}),
    ("sre2lpp-imagenet", "resnet101", 1e-3, {1: 2, 10: 2}), ("sre2lpp-imagenet", "resnet101", 5e-4, {50: 2}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "student", "lr", "etas"), PLUS_RATES)
def test_the_rates_of_sre2lpp_are_those_of_student_and_size(name, student, lr, etas):
    for ipc, eta in etas.items():
        settled = PROTOCOLS[name].settled(student, 100 * ipc, 100)
        assert settled.lr == lr and settled.schedule == {1: "cosine", 2: "half-cosine"}[eta]


# RDED, `argument.py`: AdamW's rate by student.
@pytest.mark.parametrize(
    ("student", "lr"),
    [("resnet18", 1e-3), ("resnet50", 1e-3), ("convnet:norm=batch", 1e-3), ("vgg11", 5e-4), ("efficientnetb0", 2e-3),
     ("mobilenetv2", 2.5e-3), ("alexnet", 1e-4), ("vit:depth=12", 1e-4)],
)  # fmt: skip
@pytest.mark.parametrize("name", ["rded", "rded-tiny", "rded-mosaic"])
def test_the_rates_of_rded_are_the_students(name, student, lr):
    assert PROTOCOLS[name].settled(student, 100, 10).lr == lr


def test_what_belongs_to_an_optimizer_is_not_taken_over_from_another():
    adam, plain = PROTOCOLS["dwa"], PROTOCOLS["dc"]
    with pytest.raises(BadSetting, match="Give lr and weight_decay and momentum"):
        adam.with_(optimizer="sgd")
    with pytest.raises(BadSetting, match="its momentum would"):
        adam.with_(optimizer="sgd", lr=0.1, weight_decay=5e-4)
    assert adam.with_(optimizer="sgd", lr=0.1, weight_decay=5e-4, momentum=0.9).weight_decay == 5e-4
    with pytest.raises(BadSetting, match="weight_decay"):
        plain.with_(optimizer="adamw", lr=1e-3)
    assert plain.with_(optimizer="adamw", lr=1e-3, weight_decay=0.01).lr == 1e-3
    with pytest.raises(BadSetting, match="lr_of"):
        PROTOCOLS["rded"].with_(optimizer="sgd", lr=0.1, weight_decay=0.0, momentum=0.9)
    assert adam.with_(optimizer="adamw", epochs=3).epochs == 3
