"""Gradient matching as an objective (DC, arXiv 2006.05929; DSA, arXiv 2102.08259).

    D(A, B) = Σ_layers Σ_rows [ 1 − ⟨A_i, B_i⟩ / (‖A_i‖ ‖B_i‖ + 1e-6) ]          A, B: gradients of the cross-entropy at S_c and B_c

Rows are output channels: convolutions (out, in · k · k), linear layers (out, in), layer norms (channels, pixels). Weights
with one dimension (biases, scales) add nothing. `mse` is the squared length of the difference of all gradients, `cos` one
minus one cosine of all of them together. The classes' gradients are taken together (`torch.func`), some classes at a time.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.func import functional_call, grad, vmap

from ...fields import Plain
from ...job import Job
from ...loop import Live, Step
from ...method import Stream
from ...part import Part, again, knob
from ...pieces.ground import Ground
from ...pieces.match import Match, Pull, Rates, random_network, real_batch
from ..views import AnyPairView, Untouched, seen_by_class
from .objective import FromRealBatches

CODE = "arXiv 2006.05929 and 2102.08259, released code"
KIND = Literal["rows", "mse", "cos"]
LOOPS = ((1, 1, 1), (10, 10, 50), (20, 20, 25), (30, 30, 20), (40, 40, 15), (50, 50, 10))  # up to ipc: outer, inner
WARM = 16  # real images of each class that set the statistics of batch norm


def loops_for(ipc: int) -> tuple[int, int]:
    """The papers' (outer, inner) loops for so many images per class; the next larger entry, or the last."""
    return next(((outer, inner) for most, outer, inner in LOOPS if ipc <= most), LOOPS[-1][1:])


def class_gradients(
    network: nn.Module, images: Tensor, labels: Tensor, classes_at_once: int | None = None
) -> dict[str, Tensor]:
    """Gradients of the mean cross-entropy, one for each class: name → (classes, *weight shape).

    Args:
        images: (classes, n, c, h, w); differentiable where they need it.
        labels: (classes, n).
    """
    weights = {name: p.detach() for name, p in network.named_parameters()}

    def loss(weights: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(functional_call(network, weights, (x,)), y)

    return vmap(grad(loss), in_dims=(None, 0, 0), chunk_size=classes_at_once)(weights, images, labels)


def distances(ours: dict[str, Tensor], theirs: dict[str, Tensor], kind: KIND = "rows") -> dict[str, Tensor]:
    """What each weight adds to D, class by class: name → (classes,)."""
    if kind == "mse":
        return {name: (a - theirs[name]).flatten(1).square().sum(1) for name, a in ours.items()}
    if kind == "cos":
        a, b = (torch.cat([t.flatten(1) for t in side.values()], 1) for side in (ours, {n: theirs[n] for n in ours}))
        return {"all": 1 - (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1) + 1e-6)}
    found = {}
    for name, a in ours.items():
        if a.ndim < 3:  # one dimension beside the classes
            continue
        one, two = a.flatten(2), theirs[name].flatten(2)
        cosine = (one * two).sum(-1) / (one.norm(dim=-1) * two.norm(dim=-1) + 1e-6)
        found[name] = (1 - cosine).sum(1)
    return found


