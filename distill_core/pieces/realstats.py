"""Statistics of the real data at every batch-norm and convolution layer (G-VBSM, arXiv 2311.17950; EDC, arXiv 2404.13733).

    R_BN   = ‖v_l − σ̂²‖₂ + ‖m_l − μ̂‖₂
    R_conv = ‖Var − σ̂²‖₂ + ‖Mean − μ̂‖₂ + ‖PatchMean − μ̂_p‖₂ + ‖PatchVar − σ̂²_p‖₂         on what enters a convolution
    μ̂      = sg[α · memory + (1 − α) · μ], with the gradient of the present μ straight through; the same for the others

Patch statistics: height and width are resized up to multiples of 4, cut into patches of 4×4, and everything but the
patch's position is pooled. EDC takes half of R from the global statistics and half from the mean statistics of the
classes in the batch; a class's value is the average over its images of each image's own mean and variance.

Departures: the memory starts with the first statistic (the released code starts it at zero; switch `memory_from_zero`)
and is new for every batch of images; when class statistics are stored, means stay means (EDC's files swap the two).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn

from .. import store
from ..datasets import RealSet
from ..events import Note
from ..loop import saw, steps
from ..method import Stream
from .statistics import Heard, moments
from .teacher import Teacher

KEPT = "moments"  # until a fault was mended they were kept as `statistics-…`, which may hold another network's: none is read
BATCH = 100
PATCH = 4
KINDS = ("mean", "variance", "patch mean", "patch variance")


def patches(x: Tensor) -> Tensor:
    """(n, c, h, w) → (n, positions, c · 16): patches of 4×4 after resizing up to multiples of 4."""
    size = [PATCH * math.ceil(side / PATCH) for side in x.shape[-2:]]
    if size != list(x.shape[-2:]):
        x = F.interpolate(x, size=size, mode="bilinear", align_corners=False)
    n, c, h, w = x.shape
    cut = x.reshape(n, c, h // PATCH, PATCH, w // PATCH, PATCH)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(n, (h // PATCH) * (w // PATCH), c * PATCH * PATCH)


def patch_moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance at every patch position, over images, channels and the patch: (positions,) twice."""
    cut = patches(x.float()).transpose(0, 1).flatten(1)
    return cut.mean(1), cut.var(1, unbiased=False)


@dataclass(frozen=True)
class Points:
    """Where statistics are taken: the batch-norm layers, then the convolutions, each by what enters it."""

    norms: dict[str, nn.Module]
    convolutions: dict[str, nn.Module]

    @classmethod
    def of(cls, network: nn.Module, convolutions: bool = True) -> Points:
        """All batch norms, and the convolutions where they are wanted (always where there is no batch norm)."""
        norms: dict[str, nn.Module] = {name: m for name, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
        found: dict[str, nn.Module] = {
            f"{name}, input": m for name, m in network.named_modules() if isinstance(m, nn.Conv2d)
        }
        return cls(norms, found if convolutions or not norms else {})

    def all(self) -> dict[str, nn.Module]:
        return {**self.norms, **self.convolutions}

    @contextmanager
    def inputs(self) -> Iterator[dict[str, Tensor]]:
        """What enters each of them at every forward pass."""
        seen: dict[str, Tensor] = {}

        def hook(name: str):  # type: ignore[no-untyped-def]
            return lambda _, given: seen.__setitem__(name, given[0])

        hooks = [m.register_forward_pre_hook(hook(name)) for name, m in self.all().items()]
        try:
            yield seen
        finally:
            for one in hooks:
                one.remove()

    def statistics(self, seen: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, ...]]:
        """Mean and variance (1, c) each; at a convolution also those of the patches (1, positions)."""
        found: dict[str, tuple[Tensor, ...]] = {name: moments(seen[name]) for name in self.norms}
        for name in self.convolutions:
            found[name] = (*moments(seen[name]), *(p[None] for p in patch_moments(seen[name])))
        return found

    def of_each(self, seen: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, ...]]:
        """The same for every image alone: (n, c) and (n, positions)."""
        found: dict[str, tuple[Tensor, ...]] = {}
        for name in self.all():
            x = seen[name].float()
            found[name] = (x.mean((2, 3)), x.var((2, 3), unbiased=False))
            if name in self.convolutions:
                cut = patches(x)
                found[name] += (cut.mean(2), cut.var(2, unbiased=False))
        return found


def key_of(teacher: Teacher, real: RealSet) -> str:
    """What the statistics are cached by: the teacher, and the images too where they are, or it was trained on, a choice."""
    whole = not real.out_of and teacher.about["fingerprint"] == real.fingerprint
    return teacher.key if whole else f"{teacher.key}-{real.fingerprint[:16]}"


def measured(
    network: nn.Module, real: RealSet, key: str, device: torch.device, per_class: bool
) -> Stream[dict[str, Tensor]]:
    """One pass over the training part, cached by a key (see `key_of`): `layer|kind` and, where asked for, `layer|kind|classes`.

    Global values are the average of the statistics of batches of 100; class values the average over a class's images.
    """
    images, taken = f"Statistics of {len(real.train.labels):,} real images", False

    def make(file: Path) -> Stream[None]:
        nonlocal taken
        taken = True
        found = yield from _pass(network, real, device, per_class)
        save_file({name: t.cpu().contiguous() for name, t in found.items()}, file)

    found = yield from store.made(KEPT, f"{key}-classes" if per_class else key, make, load_file)
    if not taken:
        yield Note(f"{images} for teacher {key} were at hand.")
    return {name: t.to(device) for name, t in found.items()}


