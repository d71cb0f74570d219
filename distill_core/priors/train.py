"""Training our generator: first as the decoder of a conditional variational auto-encoder, then against a discriminator.

The first phase covers every mode and blurs; the second sharpens, with two updates of the discriminator for each of the
generator, because with one the labels are right and the images all alike. What is kept is the running
average of the generator. Found or trained once by content, through the store.
"""

from __future__ import annotations

import copy
import math
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from .. import store
from ..datasets import RealSet
from ..events import Scalars
from ..loop import check_finite, saw, steps
from ..method import Stream
from ..pieces.augment import CropFlip
from ..pieces.show import show
from .files import opened, save
from .header import Header
from .recipes import PriorRecipe
from .rivals import Discriminator, Encoder
from .sheet import write as write_sheet
from .style import StyleGenerator, Z

WARM_KL = 300  # steps until the Kullback–Leibler term has its full weight
FIRST_ID = 1_000_000  # of samples: they are no images of the set
LAZY = 8  # updates of the generator between two R1 penalties


def prior_key(real: RealSet, recipe: PriorRecipe) -> str:
    """16 hex digits that name a prior by content."""
    content = {"data": real.fingerprint, "form": "style", "recipe": recipe.plain(), "format": 1}
    return store.key_of(content)


def trained(real: RealSet, recipe: PriorRecipe, device: torch.device) -> Stream[StyleGenerator]:
    """Find the prior or train it; safe when two runs ask at once (the second waits for the first)."""
    key = prior_key(real, recipe)
    prior = yield from store.made(
        "prior",
        key,
        lambda file: train(real, recipe, device, key, file),
        lambda path: opened(path, real)[0],
    )
    prior.spec = f"style@{key}"
    return prior.to(device)


def train(real: RealSet, recipe: PriorRecipe, device: torch.device, key: str, file: Path) -> Stream[None]:
    """Both phases, each a loop that can be resumed; then the file, and a sheet of samples in the cache."""
    shape = real.channels, real.size, len(real.classes)
    network = StyleGenerator(*shape, width=recipe.width, seed=recipe.seed)
    _lay(network, recipe, device)
    yield from _decoder(network, real, recipe, device)
    average = copy.deepcopy(network)
    yield from _sharpen(network, average, real, recipe, device)
    about: Header = {"recipe": recipe.plain(), "data": real.name, "fingerprint": real.fingerprint, "key": key}
    about["classes"] = list(real.classes)
    write_sheet(average.cpu(), store.path_of("prior", key, ".png"))
    save(average, about, file)


def _lay(network: nn.Module, recipe: PriorRecipe, device: torch.device) -> None:
    """Onto the device, its convolutions laid out as the recipe says."""
    network.to(device)
    if recipe.half:
        network.to(memory_format=torch.channels_last)


def _precision(recipe: PriorRecipe, device: torch.device) -> AbstractContextManager[None]:
    return torch.autocast(device.type, torch.bfloat16, enabled=recipe.half)


class _Batches:
    """Training images in random order, all before any comes again; (images in [0, 1], labels)."""

    def __init__(self, real: RealSet, batch: int, seed: int, device: torch.device):
        self.real, self.batch, self.device = real, min(batch, len(real.train)), device
        self.generator = Generator().manual_seed(seed)
        self.order = torch.randperm(len(real.train), generator=self.generator)
        self.at = torch.zeros((), dtype=torch.int64)

    def next(self) -> tuple[Tensor, Tensor]:
        if int(self.at) + self.batch > len(self.order):
            self.order.copy_(torch.randperm(len(self.order), generator=self.generator))
            self.at.zero_()
        ids = self.order[int(self.at) : int(self.at) + self.batch]
        self.at += self.batch
        saw(self.batch)
        images, labels = self.real.train.images[ids].to(self.device), self.real.train.labels[ids].to(self.device)
        return self.real.pixels(images), labels

    def state(self) -> dict[str, Tensor | Generator]:
        return {"generator": self.generator, "order": self.order, "at": self.at}


