"""A real data set in memory: three splits, one fingerprint, and the one place where images are normalized."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

Progress = Callable[[str, int, int], None]  # what is being done, done, total (0: not known)
VALIDATION_SHARE = 0.1  # of the training part
VALIDATION_SEED = 20_240_611


@dataclass(frozen=True, eq=False)
class Split:
    """Images (n, c, h, w) uint8 and labels (n,) int64, on the CPU."""

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        assert self.images.dtype == torch.uint8 and self.images.ndim == 4, "images are (n, c, h, w) uint8"
        assert self.labels.dtype == torch.int64 and self.labels.shape == (len(self.images),), "labels are (n,) int64"

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: Tensor) -> Split:
        return Split(self.images[indices], self.labels[indices])


@dataclass(frozen=True)
class DataInfo:
    """A data set that can be asked for, as plain data; known without loading it."""

    name: str
    title: str
    about: str
    classes: tuple[str, ...]
    train: int  # images in the training part, before the validation part is taken away
    test: int
    channels: int
    size: int  # pixels a side when no size is asked for
    sizes: tuple[int, ...]  # that can be asked for with `name:size=…`; () is this size only
    may_mirror: bool = True  # whether a mirrored image still belongs to its class
    bundled: bool = False  # needs no download
    ready: bool = False  # can be loaded now without the network
    download_mb: float = 0.0


@dataclass(frozen=True, eq=False)
class RealSet:
    """A real data set. `train` is for learning, `val` for choosing, `test` for the number that is reported and
    nothing else.

    Args:
        mean, std: per channel, of pixels in [0, 1]; networks see `(pixels - mean) / std`.
        fingerprint: hex sha256 of the source's own bytes and the options: the same on every machine.
        notes: sentences on what was done to the images, for the person who looks at them.
        may_mirror: whether a mirrored image still belongs to its class; a mirrored digit is no digit.
        out_of: the fingerprint of the whole, where this is a choice of its training images.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    train: Split
    val: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fingerprint: str
    licence: str = ""
    notes: tuple[str, ...] = ()
    may_mirror: bool = True
    out_of: str = ""

    @property
    def size(self) -> int:
        """Pixels a side."""
        return self.train.images.shape[2]

    @property
    def channels(self) -> int:
        return self.train.images.shape[1]

    @staticmethod
    def pixels(images: Tensor) -> Tensor:
        """uint8 → float32 in [0, 1], on the images' device."""
        return images.float() / 255

    def normalize(self, x: Tensor) -> Tensor:
        """(…, c, h, w) in [0, 1] → what networks see."""
        return (x - _column(self.mean, x)) / _column(self.std, x)

    def denormalize(self, x: Tensor) -> Tensor:
        """The reverse of `normalize`; not clamped."""
        return x * _column(self.std, x) + _column(self.mean, x)

    @cached_property
    def _by_class(self) -> tuple[Tensor, ...]:
        return tuple((self.train.labels == c).nonzero().flatten() for c in range(len(self.classes)))

    def per_class(self, label: int) -> Tensor:
        """Where the images of a class are in `train`: int64 indices, ascending."""
        return self._by_class[label]


def _column(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(-1, 1, 1)


def statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and s.d. per channel of uint8 images in [0, 1], to four digits. A flat channel gets an s.d. of 1.

    Counted on the histogram in whole numbers, so that every machine finds the same.
    """
    means, stds = [], []
    levels = np.arange(256, dtype=np.int64)
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten().int(), minlength=256).numpy()
        n, total, squares = int(counts.sum()), int((counts * levels).sum()), int((counts * levels**2).sum())
        variance = max(n * squares - total * total, 0) / (n * n)
        means.append(round(total / n / 255, 4))
        stds.append(round(variance**0.5 / 255, 4) or 1.0)
    return tuple(means), tuple(stds)


def stratified(labels: np.ndarray, share: float, seed: int, *, keep: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Indices (kept, taken), both ascending: `share` of every class is taken, at least one where `keep` others stay."""
    rng = np.random.RandomState(seed)  # its streams are frozen for good, unlike those of numpy's newer generators
    taken = []
    for label in np.unique(labels):
        where = np.flatnonzero(labels == label)
        count = min(max(round(len(where) * share), 1), len(where) - keep)
        taken.append(rng.permutation(where)[: max(count, 0)])
    out = np.sort(np.concatenate(taken)) if taken else np.zeros(0, dtype=np.int64)
    return np.setdiff1d(np.arange(len(labels)), out), out


def assemble(
    info: DataInfo,
    whole: Split,
    test: Split,
    fingerprint: str,
    *,
    val: Split | None = None,
    name: str | None = None,
    constants: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
    licence: str = "",
    notes: Sequence[str] = (),
) -> RealSet:
    """A `RealSet` from a training part and a test part: takes a validation part off where none is given, settles mean
    and s.d.
    """
    train = whole
    if val is None:
        kept, taken = stratified(whole.labels.numpy(), VALIDATION_SHARE, VALIDATION_SEED)
        train, val = whole.take(torch.from_numpy(kept)), whole.take(torch.from_numpy(taken))
    mean, std = constants or statistics(train.images)
    spelled = name or info.name
    said = licence, tuple(notes), info.may_mirror
    return RealSet(spelled, info.title, info.classes, train, val, test, mean, std, fingerprint, *said)


def fingerprint(*parts: bytes | str | np.ndarray) -> str:
    """sha256 over byte strings, texts and whole-number arrays (with their shapes), in order."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            assert part.dtype.kind in "iu", "a fingerprint never covers floats"
            digest.update(f"{part.shape}{part.dtype.str}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()
