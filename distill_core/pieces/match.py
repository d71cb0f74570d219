"""Matching: a space of images, an objective that pulls at them, and the one loop in which they meet.

A *space* is what is optimized: pixels here, the inside of a generator elsewhere. It shows images and takes the gradient that
an objective has at them. A *match* compares these images with real data: gradients, mean features, trajectories. So any
objective works in any space, and a method is a few lines that name the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..events import Note, Parts, PerClass, Scalars
from ..job import Job
from ..loop import Guard, Live, Step, saw, steps
from ..method import Stream
from ..networks import Network, build
from .ground import Ground
from .show import place, reference, show


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


class Match:
    """Compares synthetic images with real data. Base of what an objective makes for a run."""

    what = ""  # the quantity that `per_class` is, "" where it is None
    remedy = "Lower lr_img."  # what to do when the loss is no number any more
    looks = 1  # updates of the images for each iteration

    def pull(self, x: Tensor, step: Step) -> Pull:
        """The gradient at the images x (n, c, h, w), normalized, slice-major; `step.due` asks for parts."""
        raise NotImplementedError

    def after(self, x: Tensor) -> None:
        """What follows the update of the images, such as a step of an inner training."""

    def state(self) -> Mapping[str, Live]:
        """What has to be restored when the run is resumed."""
        return {}

    def learned(self) -> list[Tensor]:
        """What is learned beside the images."""
        return []

    def about(self, learned: Sequence[Tensor]) -> dict[str, float]:
        """What is to be said of the result, from (a copy of) what was learned."""
        return {}


@dataclass(frozen=True)
class Rates:
    """Learning rates of w, of a feature map, and of pixels."""

    w: float
    f: float
    pixels: float


class Space(Protocol):
    """What is optimized."""

    name: str

    def images(self) -> Tensor:
        """(n, c, h, w), normalized, without a graph."""

    def step(self, gradient: Tensor, rates: Rates) -> None:
        """One update from ∂L/∂x."""

    def tensors(self) -> list[Tensor]:
        """What is learned."""

    def state(self) -> Mapping[str, Live]: ...


class PixelSpace:
    """The images themselves: SGD with momentum in normalized pixels, kept in the valid range."""

    name = "pixels"

    def __init__(self, start: Tensor, ground: Ground, momentum: float):
        self.x = start.clone().requires_grad_(True)
        self.optimizer = torch.optim.SGD([self.x], lr=1.0, momentum=momentum)
        self.low, self.high = ground.range(start.device)

    def images(self) -> Tensor:
        return self.x.detach()

    def step(self, gradient: Tensor, rates: Rates) -> None:
        self.optimizer.param_groups[0]["lr"] = rates.pixels
        self.x.grad = gradient
        self.optimizer.step()
        with torch.no_grad():
            self.x.clamp_(self.low, self.high)

    def tensors(self) -> list[Tensor]:
        return [self.x]

    def state(self) -> Mapping[str, Live]:
        return {"x": self.x, "optimizer": self.optimizer}


def probe_of(ground: Ground) -> Stream[nn.Module]:
    """A held-out network with random weights for the maps, and where the real images lie for it."""
    probe = random_network(ground.job, ground.real, 2**31 - 2).to(ground.device)
    yield from reference(ground.real, probe, ground.device)
    return probe


def matching_network(job: Job, size: int) -> str:
    """The network that images are matched in; `auto` is the papers' ConvNet with instance norm, narrower on small images."""
    width = 64 if size <= 16 else 128
    return f"convnet:norm=instance,width={width}" if job.teacher == "auto" else job.teacher


def random_network(job: Job, real: RealSet, seed: int) -> Network:
    """A network with random weights: see `matching_network`."""
    spec = matching_network(job, real.size)
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
    ground: Ground,
    space: Space,
    match: Match,
    probe: nn.Module,
    rates: Callable[[Step], Rates],
    total: int,
    *,
    returns: bool = False,
) -> Stream[None]:
    """The loop: the objective pulls, the space moves, the objective follows.

    Args:
        probe: the network whose logits are shown.
        rates: the learning rates in force at a step.
        returns: where a number breaks, end at the last finite state and say so, instead of failing.
    """
    guard = Guard(*space.tensors())
    state: dict[str, Live] = {**space.state(), **match.state(), "broken": guard.broken}
    for step in steps("match", total, state=state, live=True):
        pull = match.pull(space.images(), step)
        guard.keep()
        space.step(pull.gradient, rates(step))
        guard.check(pull.loss, step.index)
        match.after(space.images())
        saw(pull.seen)
        if step.due:
            if returns and (at := int(guard.broken)) >= 0:
                yield _went_back(at, space)
                return
            guard.stop_if_broken("match", match.remedy)
            yield from report(step.index, match, pull, space.name)
            x = space.images()
            yield show(step.index, ground.real.denormalize(x), ground.labels, space=space.name)
            yield place(step.index, probe, x, ground.labels)


def report(index: int, match: Match, pull: Pull, space: str, more: Mapping[str, float] | None = None) -> Stream[None]:
    """What an objective said at a step, and `more` numbers beside the loss."""
    yield Scalars(index, {"loss": pull.loss.item(), **(more or {}), **pull.scalars})
    if pull.per_class is not None:
        yield PerClass(index, match.what, pull.per_class.detach().cpu().numpy(), space)
    for name, values in pull.parts.items():
        yield Parts(index, name, values)


def _went_back(at: int, space: Space) -> Note:
    return Note(
        f"At step {at} the loss or what is learned at {space.name} was no number any more. The search ends with its state "
        "before that step. Lower lr_f and lr_w (at the pixels lr_img) and start again for a full search.",
        "warning",
    )
