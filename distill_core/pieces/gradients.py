"""Gradient matching as an objective (DC, arXiv 2006.05929; DSA, arXiv 2102.08259).

    D(A, B) = Σ_layers Σ_rows [ 1 − ⟨A_i, B_i⟩ / (‖A_i‖ ‖B_i‖ + 1e-6) ]          A, B: gradients of the cross-entropy at S_c and B_c

Rows are output channels: convolutions (out, in · k · k), linear layers (out, in), layer norms (channels, pixels). Weights
with one dimension (biases, scales) add nothing. `mse` is the squared length of the difference of all gradients, `cos` one
minus one cosine of all of them together. The classes' gradients are taken together (`torch.func`), some classes at a time.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.func import functional_call, grad, vmap

from ..job import Job
from .match import Ground, Pull, random_network, real_batch
from .views import PairView

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
        a, b = a.flatten(2), theirs[name].flatten(2)
        cosine = (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1) + 1e-6)
        found[name] = (1 - cosine).sum(1)
    return found


class Gradients:
    """Σ_c D( ∇ℓ(A_ω(S_c); θ), ∇ℓ(A_ω(B_c); θ) ) over a network that is trained a little on S between two updates."""

    what, remedy = "gradient-distance-by-class", "Lower lr_img."

    def __init__(
        self,
        job: Job,
        ground: Ground,
        batch_real: int,
        view: PairView,
        train_view: Any,
        *,
        outer: int,
        inner: int,
        lr_net: float = 0.01,
        batch_train: int = 256,
        kind: KIND = "rows",
        classes_at_once: int = 0,
    ):
        self.job, self.ground, self.batch_real, self.view, self.train_view = job, ground, batch_real, view, train_view
        self.outer, self.inner, self.lr_net, self.batch_train, self.kind = outer, inner, lr_net, batch_train, kind
        self.at_once = classes_at_once or None
        self.generator = Generator().manual_seed(job.seed + 1)
        self.network = random_network(job, ground.real, 0).to(ground.device)
        self.turn = torch.zeros((), dtype=torch.int64)  # how often this network was looked at

    def pull(self, x: Tensor, now: Any, due: bool) -> Pull:
        real, device, x = self.ground.real, self.ground.device, x.requires_grad_(True)
        classes = len(real.classes)
        if int(self.turn) == 0:
            seed = int(torch.randint(2**31 - 3, (1,), generator=self.generator))
            self.network.load_state_dict(random_network(self.job, real, seed).state_dict())
        self._settle()
        ids = real_batch(real, self.batch_real, self.generator)
        batch = real.normalize(real.pixels(real.train.images[ids.flatten()].to(device)))
        theirs, ours = batch.unflatten(0, (-1, classes)).transpose(0, 1), x.unflatten(0, (-1, classes)).transpose(0, 1)
        pairs = [self.view(b, s, self.generator) for b, s in zip(theirs, ours, strict=True)]  # an ω for each class
        labels = torch.arange(classes, device=device)[:, None]
        with torch.no_grad():
            wanted = torch.stack([b for b, _ in pairs])
            fixed = class_gradients(self.network, wanted, labels.expand(-1, wanted.shape[1]), self.at_once)
        given = torch.stack([s for _, s in pairs])
        moving = class_gradients(self.network, given, labels.expand(-1, given.shape[1]), self.at_once)
        layers = distances(moving, fixed, self.kind)
        per_class = torch.stack(list(layers.values())).sum(0)
        loss = per_class.sum()
        (gradient,) = torch.autograd.grad(loss, x)
        parts = {"gradient-distance-by-layer": {n: float(d.detach().sum()) for n, d in layers.items()}} if due else {}
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
        if int(self.turn) >= self.outer:
            self.turn.zero_()
            return
        self.network.train().requires_grad_(True)
        weights: list[Tensor] = list(self.network.parameters())
        labels, x = self.ground.labels.to(x.device), x.detach()
        for _ in range(self.inner):
            for rows in torch.randperm(len(x), generator=self.generator).split(self.batch_train):
                seen = self.train_view(x[rows], self.generator)
                gradients = torch.autograd.grad(F.cross_entropy(self.network(seen), labels[rows]), weights)
                with torch.no_grad():
                    torch._foreach_add_(weights, list(gradients), alpha=-self.lr_net)
        self.network.requires_grad_(False)

    def state(self) -> dict[str, Any]:
        return {"generator": self.generator, "network": self.network, "turn": self.turn}
