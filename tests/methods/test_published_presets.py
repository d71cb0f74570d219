"""Every preset that is named after a paper against a table of what its authors' code does, by data set.

Read in the repositories that `tests/evaluation/test_published.py` names (`scripts/`, `recover/`, `squeeze/`, readmes), in DC-BENCH
for MTT's authors' settings, and in the specifications. A preset has to set, or leave at a default, all that its row says, and may
set nothing that its row does not say. Where MTT's experts stop giving starts is held in `test_mtt.py`.
"""

from __future__ import annotations

import pytest

from distill_core.fields import flat
from distill_core.methods import registry
from distill_core.networks import resolve
from distill_core.part import settings_of
from distill_core.pieces.teach import RECIPES, SqueezeRecipe

R18 = {"teacher": "resnet18", "student": "resnet18"}
LARGE = {"teacher": "resnet18:stem=torchvision@torchvision", "student": "resnet18:stem=torchvision"}
CONVNET = {"teacher": "convnet:norm=instance,width=128", "student": "convnet:norm=instance,width=128"}
DEEP = {**{name: f"{spec},depth=5" for name, spec in CONVNET.items()}, "protocol": "glad", "students": 5}

CIFAR_TEACHER = {"squeeze.recipe": "cifar", "squeeze.epochs": 200}
BN = "recover.statistics."
# mansheej/data_diet and haizhongzheng/Coverage-centric-coreset-selection (readmes, `core/data/Coreset.py`), mtoneva/example_forgetting
WATCHED, LONG = {"data": "cifar10", "teacher": "resnet18"}, {"dynamics.epochs": 200, "dynamics.recipe": "cifar"}


def weights(mean, variance=None):
    return {
        f"{BN}mean_weight": mean,
        f"{BN}variance_weight": mean if variance is None else variance,
        f"{BN}first_layer": 10.0,
    }


def view(kind, pixels, of, low=None):
    said = {"recover.view": kind, "recover.view.jitter": pixels / of}
    return said | ({} if low is None else {"recover.view.low": low})


def inverted(iterations, lr, block=100):
    return {"recover.iterations": iterations, "recover.lr_img": lr, "recover.batches.class_block": block}


def directed(steps):
    return {
        "recover.adjustment": "directed",
        "recover.adjustment.reach.rho": 0.015,
        "recover.adjustment.ascent_steps": steps,
    }


SRE2L_CIFAR = {**inverted(1000, 0.25), **weights(0.01), **view("roll", 4, 32), **CIFAR_TEACHER, "start": "noise"}
DWA_CIFAR = {
    **inverted(1000, 0.25),
    **weights(0.01, 0.11),
    **view("roll", 4, 32),
    **CIFAR_TEACHER,
    **directed(12),
    "start": "real",
}
PLUS = {**inverted(4000, 0.25), **weights(0.01), "start": "patches", "start.patches": "medium"}
RDED = {"recover": "none", "start": "patches", "start.patches": "easiest", "start.pool": 300, "start.crops": 5}

FIVE = "resnet18+convnet:norm=instance,width=128+mobilenetv2+wrn:depth=16,width=2+shufflenet:width=0.5"
EIGHT = f"{FIVE}+convnet:depth=1,norm=instance+convnet:depth=2,norm=instance+convnet:norm=instance,width=32"
TORCHVISION = [
    f"{spec}@torchvision"
    for spec in (
        "resnet18:stem=torchvision", "mobilenetv2:stem=torchvision", "efficientnetb0:stem=torchvision",
        "shufflenet:stem=torchvision,width=0.5", "alexnet:stem=torchvision",
    )
]  # fmt: skip
EVERYWHERE = {BN[:-1]: "everywhere", f"{BN}memory": 0.8, f"{BN}convolutions": True, f"{BN}first_layer": 10.0}


