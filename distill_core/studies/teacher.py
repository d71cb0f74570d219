"""Training a teacher as a job of its own, with published recipes as presets."""

from __future__ import annotations

from typing import ClassVar, Literal

from ..datasets import load
from ..job import Job
from ..method import Card, Preset, Stream, stage
from ..networks import resolve
from ..part import knob
from ..pieces.by_name import build as build_augment
from ..pieces.device import device_of
from ..pieces.ground import noted
from ..pieces.teach import RECIPES as SQUEEZE
from ..pieces.teach import SqueezeRecipe, squeeze
from .study import Findings, Study


def _recipe(title: str, source: str, teacher: str = "", **settings: object) -> Preset:
    return Preset(title, settings, {"teacher": teacher} if teacher else {}, source)


_CIFAR = "SGD 0.1, momentum 0.9, weight decay 5e-4, cosine, batch 128, crops with 4 pixels of padding at 32 and flips"
_TINY = "SGD 0.2, weight decay 1e-4, cosine after 5 epochs of warm-up, batch 256, resized crops and flips"
_GVBSM_SAYS = (
    "G-VBSM (2311.17950) and EDC (2404.13733), released code: SGD 0.05, no weight decay, no schedule, batch 64"
)
RECIPES = (
    _recipe("Quick (ours)", "Ours: the CIFAR recipe for 40 epochs; the default of every method here.", epochs=40),
    _recipe("SRe2L, DWA: CIFAR (paper)", f"SRe2L and DWA, released CIFAR code: {_CIFAR}.", "resnet18", epochs=200),
    _recipe("SRe2L: Tiny-ImageNet (paper)", f"SRe2L, its Tiny-ImageNet repository: {_TINY}; 50 epochs, easier to invert.",
            "resnet18", epochs=50, **SQUEEZE["tiny"]),
    _recipe("DWA: Tiny-ImageNet (paper)", f"DWA, the same repository's recipe for 100 epochs: {_TINY}.",
            "resnet18", epochs=100, **SQUEEZE["tiny"]),
    _recipe("G-VBSM: CIFAR-10 (paper)", f"{_GVBSM_SAYS}, 5 epochs.", epochs=5, **SQUEEZE["gvbsm"]),
    _recipe("G-VBSM: CIFAR-100 (paper)", f"{_GVBSM_SAYS}, 50 epochs.", epochs=50, **SQUEEZE["gvbsm"]),
    _recipe("G-VBSM: Tiny-ImageNet (paper)", "G-VBSM (2311.17950), released code: SGD 0.1, no weight decay, cosine, batch 128, 50 "
            "epochs, crops with 8 pixels of padding at 64 and flips.", epochs=50, **SQUEEZE["gvbsm-tiny"]),
)  # fmt: skip


class TeacherTraining(Study):
    """Train a teacher once; every run that asks for this network and recipe on these data finds it."""

    card: ClassVar[Card] = Card(
        name="teacher",
        title="Train a teacher",
        idea="Train a classifier on the real data, once: runs that ask for the same data, network and recipe share it.",
        family="teacher",
        paper="the squeeze stage of SRe2L (Yin et al., NeurIPS 2023, arXiv 2306.13092)",
        departures=("The last weights are kept, as in the papers; accuracy is measured once, on the test part.",),
        presets=RECIPES,
    )
    epochs: int = knob(40, "Epochs", "Passes over the real training images.", ge=1, le=1000, source="ours; papers: 200")
    lr: float = knob(0.1, "Learning rate", "Of SGD, at its highest.", gt=0, le=10, scale="log", source="DWA, CIFAR")
    batch: int = knob(128, "Batch", "Images per update.", ge=2, le=4096, source="DWA, CIFAR")
    weight_decay: float = knob(5e-4, "Weight decay", "Of all weights.", ge=0, le=1, scale="log", source="DWA, CIFAR")
    momentum: float = knob(0.9, "Momentum", "Of SGD; never Nesterov's.", ge=0, le=0.999, advanced=True)
    schedule: Literal["cosine", "none"] = knob("cosine", "Schedule", "How the learning rate falls, once per epoch.")
    warmup: int = knob(0, "Warm-up", "Epochs in which the rate rises from a hundredth.", ge=0, le=100, advanced=True)
    augment: Literal["crop_flip", "resized_crop_flip", "none"] = knob(
        "crop_flip",
        "Augmentation",
        "Shifted crops or resized crops, with flips where a mirrored image keeps its class.",
    )

    def recipe(self, job: Job) -> SqueezeRecipe:
        return SqueezeRecipe(seed=job.seed, **self.model_dump())

    def why_not(self, job: Job) -> str | None:
        if "@" in job.teacher:
            return f"teacher={job.teacher!r} names a teacher that is there already. Leave out what follows @."
        return None

    def hold(self, job: Job) -> Stream[Findings]:
        real, recipe = load(job.data), self.recipe(job)
        resolve(job.teacher, channels=real.channels, size=real.size)
        build_augment(recipe.augment)
        yield from noted(real)
        count = len(real.train)
        updates = recipe.epochs * max(1, count // min(recipe.batch, count))
        yield from stage("squeeze", squeeze(real, job.teacher, recipe, device_of(job.device)), updates)
        return Findings()
