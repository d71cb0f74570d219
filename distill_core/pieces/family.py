"""The family of SRe2L: squeeze, recover, hand over. Its members share these settings and differ in their defaults.

Every member has every setting, so that "patches to start from, a teacher adjusted for each batch, crops by curriculum" is
a run and not a project. `Recovery` has one teacher; `Backbones` has several, and listens at convolutions too.
"""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ..datasets import RealSet, load
from ..events import Note
from ..job import Job
from ..loop import saw
from ..method import Method, Stream, knob, stage
from ..networks import norm_of
from ..results import SyntheticSet
from .device import device_of
from .patches import CHOICE, Patches, chosen_patches
from .recover import WEIGHTS, Adjust, Recipe, recover
from .show import place, quantize, reference, show, to_uint8
from .start import check_ipc, slice_labels, starting_images
from .teach import RECIPE, RECIPES, SqueezeRecipe, Teacher, squeeze
from .views import LOW, MODES, SHAPES, Crops, recovery_view

DWA_CODE = "arXiv 2409.17612, released code"
SRE2L_CODE = "arXiv 2306.13092, released code"
CDA_PAPER = "arXiv 2311.18838"
RDED_CODE = "arXiv 2312.03526, released code"
OURS = "ours, for two CPU cores; the presets hold the published value"
QUICK = "ours, for two CPU cores: the CIFAR values with 300 iterations and a teacher of 40 epochs"
START = Literal["real", "noise", "patches"]
JPEG_QUALITY = 75  # the library default, with which DWA's released code writes its images