def several(networks, recipe, epochs, images=100, by=""):
    said = {"squeeze": "several", "squeeze.backbones": networks, "squeeze.by": by, "recover.batches.images": images}
    return said | ({"squeeze.recipe": recipe, "squeeze.epochs": epochs} if recipe else {})


def gvbsm(lr, r_loss=0.01, under="crop_flip"):
    spectrum = {"recover.spectrum": "flat", "recover.spectrum.weight": 1.0}
    return {
        **EVERYWHERE, **weights(r_loss), "recover.iterations": 4000, "recover.lr_img": lr, f"{BN}drop": 0.4, f"{BN}class_share": 0.0,
        f"{BN}measured_under": under, "start": "noise", **spectrum,
    }  # fmt: skip


def edc(iterations, r_loss, low, start, under="crop_flip"):
    return {
        **EVERYWHERE, **weights(r_loss), "recover.iterations": iterations, "recover.lr_img": 0.05, f"{BN}drop": 0.0,
        f"{BN}class_share": 0.5, f"{BN}measured_under": under, "recover.view": "crop", "recover.view.low": low, "recover.view.jitter": 0.0,
        "recover.spectrum": "free", "start": start,
    }  # fmt: skip


def infer(iterations, alpha, networks):
    return {
        "squeeze.backbones": "+".join(networks), "squeeze.by": "", "compensators": "per_teacher", "compensators.iterations": iterations,
        "compensators.lr": 0.25, "compensators.alpha": alpha, "compensators.first_layer": 10.0, "mean_of": "logits", "labels": "static",
        "labels.protocol": "infer",
    }  # fmt: skip


# zhangxin-xd/UFC: README and scripts; the teachers' recipe is that of the repository that it names.
INFER_CIFAR = {
    **infer(1000, 1.0, ["resnet18", "mobilenetv2", "efficientnetb0", "shufflenetv1"]), **CIFAR_TEACHER,
    "compensators.view": "roll", "compensators.view.jitter": 4 / 32,
}  # fmt: skip
VICO = {"objective.batch_real": 256, "space.momentum": 0.5}
DATADAM = {
    "objective.batch_real": 64, "space.momentum": 0.5, "space.iterations": 8000, "space.lr_img": 1.0, "space.start": "real",
    "objective.power": 4.0, "objective.mean_weight": 0.01, "objective.view": "siamese",
}  # fmt: skip
MTT = {
    "objective.experts": 100, "objective.train_epochs": 50, "objective.batch_expert": 256, "space.iterations": 5000, "space.start": "real",
}  # fmt: skip


def mtt(steps, epochs, lr_img, lr_lr, first):
    said = {"objective.inner_steps": steps, "objective.expert_epochs": epochs, "space.lr_img": lr_img}
    return {**MTT, **said, "objective.lr_lr": lr_lr, "objective.first_lr": first}


def inside(kind, lr_f, lr_w, **more):
    return {
        "objective": kind,
        "space.prior": "stylegan-xl",  # at 128 pixels, the user's own file
        "space.lr_f": lr_f,
        "space.lr_w": lr_w,
        **{name.replace("__", "."): v for name, v in more.items()},
    }


EXPERTS = {
    "objective__inner_steps": 20, "objective__expert_epochs": 3, "objective__train_epochs": 15, "objective__experts": 100,
    "objective__batch_expert": 256, "objective__lr_lr": 1e-6, "objective__first_lr": 0.01,
}  # fmt: skip

