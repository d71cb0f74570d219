"""Recover: images are optimized so that a frozen teacher recognizes them and its batch-norm layers see familiar statistics.

    L(x) = CE( f_θ̃(A_t(x)), y ) + λ_mean · L_mean(A_t(x)) + λ_var · L_var(A_t(x))

One image of every class in a batch, slice after slice (SRe2L, arXiv 2306.13092; DWA, arXiv 2409.17612). The teacher of a
batch is chosen by `Adjust`: fixed, randomly shifted, or directedly shifted; every batch starts again from θ_T (the
released ImageNet code lets the shifts of a slice's blocks pile up).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..datasets import RealSet
from ..events import Parts, Scalars
from ..loop import Guard, saw, steps
from ..method import Method, Stream, stage
from .perturb import directed, scattered
from .show import place, show
from .statistics import BatchNormStatistics

EAGER = 0.5  # seconds of reports that a run may spend at once, so that a short one is seen moving too
WEIGHTS = Literal["none", "random", "directed"]


@dataclass(frozen=True)
class Adjust:
    """How the teacher of a batch differs from θ_T."""

    weights: WEIGHTS = "none"
    rho: float = 0.0
    ascent_steps: int = 0
    first_gradient: Literal["clean", "as_released"] = "clean"

    def works(self) -> bool:
        """ρ = 0 or K = 0 mean that the teacher stays as it is."""
        return self.weights != "none" and self.rho > 0 and (self.ascent_steps > 0 or self.weights == "random")


@dataclass(frozen=True)
class Recipe:
    """What the family shares; the names are those of `dwa.md` and of the papers' tables."""

    iterations: int
    lr_img: float
    mean_weight: float
    variance_weight: float
    first_layer: float
    class_block: int
    augment: Callable[[Tensor, torch.Generator], Tensor]


class Batch:
    """The images of one block of classes while they are optimized: x, its Adam, its teacher."""

    def __init__(self, start: Tensor, labels: Tensor, teacher: nn.Module, real: RealSet, lr: float):
        self.x = start.clone().requires_grad_(True)
        self.labels, self.real = labels, real
        self.teacher = copy.deepcopy(teacher).eval()
        self.optimizer = torch.optim.Adam([self.x], lr=lr, betas=(0.5, 0.9), eps=1e-8)
        low, high = (real.normalize(torch.full((1, real.channels, 1, 1), v, device=start.device)) for v in (0.0, 1.0))
        self.low, self.high = low, high

    def clamp(self) -> None:
        """Back into the range of pixels, channel by channel."""
        with torch.no_grad():
            self.x.clamp_(self.low, self.high)


def recover(
    method: Method,
    recipe: Recipe,
    adjust: Adjust,
    start: Tensor,
    teacher: nn.Module,
    real: RealSet,
    seed: int,
    real_start: bool,
) -> Stream[Tensor]:
    """Recover all slices; returns images (ipc, classes, c, h, w) in [0, 1].

    Args:
        method: whose live knobs `lr_img`, `mean_weight`, `variance_weight` act while the loop runs.
        start: (ipc, classes, c, h, w), normalized, on the device.
    """
    images = start.clone()
    generator = torch.Generator().manual_seed(seed + 1)
    blocks = [(i, c) for i in range(len(start)) for c in range(0, start.shape[1], recipe.class_block)]
    for part, (i, first) in enumerate(blocks):
        last = min(first + recipe.class_block, start.shape[1])
        labels = torch.arange(first, last, device=start.device)
        batch = Batch(start[i, first:last], labels, teacher, real, recipe.lr_img)
        where = (part, len(blocks))

        def whole(now: Tensor, i: int = i, first: int = first, last: int = last) -> Tensor:
            images[i, first:last] = now.detach()
            return images.flatten(0, 1)

        offset = draw_state(generator)
        if adjust.works():
            yield from stage("adjust", shift(batch, recipe, adjust, generator, offset), adjust.ascent_steps, *where)
            if real_start:
                saw(len(labels))
        loop = iterate(method, recipe, batch, generator, offset, whole, teacher, EAGER / len(blocks))
        yield from stage("recover", loop, recipe.iterations, *where)
        whole(batch.x)
    return real.denormalize(images).clamp(0, 1)


