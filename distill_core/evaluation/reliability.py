"""What one trained student is worth beyond clean test images: calibration, corruptions, small adversarial steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import torch
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..measures.attack import fgsm, pgd
from ..measures.calibration import calibration
from ..pieces.corrupt import SEVERITIES, corrupted
from .seeds import derive

CHUNK = 250


@dataclass(frozen=True)
class Trials:
    """What a student is put through.

    Args:
        corruptions: kinds of `pieces.corrupt`, each at all severities.
        eps: of the adversarial steps, in 1/255.
        images: test images at most, evenly spaced, the same for all students.
    """

    corruptions: tuple[str, ...]
    eps: tuple[float, ...]
    images: int


class Measured(TypedDict):
    """Of one student; accuracies are fractions of the images it was shown. A list of a corruption goes by severity, 0 … 5; those of the
    attacks by ε."""

    clean: float
    ece: float
    bins: list[list[float]]  # images, mean confidence, fraction right of each bin
    corruptions: dict[str, list[float]]
    fgsm: list[float]
    pgd: list[float]


def measured(network: nn.Module, real: RealSet, trials: Trials) -> Measured:
    """Put a student through its trials; the same images and the same noise for every student."""
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    every = max(1, -(-len(real.test) // trials.images))
    x, labels = real.pixels(real.test.images[::every]), real.test.labels[::every]
    plain = _logits(network, real, x, device)
    found = calibration(plain, labels)
    clean = _right(plain, labels)
    hurt = {
        kind: [
            clean if severity == 0 else _right(_logits(network, real, _bad(x, kind, severity), device), labels)
            for severity in SEVERITIES
        ]
        for kind in trials.corruptions
    }
    attacked = [_attacked(network, real, x, labels, eps / 255, device) for eps in trials.eps]
    bins = [list(one) for one in zip(found.count, found.confidence, found.right, strict=True)]
    return {
        "clean": clean, "ece": found.ece, "bins": bins, "corruptions": hurt,
        "fgsm": [one for one, _ in attacked], "pgd": [two for _, two in attacked],
    }  # fmt: skip


def _bad(x: Tensor, kind: str, severity: int) -> Tensor:
    return corrupted(x, kind, severity, Generator().manual_seed(derive("corruption", kind, severity)))


@torch.no_grad()
def _logits(network: nn.Module, real: RealSet, x: Tensor, device: torch.device) -> Tensor:
    """(n, classes) float32 on the CPU, in eval mode as students end."""
    return torch.cat([network(real.normalize(part.to(device))).float().cpu() for part in x.split(CHUNK)])


def _right(logits: Tensor, labels: Tensor) -> float:
    return float((logits.argmax(1) == labels).double().mean())


def _attacked(
    network: nn.Module, real: RealSet, x: Tensor, labels: Tensor, eps: float, device: torch.device
) -> tuple[float, float]:
    """Accuracy after one sign step and after several."""
    generator = Generator().manual_seed(derive("attack", eps))
    right = torch.zeros(2, dtype=torch.float64)
    for part, wanted in zip(x.split(CHUNK), labels.split(CHUNK), strict=True):
        here, there = part.to(device), wanted.to(device)
        for row, moved in enumerate(
            (fgsm(network, real, here, there, eps), pgd(network, real, here, there, eps, generator))
        ):
            right[row] += (_logits(network, real, moved, device).argmax(1) == wanted).sum()
    one, two = (right / len(labels)).tolist()
    return one, two