# (method, title): what it asks of the job, what it sets.
PUBLISHED = {
    ("sre2l", "CIFAR-100 (paper)"): ({"data": "cifar100", **R18}, SRE2L_CIFAR),
    ("sre2l", "Tiny-ImageNet recipe (paper)"): (
        {**R18, "protocol": "sre2l-tiny"},
        {**inverted(4000, 0.1), **weights(1.0), **view("crop_centered", 4, 64, 0.08), "squeeze.recipe": "tiny",
         "squeeze.epochs": 50, "start": "noise"},
    ),
    ("sre2l", "ImageNet-1K recipe (paper)"): (
        {**LARGE, "protocol": "sre2l-imagenet"},
        {**inverted(4000, 0.25), **weights(0.01), **view("crop", 32, 224, 0.08), "start": "noise"},
    ),
    ("cda", "Tiny-ImageNet recipe (paper; students as SRe2L's)"): (
        {**R18, "protocol": "sre2l-tiny"},
        {**inverted(4000, 0.4), **weights(0.05), **view("curriculum", 4, 64, 0.08), "recover.view.milestone": 1.0,
         "recover.view.shape": "cosine", "squeeze.recipe": "tiny", "squeeze.epochs": 50, "start": "noise"},
    ),
    ("cda", "ImageNet-1K recipe (paper)"): (
        {**LARGE, "protocol": "cda-imagenet"},
        {**inverted(4000, 0.25), **weights(0.01), **view("curriculum", 32, 224, 0.08), "recover.view.milestone": 1.0,
         "recover.view.shape": "cosine", "start": "noise"},
    ),
    ("dwa", "Quick, a shift that is felt"): ({}, {"recover.adjustment.reach": "rise", "recover.adjustment.reach.rise": 1.5}),
    ("dwa", "CIFAR-10 (paper)"): ({"data": "cifar10", **R18}, DWA_CIFAR),
    ("dwa", "CIFAR-100 (paper)"): ({"data": "cifar100", **R18}, DWA_CIFAR),
    ("dwa", "CIFAR, as released"): (
        {**R18, "protocol": "dwa-as-released"},
        {**DWA_CIFAR, "recover.adjustment.first_gradient": "as_released", "storage": "jpeg", "storage.quality": 75},
    ),
    ("dwa", "Tiny-ImageNet recipe (paper)"): (
        {**R18, "protocol": "dwa-tiny"},
        {**inverted(2000, 0.1, 200), **weights(0.01, 0.11), **view("crop", 4, 64, 0.08), **directed(12), "squeeze.recipe": "tiny",
         "squeeze.epochs": 100, "start": "real"},
    ),
    ("dwa", "ImageNet-1K recipe (paper)"): (
        {**LARGE, "protocol": "dwa-imagenet"},
        {**inverted(2000, 0.25), **weights(0.01, 0.02), **view("crop", 32, 224, 0.08), **directed(15), "start": "real"},
    ),
    ("sre2lpp", "CIFAR-10 (paper; teacher and patches ours)"): (
        {"data": "cifar10", **R18}, {**PLUS, **view("crop", 4, 32, 0.08), **CIFAR_TEACHER},
    ),
    ("sre2lpp", "CIFAR-100 (paper; teacher and patches ours)"): (
        {"data": "cifar100", **R18, "protocol": "sre2lpp-cifar100"}, {**PLUS, **view("crop", 4, 32, 0.08), **CIFAR_TEACHER},
    ),
    ("sre2lpp", "Tiny-ImageNet recipe (paper; teacher and patches ours)"): (
        {**R18, "protocol": "sre2lpp-tiny"},
        {**PLUS, **view("crop", 4, 64, 0.08), "squeeze.recipe": "tiny", "squeeze.epochs": 50},
    ),
    ("sre2lpp", "ImageNet-1K recipe (paper; patches ours)"): (
        {**LARGE, "protocol": "sre2lpp-imagenet"}, {**PLUS, **view("crop", 32, 224, 0.08), "start.factor": 2},
    ),
    ("rded", "CIFAR-10 (paper; teacher ours)"): ({"data": "cifar10", **R18}, {**RDED, "start.factor": 1, **CIFAR_TEACHER}),
    ("rded", "CIFAR-100 (paper; teacher ours)"): ({"data": "cifar100", **R18}, {**RDED, "start.factor": 1, **CIFAR_TEACHER}),
    ("rded", "Tiny-ImageNet recipe (paper; teacher ours)"): (
        {**R18, "protocol": "rded-tiny"}, {**RDED, "start.factor": 1, "squeeze.epochs": 100},
    ),
    ("rded", "ImageNet-1K recipe (paper)"): ({**LARGE, "protocol": "rded-mosaic"}, {**RDED, "start.factor": 2}),
    ("gvbsm", "CIFAR-10 (paper)"): (
        {"data": "cifar10", "student": "resnet18"}, {**gvbsm(0.05), **several(FIVE, "gvbsm", 5), **view("window", 32, 32)},
    ),
    ("gvbsm", "CIFAR-100 (paper)"): (
        {"data": "cifar100", "student": "resnet18", "protocol": "gvbsm-cifar100"},
        {**gvbsm(0.05), **several(FIVE, "gvbsm", 50), **view("window", 32, 32)},
    ),
    ("gvbsm", "Tiny-ImageNet recipe (paper)"): (
        {"student": "resnet18", "protocol": "gvbsm-tiny"},
        {**gvbsm(0.05), **several(FIVE, "gvbsm-tiny", 50), **view("window", 32, 64)},
    ),
    ("gvbsm", "ImageNet-1K recipe (paper)"): (
        {"student": "resnet18:stem=torchvision", "protocol": "gvbsm-imagenet"},
        {**gvbsm(0.1, under="resized_crop_flip"), **several("+".join(TORCHVISION[:4]), "", 0, 80), **view("crop", 32, 224, 0.08)},
    ),
    ("edc", "CIFAR-10, ipc 1 (paper)"): (
        {"data": "cifar10", "ipc": 1, "student": "resnet18"}, {**edc(75, 0.01, 0.08, "real"), **several(EIGHT, "gvbsm", 5, 10)},
    ),
    ("edc", "CIFAR-100 (paper)"): (
        {"data": "cifar100", "student": "resnet18", "protocol": "edc-cifar100"},
        {**edc(2000, 0.01, 0.5, "real"), **several(EIGHT, "gvbsm", 50, by=FIVE)},
    ),
    ("edc", "Tiny-ImageNet recipe (paper; teachers as G-VBSM's)"): (
        {"student": "resnet18", "protocol": "edc-tiny"},
        {**edc(2000, 0.01, 0.5, "real"), **several(FIVE, "gvbsm-tiny", 50)},
    ),
    ("edc", "ImageNet-1K recipe (paper)"): (
        {**LARGE, "protocol": "edc-imagenet"},
        {**edc(1000, 0.1, 0.5, "patches", "resized_crop_flip"), "start.factor": 2,
         **several("+".join(TORCHVISION), "", 0, 80, by="+".join([*TORCHVISION[:2], *TORCHVISION[3:]]))},
    ),
    ("infer", "CIFAR-10 (paper; ShuffleNet's stem ours)"): ({"data": "cifar10", "student": "resnet18"}, INFER_CIFAR),
    ("infer", "CIFAR-100 (paper; ShuffleNet's stem ours)"): ({"data": "cifar100", "student": "resnet18"}, INFER_CIFAR),
    ("infer", "ImageNet-1K recipe (paper; students ours)"): (
        {"student": "resnet18:stem=torchvision"},
        {**infer(2000, 0.01, TORCHVISION[:3]), "compensators.view": "crop", "compensators.view.low": 0.08,
         "compensators.view.jitter": 32 / 224},
    ),
    ("el2n", "As long as in the paper"): (WATCHED, {**LONG, "dynamics.networks": 10, "early": 20, "keep": "hardest"}),
    ("forgetting", "As long as in the paper"): (WATCHED, {**LONG, "dynamics.networks": 1, "keep": "hardest"}),
    ("aum", "The hardest, as coresets are compared"): (WATCHED, {**LONG, "dynamics.networks": 1, "keep": "hardest"}),
    ("ccs", "As long as in the paper"): (WATCHED, {**LONG, "dynamics.networks": 1, "by": "aum", "beta": 0.3, "strata": 50}),
    ("dc", "All data sets but MNIST (paper)"): (CONVNET, {**VICO, "space.iterations": 1000, "space.lr_img": 0.1, "space.start": "noise"}),
    ("dc", "MNIST (paper)"): (
        {"data": "mnist", **CONVNET, "protocol": "dc-mnist"},
        {**VICO, "space.iterations": 1000, "space.lr_img": 0.1, "space.start": "noise"},
    ),
    ("dc", "With a perceptron (readme)"): (
        {"teacher": "mlp", "student": "mlp"}, {**VICO, "space.iterations": 1000, "space.lr_img": 0.01, "space.start": "noise"},
    ),
    ("dsa", "All data sets (paper)"): (CONVNET, {**VICO, "space.iterations": 1000, "space.lr_img": 0.1, "space.start": "real"}),
    ("dm", "CIFAR, ipc 1–50 (paper)"): (CONVNET, {**VICO, "space.iterations": 20000, "space.lr_img": 1.0, "space.start": "real"}),
    ("dm", "CIFAR-10, ipc ≥ 100 (paper)"): (CONVNET, {**VICO, "space.iterations": 20000, "space.lr_img": 10.0, "space.start": "real"}),
    **{
        ("datadam", title): (
            {"teacher": f"convnet:norm={norm},width=128", "student": f"convnet:norm={norm},width=128", "protocol": "datadam"},
            {**DATADAM, **more},
        )
        for title, norm, more in (
            ("32 pixels, ipc 1–50 (released table, without ZCA)", "instance", {}),
            ("32 pixels, more than 50 (released table, without ZCA)", "instance", {"space.lr_img": 10.0}),
            ("High resolution, ipc 1–50 (released table)", "instance", {"objective.mean_weight": 0.02}),
            ("As released: p = 1, batch norm (without ZCA)", "batch", {"space.iterations": 20000, "objective.power": 1.0}),
        )
    },
    ("atom", "As long as DataDAM (not ATOM's own values; without ZCA)"): ({**CONVNET, "protocol": "datadam"}, DATADAM),
    ("mtt", "CIFAR-10, ipc 1 (published, without ZCA)"): ({"data": "cifar10", "ipc": 1, **CONVNET}, mtt(50, 2, 100.0, 1e-7, 0.01)),
    ("mtt", "CIFAR-10, ipc 10 (published, without ZCA)"): ({"data": "cifar10", "ipc": 10, **CONVNET}, mtt(30, 2, 100.0, 1e-5, 0.001)),
    ("mtt", "CIFAR-10, ipc 50 (published)"): ({"data": "cifar10", "ipc": 50, **CONVNET}, mtt(30, 2, 1000.0, 1e-5, 0.001)),
    ("mtt", "CIFAR-100, ipc 10 (published)"): ({"data": "cifar100", "ipc": 10, **CONVNET}, mtt(20, 2, 1000.0, 1e-5, 0.01)),
    ("mtt", "Tiny-ImageNet recipe, ipc 1 (published)"): ({"ipc": 1, **CONVNET}, mtt(10, 2, 10_000.0, 1e-4, 0.01)),
    ("glad", "Gradients (released settings: a 128-pixel generator)"): (DEEP, inside("dc", 1.0, 1e-3, space__iterations=1000, objective__batch_real=256)),
    ("glad", "Mean features (released settings: a 128-pixel generator)"): (DEEP, inside("dm", 10.0, 1e-2, space__iterations=1000, objective__batch_real=256)),
    ("glad", "Trajectories (released settings: a 128-pixel generator)"): (DEEP, inside("mtt", 1e4, 10.0, space__iterations=1000, **EXPERTS)),
    ("hglad", "Gradients (released settings: a 128-pixel generator)"): (DEEP, inside("dc", 1.0, 1e-3, space__looks=101, objective__batch_real=256)),
    ("hglad", "Mean features (released settings: a 128-pixel generator)"): (DEEP, inside("dm", 10.0, 1e-2, space__looks=11, objective__batch_real=256)),
    ("hglad", "Trajectories (released settings: a 128-pixel generator)"): (DEEP, inside("mtt", 1e4, 10.0, space__looks=101, **EXPERTS)),
    ("hglad", "As released: the last candidate, random networks (a 128-pixel generator)"): (
        DEEP,
        inside("dc", 1.0, 1e-3, space__looks=101, objective__batch_real=256, space__select="last", space__measure="layerwise_random"),
    ),
}  # fmt: skip
OFFERED = {
    (name, one.title): one for name, kind in registry().items() for one in kind.card.presets if one.title != "Quick"
}
ELSEWHERE = {"objective.last_start"}


