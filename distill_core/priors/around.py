"""Around a class in w: the two directions in which its mapped latents spread most, what is decoded there, and how much every
layer answers.

    w(a, b) = w̄ + a σ₁ e₁ + b σ₂ e₂                  w̄: mean of mapped latents of the class; eᵢ, σᵢ: their principal directions and s.d.
    response_k(a, b) = ‖f_k(w(a, b)) − f_k(w̄)‖ / ‖f_k(w̄)‖

All rows of w move, or one of them: then one sees what that row alone decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from .prior import Cut, Prior

LATENTS = 1000  # mapped latents of a class that its directions are taken from
CHUNK = 16  # points decoded at once
TAIL = 0.01  # share of a thumbnail's values at each end that are cut off before it is scaled to 0 … 1


@dataclass(frozen=True, eq=False)
class Around:
    """A class in w: its mean (rows, w), two directions of length 1 (2, rows, w), their s.d. (2,), and the share of the variance
    that lies in each (2,)."""

    mean: Tensor
    directions: Tensor
    deviations: Tensor
    shares: Tensor

    def points(self, grid: int, reach: float, row: int | None = None) -> Tensor:
        """w on a grid, (grid · grid, rows, w): b falls from +reach to −reach with every line, a grows along it from −reach to
        +reach, in s.d. `row` moves that row of w alone."""
        a = torch.linspace(-reach, reach, grid)
        b, a = torch.meshgrid(a.flip(0), a, indexing="ij")
        steps = torch.stack([a.flatten(), b.flatten()], 1) * self.deviations
        moved = torch.einsum("nd,drw->nrw", steps, self.directions)
        if row is not None:
            only = torch.zeros_like(moved)
            only[:, row] = moved[:, row]
            moved = only
        return self.mean + moved


@torch.no_grad()
def around(prior: Prior, label: int, generator: Generator, count: int = LATENTS) -> Around:
    """The mean and the two principal directions of `count` mapped latents of a class, over all rows of w together."""
    z = prior.sample(count, generator)
    w = prior.map(z, torch.full((count,), label)).double()
    mean = w.mean(0)
    flat = (w - mean).flatten(1)
    values, vectors = torch.linalg.eigh(flat @ flat.T)  # of (count, count): w may be far longer than there are latents
    found = vectors.flip(1)[:, :2].T @ flat
    lengths = found.norm(dim=1, keepdim=True)
    found = torch.where(lengths > 1e-9, found / lengths.clamp(min=1e-12), torch.zeros(()))
    largest = found.gather(1, found.abs().argmax(1, keepdim=True))
    found = torch.where(largest < 0, -found, found)  # a second fit never mirrors the first
    variances = values.flip(0)[:2].clamp(min=0)
    shares = variances / values.sum().clamp(min=1e-12)
    directions = found.unflatten(1, w.shape[1:])
    return Around(mean.float(), directions.float(), (variances / (count - 1)).sqrt().float(), shares.float())


@torch.no_grad()
def layers(prior: Prior, w: Tensor, chunk: int = CHUNK) -> Iterator[list[Tensor]]:
    """Chunk after chunk of points: the feature map at every cut, and the pixels last."""
    for part in w.split(chunk):
        found = [prior.between(None, part, 0, 0)]
        for k in range(1, len(prior.cuts)):
            found.append(prior.between(found[-1], part, k - 1, k))
        yield [*found, prior.decode(found[-1], part, len(prior.cuts) - 1)]


@dataclass(frozen=True, eq=False)
class Seen:
    """What lies at the points of a walk.

    Args:
        images: (n, c, h, w) float32, clamped to [0, 1].
        responses: (cuts + 1, n) of every cut and, last, of the pixels before they are clamped.
        thumbnails: for each cut (n', 3, side, side) in [0, 1], the first three principal channels at the points that were
            asked for; one fit and one scale for all points.
    """

    images: Tensor
    responses: Tensor
    thumbnails: list[Tensor]


@torch.no_grad()
def look(prior: Prior, w: Tensor, mean: Tensor, shown: Sequence[int]) -> Seen:
    """Decode points w (n, rows, w), beside the mean (rows, w) that responses are measured from; thumbnails of points `shown`."""
    home = next(layers(prior, mean[None]))
    size = [one.norm().clamp(min=1e-12) for one in home]
    images, responses = [], []
    spread = [torch.zeros(cut.shape[0], cut.shape[0], dtype=torch.float64) for cut in prior.cuts]
    total = [torch.zeros(cut.shape[0], dtype=torch.float64) for cut in prior.cuts]
    for found in layers(prior, w):
        images.append(found[-1].clamp(0, 1))
        responses.append(
            torch.stack([(f - h).flatten(1).norm(dim=1) / s for f, h, s in zip(found, home, size, strict=True)])
        )
        for k, f in enumerate(found[:-1]):
            flat = f.transpose(0, 1).flatten(1).double()
            spread[k] += flat @ flat.T
            total[k] += flat.sum(1)
    thumbnails = _thumbnails(prior.cuts, layers(prior, w[list(shown)]), spread, total, len(w))
    return Seen(torch.cat(images), torch.cat(responses, 1), thumbnails)


def _thumbnails(
    cuts: Sequence[Cut], chunks: Iterator[list[Tensor]], spread: list[Tensor], total: list[Tensor], points: int
) -> list[Tensor]:
    planes = [_principal(spread[k], total[k], points * cut.shape[1] * cut.shape[2]) for k, cut in enumerate(cuts)]
    parts: list[list[Tensor]] = [[] for _ in cuts]
    for found in chunks:
        for k, (mean, channels) in enumerate(planes):
            parts[k].append(torch.einsum("oc,nchw->nohw", channels, found[k] - mean[:, None, None]))
    return [_scaled(torch.cat(one)) for one in parts]


def _principal(spread: Tensor, total: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Mean (c,) and first three principal directions (3, c) of channels, from sums over all places of all points."""
    mean = total / count
    _, vectors = torch.linalg.eigh(spread - count * torch.outer(mean, mean))
    found = vectors.flip(1)[:, :3].T
    found = torch.cat([found, found.new_zeros(3 - len(found), found.shape[1])])
    largest = found.gather(1, found.abs().argmax(1, keepdim=True))
    return mean.float(), torch.where(largest < 0, -found, found).float()


def _scaled(x: Tensor) -> Tensor:
    """To 0 … 1, each of the three by one scale for all points; 0.5 where nothing varies."""
    flat = x.transpose(0, 1).flatten(1)
    some = flat[:, :: max(1, flat.shape[1] // 1_000_000)]  # torch's quantile takes no more than 16 million
    low, high = some.quantile(TAIL, dim=1), some.quantile(1 - TAIL, dim=1)
    width = high - low
    low, width = low[:, None, None], width[:, None, None]
    return torch.where(width > 1e-6, (x - low) / width.clamp(min=1e-6), torch.full((), 0.5)).clamp(0, 1)
