"""Squeeze, recover, hand over: the order in which SRe2L and its descendants work. They differ in what they pass in."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..datasets import RealSet, load
from ..job import Job
from ..loop import saw
from ..method import Stream, stage
from ..spec import parse
from ..synthetic import SyntheticSet
from .device import device_of
from .recover import Adjust, Recipe, recover
from .show import place, quantize, reference, show
from .start import check_ipc, slice_labels, starting_images
from .teach import SqueezeRecipe, squeeze
from .views import recovery_view


def refuse_without_batch_norm(teacher: str) -> str | None:
    """Why this teacher cannot be inverted by its batch-norm statistics, or None."""
    name, options = parse(teacher)
    without = {"mlp", "lenet", "alexnet", "vgg11", "vit"}
    if name in without or options.get("norm", "batch" if name != "convnet" else "instance") != "batch":
        if teacher == "auto":
            return None
        return f"teacher={teacher!r} has no batch norm, so it remembers no statistics to match. Choose convnet:norm=batch or resnet18."
    return None


def start_of(method: Any, job: Job, real: RealSet) -> Tensor:
    """(ipc, classes, c, h, w), normalized: the job's real images, or N(0, 1) in normalized space."""
    if method.start == "real":
        images, _ = starting_images(real, job.ipc, job.seed)
        saw(images.shape[0] * images.shape[1])
        return real.normalize(images.flatten(0, 1)).unflatten(0, images.shape[:2])
    generator = torch.Generator().manual_seed(job.seed)
    return torch.randn((job.ipc, len(real.classes), real.channels, real.size, real.size), generator=generator)


def recovered(method: Any, job: Job, adjust: Adjust, protocol: str) -> Stream[SyntheticSet]:
    """Run the family's stages for a method with the fields of `sre2l` and `dwa`."""
    real = load(job.data)
    check_ipc(job, real)
    device = device_of(job.device)
    start = start_of(method, job, real).to(device)
    labels = slice_labels(job.ipc, len(real.classes))
    yield show(0, real.denormalize(start.flatten(0, 1)), labels)
    teacher = yield from stage(
        "squeeze", squeeze(real, job.teacher, SqueezeRecipe(epochs=method.squeeze_epochs), device)
    )
    yield from reference(real, teacher.network, device)
    yield place(0, teacher.network, start.flatten(0, 1), labels)
    view = recovery_view(real, method.augment, method.jitter)
    coefficients = (method.mean_weight, method.variance_weight, method.first_layer)
    recipe = Recipe(method.iterations, method.lr_img, *coefficients, method.class_block, view)
    images = yield from recover(method, recipe, adjust, start, teacher.network, real, job.seed, method.start == "real")
    flat = quantize(images.flatten(0, 1)).cpu()
    return SyntheticSet(flat, labels, real.classes, real.mean, real.std, protocol=protocol, teacher=teacher.key)