@torch.no_grad()
def _pass(network: nn.Module, real: RealSet, device: torch.device, per_class: bool) -> Stream[dict[str, Tensor]]:
    points, classes = Points.of(network), len(real.classes)
    order = torch.randperm(len(real.train.labels), generator=torch.Generator().manual_seed(0))
    batches = order.split(BATCH)
    if len(batches) > 1 and len(batches[-1]) < BATCH:
        batches = batches[:-1]  # a short batch would count as much as a full one
    counts = torch.zeros(classes, device=device)
    sums: dict[str, Tensor] = {}

    def look(ids: Tensor) -> tuple[dict[str, tuple[Tensor, ...]], dict[str, tuple[Tensor, ...]]]:
        with points.inputs() as seen:
            network(real.normalize(real.pixels(real.train.images[ids].to(device))))
        return points.statistics(seen), points.of_each(seen) if per_class else {}

    whole, each = look(order[:2])
    for layer, values in whole.items():
        sums |= {f"{layer}|{k}": torch.zeros_like(v[0]) for k, v in zip(KINDS, values, strict=False)}
    for layer, values in each.items():
        shaped = zip(KINDS, values, strict=False)
        sums |= {f"{layer}|{k}|classes": torch.zeros(classes, v.shape[1], device=device) for k, v in shaped}
    for step in steps("measure", len(batches), state={"counts": counts, **sums}):
        ids = batches[step.index]
        labels = real.train.labels[ids].to(device)
        whole, each = look(ids)
        counts += torch.bincount(labels, minlength=classes)
        for layer, values in whole.items():
            for kind, value in zip(KINDS, values, strict=False):
                sums[f"{layer}|{kind}"] += value[0]
        for layer, values in each.items():
            for kind, value in zip(KINDS, values, strict=False):
                sums[f"{layer}|{kind}|classes"].index_add_(0, labels, value)
        saw(len(ids))
    per = counts.clamp(min=1)[:, None]
    yield Note(f"Statistics of {int(counts.sum()):,} real images were taken at {len(points.all())} layers.")
    return {name: t / per if name.endswith("|classes") else t / len(batches) for name, t in sums.items()}


class RealStatistics:
    """A `Matcher` of batch-norm, convolution and patch statistics with a memory."""

    def __init__(
        self,
        network: nn.Module,
        targets: Mapping[str, Tensor],
        *,
        memory: float = 0.8,
        drop: float = 0.0,
        class_share: float = 0.0,
        from_zero: bool = False,
        convolutions: bool = True,
    ):
        self.points, self.targets = Points.of(network, convolutions), targets
        self.memory, self.drop, self.class_share, self.from_zero = memory, drop, class_share, from_zero
        self.names = list(self.points.all())
        self.kept = torch.ones(len(self.names), dtype=torch.bool)
        self.remembered: dict[str, Tensor] = {}

    @contextmanager
    def hearing(self, groups: int = 1) -> Iterator[Heard]:
        assert groups == 1, "a memory belongs to one batch"
        heard: dict[str, tuple[Tensor, ...]] = {}
        with self.points.inputs() as seen:
            yield heard
        heard |= self.points.statistics(seen)

    def draw(self, generator: Generator) -> None:
        """Each convolution's term is left out with probability `drop`."""
        chance = torch.rand(len(self.points.convolutions), generator=generator)
        self.kept[len(self.points.norms) :] = chance >= self.drop

    def mismatch(self, heard: Heard, labels: Tensor) -> tuple[Tensor, Tensor]:
        means, variances = [], []
        for kept, (name, module) in zip(self.kept.tolist(), self.points.all().items(), strict=True):
            zero = heard[name][0].new_zeros(())
            sums = [zero, zero]
            for i, kind in enumerate(KINDS[: len(heard[name])] if kept else ()):
                smooth = self._smooth(f"{name}|{kind}", heard[name][i][0])
                away = (smooth - self._wanted(name, module, kind)).norm()
                if self.class_share:
                    own = self.targets[f"{name}|{kind}|classes"][labels].mean(0)
                    away = (1 - self.class_share) * away + self.class_share * (smooth - own).norm()
                sums[i % 2] = sums[i % 2] + away
            means.append(sums[0])
            variances.append(sums[1])
        return torch.stack(means), torch.stack(variances)

    def _wanted(self, name: str, module: nn.Module, kind: str) -> Tensor:
        """At batch norm what the network remembers, elsewhere what was measured."""
        if name in self.points.norms:
            return module.running_mean if kind == "mean" else module.running_var  # type: ignore[return-value]
        return self.targets[f"{name}|{kind}"]

    def _smooth(self, key: str, now: Tensor) -> Tensor:
        before = self.remembered.get(key)
        if before is None:
            before = torch.zeros_like(now) if self.from_zero else now.detach()
        held = self.memory * before + (1 - self.memory) * now.detach()
        self.remembered[key] = held
        return now + (held - now).detach()

    def weights(self, first: float, device: torch.device | str = "cpu") -> Tensor:
        """ω: `first` for the first batch norm and the first convolution, 1 for the others."""
        omega = torch.ones(len(self.names), device=device)
        omega[0] = first
        if self.points.convolutions:
            omega[len(self.points.norms)] = first
        return omega

    def state_dict(self) -> dict[str, Tensor]:
        return {name: t.detach().cpu().clone() for name, t in self.remembered.items()}

    def load_state_dict(self, saved: Mapping[str, Tensor]) -> None:
        device = next(iter(self.targets.values())).device
        self.remembered = {name: t.to(device) for name, t in saved.items()}
