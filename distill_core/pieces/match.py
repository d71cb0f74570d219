"""Matching: a space of images, an objective that pulls at them, and the one loop in which they meet.

A *space* is what is optimized: pixels here, the inside of a generator elsewhere. It shows images and takes the gradient that
an objective has at them. An *objective* compares these images with real data: gradients, mean features, trajectories. So any
objective works in any space, and a method is a few lines that name the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Generator, Tensor, nn

from ..datasets import RealSet, load
from ..events import Note, Parts, PerClass, Scalars
from ..job import Job
from ..loop import Guard, saw, steps
from ..method import Stream, stage
from ..networks import Network, build
from ..results import SyntheticSet
from .device import device_of
from .show import place, quantize, reference, show
from .start import check_ipc, slice_labels, starting_images


@dataclass(frozen=True, eq=False)
class Pull:
    """What an objective says at a step.

    Args:
        gradient: ∂L/∂x, shaped like the images.
        loss: the scalar L.
        per_class: (classes,) or None, under the objective's `what`.
        parts: one number for each layer or inner step, by quantity.
        scalars: further numbers, by quantity.
        seen: real images that it looked at.
    """

    gradient: Tensor
    loss: Tensor
    per_class: Tensor | None = None
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    scalars: Mapping[str, float] = field(default_factory=dict)
    seen: int = 0


class Objective(Protocol):
    """Compares synthetic images with real data."""

    what: str  # the quantity that `per_class` is, "" where it is None
    remedy: str  # what to lower when the loss is no number any more

    def pull(self, x: Tensor, now: Any, due: bool) -> Pull:
        """The gradient at the images x (n, c, h, w), normalized, slice-major; `now` has the live knobs, `due` asks for parts."""

    def after(self, x: Tensor) -> None:
        """What follows the update of the images, such as a step of an inner training."""

    def state(self) -> dict[str, Any]:
        """What has to be restored when the run is resumed."""


class Space(Protocol):
    """What is optimized."""

    name: str

    def images(self) -> Tensor:
        """(n, c, h, w), normalized, without a graph."""

    def step(self, gradient: Tensor, now: Any) -> None:
        """One update from ∂L/∂x."""

    def tensors(self) -> list[Tensor]:
        """What is learned."""

    def state(self) -> dict[str, Any]: ...


class Pixels:
    """The images themselves: SGD with momentum in normalized pixels, kept in the valid range."""

    name = "pixels"

    def __init__(self, start: Tensor, real: RealSet, momentum: float):
        self.x = start.clone().requires_grad_(True)
        self.optimizer = torch.optim.SGD([self.x], lr=1.0, momentum=momentum)
        bounds = (real.normalize(torch.full((1, real.channels, 1, 1), v, device=start.device)) for v in (0.0, 1.0))
        self.low, self.high = bounds

    def images(self) -> Tensor:
        return self.x.detach()

    def step(self, gradient: Tensor, now: Any) -> None:
        self.optimizer.param_groups[0]["lr"] = now.lr_img
        self.x.grad = gradient
        self.optimizer.step()
        with torch.no_grad():
            self.x.clamp_(self.low, self.high)

    def tensors(self) -> list[Tensor]:
        return [self.x]

    def state(self) -> dict[str, Any]:
        return {"x": self.x, "optimizer": self.optimizer}


@dataclass(frozen=True, eq=False)
class Ground:
    """What every matching method begins with: the real set, where the images start, and a held-out network for the maps."""

    real: RealSet
    device: torch.device
    labels: Tensor  # (n,), slice-major
    start: Tensor  # (n, c, h, w), normalized, on the device
    probe: nn.Module


def prepared(job: Job, start: str, *, shown: bool = True) -> Stream[Ground]:
    """Load, choose the start (`real` or `noise`), show both; `shown` is False where the images start elsewhere."""
    real = load(job.data)
    check_ipc(job, real)
    device, labels = device_of(job.device), slice_labels(job.ipc, len(real.classes))
    images, _ = starting_images(real, job.ipc, job.seed)
    if start == "noise":
        x = torch.randn(images.flatten(0, 1).shape, generator=Generator().manual_seed(job.seed))
    else:
        x = real.normalize(images.flatten(0, 1))
    if shown:
        yield show(0, real.denormalize(x).clamp(0, 1), labels)
    probe = random_network(job, real, 2**31 - 2).to(device)  # held out: the maps stay comparable
    yield from reference(real, probe, device)
    return Ground(real, device, labels, x.to(device), probe)


def random_network(job: Job, real: RealSet, seed: int) -> Network:
    """A network with random weights; `auto` is the papers' ConvNet with instance norm, narrower on small images."""
    width = 64 if real.size <= 16 else 128
    spec = f"convnet:norm=instance,width={width}" if job.teacher == "auto" else job.teacher
    network = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=seed)
    network.requires_grad_(False).train()
    return network


def real_batch(real: RealSet, size: int, generator: Generator) -> Tensor:
    """(size, classes) training ids: `size` images of each class, without repetition where the class has that many."""
    columns = []
    for label in range(len(real.classes)):
        own = real.per_class(label)
        if len(own) >= size:
            columns.append(own[torch.randperm(len(own), generator=generator)[:size]])
        else:
            columns.append(own[torch.randint(len(own), (size,), generator=generator)])
    return torch.stack(columns, dim=1)


def matched(
    method: Any, ground: Ground, space: Space, objective: Objective, total: int, *, returns: bool = False
) -> Stream[None]:
    """The loop: the objective pulls, the space moves, the objective follows.

    Args:
        returns: where a number breaks, end at the last finite state and say so, instead of failing.
    """
    guard = Guard(*space.tensors())
    state = {**space.state(), **objective.state(), "broken": guard.broken}
    for step in steps("match", total, state=state, of=method):
        pull = objective.pull(space.images(), step.now, step.due)
        guard.keep()
        space.step(pull.gradient, step.now)
        guard.check(pull.loss, step.index)
        objective.after(space.images())
        saw(pull.seen)
        if step.due:
            if returns and (at := int(guard.broken)) >= 0:
                yield _went_back(at, space)
                return
            guard.stop_if_broken("match", objective.remedy)
            yield Scalars(step.index, {"loss": pull.loss.item(), **pull.scalars})
            if pull.per_class is not None:
                yield PerClass(step.index, objective.what, pull.per_class.detach().cpu().numpy())
            for name, values in pull.parts.items():
                yield Parts(step.index, name, values)
            x = space.images()
            yield show(step.index, ground.real.denormalize(x), ground.labels, space=space.name)
            yield place(step.index, ground.probe, x, ground.labels)


def _went_back(at: int, space: Space) -> Note:
    return Note(
        f"At step {at} the loss or what is learned at {space.name} was no number any more. The search ends with its state "
        "before that step. Lower lr_f and lr_w (at the pixels lr_img) and start again for a full search.",
        "warning",
    )


def in_pixels(
    method: Any, ground: Ground, objective: Objective, total: int, protocol: str, about: Any = dict
) -> Stream[SyntheticSet]:
    """Match in pixels, from the start that was prepared; `about()` is asked at the end."""
    space, real = Pixels(ground.start, ground.real, method.momentum), ground.real
    yield from stage("match", matched(method, ground, space, objective, total), total)
    images = quantize(real.denormalize(space.images())).cpu()
    return SyntheticSet(images, ground.labels, real.classes, real.mean, real.std, protocol=protocol, about=about())
