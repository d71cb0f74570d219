"""Recover: optimize images until a frozen network recognizes them and its layers see what they remember.

    L(x) = w · CE(f_θ̃(A_t(x)), y) + λ_mean Σ_l ω_l ‖μ_l − m_l‖₂ + λ_var Σ_l ω_l ‖σ²_l − v_l‖₂  [+ further terms]

SRe2L takes θ̃ = θ_T, noise to start from, and one λ; DWA shifts θ̃ away from θ_T for each batch, starts from real images,
and weighs the variance more; G-VBSM and EDC rotate several networks and listen at convolutions too. All of them come
through here. The images are optimized in normalized space by Adam (0.5, 0.9) with a cosine learning rate.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..events import Parts, Scalars
from ..loop import Guard, saw, steps
from ..method import Method, Stream, stage
from ..quantities import variant
from .perturb import directed, scattered
from .show import place, show
from .statistics import BatchNormStatistics, Matcher
from .together import Together
from .views import View

EAGER = 0.5  # seconds of reports that a run may spend at once, so that a short one is seen moving too
WEIGHTS = Literal["none", "random", "directed"]
Extra = Callable[[Tensor, Tensor, Tensor, Any], Mapping[str, Tensor]]  # view, logits, labels, knobs → named terms


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


def no_extra(view: Tensor, logits: Tensor, labels: Tensor, now: Any) -> Mapping[str, Tensor]:
    return {}


@dataclass(frozen=True)
class Recipe:
    """What the family shares; the names are those of the papers' tables.

    Args:
        class_block: classes (of a slice) or images (class by class) that share a batch.
        layout: a batch holds one image of each class (`slices`) or all images of some classes (`classes`).
        slices_at_once: batches of the layout `slices` that are worked on together, each with its own teacher and its own
            statistics; they share their views.
        class_weight: factor of the cross-entropy.
        matcher: what listens to a network; called once for each batch and network with the network's number.
        extra: further terms of the loss, by name.
    """

    iterations: int
    lr_img: float
    mean_weight: float
    variance_weight: float
    first_layer: float
    class_block: int
    augment: View
    layout: Literal["slices", "classes"] = "slices"
    slices_at_once: int = 1
    class_weight: float = 1.0
    matcher: Callable[[nn.Module, int], Matcher] = field(default=lambda network, _: BatchNormStatistics(network))
    extra: Extra = no_extra


def batches(ipc: int, classes: int, recipe: Recipe) -> list[list[Tensor]]:
    """What is worked on together: groups of batches, each the places of its images in slice-major order.

    Image i of class c is at place i · classes + c.
    """
    places = torch.arange(ipc * classes).unflatten(0, (ipc, classes))
    if recipe.layout == "classes":
        at_once = max(1, math.ceil(recipe.class_block / ipc))
        return [[block.flatten()] for block in places.T.split(at_once)]
    groups = places.split(max(1, recipe.slices_at_once))
    return [
        list(block) for group in groups for block in zip(*(row.split(recipe.class_block) for row in group), strict=True)
    ]


class Batch:
    """The images that are optimized together: x, its Adam, its teachers.

    `teachers` holds, for each network that takes turns, one module for all groups or one for each.
    """

    def __init__(
        self,
        start: Tensor,
        labels: Tensor,
        teachers: Sequence[Sequence[nn.Module]],
        real: RealSet,
        lr: float,
        groups: int = 1,
    ):
        self.x = start.clone().requires_grad_(True)
        self.labels, self.real, self.teachers, self.groups = labels, real, [list(t) for t in teachers], groups
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
    teachers: nn.Module | Sequence[nn.Module],
    real: RealSet,
    seed: int,
    real_start: bool,
) -> Stream[Tensor]:
    """Recover all batches; returns images (ipc, classes, c, h, w) in [0, 1].

    Args:
        method: whose live knobs `lr_img`, `mean_weight`, `variance_weight` act while the loop runs.
        start: (ipc, classes, c, h, w), normalized, on the device.
        teachers: one network, or several that take turns, iteration by iteration.
    """
    networks = [teachers] if isinstance(teachers, nn.Module) else list(teachers)
    images, classes = start.flatten(0, 1).clone(), start.shape[1]
    generator = Generator().manual_seed(seed + 1)
    blocks = batches(len(start), classes, recipe)
    for part, group in enumerate(blocks):
        ids, copies = torch.cat(group), len(group) if adjust.works() else 0
        labels = (ids % classes).to(start.device)
        own = [[copy.deepcopy(n).eval() for _ in range(copies)] or [n] for n in networks]
        batch = Batch(images[ids], labels, own, real, recipe.lr_img, len(group))
        where = (part, len(blocks))

        def whole(now: Tensor, ids: Tensor = ids) -> Tensor:
            images[ids] = now.detach()
            return images

        offset = generator.get_state()  # the first view of a batch is the same in all K steps and in the first update
        if adjust.works():
            for moved in batch.teachers:
                for place, network in enumerate(moved):
                    moving = shift(network, batch, place, recipe, adjust, generator, offset)
                    yield from stage("adjust", moving, adjust.ascent_steps, *where)
            if real_start:
                saw(len(labels))
        loop = iterate(
            method, recipe, batch, generator, offset, whole, networks[0], EAGER / len(blocks), adjust.works()
        )
        yield from stage("recover", loop, recipe.iterations, *where)
        whole(batch.x)
    return real.denormalize(images).clamp(0, 1).unflatten(0, start.shape[:2])


def shift(
    network: nn.Module, batch: Batch, group: int, recipe: Recipe, adjust: Adjust, generator: Generator, offset: Tensor
) -> Stream[None]:
    """Move the teacher of one of the batch's groups away from θ_T, as `adjust` says."""
    size = len(batch.labels) // batch.groups
    own = slice(group * size, (group + 1) * size)
    origin = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    if adjust.weights == "random":
        noise = Generator().manual_seed(int(torch.randint(2**31 - 1, (1,), generator=generator)))
        yield from scattered(network, origin, adjust.rho, noise)
        return

    def look() -> Tensor:
        return recipe.augment(batch.x[own], Generator().set_state(offset), 0.0)

    leaf = batch.x if adjust.first_gradient == "as_released" else None
    yield from directed(network, origin, look, batch.labels[own], adjust.rho, adjust.ascent_steps, leaf)