def same(ours, published):
    return ours == pytest.approx(published, rel=1e-5) if isinstance(published, float) else ours == published


def kinds_said(preset):
    """The settings of a preset by path, kinds under the path of their part."""
    return {path.removesuffix(".kind"): value for path, value in flat(preset.settings).items()}


@pytest.mark.parametrize(("method", "title"), OFFERED)
def test_a_preset_is_its_papers_recipe(method, title):
    preset, (asked, wanted) = OFFERED[method, title], PUBLISHED[method, title]
    ours = settings_of(registry()[method].build(preset.settings))
    wrong = {path: (ours.get(path), value) for path, value in wanted.items() if not same(ours.get(path), value)}
    assert not wrong, "ours, published"
    assert dict(preset.job) == asked
    assert set(kinds_said(preset)) - ELSEWHERE <= set(wanted), "what a preset sets stands in its row"
    assert preset.source.strip()


def test_the_table_names_no_preset_that_is_not_there():
    assert set(PUBLISHED) == set(OFFERED)


def test_what_the_code_gives_a_method_says_its_students():
    """Without a protocol in the job a preset's students are the method's own, which are its paper's on these data."""
    own = {name: settings_of(kind()).get("labels.protocol") for name, kind in registry().items()}
    wanted = {"sre2l": "sre2l", "dwa": "dwa", "sre2lpp": "sre2lpp", "rded": "rded", "gvbsm": "gvbsm", "edc": "edc"}
    wanted |= {"infer": "infer", "dc": "dc", "dsa": "dsa", "dm": "dsa", "mtt": "mtt"}
    assert {name: own[name] for name in wanted} == wanted


