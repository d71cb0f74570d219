"""Natural images and what is added to them, while it is learned: what INFER (arXiv 2408.06927) stores and what students see.

    s(c, j, m) = clip( x(c, j) + u(j, m) )        class c, group j, compensator m

An image's id is its place in the result: the naturals group after group, then the sums of the first compensator group after
group, then those of the second. Compensators are numbered group after group: that of (j, m) is j · M + m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..datasets import RealSet
from ..events import Images, Logits
from .ground import Ground
from .show import logits_of, place, show
from .start import starting_ids

SPACE = "compensator"  # of signed pictures: see `Sums.signed`
WATCHED = 1000  # images that a report shows at most, in whole groups


@dataclass(eq=False)
class Sums:
    """The naturals, and the compensators as they stand.

    Args:
        naturals: (g, classes, c, h, w), normalized, on the device.
        learned: (g, m, k, c, h, w), normalized; k is 1 where all classes share a compensator, else the number of classes.
        pixels: the naturals as they are stored, (g, classes, c, h, w) uint8 on the CPU.
    """

    real: RealSet
    naturals: Tensor
    learned: Tensor
    pixels: Tensor

    @classmethod
    def of(cls, ground: Ground, groups: int, each: int, apart: bool = False) -> Sums:
        """The job's real images, as everywhere, with compensators of zero; `apart`: one for every class."""
        real = ground.real
        ids = starting_ids(real, groups, ground.job.seed)
        pixels = real.train.images[ids.flatten()].unflatten(0, ids.shape)
        naturals = real.normalize(real.pixels(pixels)).to(ground.device)
        shape = (groups, each, len(real.classes) if apart else 1, *naturals.shape[2:])
        return cls(real, naturals, torch.zeros(shape, device=ground.device), pixels)

    @property
    def watched(self) -> int:
        """How many groups reports show."""
        return min(len(self.naturals), max(1, WATCHED // (self.naturals.shape[1] * (1 + self.learned.shape[1]))))

    def seen(self, groups: int | None = None) -> Tensor:
        """(1 + m, groups, classes, c, h, w) in [0, 1]: the naturals, and the sums of every compensator; None: all groups."""
        naturals, learned = self.naturals[:groups], self.learned[:groups]
        sums = naturals + learned.transpose(0, 1)
        return self.real.denormalize(torch.cat([naturals[None], sums])).clamp(0, 1)

    def pixels_of(self, learned: Tensor) -> Tensor:
        """Compensators as they are added to pixels in [0, 1]."""
        std = torch.tensor(self.real.std, device=learned.device).view(-1, 1, 1)
        return learned * std

    def ids(self, groups: int) -> Tensor:
        """(1 + m, groups, classes): the places of the images of the first groups in the result."""
        every, classes = len(self.naturals), self.naturals.shape[1]
        slices = torch.arange(1 + self.learned.shape[1])[:, None] * every + torch.arange(groups)
        return slices[..., None] * classes + torch.arange(classes)

    def picture(self, step: int, groups: int) -> Images:
        """Naturals and sums of the first groups."""
        ids = self.ids(groups).flatten()
        return show(step, self.seen(groups).flatten(0, 2), ids % self.naturals.shape[1], ids=ids)

    def outputs(self, step: int, network: nn.Module, groups: int) -> Logits:
        """What a teacher answers to them, for the map."""
        ids, images = self.ids(groups).flatten(), self.real.normalize(self.seen(groups).flatten(0, 2))
        return place(step, network, images, ids % self.naturals.shape[1], ids)

    def scale(self, groups: int) -> float:
        """The largest pixel of the first groups' compensators, by magnitude."""
        return float(self.pixels_of(self.learned[:groups]).abs().max()) if self.learned.numel() else 0.0

    def signed(self, step: int, groups: int) -> Images:
        """The compensators of the first groups: 127.5 is zero, 0 and 255 are minus and plus `scale`, the same for all of them.

        `labels` say the teacher, from 0. Where every class has one of its own there are as many for each teacher.
        """
        shown, scale = self.pixels_of(self.learned[:groups]).flatten(0, 2), self.scale(groups) or 1.0
        each = self.learned.shape[2]
        teacher = (torch.arange(len(shown)) // each) % self.learned.shape[1]
        return show(step, 0.5 + shown / (2 * scale), teacher, SPACE)

    def transfer(self, network: nn.Module, groups: int, which: int) -> float:
        """Share of the first groups' sums of a compensator that a teacher takes for their class; 0 is the naturals themselves."""
        images = self.real.normalize(self.seen(groups)[which].flatten(0, 1))
        found = logits_of(network, images).argmax(1)
        return float(np.mean((found == torch.arange(len(found)) % self.naturals.shape[1]).numpy()))
