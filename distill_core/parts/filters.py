"""Which real images a method learns from: all of them, or a share of each class by a trained network's loss."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..datasets import RealSet
from ..errors import BadSetting
from ..events import Note
from ..method import Stream
from ..part import Part, choice, knob
from ..pieces.ground import Ground
from .squeezing import OneNetwork

OURS = "ours"


class Everything(Part):
    """All training images."""

    kind: Literal["everything"] = "everything"

    def kept(self, ground: Ground) -> Stream[Ground]:
        """The ground with the real images that are left; starts, teachers and objectives then know no other."""
        return ground
        yield


class ByLoss(Everything):
    """The share of each class on which a trained network has the least loss, or the most."""

    kind: Literal["by_loss"] = "by_loss"  # type: ignore[assignment]
    share: float = knob(0.5, "Share kept", "Of the training images of each class.", gt=0, le=1, source=OURS)
    keep: Literal["easiest", "hardest"] = knob(
        "easiest", "Images kept", "Those with the least cross-entropy, or with the most.", source=OURS
    )
    network: OneNetwork = OneNetwork()

    def kept(self, ground: Ground) -> Stream[Ground]:
        real, job = ground.real, ground.job
        (teacher,) = yield from self.network.teachers(ground)
        losses = losses_of(teacher.network, real, ground.device)
        chosen = []
        for label in range(ground.classes):
            own = real.per_class(label)
            order = own[losses[own].argsort(descending=self.keep == "hardest", stable=True)]
            chosen.append(order[: max(1, round(self.share * len(own)))].sort().values)
            if len(chosen[-1]) < job.ipc:
                raise BadSetting(
                    f'share={self.share:g} leaves {len(chosen[-1])} images of class "{real.classes[label]}", and ipc={job.ipc} '
                    "needs as many. Raise the share, or lower ipc."
                )
        ids = torch.cat(chosen)
        mark = sha256(real.fingerprint.encode() + ids.numpy().tobytes()).hexdigest()
        yield Note(f"{len(ids):,} of {len(real.train):,} real images are learned from: the {self.keep} of each class.")
        return replace(
            ground, real=replace(real, train=real.train.take(ids), fingerprint=mark, out_of=real.fingerprint)
        )


@torch.no_grad()
def losses_of(network: nn.Module, real: RealSet, device: torch.device) -> Tensor:
    """(n,) cross-entropy of every training image, on the CPU."""
    found = []
    for ids in torch.arange(len(real.train)).split(500):
        x = real.normalize(real.pixels(real.train.images[ids].to(device)))
        found.append(F.cross_entropy(network(x), real.train.labels[ids].to(device), reduction="none").cpu())
    return torch.cat(found)


AnyFilter = Annotated[
    Everything | ByLoss,
    choice(
        "Real images", "All of them, or a share of each class by a trained network's loss.", advanced=True, source=OURS
    ),
]
