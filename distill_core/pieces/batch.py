"""The images that are recovered together, and the teachers that look at them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from .ground import Ground

Look = Callable[
    [Tensor, Generator, float], Tensor
]  # images, draws, how far the run is (0 … 1) → what a network is shown


@dataclass(frozen=True, eq=False)
class FirstLook:
    """The view of a batch, and the state of the draws with which it is first made: the same in all K steps of a shift and in
    the first update."""

    view: Look
    draws: Tensor


class Batch:
    """x, its Adam, its teachers.

    Args:
        start: (n, c, h, w), normalized, on the device; `groups` groups of equal size, one after the other.
        networks: those that take turns.
        copies: whether every group has a teacher of its own, which may be moved.
    """

    def __init__(
        self,
        ground: Ground,
        start: Tensor,
        labels: Tensor,
        networks: Sequence[nn.Module],
        lr: float,
        look: FirstLook,
        *,
        groups: int = 1,
        copies: bool = False,
    ):
        self.ground, self.labels, self.groups, self.copies = ground, labels, groups, copies
        self.look = look
        self.x = start.clone().requires_grad_(True)
        self.teachers = [[copy.deepcopy(n).eval() for _ in range(groups)] if copies else [n] for n in networks]
        self.optimizer = torch.optim.Adam([self.x], lr=lr, betas=(0.5, 0.9), eps=1e-8)
        self.low, self.high = ground.range(start.device)

    def rows(self, group: int) -> slice:
        """Where the images of a group lie."""
        size = len(self.labels) // self.groups
        return slice(group * size, (group + 1) * size)

    def first_look(self, group: int) -> Callable[[], Tensor]:
        """What gives a group's images under the first view."""
        own = self.rows(group)
        return lambda: self.look.view(self.x[own], Generator().set_state(self.look.draws), 0.0)

    def clamp(self) -> None:
        """Back into the range of pixels, channel by channel."""
        with torch.no_grad():
            self.x.clamp_(self.low, self.high)
