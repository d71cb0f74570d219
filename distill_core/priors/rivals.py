"""What a generator learns from: the encoder of its first phase, the discriminator of its second. Neither is kept.

No batch norm in either; the discriminator sees how much the images of a batch differ (one more channel).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .style import Z, sides


class Encoder(nn.Module):
    """Image and class to the mean and the logarithm of the variance of z (the class as planes beside the image)."""

    def __init__(self, channels: int, size: int, classes: int, width: int):
        super().__init__()
        self.classes = classes
        maps = sides(size)[::-1]
        convolutions: list[nn.Module] = []
        given = channels + classes
        for _ in maps[1:]:
            convolutions += [nn.Conv2d(given, width, 3, stride=2, padding=1), nn.LeakyReLU(0.2)]
            given = width
        self.body = nn.Sequential(*convolutions, nn.Flatten())
        self.last = nn.Linear(width * maps[-1] ** 2, 2 * Z)

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        planes = F.one_hot(labels, self.classes).to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        mean, log_variance = self.last(self.body(torch.cat([x, planes], 1))).chunk(2, 1)
        return mean, log_variance.clamp(-10, 10)


class Discriminator(nn.Module):
    """Residual blocks with average pooling; score = linear(h) + ⟨embedding(class), h⟩ / √width (a projection).

    `by_class`: the spread that it sees is that of an image's own class in the batch. Over all classes a generator with one
    image for each would look as various as the real images do.
    """

    def __init__(self, channels: int, size: int, classes: int, width: int, by_class: bool = False):
        super().__init__()
        self.classes, self.by_class = classes, by_class
        maps = sides(size)[::-1]
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.ModuleList([nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)])
            for _ in maps[1:]
        )
        self.mixed = nn.Conv2d(width + 1, width, 3, padding=1)
        self.hidden = nn.Linear(width * maps[-1] ** 2, width)
        self.score = nn.Linear(width, 1)
        self.embedding = nn.Embedding(classes, width)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """(n,) scores; high for what looks real."""
        h = F.leaky_relu(self.first(2 * x - 1), 0.2)
        for block in self.blocks:
            inner: Tensor = h
            for convolution in block:  # type: ignore[attr-defined]
                inner = F.leaky_relu(convolution(inner), 0.2)
            h = F.avg_pool2d((h + inner) * 0.7071, 2)
        if self.by_class:
            spread = _spread(h.float(), labels, self.classes)[:, None, None, None]
        else:
            spread = h.float().var(0, unbiased=False).add(1e-8).sqrt().mean()
        h = torch.cat([h, spread.expand(len(h), 1, *h.shape[2:])], 1)
        h = F.leaky_relu(self.hidden(F.leaky_relu(self.mixed(h), 0.2).flatten(1)), 0.2)
        return self.score(h)[:, 0] + (self.embedding(labels) * h).sum(1) / h.shape[1] ** 0.5


def _spread(h: Tensor, labels: Tensor, classes: int) -> Tensor:
    """(n,): √ of the mean square distance of an image's class from the mean of that class in this batch; 0 for an only one."""
    member = F.one_hot(labels, classes).to(h.dtype).T
    member = member / member.sum(1, keepdim=True).clamp(min=1)
    flat = h.flatten(1)
    apart = (flat - (member @ flat)[labels]).square().mean(1)
    return ((member @ apart) + 1e-8).sqrt()[labels]
