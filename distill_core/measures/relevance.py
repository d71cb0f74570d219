"""Class-relevant feature distance: how far synthetic images are from their class, in the eyes of a classifier.

    F̃_c(x) = W_c ⊙ F(x)                F: last feature map (K, h, w) of a classifier trained on the real set
    D = Σ_c ‖ mean_{x∈T_c} F̃_c(x) − mean_{s∈S_c} F̃_c(s) ‖²

W_c is the classifier's row for class c: one number for each channel after a global average, one for each channel and place
where the map is flattened. This is our reading, after class activation maps (CVPR 2016), of the distance that H-GLaD (arXiv
2406.05704) describes and its released code does not contain. Every variant gives a number for each class; the sum is the distance.

    cam_weighted       the formula above
    cam_map            with Σ_k F̃_c(x)_k, the class activation map, in its place
    layerwise_random   as released: block features before pooling under random networks, five on the real side, a new one at
                       every look on the synthetic side, unweighted (the released averages leave the last block out: ours do not)
    fixed_probes       mean features under fixed random networks and all real images, see `probes.py`
    loss               the objective's own loss
    accuracy           error on the validation part of a student that is trained briefly on the images
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..networks import Network

MOST = 500  # real images of each class whose mean is taken, evenly spaced
NETS, EACH = 5, 25  # layerwise_random: networks on the real side, images of each class in a batch
UPDATES, RATE = 100, 0.01  # accuracy: of the brief student; SGD with momentum 0.9


class Measure(Protocol):
    """A distance of sets of images."""

    def __call__(self, x: Tensor, loss: Tensor, per_class: Tensor | None) -> Tensor:
        """(classes,) for normalized images (ipc · classes, c, h, w), slice-major; `loss` is the objective's, at these images."""

    def state(self) -> dict[str, Generator]:
        """What has to be restored when the run is resumed."""


def weighted_maps(network: Network, x: Tensor, labels: Tensor) -> Tensor:
    """F̃: every image's last feature map times its class's weights, (n, K, h, w); (n, K, 1, 1) for a network without maps."""
    maps = network.body(x)
    width = network.classifier.in_features
    if maps.ndim != 4 or width not in (maps.shape[1], maps[0].numel()):
        maps = network.neck(maps)[:, :, None, None]
    rows = network.classifier.get_parameter("weight")[labels]
    if width == maps[0].numel():
        return maps * rows.view_as(maps)
    return maps * rows[:, :, None, None]


def evenly(real: RealSet, label: int) -> Tensor:
    """Evenly spaced training images of a class, `MOST` at the most: those whose mean is taken."""
    own = real.per_class(label)
    return own[torch.linspace(0, len(own) - 1, min(MOST, len(own))).long()]


