"""Trajectory matching as an objective (MTT, arXiv 2203.11932): where training on the images leads, and where experts went.

    θ̂_0 = θ*_t,   θ̂_{n+1} = θ̂_n − α ∇ℓ( A(b_n); θ̂_n )   n = 0 … N − 1          b_n: batches of S, A drawn for every image
    L = ‖ θ̂_N − θ*_{t+M} ‖² / ‖ θ*_t − θ*_{t+M} ‖²                            t ~ U{0, …, T⁺ − 1}

The gradient goes through all N steps, or, with constant memory (GLaD, arXiv 2305.01649), through each of them alone: with
G = Σ g_n and the weights of every step held fixed, ∂L/∂g_n = 2 α (α G − θ*_t + θ*_{t+M}) / ‖θ*_t − θ*_{t+M}‖² exactly; that
later gradients depend on earlier batches is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from torch.func import functional_call

from ...errors import StudioError
from ...fields import Plain
from ...job import Job
from ...loop import Live, Step
from ...method import Stream, stage
from ...part import Part, knob
from ...pieces.augment import Drawn
from ...pieces.ground import Ground
from ...pieces.match import Match, Pull, Rates, random_network
from ...pieces.trajectory import ExpertRecipe, expert_paths, named, no_path
from ..views import SiameseView
from .objective import Objective

CODE = "arXiv 2203.11932, released code"
BENCH = "the authors' settings in DC-BENCH, without its ZCA whitening where it has some"
QUICK = "ours, for two CPU cores"
Plan = list[tuple[Tensor, Drawn]]  # of each step: the rows of its batch, and its draws
Pulled = tuple[Tensor, Tensor, Tensor, Callable[[], list[float]]]  # ∂L/∂x, ∂L/∂α, L, the distance after each step


class Trajectories(Objective):
    """Trajectories: how far apart training on the images ends from where an expert on real data went."""

    kind: Literal["mtt"] = "mtt"
    students: ClassVar[str] = "mtt"
    usual: ClassVar[Rates] = Rates(1e-2, 1.0, 100.0)

    inner_steps: int = knob(
        10, "Steps of the student", "N: updates on the synthetic images.", ge=1, le=200, source=QUICK
    )
    expert_epochs: int = knob(
        2, "Epochs ahead", "M: the student must arrive where the expert is so much later.", ge=1, le=50, source=BENCH
    )
    last_start: int = knob(
        5,
        "Epochs to start from",
        "T⁺: the student starts at one of the expert's first T⁺ epochs, 0 … T⁺ − 1: the last is excluded, as in the released code.",
        ge=1,
        le=200,
        source=QUICK,
    )
    lr_lr: float = knob(
        1e-5,
        "Learning rate of α",
        "SGD's step for the student's learning rate.",
        gt=0,
        le=1,
        live=True,
        scale="log",
        source=CODE,
    )
    first_lr: float = knob(
        0.01, "First α", "The student's learning rate before it is learned.", gt=0, le=10, scale="log", source=CODE
    )
    batch_syn: int = knob(
        0,
        "Synthetic batch",
        "Images in a step of the student; 0 takes all.",
        auto=0,
        ge=0,
        le=10_000,
        advanced=True,
        source=CODE,
    )
    memory: Literal["full", "constant"] = knob(
        "full",
        "Gradient",
        "Through all steps of the student; or through each alone, with the memory of one step (GLaD).",
        source="arXiv 2305.01649, released code",
    )
    experts: int = knob(
        3, "Experts", "Networks trained on all real data; the paper trains 100.", ge=1, le=1000, source=QUICK
    )
    train_epochs: int = knob(10, "Epochs of experts", "The paper trains 50.", ge=1, le=1000, source=QUICK)
    lr_expert: float = knob(
        0.01,
        "Learning rate of experts",
        "Plain SGD, no schedule.",
        gt=0,
        le=10,
        scale="log",
        advanced=True,
        source=CODE,
    )
    batch_expert: int = knob(
        64, "Batch of experts", "The paper takes 256.", ge=1, le=8192, scale="log", advanced=True, source=QUICK
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        return {"batch_syn": "all"}

    def why_not(self, job: Job) -> str | None:
        if reason := no_path(job.teacher):
            return reason
        if self.expert_epochs > self.train_epochs:
            return f"Experts are trained {self.train_epochs} epochs, fewer than the {self.expert_epochs} ahead. Raise train_epochs."
        return None

    def match(self, ground: Ground) -> Stream[Match]:
        augmented = isinstance(self.view, SiameseView)
        recipe = ExpertRecipe(self.experts, self.train_epochs, self.lr_expert, self.batch_expert, augmented)
        spec, view = random_network(ground.job, ground.real, 0).spec, self.view.single(ground.real)
        training = expert_paths(ground.job, ground.real, spec, recipe, view, ground.device)
        return TrajectoryMatch(self, ground, (yield from stage("experts", training)))


class TrajectoryMatch(Match):
    """The objective in a run: the experts are fixed, the student's rate α is learned."""

    what, remedy = "", "Lower lr_img or lr_lr."

    def __init__(self, settings: Trajectories, ground: Ground, paths: list[Tensor]):
        ahead = settings.expert_epochs
        if any(bool((p[ahead:] == p[:-ahead])[: settings.last_start].all(1).any()) for p in paths):
            raise StudioError("An expert did not move between two epochs. Raise lr_expert, then start again.")
        self.settings, self.ground, self.paths, self.ahead = settings, ground, paths, ahead
        self.view = settings.view.single(ground.real)
        self.generator = Generator().manual_seed(ground.job.seed + 1)
        self.network = random_network(ground.job, ground.real, 0).to(ground.device)
        self.alpha = torch.tensor(settings.first_lr, device=ground.device, requires_grad=True)
        self.optimizer = torch.optim.SGD([self.alpha], lr=1e-5, momentum=0.5)

    def pull(self, x: Tensor, step: Step) -> Pull:
        path = self.paths[int(torch.randint(len(self.paths), (1,), generator=self.generator))]
        starts = min(self.settings.last_start, len(path) - self.ahead)
        start = int(torch.randint(starts, (1,), generator=self.generator))
        origin, target = path[start], path[start + self.ahead]
        far = (origin - target).square().sum()
        x = x.requires_grad_(True)
        pull = self._fixed if self.settings.memory == "constant" else self._through
        gradient, slope, loss, walk = pull(x, origin, target, far)
        self.optimizer.param_groups[0]["lr"] = step.now(self.settings).lr_lr
        self.alpha.grad = slope
        self.optimizer.step()
        with torch.no_grad():
            self.alpha.clamp_(min=1e-6)
        parts = {"expert-distance-by-step": {str(n): v for n, v in enumerate(walk())}} if step.due else {}
        said = {"start-epoch": float(start)} | ({"learned-rate": self.alpha.item()} if step.due else {})
        return Pull(gradient, loss.detach(), None, parts, said)

    def _batches(self, n: int) -> list[Tensor]:
        """Rows of each step: S is shuffled and used up before an image comes again."""
        rows: list[Tensor] = []
        left: list[Tensor] = []
        for _ in range(self.settings.inner_steps):
            if not left:
                left = list(torch.randperm(n, generator=self.generator).split(self.settings.batch_syn or n))
            rows.append(left.pop(0))
        return rows

    def _gradient(self, theta: Tensor, x: Tensor, rows: Tensor, drawn: Drawn, graph: bool) -> Tensor:
        """∇ℓ at θ of one augmented batch, as a vector."""
        seen = self.view.apply(x[rows.to(x.device)], drawn)
        labels = self.ground.labels.to(x.device)[rows.to(x.device)]
        loss = F.cross_entropy(functional_call(self.network, named(theta, self.network), (seen,)), labels)
        return torch.autograd.grad(loss, theta, create_graph=graph)[0]

    def _plan(self, x: Tensor) -> Plan:
        return [(rows, self.view.draw(self.generator, len(rows), x.shape[-1])) for rows in self._batches(len(x))]

    def _through(self, x: Tensor, origin: Tensor, target: Tensor, far: Tensor) -> Pulled:
        """Autograd through all steps."""
        theta, passed = origin.clone().requires_grad_(True), []
        for rows, drawn in self._plan(x):
            theta = theta - self.alpha * self._gradient(theta, x, rows, drawn, True)
            passed.append(theta.detach())
        loss = (theta - target).square().sum() / far
        gradient, slope = torch.autograd.grad(loss, (x, self.alpha))
        return gradient, slope, loss, lambda: [float((t - target).square().sum() / far) for t in passed]

    def _fixed(self, x: Tensor, origin: Tensor, target: Tensor, far: Tensor) -> Pulled:
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

    def state(self) -> dict[str, Live]:
        return {"generator": self.generator, "alpha": self.alpha, "rate": self.optimizer}

    def learned(self) -> list[Tensor]:
        return [self.alpha]

    def about(self, learned: Sequence[Tensor]) -> dict[str, float]:
        """Students take the learned rate. Raises `StudioError` where it is no number."""
        rate = float(learned[0].detach())
        if not isfinite(rate):
            raise StudioError("The learned rate α is no number any more. Lower lr_lr, then start again.")
        return {"student_lr": rate}