class Recovery(Method):
    """Settings of every method that recovers images from one trained network."""

    weights: WEIGHTS = knob(
        "none",
        "Weight adjustment",
        "None, a random shift of the same length, or the directed one.",
        source=DWA_CODE,
    )
    rho: float = knob(
        0.015, "ρ", "Length of the shift of the teacher's weights.", ge=0, le=1, scale="log", source=DWA_CODE
    )
    ascent_steps: int = knob(
        12, "K", "Ascent steps in which the shift is made; 0 makes none.", ge=0, le=200, source=DWA_CODE
    )
    iterations: int = knob(
        300,
        "Iterations",
        "Updates of each image (T_syn); the papers make 1,000 on CIFAR. 0 keeps the images of the start.",
        ge=0,
        le=20_000,
        scale="log",
        source=OURS,
    )
    lr_img: float = knob(
        0.25,
        "Learning rate of the images",
        "Adam's step in normalized pixels; falls to 0 along a cosine.",
        gt=0,
        le=10,
        live=True,
        scale="log",
        source=SRE2L_CODE,
    )
    mean_weight: float = knob(
        0.01,
        "λ of the mean",
        "Weight of the mismatch of means at the layers (λ_BN).",
        ge=0,
        le=10,
        live=True,
        scale="log",
        source=SRE2L_CODE,
    )
    variance_weight: float = knob(
        0.01,
        "λ of the variance",
        "Weight of the mismatch of variances; equal to the mean's it is the coupled loss.",
        ge=0,
        le=10,
        live=True,
        scale="log",
        source=SRE2L_CODE,
    )
    first_layer: float = knob(
        10.0,
        "ω of the first layer",
        "How much more the first layer counts.",
        ge=0,
        le=100,
        advanced=True,
        source=SRE2L_CODE,
    )
    first_gradient: Literal["clean", "as_released"] = knob(
        "clean",
        "First image gradient",
        "As released, the K passes leave their gradients at the images for the first update.",
        advanced=True,
        source=DWA_CODE,
    )
    augment: MODES = knob(
        "roll",
        "View",
        "What the teacher sees at each iteration: a circular shift; before it a random crop and flip; crops whose smallest "
        "area falls as the run goes on (curriculum); or a window of the padded image and a flip.",
        source=SRE2L_CODE,
    )
    jitter: float = knob(
        0.125,
        "Largest shift",
        "Circular shift, as a share of the side: 0.125 is 4 of 32 pixels.",
        ge=0,
        le=1,
        advanced=True,
        source=SRE2L_CODE,
    )
    crop_low: float = knob(
        LOW,
        "Smallest crop",
        "Smallest share of the area that a random crop keeps.",
        gt=0,
        le=1,
        advanced=True,
        source=SRE2L_CODE,
    )
    milestone: float = knob(
        1.0,
        "Milestone",
        "Share of the iterations over which the curriculum's smallest crop falls from the whole image.",
        gt=0,
        le=1,
        advanced=True,
        source=CDA_PAPER,
    )
    curriculum: SHAPES = knob("cosine", "Curriculum", "How it falls.", advanced=True, source=CDA_PAPER)
    class_block: int = knob(
        100,
        "Classes at once",
        "Classes that share a batch, its statistics and its teacher.",
        ge=2,
        le=1000,
        advanced=True,
        source=SRE2L_CODE,
    )
    slices_at_once: int = knob(
        0,
        "Slices at once",
        "Slices (one image of each class) that are worked on together, each with its own teacher and statistics; 0 takes up "
        "to five while they are small.",
        ge=0,
        le=1000,
        advanced=True,
        source="ours: it changes the time, not the formula",
    )
    start: START = knob(
        "noise",
        "Start",
        "The job's real images, Gaussian noise, or mosaics of the patches that the teacher finds easiest.",
        source=SRE2L_CODE,
    )
    pool: int = knob(
        300,
        "Images looked at",
        "Random images of each class from which patches are cut.",
        ge=1,
        le=5000,
        advanced=True,
        source=RDED_CODE,
    )
    crops: int = knob(
        5, "Crops of each", "Random square crops from each of them.", ge=1, le=50, advanced=True, source=RDED_CODE
    )
    factor: int = knob(
        1,
        "Patches per side",
        "φ: a mosaic has φ × φ patches (1 up to 64 pixels, 2 at 224).",
        ge=1,
        le=4,
        advanced=True,
        source=RDED_CODE,
    )
    patch_choice: CHOICE = knob(
        "easiest",
        "Patches kept",
        "Those with the lowest cross-entropy, or those around the middle.",
        advanced=True,
        source=RDED_CODE,
    )
    storage: Literal["lossless", "jpeg"] = knob(
        "lossless",
        "Storage",
        f"Eight bits per channel, rounded; or as JPEG (quality {JPEG_QUALITY}) of truncated pixels, as DWA's code writes them.",
        advanced=True,
        source=DWA_CODE,
    )
    squeeze_epochs: int = knob(
        40, "Teacher epochs", "How long a teacher is trained; the papers train 200 epochs on CIFAR.", ge=1, le=1000
    )

    squeeze_recipe: RECIPE = knob(
        "cifar",
        "Teacher recipe",
        "SGD 0.1 with a cosine (SRe2L and DWA on CIFAR); 0.2 with warm-up and resized crops (Tiny-ImageNet); 0.05 without "
        "schedule (G-VBSM on CIFAR).",
        advanced=True,
        source="the papers' released code",
    )

    def why_not(self, job: Job) -> str | None:
        return refuse_without_batch_norm(job.teacher)


def refuse_without_batch_norm(teacher: str) -> str | None:
    """Why this teacher cannot be inverted by its batch-norm statistics, or None."""
    if norm_of(teacher) != "batch":
        return f"teacher={teacher!r} has no batch norm, so it remembers no statistics to match. Choose convnet:norm=batch or resnet18."
    return None


def recipe_of(method: Any, real: RealSet, **more: Any) -> Recipe:
    """The settings of a member as the recipe of its loop; `more` are fields of the recipe that a member has of its own."""
    crops = Crops(method.crop_low, method.milestone, method.curriculum)
    view = recovery_view(real, method.augment, method.jitter, crops)
    coefficients = (method.mean_weight, method.variance_weight, method.first_layer)
    at_once = method.slices_at_once or small_slices(min(method.class_block, len(real.classes)), real.size)
    common = (method.iterations, method.lr_img, *coefficients, method.class_block, view)
    return Recipe(*common, **{"slices_at_once": at_once, **more})


