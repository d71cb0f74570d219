"""DM: distribution matching.

Bo Zhao, Hakan Bilen, "Dataset Condensation with Distribution Matching", WACV 2023, arXiv 2110.04181.

    min_S  E_θ Σ_c ‖ mean_{x∈B_c} ψ_θ(A_ω(x)) − mean_{s∈S_c} ψ_θ(A_ω(s)) ‖²

ψ_θ are the last features of a network with fresh random weights at every step, A_ω one augmentation drawn for both sides.
No network is trained and no second derivative is taken.

Where we depart: (1) the classes of a batch go through the network together (the same numbers without batch norm, faster);
with batch norm one pass per side mixes the classes, as the released code does; (2) pixels are kept in the valid range after
each update, so that the set is one of real pictures; (3) the quick defaults are smaller than the paper's 20,000 iterations.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from ..datasets import RealSet, load
from ..events import PerClass, Scalars
from ..job import Job
from ..loop import Guard, saw, steps
from ..method import Card, Method, Preset, Stream, knob, stage
from ..networks import build
from ..steps.device import device_of
from ..steps.show import place, quantize, reference, show
from ..steps.start import check_ipc, slice_labels, starting_images
from ..steps.views import siamese_view
from ..synthetic import SyntheticSet

_CODE = "arXiv 2110.04181, released code"


class DistributionMatching(Method):
    """Match mean features under random networks."""

    card: ClassVar[Card] = Card(
        name="dm",
        title="Distribution matching (DM)",
        idea="Make a few images whose average features agree with those of the real class, whatever random network looks.",
        family="distribution matching",
        paper="Zhao and Bilen, WACV 2023, arXiv 2110.04181",
        url="https://arxiv.org/abs/2110.04181",
        learns="pixels, from real images",
        matches="mean features of each class",
        labels="hard",
        departures=("All classes pass the network together.", "Pixels stay in the valid range after each update."),
        presets=(
            Preset("Quick", {}, {}, "ours, for two CPU cores"),
            Preset(
                "CIFAR, ipc 1–50 (paper)",
                {"iterations": 20_000, "batch_real": 256},
                {"teacher": "convnet:norm=instance,width=128", "student": "convnet:norm=instance,width=128"},
                _CODE,
            ),
            Preset(
                "CIFAR-10, ipc ≥ 100 (paper)",
                {"iterations": 20_000, "batch_real": 256, "lr_img": 10.0},
                {"teacher": "convnet:norm=instance,width=128", "student": "convnet:norm=instance,width=128"},
                _CODE,
            ),
        ),
    )

    iterations: int = knob(
        200, "Iterations", "Updates of the images; the paper makes 20,000.", ge=1, le=100_000, scale="log"
    )
    lr_img: float = knob(
        1.0,
        "Learning rate of the images",
        "SGD's step in normalized pixels.",
        gt=0,
        le=1000,
        live=True,
        scale="log",
        source=_CODE,
    )
    momentum: float = knob(0.5, "Momentum", "Of the images' SGD.", ge=0, le=0.99, advanced=True, source=_CODE)
    batch_real: int = knob(
        32, "Real batch", "Real images of each class at a step; the paper takes 256.", ge=1, le=4096, scale="log"
    )
    augment: Literal["siamese", "none"] = knob(
        "siamese", "Augmentation", "The same random change on both sides, or none.", source=_CODE
    )
    start: Literal["real", "noise"] = knob("real", "Start", "The job's real images, or Gaussian noise.", source=_CODE)

    def distill(self, job: Job) -> Stream[SyntheticSet]:
        real = load(job.data)
        check_ipc(job, real)
        device = device_of(job.device)
        labels = slice_labels(job.ipc, len(real.classes))
        images, _ = starting_images(real, job.ipc, job.seed)
        if self.start == "noise":
            images = real.denormalize(torch.randn(images.shape, generator=torch.Generator().manual_seed(job.seed)))
        x = real.normalize(images.flatten(0, 1)).to(device)
        yield show(0, real.denormalize(x), labels)
        probe = embedder(job, real, 2**31 - 2).to(
            device
        )  # held out: the maps stay comparable while the matching nets change
        yield from reference(real, probe, device)
        yield from stage("match", self._match(job, real, x, labels, probe, device), self.iterations)
        return SyntheticSet(
            quantize(real.denormalize(x)).cpu(), labels, real.classes, real.mean, real.std, protocol="dsa"
        )

    def _match(
        self, job: Job, real: RealSet, x: Tensor, labels: Tensor, probe: nn.Module, device: torch.device
    ) -> Stream[None]:
        x.requires_grad_(True)
        optimizer = torch.optim.SGD([x], lr=self.lr_img, momentum=self.momentum)
        generator = torch.Generator().manual_seed(job.seed + 1)
        augment, classes = siamese_view(real, self.augment), len(real.classes)
        low, high = (real.normalize(torch.full((1, real.channels, 1, 1), v, device=device)) for v in (0.0, 1.0))
        guard = Guard(x)
        for step in steps(
            "match", self.iterations, state={"x": x, "optimizer": optimizer, "generator": generator}, of=self
        ):
            now: Any = step.now
            optimizer.param_groups[0]["lr"] = now.lr_img
            ids = real_batch(real, self.batch_real, generator)
            batch = real.normalize(real.pixels(real.train.images[ids.flatten()].to(device)))
            network = embedder(job, real, int(torch.randint(2**31 - 3, (1,), generator=generator))).to(device)
            distances = class_distances(network, *augment(batch, x, generator), classes)
            loss = distances.sum()
            (x.grad,) = torch.autograd.grad(loss, x)
            guard.keep()
            optimizer.step()
            with torch.no_grad():
                x.clamp_(low, high)
            guard.check(loss, step.index)
            saw(ids.numel())
            if step.due:
                guard.stop_if_broken("match", "Lower lr_img.")
                yield Scalars(step.index, {"loss": loss.item()})
                yield PerClass(step.index, "distance of mean features", distances.detach().cpu().numpy())
                yield show(step.index, real.denormalize(x), labels)
                yield place(step.index, probe, x.detach(), labels)
        x.requires_grad_(False)


def embedder(job: Job, real: RealSet, seed: int) -> nn.Module:
    """A network with random weights; `auto` is the paper's ConvNet with instance norm, narrower on small images."""
    width = 64 if real.size <= 16 else 128
    spec = f"convnet:norm=instance,width={width}" if job.teacher == "auto" else job.teacher
    network = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=seed)
    return network.requires_grad_(False).train()


def real_batch(real: RealSet, size: int, generator: torch.Generator) -> Tensor:
    """(size, classes) training ids: `size` images of each class, without repetition where the class has that many."""
    columns = []
    for label in range(len(real.classes)):
        own = real.per_class(label)
        if len(own) >= size:
            columns.append(own[torch.randperm(len(own), generator=generator)[:size]])
        else:
            columns.append(own[torch.randint(len(own), (size,), generator=generator)])
    return torch.stack(columns, dim=1)


def class_distances(network: Any, real_images: Tensor, synthetic: Tensor, classes: int) -> Tensor:
    """(classes,) squared distances of mean features. Both batches hold one image of each class after the other."""
    with torch.no_grad():
        wanted = network.features(real_images).unflatten(0, (-1, classes)).mean(0)
    given = network.features(synthetic).unflatten(0, (-1, classes)).mean(0)
    return (wanted - given).square().sum(1)
