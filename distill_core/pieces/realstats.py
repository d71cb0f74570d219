"""Statistics of the real data at every batch-norm and convolution layer (G-VBSM, arXiv 2311.17950; EDC, arXiv 2404.13733).

    R_BN   = ‖v_l − σ̂²‖₂ + ‖m_l − μ̂‖₂
    R_conv = ‖Var − σ̂²‖₂ + ‖Mean − μ̂‖₂ + ‖PatchMean − μ̂_p‖₂ + ‖PatchVar − σ̂²_p‖₂         on what enters a convolution
    μ̂      = sg[α · memory + (1 − α) · μ], with the gradient of the present μ straight through; the same for the others

Patch statistics: height and width are resized up to multiples of 4, cut into patches of 4×4, and everything but the
patch's position is pooled. EDC takes half of R from the global statistics and half from the mean statistics of the
classes in the batch; a class's value is the average over its images of each image's own mean and variance.

Real images go through the view that the teachers were trained under. ω is 10 for the network's first layer of all.

Departures: the memory starts with the first statistic (the released code starts it at zero; switch `memory_from_zero`)
and is new for every batch of images; when class statistics are stored, means stay means (EDC's files swap the two).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn

from .. import store
from ..datasets import RealSet
from ..events import Note
from ..loop import Live, saw, steps
from ..method import Stream
from .by_name import build as build_augment
from .points import KINDS, Points
from .statistics import Heard
from .teacher import Teacher

KEPT = "moments"  # until a fault was mended they were kept as `statistics-…`, which may hold another network's: none is read
BATCH = 64  # as the released CIFAR and Tiny-ImageNet code; what was kept before was of batches of 100, under other keys


def key_of(teacher: Teacher, real: RealSet) -> str:
    """What the statistics are cached by: the teacher, and the images too where they are, or it was trained on, a choice."""
    whole = not real.out_of and teacher.about["fingerprint"] == real.fingerprint
    return teacher.key if whole else f"{teacher.key}-{real.fingerprint[:16]}"


def measured(
    network: nn.Module, real: RealSet, key: str, device: torch.device, per_class: bool, view: str = "none"
) -> Stream[dict[str, Tensor]]:
    """One pass over the training part, cached by a key (see `key_of`): `layer|kind` and, where asked for, `layer|kind|classes`.

    Global values are the average of the statistics of batches of 64, each by its size; class values the average over a class's
    images.

    Args:
        view: what images go through, a name of `by_name.build`.
    """
    images, taken = f"Statistics of {len(real.train.labels):,} real images", False

    def make(file: Path) -> Stream[None]:
        nonlocal taken
        taken = True
        found = yield from _pass(network, real, device, per_class, view)
        save_file({name: t.cpu().contiguous() for name, t in found.items()}, file)

    found = yield from store.made(KEPT, f"{key}-{view}-{BATCH}{'-classes' if per_class else ''}", make, load_file)
    if not taken:
        yield Note(f"{images} for teacher {key} were at hand.")
    return {name: t.to(device) for name, t in found.items()}


class _Sums:
    """What a pass over the real data adds up: `layer|kind` and `layer|kind|classes`, and the images of each class."""

    def __init__(self, points: Points, seen: Mapping[str, Tensor], classes: int, per_class: bool):
        self.points, self.per_class = points, per_class
        first = next(iter(seen.values()))
        self.counts = torch.zeros(classes, device=first.device)
        self.of: dict[str, Tensor] = {}
        for layer, values in points.statistics(seen).items():
            self.of |= {f"{layer}|{k}": torch.zeros_like(v[0]) for k, v in zip(KINDS, values, strict=False)}
        for layer, values in points.of_each(seen).items() if per_class else ():
            made = {k: torch.zeros(classes, v.shape[1], device=v.device) for k, v in zip(KINDS, values, strict=False)}
            self.of |= {f"{layer}|{k}|classes": zero for k, zero in made.items()}

    def add(self, seen: Mapping[str, Tensor], labels: Tensor) -> None:
        """The statistics of a batch, by its size, and those of each of its images."""
        self.counts += torch.bincount(labels, minlength=len(self.counts))
        for layer, values in self.points.statistics(seen).items():
            for kind, value in zip(KINDS, values, strict=False):
                self.of[f"{layer}|{kind}"] += value[0] * len(labels)
        for layer, values in self.points.of_each(seen).items() if self.per_class else ():
            for kind, value in zip(KINDS, values, strict=False):
                self.of[f"{layer}|{kind}|classes"].index_add_(0, labels, value)

    def means(self) -> dict[str, Tensor]:
        per, total = self.counts.clamp(min=1)[:, None], self.counts.sum()
        return {name: t / (per if name.endswith("|classes") else total) for name, t in self.of.items()}


@torch.no_grad()
def _pass(
    network: nn.Module, real: RealSet, device: torch.device, per_class: bool, view: str
) -> Stream[dict[str, Tensor]]:
    points, look = Points.of(network), build_augment(view, flip=real.may_mirror)
    order = torch.randperm(len(real.train.labels), generator=torch.Generator().manual_seed(0))
    batches, generator = order.split(BATCH), torch.Generator().manual_seed(1)

    def entering(ids: Tensor, draws: torch.Generator) -> Mapping[str, Tensor]:
        with points.inputs() as seen:
            network(real.normalize(look(real.pixels(real.train.images[ids].to(device)), draws)))
        return seen

    sums = _Sums(points, entering(order[:2], torch.Generator()), len(real.classes), per_class)
    state: dict[str, Live] = {"counts": sums.counts, "generator": generator, **sums.of}
    for step in steps("measure", len(batches), state=state):
        ids = batches[step.index]
        sums.add(entering(ids, generator), real.train.labels[ids].to(device))
        saw(len(ids))
    yield Note(f"Statistics of {len(order):,} real images were taken at {len(points.all())} layers.")
    return sums.means()


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
        """ω: `first` for the first of all in the network, a batch norm or a convolution; 1 for the others."""
        omega = torch.ones(len(self.names), device=device)
        omega[self.names.index(self.points.first)] = first
        return omega

    def state_dict(self) -> dict[str, Tensor]:
        return {name: t.detach().cpu().clone() for name, t in self.remembered.items()}

    def load_state_dict(self, saved: Mapping[str, Tensor]) -> None:
        device = next(iter(self.targets.values())).device
        self.remembered = {name: t.to(device) for name, t in saved.items()}
