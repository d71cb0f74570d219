"""Squeeze: train a teacher on the real set, once for each content (SRe2L's first stage; every method that needs a classifier).

A teacher is named by what made it: data fingerprint, network, recipe, seed. It is looked up in `assets/teachers`, then in
the home's cache, and trained only where neither has it. Files are safetensors with a JSON header, never a pickle.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, TypedDict

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import store
from ..datasets import RealSet
from ..errors import BadSetting
from ..events import Note, Scalars
from ..fields import Values
from ..loop import Live, check_finite, saw, steps
from ..method import Stream
from ..networks import Network, build, resolve
from ..spec import parse
from .by_name import build as build_augment
from .library import LIBRARY, published
from .teacher import Teacher, accuracy, find_teacher, header, read_teacher, save_teacher


@dataclass(frozen=True)
class SqueezeRecipe:
    """How a teacher is trained: SGD, a schedule that moves once per epoch, random crops (and flips where they may be).

    Defaults of lr, batch and weight decay are the family's CIFAR recipe; it trains for 200 epochs.
    `schedule` is `cosine` or `none`; `warmup` counts epochs of linear warm-up from a hundredth of lr; `augment` is a name of
    `pieces.by_name.build`. No recipe of the family uses Nesterov's momentum, so there is no such field.
    """

    epochs: int = 40
    lr: float = 0.1
    batch: int = 128
    weight_decay: float = 5e-4
    seed: int = 0
    momentum: float = 0.9
    schedule: str = "cosine"
    warmup: int = 0
    augment: str = "crop_flip"

    def lr_at(self, epoch: int) -> float:
        """The learning rate of an epoch, 0 … epochs − 1."""
        warm = self.warmup if self.warmup < self.epochs else 0
        if epoch < warm:
            return self.lr * (0.01 + 0.99 * epoch / warm)
        if self.schedule == "none":
            return self.lr
        return 0.5 * self.lr * (1 + math.cos(math.pi * (epoch - warm) / (self.epochs - warm)))

    def plain(self) -> Values:
        """By name, without the later fields where they have their default: a teacher keeps its key when a field is added."""
        later = ("momentum", "schedule", "warmup", "augment")
        usual = {one.name: one.default for one in fields(self)}
        return {name: value for name, value in asdict(self).items() if name not in later or value != usual[name]}


RECIPE = Literal["cifar", "tiny", "gvbsm", "gvbsm-tiny"]


class Published(TypedDict, total=False):
    """What a published recipe sets of a `SqueezeRecipe`."""

    lr: float
    batch: int
    weight_decay: float
    schedule: str
    warmup: int
    augment: str


RECIPES: dict[str, Published] = {  # what the published recipes set; epochs are said beside them
    "cifar": {},
    "tiny": {"lr": 0.2, "weight_decay": 1e-4, "batch": 256, "warmup": 5, "augment": "resized_crop_flip"},
    "gvbsm": {"lr": 0.05, "weight_decay": 0.0, "batch": 64, "schedule": "none"},
    "gvbsm-tiny": {"weight_decay": 0.0},
}


def teacher_key(real: RealSet, spec: str, recipe: SqueezeRecipe) -> str:
    """16 hex digits that name a teacher by content."""
    content = {"data": real.fingerprint, "network": spec, "recipe": recipe.plain(), "format": 1}
    return store.key_of(content)


def squeeze(real: RealSet, network: str, recipe: SqueezeRecipe, device: torch.device) -> Stream[Teacher]:
    """Find the teacher or train it; safe when two runs ask at once (the second waits for the first).

    `resnet18@756ee6198d62b83a` asks for that very teacher (one that was imported, say), whatever the recipe;
    `resnet18:stem=torchvision@torchvision` for torchvision's weights.
    """
    spec, named = resolve(network, channels=real.channels, size=real.size), parse(network).weights
    if named == LIBRARY:
        teacher = published(network, spec, real, device)
    elif named:
        teacher = find_teacher(named, real, device)
        if teacher.spec != spec:
            raise BadSetting(f"Teacher {named} is a {teacher.spec}, not a {spec}. Write {teacher.spec}@{named}.")
    else:
        key = teacher_key(real, spec, recipe)
        teacher = yield from store.made(
            "teacher",
            key,
            lambda file: train(real, spec, recipe, device, key, file),
            lambda path: read_teacher(path, key, real, device),
        )
    yield Note(f"Teacher {spec}: {teacher.accuracy:.1%} of {len(real.test.labels):,} real test images.")
    return teacher


def train(real: RealSet, spec: str, recipe: SqueezeRecipe, device: torch.device, key: str, file: Path) -> Stream[None]:
    """Train on the real training part and write the file. The last weights are kept, as in the papers."""
    network = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=recipe.seed).to(
        device
    )
    optimizer = torch.optim.SGD(
        network.parameters(), lr=recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )
    generator = torch.Generator().manual_seed(recipe.seed)
    look = build_augment(recipe.augment, flip=real.may_mirror)
    count, batch = len(real.train.labels), min(recipe.batch, len(real.train.labels))
    per_epoch = max(1, count // batch)
    order = torch.randperm(count, generator=generator)
    state: dict[str, Live] = {"network": network, "optimizer": optimizer, "generator": generator, "order": order}
    network.train()
    for step in steps("squeeze", recipe.epochs * per_epoch, state=state):
        epoch, place = divmod(step.index, per_epoch)
        if place == 0 and epoch:
            order.copy_(torch.randperm(count, generator=generator))
        optimizer.param_groups[0]["lr"] = recipe.lr_at(epoch)
        ids = order[place * batch : (place + 1) * batch]
        images = look(real.pixels(real.train.images[ids].to(device)), generator)
        loss = F.cross_entropy(network(real.normalize(images)), real.train.labels[ids].to(device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        saw(batch)
        if step.due:
            check_finite(loss.item(), f"The loss of the teacher {spec}", step, "squeeze", "the teacher's learning rate")
            held = accuracy(network, real, real.val, device, at_most=500)
            yield Scalars(step.index, {"teacher-loss": loss.item(), "teacher-accuracy": held})
    about = header(real, spec, recipe.plain(), accuracy(network, real, real.test, device), key)
    save_teacher(network, {**about, "images": count}, file)


def embed(network: Network, real: RealSet, ids: Tensor, device: torch.device) -> Tensor:
    """Last features of real training images, (n, f) on the CPU."""
    with torch.no_grad():
        parts = [
            network.features(real.normalize(real.pixels(real.train.images[p].to(device)))).cpu() for p in ids.split(512)
        ]
    return torch.cat(parts)
