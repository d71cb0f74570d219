"""Trajectory matching as an objective (MTT, arXiv 2203.11932): where training on the images leads, and where experts went.

    θ̂_0 = θ*_t,   θ̂_{n+1} = θ̂_n − α ∇ℓ( A(b_n); θ̂_n )   n = 0 … N − 1          b_n: batches of S, A drawn for every image
    L = ‖ θ̂_N − θ*_{t+M} ‖² / ‖ θ*_t − θ*_{t+M} ‖²

Experts θ* are trained once on all real data and kept by content. The gradient goes through all N steps, or, with constant
memory (GLaD, arXiv 2305.01649), through each of them alone: with G = Σ g_n and the weights of every step held fixed,
∂L/∂g_n = 2 α (α G − θ*_t + θ*_{t+M}) / ‖θ*_t − θ*_{t+M}‖² exactly; that later gradients depend on earlier batches is left out.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn

from .. import store
from ..datasets import RealSet
from ..events import Note, Scalars
from ..job import Job
from ..loop import Live, saw, steps
from ..method import Stream
from ..networks import build, norm_of
from .augment import Augment


@dataclass(frozen=True)
class ExpertRecipe:
    """How experts are trained: plain SGD, no momentum, no decay, no schedule, augmented images (the released code)."""

    experts: int = 100
    epochs: int = 50
    lr: float = 0.01
    batch: int = 256
    augmented: bool = True


def flat(network: nn.Module) -> Tensor:
    """All weights as one vector, a copy (an alias would follow the training: every snapshot would be the last one)."""
    return torch.cat([p.detach().flatten() for p in network.parameters()]).clone()


def named(vector: Tensor, network: nn.Module) -> dict[str, Tensor]:
    """The vector as weights by name, in the network's shapes; views, so that gradients reach the vector."""
    found, at = {}, 0
    for name, p in network.named_parameters():
        found[name] = vector[at : at + p.numel()].view(p.shape)
        at += p.numel()
    return found


def no_path(teacher: str) -> str | None:
    """Why this network's training has no trajectory of weights alone, or None."""
    if teacher == "auto" or norm_of(teacher) != "batch":
        return None  # `auto` is then the papers' ConvNet with instance norm
    return (
        f"teacher={teacher!r} has batch norm, whose statistics are no weights of a trajectory. "
        "Choose convnet:norm=instance or resnet18:norm=instance."
    )


def key_of(real: RealSet, spec: str, recipe: ExpertRecipe, seed: int) -> str:
    """What experts are kept by; each adds its number."""
    content = {"data": real.fingerprint, "network": spec, "recipe": asdict(recipe), "seed": seed, "format": 1}
    return store.key_of(content)


def expert_paths(
    job: Job, real: RealSet, spec: str, recipe: ExpertRecipe, view: Augment, device: torch.device
) -> Stream[list[Tensor]]:
    """Each expert's weights after every epoch, (epochs + 1, weights); trained where the home's cache has none."""
    key, paths = key_of(real, spec, recipe, job.seed), []
    for number in range(recipe.experts):
        make = partial(_train, real, spec, recipe, view, device, job.seed * 1000 + number)
        paths.append((yield from store.made("expert", f"{key}-{number}", make, _weights)).to(device))
    yield Note(f"{len(paths)} experts of {recipe.epochs} epochs, {paths[0].shape[1]:,} weights each.")
    return paths


def _weights(path: Path) -> Tensor:
    return load_file(path)["path"]


def _train(
    real: RealSet, spec: str, recipe: ExpertRecipe, view: Augment, device: torch.device, seed: int, file: Path
) -> Stream[None]:
    network = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=seed).to(device)
    generator, count = Generator().manual_seed(seed), len(real.train.labels)
    batch = min(recipe.batch, count)
    per_epoch = count // batch
    order = torch.arange(count)
    record = torch.zeros(recipe.epochs + 1, sum(p.numel() for p in network.parameters()))
    record[0] = flat(network).cpu()
    weights: list[Tensor] = list(network.parameters())
    state: dict[str, Live] = {"network": network, "generator": generator, "order": order, "record": record}
    for step in steps("experts", recipe.epochs * per_epoch, state=state):
        epoch, place = divmod(step.index, per_epoch)
        if place == 0:
            order.copy_(torch.randperm(count, generator=generator))
        ids = order[place * batch : (place + 1) * batch]
        x = real.normalize(real.pixels(real.train.images[ids].to(device)))
        x = view(x, generator) if recipe.augmented else x
        loss = F.cross_entropy(network(x), real.train.labels[ids].to(device))
        gradients = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            torch._foreach_add_(weights, list(gradients), alpha=-recipe.lr)
        saw(batch)
        if place == per_epoch - 1:
            record[epoch + 1] = flat(network).cpu()
        if step.due:
            yield Scalars(step.index, {"expert-loss": loss.item()})
    save_file({"path": record}, file)