def small_slices(images: int, size: int) -> int:
    """How many slices are worked on together: up to five, while they have no more than 16,384 pixels.

    Measured on one CPU thread: slices of ten 16×16 digits go 1.1 to 1.5 times as fast, those of ten 32×32 images no faster.
    """
    return max(1, min(5, 16_384 // (images * size * size)))


def first_images(
    method: Any, job: Job, real: RealSet, teacher: nn.Module, device: torch.device
) -> Stream[tuple[Tensor, bool]]:
    """(ipc, classes, c, h, w), normalized: real images, patches or N(0, 1); and whether real images went into them."""
    if method.start == "noise":
        generator = torch.Generator().manual_seed(job.seed)
        shape = (job.ipc, len(real.classes), real.channels, real.size, real.size)
        return torch.randn(shape, generator=generator).to(device), False
    if method.start == "real":
        images, _ = starting_images(real, job.ipc, job.seed)
        saw(images.shape[0] * images.shape[1])
    else:
        recipe = Patches(method.pool, method.crops, method.factor, method.patch_choice)
        choosing = chosen_patches(teacher, real, job.ipc, recipe, job.seed, device)
        images = yield from stage("select", choosing, len(real.classes))
    return real.normalize(images.flatten(0, 1)).unflatten(0, images.shape[:2]).to(device), True


def recovered(method: Any, job: Job, protocol: str) -> Stream[SyntheticSet]:
    """Run the family's stages for a method with the settings of `Recovery`."""
    real = load(job.data)
    check_ipc(job, real)
    device = device_of(job.device)
    labels = slice_labels(job.ipc, len(real.classes))
    if method.start != "patches":  # known before there is a teacher: something is seen at once
        start, from_real = yield from first_images(method, job, real, nn.Identity(), device)
        yield show(0, real.denormalize(start.flatten(0, 1)), labels)
    teacher = yield from taught(method, job.teacher, real, device)
    if method.start == "patches":
        start, from_real = yield from first_images(method, job, real, teacher.network, device)
    yield from reference(real, teacher.network, device)
    yield place(0, teacher.network, start.flatten(0, 1), labels)
    adjust = Adjust(method.weights, method.rho, method.ascent_steps, method.first_gradient)
    images = real.denormalize(start.flatten(0, 1)).unflatten(0, start.shape[:2])
    if method.iterations:
        recipe = recipe_of(method, real)
        images = yield from recover(method, recipe, adjust, start, teacher.network, real, job.seed, from_real)
    return (yield from handed_over(method, images, real, protocol, teacher.key))


def taught(method: Any, network: str, real: RealSet, device: torch.device) -> Stream[Teacher]:
    """The squeeze stage."""
    recipe = SqueezeRecipe(epochs=method.squeeze_epochs, **RECIPES[method.squeeze_recipe])
    return (yield from stage("squeeze", squeeze(real, network, recipe, device)))


def handed_over(method: Any, images: Tensor, real: RealSet, protocol: str, teacher: str) -> Stream[SyntheticSet]:
    """The set that comes out: images (ipc, classes, c, h, w) as they are stored, in slice-major order."""
    flat, about = quantize(images.flatten(0, 1)).cpu(), {}
    if method.storage == "jpeg":
        flat, stored = through_jpeg(images.flatten(0, 1))
        about = {"jpeg_bytes": stored}
        yield Note(f"Stored as JPEG of quality {JPEG_QUALITY}: {stored:,} bytes for {len(flat)} images.")
    labels = slice_labels(images.shape[0], images.shape[1])
    said = ", ".join(f"{m:.4f} ± {s:.4f}" for m, s in zip(real.mean, real.std, strict=True))
    yield Note(f"Pixels are normalized with {said} (mean ± s.d. of each channel) in every stage.")
    return SyntheticSet(
        flat, labels, real.classes, real.mean, real.std, protocol=protocol, teacher=teacher, about=about
    )


def through_jpeg(images: Tensor) -> tuple[Tensor, int]:
    """Truncated to eight bits, written as JPEG and read again: (n, c, h, w) in [0, 1], and the bytes of the files."""
    read, total = [], 0
    for pixels in to_uint8((images.detach().clamp(0, 1) * 255).floor() / 255):
        file = io.BytesIO()
        Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(
            file, "JPEG", quality=JPEG_QUALITY
        )
        total += file.tell()
        back = np.asarray(Image.open(file), dtype=np.float32) / 255
        read.append(torch.from_numpy(back.reshape(pixels.shape)).permute(2, 0, 1))
    return torch.stack(read), total
