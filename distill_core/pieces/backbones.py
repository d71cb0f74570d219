"""Several networks that take turns: what G-VBSM (arXiv 2311.17950) and EDC (arXiv 2404.13733) add to the family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import Tensor, nn

from ..datasets import load
from ..errors import BadSetting
from ..job import Job
from ..method import Stream, again, knob, stage
from ..networks import resolve
from ..results import SyntheticSet
from ..spec import parse
from .device import device_of
from .ensemble import JOIN
from .family import Recovery, first_images, handed_over, recipe_of, taught
from .realstats import RealStatistics, densification, measured
from .recover import Adjust, recover
from .show import place, reference, show
from .start import check_ipc, slice_labels

GVBSM_CODE = "arXiv 2311.17950, released code"
EDC_CODE = "arXiv 2404.13733, released code"
OWN = "teacher"  # in a list of backbones: the job's teacher


class Backbones(Recovery):
    """Settings of the methods that rotate networks and listen at convolutions."""

    backbones: str = knob(
        "teacher+convnet:depth=2,norm=batch,width=32",
        "Backbones",
        "Networks that take turns, joined by +; `teacher` stands for the job's teacher.",
        source="ours, for two CPU cores; the presets hold the published list",
    )
    labelers: str = knob(
        "",
        "Networks that label",
        "Whose mean logits are the labels, joined by +; empty: the backbones.",
        advanced=True,
        source=EDC_CODE,
    )
    convolutions: bool = knob(
        True,
        "Listen at convolutions",
        "Match mean, variance and their values at every patch of what enters each convolution, beside batch norm.",
        source=GVBSM_CODE,
    )
    memory: float = knob(
        0.8,
        "Memory of the statistics",
        "α: how much of the statistics of the iterations before is kept.",
        ge=0,
        le=0.99,
        advanced=True,
        source=GVBSM_CODE,
    )
    memory_from_zero: bool = knob(
        False,
        "Memory starts at zero",
        "As the released code does: the first statistics are too small.",
        advanced=True,
        source=GVBSM_CODE,
    )
    drop: float = knob(
        0.0,
        "Convolutions left out",
        "β: probability with which a convolution's term is skipped.",
        ge=0,
        le=0.95,
        advanced=True,
        source=GVBSM_CODE,
    )
    class_share: float = knob(
        0.0,
        "Share of class statistics",
        "How much of the mismatch is to the statistics of the classes in the batch instead of all data.",
        ge=0,
        le=1,
        source=EDC_CODE,
    )
    spectrum_weight: float = knob(
        0.0,
        "Weight of data densification",
        "α of L_DD, which flattens the spectrum of a class's images.",
        ge=0,
        le=10,
        live=True,
        source=GVBSM_CODE,
    )
    spectrum_temperature: float = knob(
        4.0,
        "Temperature of the spectrum",
        "τ of L_DD.",
        gt=0,
        le=100,
        advanced=True,
        source=GVBSM_CODE,
    )
    lr_img: float = again(Recovery, "lr_img", 0.05, source=GVBSM_CODE)
    class_block: int = again(Recovery, "class_block", 100, source=GVBSM_CODE)

    def why_not(self, job: Job) -> str | None:
        if not names(self.backbones, job):
            return "backbones is empty, so nothing can be recovered. Name at least one network, such as teacher."
        for spec in names(f"{self.backbones}{JOIN}{self.labelers}", job):
            try:
                resolve(spec, channels=3, size=32)
            except BadSetting as error:
                return str(error)
        for spec in names(self.backbones, job):
            if parse(spec).name == "mlp":
                return f"Backbone {spec!r} has no convolution, so there are no statistics to match. Choose convnet, resnet18 or wrn."
        return None


def names(text: str, job: Job) -> list[str]:
    """`teacher+resnet18` → the job's teacher and resnet18."""
    return [job.teacher if part.strip() == OWN else part.strip() for part in text.split(JOIN) if part.strip()]


def rotated(method: Any, job: Job, protocol: str) -> Stream[SyntheticSet]:
    """Run the stages of a method with the settings of `Backbones`."""
    real = load(job.data)
    check_ipc(job, real)
    device = device_of(job.device)
    labels = slice_labels(job.ipc, len(real.classes))
    teachers = []
    for spec in names(method.backbones, job):
        teachers.append((yield from taught(method, spec, real, device)))
    networks = [teacher.network for teacher in teachers]
    start, from_real = yield from first_images(method, job, real, networks[0], device)
    yield show(0, real.denormalize(start.flatten(0, 1)), labels)
    yield from reference(real, networks[0], device)
    yield place(0, networks[0], start.flatten(0, 1), labels)
    matchers = []
    for teacher in teachers:
        measuring = measured(teacher.network, real, teacher.key, device, per_class=method.class_share > 0)
        targets = yield from stage("measure", measuring)
        matchers.append(listener(method, targets))
    recipe = recipe_of(
        method,
        real,
        layout="classes",
        matcher=lambda network, i: matchers[i](network),
        extra=partial(densified, temperature=method.spectrum_temperature),
    )
    adjust = Adjust(method.weights, method.rho, method.ascent_steps, method.first_gradient)
    images = real.denormalize(start.flatten(0, 1)).unflatten(0, start.shape[:2])
    if method.iterations:
        images = yield from recover(method, recipe, adjust, start, networks, real, job.seed, from_real)
    keys = [teacher.key for teacher in teachers]
    if method.labelers:
        keys = []
        for spec in names(method.labelers, job):
            keys.append((yield from taught(method, spec, real, device)).key)
    return (yield from handed_over(method, images, real, protocol, JOIN.join(keys)))


def listener(method: Any, targets: Mapping[str, Tensor]) -> Callable[[nn.Module], RealStatistics]:
    """What listens to one network, as the settings say."""

    def listen(network: nn.Module) -> RealStatistics:
        return RealStatistics(
            network,
            targets,
            memory=method.memory,
            drop=method.drop,
            class_share=method.class_share,
            from_zero=method.memory_from_zero,
            convolutions=method.convolutions,
        )

    return listen


def densified(view: Tensor, logits: Tensor, labels: Tensor, now: Any, temperature: float) -> Mapping[str, Tensor]:
    """Data densification as a term of the loss, where it has a weight."""
    if not now.spectrum_weight:
        return {}
    return {"densification": now.spectrum_weight * densification(view, labels, temperature)}