def iterate(
    method: Method,
    recipe: Recipe,
    batch: Batch,
    generator: Generator,
    offset: Tensor,
    whole: Callable[[Tensor], Tensor],
    teacher: nn.Module,
    eager: float = 0.0,
    moved: bool = True,
) -> Stream[None]:
    """T iterations on one batch: augment, look, step, clamp; cosine learning rate from lr_img to 0.

    Args:
        teacher: θ_T, for the map of logits.
        moved: whether the batch's teachers are its own, so that a checkpoint has to hold them.
    """
    for network in (one for of_turn in batch.teachers for one in of_turn):
        network.requires_grad_(False)  # from here on a constant: weight gradients would be thrown away
    matchers = [recipe.matcher(of_turn[0], i) for i, of_turn in enumerate(batch.teachers)]
    looks = [Together(t, matcher, batch.groups) for t, matcher in zip(batch.teachers, matchers, strict=True)]
    omegas = [matcher.weights(recipe.first_layer, batch.x.device) for matcher in matchers]
    generator.set_state(offset)
    state: dict[str, Any] = {"x": batch.x, "optimizer": batch.optimizer, "generator": generator}
    state |= {f"matcher {i}": matcher for i, matcher in enumerate(matchers)}
    if moved:
        state |= {f"teacher {i}.{g}": n for i, of_turn in enumerate(batch.teachers) for g, n in enumerate(of_turn)}
    guard = Guard(batch.x)
    everyone = torch.arange(whole(batch.x).shape[0]) % len(batch.real.classes)
    for step in steps("recover", recipe.iterations, state=state, of=method, eager=eager):
        now: Any = step.now
        turn = step.index % len(batch.teachers)
        matcher, omega = matchers[turn], omegas[turn]
        rate = 0.5 * (1 + math.cos(math.pi * step.index / recipe.iterations)) * now.lr_img
        batch.optimizer.param_groups[0]["lr"] = rate
        view = recipe.augment(batch.x, generator, step.index / recipe.iterations)
        matcher.draw(generator)
        logits, heard = looks[turn](view)
        entropy = F.cross_entropy(logits, batch.labels)
        means, variances = matcher.mismatch(heard, batch.labels)
        mean, variance = (omega * means).sum(), (omega * variances).sum()
        further = recipe.extra(view, logits, batch.labels, now)
        loss = recipe.class_weight * entropy + now.mean_weight * mean + now.variance_weight * variance
        loss = loss + sum(further.values(), loss.new_zeros(()))
        (gradient,) = torch.autograd.grad(loss * batch.groups, batch.x)  # the loss is the mean of the groups' losses
        # what the K passes left at x counts in the first update only (see Adjust.first_gradient)
        batch.x.grad = gradient if batch.x.grad is None or step.index else batch.x.grad + gradient
        guard.keep()
        batch.optimizer.step()
        batch.optimizer.zero_grad(set_to_none=True)
        batch.clamp()
        guard.check(loss, step.index)
        if step.due:
            guard.stop_if_broken("recover", "Lower lr_img or the loss coefficients.")
            terms = {"loss": loss, "cross-entropy": entropy, "mean-mismatch": mean, "variance-mismatch": variance}
            whose = turn + 1 if len(batch.teachers) > 1 else ""
            values = {variant(name, whose): float(value.detach()) for name, value in {**terms, **further}.items()}
            yield Scalars(step.index, values | {"learning-rate": rate})
            for what, found in (("mean", means), ("variance", variances)):
                by_layer = dict(zip(matcher.names, found.detach().tolist(), strict=True))
                yield Parts(step.index, variant(f"{what}-mismatch-by-layer", whose), by_layer)
            flat = whole(batch.x)
            yield show(step.index, batch.real.denormalize(flat), everyone)
            yield place(step.index, teacher, flat, everyone)