class ClassRelevant:
    """cam_weighted and cam_map: the real means are constants, the classifier is fixed and in eval mode."""

    def __init__(self, network: Network, real: RealSet, *, summed: bool, device: torch.device):
        self.network, self.summed, self.classes = network, summed, len(real.classes)
        self.wanted = torch.stack([self._mean_of(real, c, device) for c in range(self.classes)])

    def _maps(self, x: Tensor, labels: Tensor) -> Tensor:
        found = weighted_maps(self.network, x, labels)
        return found.sum(1, keepdim=True) if self.summed else found

    @torch.no_grad()
    def _mean_of(self, real: RealSet, label: int, device: torch.device) -> Tensor:
        ids = evenly(real, label)
        total = torch.zeros(())
        for part in ids.split(256):
            x = real.normalize(real.pixels(real.train.images[part].to(device)))
            total = total.to(device) + self._maps(x, torch.full((len(part),), label, device=device)).double().sum(0)
        return (total / len(ids)).float()

    @torch.no_grad()
    def __call__(self, x: Tensor, loss: Tensor, per_class: Tensor | None) -> Tensor:
        labels = torch.arange(self.classes, device=x.device).repeat(len(x) // self.classes)
        given = self._maps(x, labels).unflatten(0, (-1, self.classes)).mean(0)
        return (self.wanted - given).square().flatten(1).sum(1)

    def state(self) -> dict[str, Generator]:
        return {}


def levels(network: Network, x: Tensor) -> list[Tensor]:
    """The output of every block, before its pooling where it has one."""
    found = []
    for block in network.body:
        parts = dict(block.named_children())
        if "pooling" not in parts:
            x = block(x)
            found.append(x)
            continue
        for name, part in parts.items():
            if name == "pooling":
                found.append(x)
            x = part(x)
    return found


class LayerwiseRandom:
    """As released, with its noise: another random network at every look."""

    def __init__(
        self,
        real: RealSet,
        draw: Callable[[int], Network],
        view: Callable[[Tensor, Generator], Tensor],
        seed: int,
        device: torch.device,
    ):
        self.draw, self.view, self.classes, self.device = draw, view, len(real.classes), device
        self.generator = Generator().manual_seed(seed)
        rounds = min(50, max(1, len(real.train) // self.classes // EACH))
        total: list[Tensor] = []
        for _ in range(NETS):
            network = self._network()
            for _ in range(rounds):
                found = self._means(network, self._batch(real))
                total = [a + b for a, b in zip(total, found, strict=True)] if total else found
        self.wanted = [one / (NETS * rounds) for one in total]

    def _network(self) -> Network:
        return self.draw(int(torch.randint(2**31 - 3, (1,), generator=self.generator))).to(self.device).eval()

    def _batch(self, real: RealSet) -> Tensor:
        each = []
        for label in range(self.classes):
            own = real.per_class(label)
            each.append(own[torch.randint(len(own), (EACH,), generator=self.generator)])
        ids = torch.stack(each, 1).flatten()
        return real.normalize(real.pixels(real.train.images[ids].to(self.device)))

    @torch.no_grad()
    def _means(self, network: Network, x: Tensor) -> list[Tensor]:
        found = levels(network, self.view(x, self.generator))
        return [one.unflatten(0, (-1, self.classes)).mean(0) for one in found]

    def __call__(self, x: Tensor, loss: Tensor, per_class: Tensor | None) -> Tensor:
        given = self._means(self._network(), x)
        parts = [(a - b).square().flatten(1).sum(1) for a, b in zip(self.wanted, given, strict=True)]
        return torch.stack(parts).sum(0)

    def state(self) -> dict[str, Generator]:
        return {"judge": self.generator}


class Loss:
    """The objective's own number: what the search would keep without a measure of its own."""

    def __init__(self, classes: int):
        self.classes = classes

    def __call__(self, x: Tensor, loss: Tensor, per_class: Tensor | None) -> Tensor:
        return (loss.detach() / self.classes).expand(self.classes) if per_class is None else per_class.detach()

    def state(self) -> dict[str, Generator]:
        return {}


class BriefAccuracy:
    """Share of each class's validation images that a brief student gets wrong, over the number of classes.

    Every look starts from the same weights, so that candidates differ by their images alone. The test part is never used.
    """

    def __init__(self, real: RealSet, draw: Callable[[int], Network], seed: int, device: torch.device):
        self.draw, self.seed, self.device, self.classes = draw, seed, device, len(real.classes)
        every = max(1, len(real.val) // (50 * self.classes))
        self.labels = real.val.labels[::every].to(device)
        self.images = real.normalize(real.pixels(real.val.images[::every].to(device)))

    def __call__(self, x: Tensor, loss: Tensor, per_class: Tensor | None) -> Tensor:
        student = self.draw(self.seed).to(self.device).requires_grad_(True).train()
        self._teach(student, x)
        with torch.no_grad():
            wrong = (student.eval()(self.images).argmax(1) != self.labels).float()
            of_class = F.one_hot(self.labels, self.classes).float()
            return (wrong @ of_class) / of_class.sum(0).clamp(min=1) / self.classes

    def _teach(self, student: nn.Module, x: Tensor) -> None:
        labels = torch.arange(self.classes, device=x.device).repeat(len(x) // self.classes)
        optimizer = torch.optim.SGD(student.parameters(), lr=RATE, momentum=0.9)
        with torch.enable_grad():
            for _ in range(UPDATES):
                optimizer.zero_grad(set_to_none=True)
                F.cross_entropy(student(x), labels).backward()
                optimizer.step()

    def state(self) -> dict[str, Generator]:
        return {}