def _decoder(network: StyleGenerator, real: RealSet, recipe: PriorRecipe, device: torch.device) -> Stream[None]:
    """Phase one: ‖2x − 2x̂‖² / (2 · variance) + KL( q(z | x, y) ‖ N(0, 1) ), Adam, cosine."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(recipe.seed)
        encoder = Encoder(real.channels, real.size, len(real.classes), recipe.width)
    _lay(encoder, recipe, device)
    batches = _Batches(real, recipe.batch, recipe.seed, device)
    optimizer = torch.optim.Adam([*network.parameters(), *encoder.parameters()], lr=recipe.lr)
    state = {"network": network, "encoder": encoder, "optimizer": optimizer, **batches.state()}
    for step in steps("prior", recipe.steps, state=state):
        optimizer.param_groups[0]["lr"] = 0.5 * recipe.lr * (1 + math.cos(math.pi * step.index / recipe.steps))
        images, labels = batches.next()
        noise = torch.randn(len(images), Z, generator=batches.generator).to(device)
        with _precision(recipe, device):
            mean, log_variance = encoder(2 * images - 1, labels)
            found = network(mean + (0.5 * log_variance).exp() * noise, labels)
        error = (2 * (found - images)).square().flatten(1).sum(1).mean() / (2 * recipe.variance)
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
        loss = error + min(1.0, (step.index + 1) / WARM_KL) * divergence
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step.due:
            check_finite(loss.item(), "The loss of the prior", step, "prior", "its learning rate")
            yield Scalars(step.index, {"decoding-error": error.item(), "code-divergence": divergence.item()})
            yield from _samples(step.index, network, device)


def _sharpen(
    network: StyleGenerator,
    average: StyleGenerator,
    real: RealSet,
    recipe: PriorRecipe,
    device: torch.device,
) -> Stream[None]:
    """Phase two: softplus losses with lazy R1, the same shifts (and flips where they may be) on both sides. Its steps are
    counted on from those of the first phase, since both are one stage."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(recipe.seed + 1)
        rival = Discriminator(real.channels, real.size, len(real.classes), recipe.width, recipe.by_class)
    _lay(rival, recipe, device)
    batches, look = _Batches(real, recipe.batch, recipe.seed + 1, device), CropFlip(flip=real.may_mirror)
    ours, theirs = (
        torch.optim.Adam(side.parameters(), lr=lr, betas=(0.0, 0.99))
        for side, lr in ((network, recipe.lr_sharpen), (rival, recipe.rival_rate * recipe.lr_sharpen))
    )
    state = {"network": network, "average": average, "rival": rival, "ours": ours, "theirs": theirs, **batches.state()}
    alone = int(recipe.sharpen * recipe.head_start)
    for step in steps("sharpen", recipe.sharpen, state=state):
        for update in range(recipe.rival_updates):
            γ = recipe.penalty if step.index % LAZY == 0 == update else 0.0
            lost = _rival_update(network, rival, theirs, batches, look, recipe, γ)
        labels = batches.next()[1]
        with _precision(recipe, device):
            made = look(_drawn(network, labels, batches.generator), batches.generator)
            fooled = F.softplus(-rival(made, labels)).mean()
        if step.index >= alone:
            ours.zero_grad(set_to_none=True)
            fooled.backward()
            ours.step()
            _follow(average, network, min(0.998, (1 + step.index - alone) / (10 + step.index - alone)))
        if step.due:
            check_finite(float(lost + fooled.detach()), "The loss of the prior", step, "sharpen", "its learning rate")
            yield Scalars(
                recipe.steps + step.index,
                {"generator-loss": fooled.item(), "discriminator-loss": lost.item()},
            )
            yield from _samples(recipe.steps + step.index, average, device)


def _drawn(network: StyleGenerator, labels: Tensor, generator: Generator) -> Tensor:
    return network(network.sample(len(labels), generator).to(labels.device), labels).float()


def _rival_update(
    network: StyleGenerator,
    rival: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: _Batches,
    look: CropFlip,
    recipe: PriorRecipe,
    γ: float,
) -> Tensor:
    """Softplus on both sides; where γ > 0 also γ / 2 · ‖∂score / ∂x‖² of real images, in full precision."""
    images, labels = batches.next()
    with torch.no_grad(), _precision(recipe, images.device):
        made = look(_drawn(network, labels, batches.generator), batches.generator)
    images = look(images, batches.generator).requires_grad_(γ > 0)
    with _precision(recipe, images.device) if not γ else nullcontext():
        scores = rival(images, labels)
        loss = F.softplus(-scores).mean() + F.softplus(rival(made, labels)).mean()
    if γ:
        (slope,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
        loss = loss + LAZY * γ / 2 * slope.square().flatten(1).sum(1).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.detach()


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    for kept, moved in zip(average.parameters(), network.parameters(), strict=True):
        kept.lerp_(moved, 1 - decay)


def _samples(index: int, network: StyleGenerator, device: torch.device, each: int = 2) -> Stream[None]:
    """The same latents at every report, so that one image can be followed."""
    labels = torch.arange(network.classes, device=device).repeat(each)
    with torch.no_grad():
        images = network(network.sample(len(labels), Generator().manual_seed(0)).to(device), labels)
    yield show(index, images, labels, space="samples", ids=torch.arange(len(labels)) + FIRST_ID)