class Gradients(FromRealBatches):
    """Gradients of each class: Σ_c D( ∇ℓ(A_ω(S_c); θ), ∇ℓ(A_ω(B_c); θ) ), ω drawn for each class; the network trained a little on S between updates."""

    kind: Literal["dc"] = "dc"
    students: ClassVar[str] = "dsa"
    usual: ClassVar[Rates] = Rates(1e-4, 0.01, 0.1)

    batch_real: int = again(FromRealBatches, "batch_real", 64)
    view: AnyPairView = Untouched()
    outer: int = knob(
        0,
        "Looks at each network",
        "Updates of the images before the next network (outer loop); 0 takes the papers' number for the images per class.",
        auto=0,
        ge=0,
        le=100,
        source=CODE,
    )
    inner: int = knob(
        0,
        "Training between looks",
        "Epochs that the network is trained on the images between two looks (inner loop); 0 takes the papers' number.",
        auto=0,
        ge=0,
        le=200,
        source=CODE,
    )
    lr_net: float = knob(
        0.01,
        "Learning rate of the network",
        "SGD's step, without momentum, while it is trained on the images.",
        gt=0,
        le=10,
        scale="log",
        advanced=True,
        source=CODE,
    )
    batch_train: int = knob(
        256,
        "Training batch",
        "Synthetic images in an update of the network.",
        ge=1,
        le=4096,
        advanced=True,
        source=CODE,
    )
    distance: KIND = knob(
        "rows",
        "Distance",
        "One minus the cosine for every output channel, summed; squared length of the difference; or one cosine.",
        advanced=True,
        source=CODE,
    )
    classes_at_once: int = knob(
        0,
        "Classes at once",
        "Classes whose gradients are taken together; 0 takes all, fewer take less memory.",
        auto=0,
        ge=0,
        le=1000,
        advanced=True,
        cost=True,
        source="ours: it changes the time, not the formula",
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        outer, inner = loops_for(job.ipc)
        return {"outer": outer, "inner": inner, "classes_at_once": "all"}

    def loops(self, ipc: int) -> tuple[int, int]:
        """(outer, inner) in force."""
        outer, inner = loops_for(ipc)
        return self.outer or outer, self.inner or inner

    def match(self, ground: Ground) -> Stream[Match]:
        return GradientMatch(self, ground)
        yield


class GradientMatch(Match):
    """The objective in a run, with its network."""

    what = "gradient-distance-by-class"

    def __init__(self, settings: Gradients, ground: Ground):
        self.settings, self.ground = settings, ground
        self.looks, self.inner = settings.loops(ground.job.ipc)
        self.view, self.train_view = settings.view.pair(ground.real), settings.view.single(ground.real)
        self.generator = Generator().manual_seed(ground.job.seed + 1)
        self.network = random_network(ground.job, ground.real, 0).to(ground.device)
        self.turn = torch.zeros((), dtype=torch.int64)  # how often this network was looked at

    def pull(self, x: Tensor, step: Step) -> Pull:
        real, device, x = self.ground.real, self.ground.device, x.requires_grad_(True)
        classes = len(real.classes)
        if int(self.turn) == 0:
            seed = int(torch.randint(2**31 - 3, (1,), generator=self.generator))
            self.network.load_state_dict(random_network(self.ground.job, real, seed).state_dict())
        self._settle()
        ids = real_batch(real, self.settings.batch_real, self.generator)
        batch = real.normalize(real.pixels(real.train.images[ids.flatten()].to(device)))
        wanted, given = seen_by_class(self.view, batch, x, classes, self.generator)
        labels = torch.arange(classes, device=device)[:, None]
        with torch.no_grad():
            fixed = class_gradients(
                self.network, wanted, labels.expand(-1, wanted.shape[1]), self.settings.classes_at_once or None
            )
        moving = class_gradients(
            self.network, given, labels.expand(-1, given.shape[1]), self.settings.classes_at_once or None
        )
        layers = distances(moving, fixed, self.settings.distance)
        per_class = torch.stack(list(layers.values())).sum(0)
        loss = per_class.sum()
        (gradient,) = torch.autograd.grad(loss, x)
        parts = (
            {"gradient-distance-by-layer": {n: float(d.detach().sum()) for n, d in layers.items()}} if step.due else {}
        )
        return Pull(gradient, loss, per_class, parts, seen=ids.numel())

    def _settle(self) -> None:
        """Batch norm sees real images of all classes once and is then fixed, as in the papers' code."""
        norms = [m for m in self.network.modules() if isinstance(m, nn.BatchNorm2d)]
        if not norms:
            return
        real = self.ground.real
        ids = real_batch(real, WARM, self.generator).flatten()
        self.network.train()
        with torch.no_grad():
            self.network(real.normalize(real.pixels(real.train.images[ids].to(self.ground.device))))
        for norm in norms:
            norm.eval()

    def after(self, x: Tensor) -> None:
        """Train the network on the images as they are now; after the last look a new one is drawn instead."""
        self.turn += 1
        if int(self.turn) >= self.looks:
            self.turn.zero_()
            return
        self.network.train().requires_grad_(True)
        weights: list[Tensor] = list(self.network.parameters())
        labels, x = self.ground.labels.to(x.device), x.detach()
        for _ in range(self.inner):
            for rows in torch.randperm(len(x), generator=self.generator).split(self.settings.batch_train):
                seen = self.train_view(x[rows], self.generator)
                gradients = torch.autograd.grad(F.cross_entropy(self.network(seen), labels[rows]), weights)
                with torch.no_grad():
                    torch._foreach_add_(weights, list(gradients), alpha=-self.settings.lr_net)
        self.network.requires_grad_(False)

    def state(self) -> dict[str, Live]:
        return {"generator": self.generator, "network": self.network, "turn": self.turn}
