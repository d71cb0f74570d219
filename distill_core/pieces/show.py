"""What methods say about images: tensors on a device in, events of plain NumPy out. Called only when a report is due."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ..datasets import RealSet
from ..events import Images, Logits
from ..method import Stream

REFERENCE = 40  # real images of each class that maps are drawn against


def to_uint8(images: Tensor) -> np.ndarray:
    """(n, c, h, w) float in [0, 1] → (n, h, w, c) uint8, rounded."""
    return (images.detach().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def quantize(images: Tensor) -> Tensor:
    """Round to the 256 values that a file holds, so that what is evaluated is what is stored and counted."""
    return (images.clamp(0, 1) * 255).round() / 255


def show(step: int, images: Tensor, labels: Tensor, space: str = "pixels", ids: Tensor | None = None) -> Images:
    """The synthetic images as they stand; `images` (n, c, h, w) in [0, 1]."""
    numbered = np.arange(len(images)) if ids is None else ids.cpu().numpy()
    return Images(step, to_uint8(images), labels.cpu().numpy(), numbered, space)


def reference_ids(real: RealSet, per_class: int = REFERENCE) -> Tensor:
    """Evenly spaced training images of each class, the same for every run on a data set; about 2,000 at the most."""
    per_class = max(2, min(per_class, 2000 // len(real.classes)))
    chosen = []
    for label in range(len(real.classes)):
        own = real.per_class(label)
        chosen.append(own[torch.linspace(0, len(own) - 1, min(per_class, len(own))).long()])
    return torch.cat(chosen)


@torch.no_grad()
def logits_of(network: nn.Module, images: Tensor, batch: int = 512) -> Tensor:
    """(n, classes) on the CPU, in eval mode, of normalized images."""
    was = network.training
    network.eval()
    found = torch.cat([network(part).float().cpu() for part in images.split(batch)])
    network.train(was)
    return found


def reference(real: RealSet, network: nn.Module, device: torch.device) -> Stream[None]:
    """Say once what the real images look like and where they lie for this network."""
    ids = reference_ids(real)
    images, labels = real.train.images[ids], real.train.labels[ids]
    yield Images(0, images.permute(0, 2, 3, 1).numpy(), labels.numpy(), ids.numpy(), source="real")
    normalized = real.normalize(real.pixels(images).to(device))
    yield Logits(0, logits_of(network, normalized).numpy(), labels.numpy(), ids.numpy(), "real", key_of(network))


def place(step: int, network: nn.Module, normalized: Tensor, labels: Tensor, ids: Tensor | None = None) -> Logits:
    """Where the synthetic images lie for this network."""
    logits, numbered = logits_of(network, normalized).numpy(), np.arange(len(labels)) if ids is None else ids.numpy()
    return Logits(step, logits, labels.cpu().numpy(), numbered, network=key_of(network))


def key_of(network: nn.Module) -> str:
    """The content key of a network whose weights are kept, else ""."""
    return str(getattr(network, "key", ""))
