"""ZCA whitening of a real data set, and the way back: pixels whose principal directions all vary alike.

    C = U Λ Uᵀ = 1/(N−1) Σ (x − μ)(x − μ)ᵀ      x: pixels in [0, 1] as one vector
    whitened = (x − μ) U (Λ + ε)^(−1/2) Uᵀ       x = whitened U (Λ + ε)^(1/2) Uᵀ + μ

With ε = 0.1 that is what MTT, DATM and their kin train on (kornia's `ZCAWhitening(eps=0.1)`, fitted on the training images in [0, 1]).
KIP's differs (its released code): each image is first freed of its mean and divided by its norm, C is not centred and has 1/N, and ε is a
share of the mean of Λ, taken as 0.1. What was divided away is in no file: the way back gives every image the usual mean and norm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ... import store
from ...datasets import RealSet

EPS = 0.1
MOST = 3072  # numbers of an image up to which the transform is fitted without being asked: 32×32 in color
CHUNK = 5000


@dataclass(frozen=True, eq=False)
class Whitening:
    """A fitted transform of images (n, c, h, w).

    Args:
        mean: (d,) of pixels, 0 where each image is freed of its own.
        vectors, roots: U (d, d) and (Λ + ε)^(1/2) (d,).
        usual: mean and norm that images get back, where each was freed of its own; None otherwise.
    """

    mean: Tensor
    vectors: Tensor
    roots: Tensor
    usual: tuple[float, float] | None = None

    def whiten(self, images: Tensor) -> Tensor:
        """(n, c, h, w) in [0, 1] → whitened."""
        flat = self._freed(images.flatten(1).double())
        return (((flat - self.mean) @ self.vectors / self.roots) @ self.vectors.T).float().view_as(images)

    def invert(self, images: Tensor) -> Tensor:
        """Whitened (n, c, h, w) → pixels, in [0, 1] where the whitened ones were."""
        flat = (images.flatten(1).double() @ self.vectors * self.roots) @ self.vectors.T + self.mean
        if self.usual is not None:
            flat = flat * self.usual[1] + self.usual[0]
        return flat.float().view_as(images)

    def _freed(self, flat: Tensor) -> Tensor:
        return flat if self.usual is None else _freed(flat)


def _freed(flat: Tensor) -> Tensor:
    """Each row without its mean and with norm 1."""
    centred = flat - flat.mean(1, keepdim=True)
    return centred / centred.norm(dim=1, keepdim=True).clamp(min=1e-12)


def whitening_of(real: RealSet, *, freed: bool = False) -> Whitening:
    """The transform fitted on all training images (the validation part too, as the authors' programs have none), kept by content.

    Args:
        freed: KIP's form.
    """
    key = store.key_of({"fingerprint": real.fingerprint, "eps": EPS, "freed": freed, "format": 1})
    kept = store.remembered("zca", key, lambda: _fitted(real, freed))
    mean, vectors, values, usual = (
        torch.from_numpy(kept[name]).double() for name in ("mean", "vectors", "values", "usual")
    )
    eps = EPS * float(values.mean()) if freed else EPS
    back = (float(usual[0]), float(usual[1])) if freed else None
    return Whitening(mean, vectors, (values.clamp(min=0) + eps).sqrt(), back)


def _fitted(real: RealSet, freed: bool) -> store.Arrays:
    images = torch.cat([real.train.images, real.val.images])
    count, width = len(images), images[0].numel()
    total, products = torch.zeros(width, dtype=torch.float64), torch.zeros(width, width, dtype=torch.float64)
    means = norms = 0.0
    shift = (
        0.0 if freed else real.pixels(images[:CHUNK]).flatten(1).mean(0)
    )  # single precision then suffices within a chunk
    for part in images.split(CHUNK):
        flat = real.pixels(part).flatten(1)
        means += float(flat.mean(1).sum())
        norms += float((flat - flat.mean(1, keepdim=True)).norm(dim=1).sum())
        flat = _freed(flat) if freed else flat - shift
        total += flat.sum(0)
        products += flat.T @ flat
    moved = total / count
    covariance = products / count if freed else (products - count * torch.outer(moved, moved)) / (count - 1)
    mean = torch.zeros_like(moved) if freed else moved + shift
    values, vectors = torch.linalg.eigh(covariance)
    usual = np.array([means / count, norms / count])
    return {"mean": mean.numpy(), "vectors": vectors.float().numpy(), "values": values.numpy(), "usual": usual}