# squeeze: SRe2L `squeeze_cifar.py` and DWA `squeeze.sh`; the tiny-imagenet repository; G-VBSM and EDC `squeeze/train.py`.
TEACHERS = {
    "cifar": {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "batch": 128, "schedule": "cosine", "warmup": 0, "augment": "crop_flip"},
    "tiny": {"lr": 0.2, "momentum": 0.9, "weight_decay": 1e-4, "batch": 256, "schedule": "cosine", "warmup": 5,
             "augment": "resized_crop_flip"},
    "gvbsm": {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.0, "batch": 64, "schedule": "none", "warmup": 0, "augment": "crop_flip"},
    "gvbsm-tiny": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0, "batch": 128, "schedule": "cosine", "warmup": 0,
                   "augment": "crop_flip"},
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_a_teachers_recipe_is_the_published_one(name):
    recipe = SqueezeRecipe(**RECIPES[name])
    assert {field: getattr(recipe, field) for field in TEACHERS[name]} == TEACHERS[name]


def test_networks_of_presets_can_be_had():
    specs = {preset.job.get(one, "auto") for preset in OFFERED.values() for one in ("teacher", "student")}
    for preset in OFFERED.values():
        said = kinds_said(preset)
        specs |= {spec for one in ("squeeze.backbones", "squeeze.by") for spec in str(said.get(one, "auto")).split("+")}
    assert all(resolve(str(spec), channels=3, size=64) for spec in specs)
