"""Trajectory matching as an objective (MTT, arXiv 2203.11932): where training on the images leads, and where experts went.

    θ̂_0 = θ*_t,   θ̂_{n+1} = θ̂_n − α ∇ℓ( A(b_n); θ̂_n )   n = 0 … N − 1          b_n: batches of S, A drawn for every image
    L = ‖ θ̂_N − θ*_{t+M} ‖² / ‖ θ*_t − θ*_{t+M} ‖²

Experts θ* are trained once on all real data and kept by content. The gradient goes through all N steps, or, with constant
memory (GLaD, arXiv 2305.01649), through each of them alone: with G = Σ g_n and the weights of every step held fixed,
∂L/∂g_n = 2 α (α G − θ*_t + θ*_{t+M}) / ‖θ*_t − θ*_{t+M}‖² exactly; that later gradients depend on earlier batches is left out.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn
from torch.func import functional_call

from ..datasets import RealSet
from ..errors import StudioError
from ..events import Note, Scalars
from ..home import replacing, studio_home
from ..job import Job
from ..loop import saw, steps
from ..method import Stream, stage
from ..networks import build
from ..spec import parse
from .augment import Augment
from .match import Ground, Pull, random_network
from .views import student_view


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
    name, options = parse(teacher)
    batch_norm = name not in ("auto", "convnet", "mlp", "lenet", "alexnet", "vgg11", "vit", "deit")
    if options.get("norm", "batch" if batch_norm else "") != "batch":
        return None
    return (
        f"teacher={teacher!r} has batch norm, whose statistics are no weights of a trajectory. "
        "Choose convnet:norm=instance or resnet18:norm=instance."
    )


def expert_paths(
    job: Job, real: RealSet, spec: str, recipe: ExpertRecipe, view: Augment, device: torch.device
) -> Stream[list[Tensor]]:
    """Each expert's weights after every epoch, (epochs + 1, weights); trained where the home's cache has none."""
    content = {"data": real.fingerprint, "network": spec, "recipe": asdict(recipe), "seed": job.seed, "format": 1}
    key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    folder = studio_home() / "cache"
    paths = []
    for number in range(recipe.experts):
        path = folder / f"expert-{key}-{number}.safetensors"
        if not path.is_file():
            yield from _train(real, spec, recipe, view, device, job.seed * 1000 + number, path)
        paths.append(load_file(path)["path"].to(device))
    yield Note(f"{len(paths)} experts of {recipe.epochs} epochs, {paths[0].shape[1]:,} weights each.")
    return paths


def _train(
    real: RealSet, spec: str, recipe: ExpertRecipe, view: Augment, device: torch.device, seed: int, path: Path
) -> Stream[None]:
    network = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=seed).to(device)
    generator, count = Generator().manual_seed(seed), len(real.train.labels)
    batch = min(recipe.batch, count)
    per_epoch = count // batch
    order = torch.arange(count)
    record = torch.zeros(recipe.epochs + 1, sum(p.numel() for p in network.parameters()))
    record[0] = flat(network).cpu()
    weights: list[Tensor] = list(network.parameters())
    state = {"network": network, "generator": generator, "order": order, "record": record}
    for step in steps("experts", recipe.epochs * per_epoch, state=state, name=path.stem):
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
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        save_file({"path": record}, file)


class Trajectories:
    """The normalized squared distance between where the images lead and where an expert went."""

    what, remedy = "", "Lower lr_img or lr_lr."

    def __init__(
        self,
        job: Job,
        ground: Ground,
        paths: list[Tensor],
        view: Augment,
        *,
        inner_steps: int,
        expert_epochs: int,
        last_start: int,
        batch: int,
        first_lr: float,
        constant_memory: bool,
    ):
        ahead = expert_epochs
        if any(bool((p[ahead:] == p[:-ahead])[: last_start + 1].all(1).any()) for p in paths):
            raise StudioError("An expert did not move between two epochs. Raise lr_expert, then start again.")
        self.job, self.ground, self.paths, self.view = job, ground, paths, view
        self.inner, self.ahead, self.last_start = inner_steps, ahead, last_start
        self.batch, self.constant = batch, constant_memory
        self.generator = Generator().manual_seed(job.seed + 1)
        self.network = random_network(job, ground.real, 0).to(ground.device)
        self.alpha = torch.tensor(first_lr, device=ground.device, requires_grad=True)
        self.optimizer = torch.optim.SGD([self.alpha], lr=1e-5, momentum=0.5)

    def pull(self, x: Tensor, now: Any, due: bool) -> Pull:
        path = self.paths[int(torch.randint(len(self.paths), (1,), generator=self.generator))]
        latest = min(self.last_start, len(path) - 1 - self.ahead)
        start = int(torch.randint(latest + 1, (1,), generator=self.generator))
        origin, target = path[start], path[start + self.ahead]
        far = (origin - target).square().sum()
        x = x.requires_grad_(True)
        pull = self._fixed if self.constant else self._through
        gradient, slope, loss, walk = pull(x, origin, target, far)
        self.optimizer.param_groups[0]["lr"] = now.lr_lr
        self.alpha.grad = slope
        self.optimizer.step()
        with torch.no_grad():
            self.alpha.clamp_(min=1e-6)
        parts = {"expert-distance-by-step": {str(n): v for n, v in enumerate(walk())}} if due else {}
        said = {"start-epoch": float(start)} | ({"learned-rate": self.alpha.item()} if due else {})
        return Pull(gradient, loss.detach(), None, parts, said)

    def _batches(self, n: int) -> list[Tensor]:
        """Rows of each step: S is shuffled and used up before an image comes again."""
        rows: list[Tensor] = []
        left: list[Tensor] = []
        for _ in range(self.inner):
            if not left:
                left = list(torch.randperm(n, generator=self.generator).split(self.batch or n))
            rows.append(left.pop(0))
        return rows

    def _gradient(self, theta: Tensor, x: Tensor, rows: Tensor, drawn: Any, graph: bool) -> Tensor:
        """∇ℓ at θ of one augmented batch, as a vector."""
        seen = self.view.apply(x[rows.to(x.device)], drawn)
        labels = self.ground.labels.to(x.device)[rows.to(x.device)]
        loss = F.cross_entropy(functional_call(self.network, named(theta, self.network), (seen,)), labels)
        return torch.autograd.grad(loss, theta, create_graph=graph)[0]

    def _plan(self, x: Tensor) -> list[tuple[Tensor, Any]]:
        return [(rows, self.view.draw(self.generator, len(rows), x.shape[-1])) for rows in self._batches(len(x))]

    def _through(self, x: Tensor, origin: Tensor, target: Tensor, far: Tensor) -> Any:
        """Autograd through all steps."""
        theta, passed = origin.clone().requires_grad_(True), []
        for rows, drawn in self._plan(x):
            theta = theta - self.alpha * self._gradient(theta, x, rows, drawn, True)
            passed.append(theta.detach())
        loss = (theta - target).square().sum() / far
        gradient, slope = torch.autograd.grad(loss, (x, self.alpha))
        return gradient, slope, loss, lambda: [float((t - target).square().sum() / far) for t in passed]

    def _fixed(self, x: Tensor, origin: Tensor, target: Tensor, far: Tensor) -> Any:
        """Two passes, each step alone: the memory of one step, whatever N."""
        plan, alpha = self._plan(x), self.alpha.detach()
        thetas, total = [origin.clone()], torch.zeros_like(origin)
        for rows, drawn in plan:
            step = self._gradient(thetas[-1].clone().requires_grad_(True), x.detach(), rows, drawn, False)
            total += step
            thetas.append((thetas[-1] - alpha * step).detach())
        miss = alpha * total - origin + target
        loss, pulled = miss.square().sum() / far, torch.zeros_like(x)
        for theta, (rows, drawn) in zip(thetas[:-1], plan, strict=True):
            step = self._gradient(theta.clone().requires_grad_(True), x, rows, drawn, True)
            pulled += torch.autograd.grad((step * (2 * alpha * miss / far)).sum(), x)[0]
        slope = 2 * (total * miss).sum() / far
        return pulled, slope, loss, lambda: [float((t - target).square().sum() / far) for t in thetas[1:]]

    def after(self, x: Tensor) -> None:
        """The experts are fixed."""

    def state(self) -> dict[str, Any]:
        return {"generator": self.generator, "alpha": self.alpha, "rate": self.optimizer}


def trajectories_of(
    method: Any, job: Job, ground: Ground, *, batch: int, constant_memory: bool
) -> Stream[Trajectories]:
    """The objective as a method's settings say; its experts are trained in a stage of their own."""
    view = student_view(ground.real, method.augment)
    recipe = ExpertRecipe(
        method.experts, method.train_epochs, method.lr_expert, method.batch_expert, method.augment == "siamese"
    )
    spec = random_network(job, ground.real, 0).spec
    paths = yield from stage("experts", expert_paths(job, ground.real, spec, recipe, view, ground.device))
    return Trajectories(
        job,
        ground,
        paths,
        view,
        inner_steps=method.inner_steps,
        expert_epochs=method.expert_epochs,
        last_start=method.last_start,
        batch=batch,
        first_lr=method.first_lr,
        constant_memory=constant_memory,
    )
