"""One small result of every kind, for digits of 8 × 8."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, nn

from distill_core.results import Factored, Generated, Pictures, Result
from tests.evaluation.classroom import digits

CLASSES = 10
SAID: dict[str, Any] = {"protocol": "hard", "about": {"method": "toy", "job": {"data": "digits:size=8", "seed": 1}}}


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


class Tiny:
    """One linear layer: a code and a class to pixels."""

    def __init__(self, result: Generated):
        self.size = result.shape[1]
        self.layer = nn.Linear(4 + CLASSES, self.size**2)
        self.layer.load_state_dict(dict(result.weights))

    def draw(self, labels, generator):
        return {"z": torch.randn(len(labels), 4, generator=generator)}

    def decode(self, codes, labels):
        given = torch.cat([codes["z"], nn.functional.one_hot(labels, CLASSES).float()], 1)
        return self.layer(given).sigmoid().view(-1, 1, self.size, self.size)


DECODERS = {"tiny": Tiny}


def pictures(quantized: bool = True, **more: Any) -> Pictures:
    images = torch.rand(2 * CLASSES, 1, 8, 8, generator=seeded())
    images = (images * 255).round() / 255 if quantized else images
    real = digits()
    return Pictures(
        images,
        torch.arange(CLASSES).repeat(2),
        real.classes,
        real.mean,
        real.std,
        **{"stages": (10, 10), **SAID, **more},
    )


def factored(shown: bool = True, **more: Any) -> Factored:
    """Three groups and two teachers."""
    real = digits()
    naturals = torch.randint(256, (3, CLASSES, 1, 8, 8), generator=seeded(1)).to(torch.uint8)
    compensators = (torch.randn(3, 2, 1, 8, 8, generator=seeded(2)) * 0.2).half()
    return Factored(naturals, compensators, real.classes, real.mean, real.std, shown, **{**SAID, **more})


def generated(anew: bool = False, **more: Any) -> Generated:
    """Two images of each class."""
    real, layer = digits(), nn.Linear(4 + CLASSES, 64)
    weights = {name: torch.randn(t.shape, generator=seeded(3)) for name, t in layer.state_dict().items()}
    codes = {} if anew else {"z": torch.randn(2 * CLASSES, 4, generator=seeded(4)).half().float()}
    labels = torch.arange(CLASSES).repeat(2)
    return Generated(
        weights, codes, labels, real.classes, real.mean, real.std, (1, 8, 8), "tiny", DECODERS, **{**SAID, **more}
    )


def every() -> dict[str, Result]:
    soft = torch.randn(2 * CLASSES, CLASSES, generator=seeded(5))
    return {
        "pictures": pictures(),
        "pictures as floats": pictures(quantized=False, soft_labels=soft, ids=torch.arange(20) + 7, teacher="abc"),
        "factored": factored(),
        "factored without naturals": factored(shown=False, soft_labels=torch.randn(60, CLASSES, generator=seeded(5))),
        "generated": generated(),
        "generated anew": generated(anew=True),
    }