def draw_state(generator: torch.Generator) -> Tensor:
    """The generator as it stands: the first augmentation of a batch is drawn from here, in all K steps and the first update."""
    return generator.get_state()


def shift(batch: Batch, recipe: Recipe, adjust: Adjust, generator: torch.Generator, offset: Tensor) -> Stream[None]:
    """Move the batch's teacher away from θ_T, as `adjust` says."""
    origin = {name: weight.detach().clone() for name, weight in batch.teacher.named_parameters()}
    if adjust.weights == "random":
        noise = torch.Generator().manual_seed(int(torch.randint(2**31 - 1, (1,), generator=generator)))
        yield from scattered(batch.teacher, origin, adjust.rho, noise)
        return

    def look() -> Tensor:
        return recipe.augment(batch.x, torch.Generator().set_state(offset))

    leaf = batch.x if adjust.first_gradient == "as_released" else None
    yield from directed(batch.teacher, origin, look, batch.labels, adjust.rho, adjust.ascent_steps, leaf)


def iterate(
    method: Method,
    recipe: Recipe,
    batch: Batch,
    generator: torch.Generator,
    offset: Tensor,
    whole: Callable[[Tensor], Tensor],
    teacher: nn.Module,
    eager: float = 0.0,
) -> Stream[None]:
    """T iterations on one batch: augment, look, step, clamp; cosine learning rate from lr_img to 0."""
    for weight in batch.teacher.parameters():
        weight.requires_grad_(False)  # from here on the teacher is a constant: weight gradients would be thrown away
    statistics = BatchNormStatistics(batch.teacher)
    omega = statistics.weights(recipe.first_layer, batch.x.device)
    generator.set_state(offset)
    state: dict[str, Any] = {
        "x": batch.x,
        "optimizer": batch.optimizer,
        "generator": generator,
        "teacher": batch.teacher,
    }
    guard = Guard(batch.x)
    everyone = torch.arange(whole(batch.x).shape[0]) % len(batch.real.classes)
    for step in steps("recover", recipe.iterations, state=state, of=method, eager=eager):
        now: Any = step.now
        rate = 0.5 * (1 + math.cos(math.pi * step.index / recipe.iterations)) * now.lr_img
        batch.optimizer.param_groups[0]["lr"] = rate
        with statistics.listening():
            entropy = F.cross_entropy(batch.teacher(recipe.augment(batch.x, generator)), batch.labels)
        means, variances = statistics.mismatch()
        mean, variance = (omega * means).sum(), (omega * variances).sum()
        loss = entropy + now.mean_weight * mean + now.variance_weight * variance
        (gradient,) = torch.autograd.grad(loss, batch.x)
        # what the K passes left at x counts in the first update only (see Adjust.first_gradient)
        batch.x.grad = gradient if batch.x.grad is None or step.index else batch.x.grad + gradient
        guard.keep()
        batch.optimizer.step()
        batch.optimizer.zero_grad(set_to_none=True)
        batch.clamp()
        guard.check(loss, step.index)
        if step.due:
            guard.stop_if_broken("recover", "Lower lr_img or the loss coefficients.")
            terms = {"loss": loss, "cross-entropy": entropy, "mean mismatch": mean, "variance mismatch": variance}
            yield Scalars(
                step.index, {name: float(value.detach()) for name, value in terms.items()} | {"learning rate": rate}
            )
            yield Parts(
                step.index,
                "batch-norm mean mismatch",
                dict(zip(statistics.layers, means.detach().tolist(), strict=True)),
            )
            yield Parts(
                step.index,
                "batch-norm variance mismatch",
                dict(zip(statistics.layers, variances.detach().tolist(), strict=True)),
            )
            flat = whole(batch.x)
            yield show(step.index, batch.real.denormalize(flat), everyone)
            yield place(step.index, teacher, flat, everyone)
