"""How every real image is learned: what a network makes of it, epoch after epoch, while it is trained on all of them.

One training answers several questions, so all that they ask is written down, once for each content:

    correct[t, i] = [argmax z = y]                   when image i was seen in epoch t, before the update (arXiv 1812.05159)
    margin[t, i]  = z_y − max_{k ≠ y} z_k            at the same moment, z the logits                    (arXiv 2001.10528)
    error[t, i]   = ‖softmax z − onehot y‖₂          after epoch t, in eval mode, on the plain image      (arXiv 2107.07075)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from .. import store
from ..datasets import RealSet
from ..events import Scalars
from ..loop import Live, check_finite, saw, steps
from ..method import Stream
from ..networks import Network, build
from .by_name import build as build_augment
from .show import logits_of
from .teach import SqueezeRecipe

AT_ONCE = 1024  # images of an evaluation


@dataclass(frozen=True, eq=False)
class Record:
    """One training: `correct` (epochs, n) bool, `margin` and `error` (epochs, n) float32; n real training images."""

    correct: Tensor
    margin: Tensor
    error: Tensor


def margins(logits: Tensor, labels: Tensor) -> Tensor:
    """z_y − max_{k ≠ y} z_k (Pleiss et al., eq. 1): logits (n, classes) → (n,)."""
    own = logits.gather(1, labels[:, None]).squeeze(1)
    others = logits.scatter(1, labels[:, None], -torch.inf).amax(1)
    return own - others


def errors(logits: Tensor, labels: Tensor) -> Tensor:
    """‖p − y‖₂ (Paul et al., definition 2.2): logits (n, classes) → (n,)."""
    return (logits.softmax(1) - F.one_hot(labels, logits.shape[1])).norm(dim=1)


def recorded(real: RealSet, spec: str, recipe: SqueezeRecipe, device: torch.device) -> Stream[Record]:
    """The record of this training: found in the store, or made; safe when two runs ask at once."""
    content = {"data": real.fingerprint, "network": spec, "recipe": recipe.plain(), "format": 1}
    return (
        yield from store.made(
            "dynamics",
            store.key_of(content),
            lambda file: _train(real, spec, recipe, device, file),
            read_record,
        )
    )


def read_record(path: Path) -> Record:
    held = load_file(path)
    return Record(held["correct"].bool(), held["margin"], held["error"])


def even_batches(count: int, batch: int) -> list[int]:
    """Where the batches of an epoch begin, and the end: every image once, sizes that differ by one at the most."""
    number = -(-count // batch)
    return [count * i // number for i in range(number + 1)]


class _Log:
    """What is written down while a network learns: (epochs, n) each, on the CPU."""

    def __init__(self, epochs: int, count: int):
        self.correct = torch.zeros(epochs, count, dtype=torch.uint8)
        self.margin, self.error = torch.zeros(epochs, count), torch.zeros(epochs, count)

    def tensors(self) -> dict[str, Tensor]:
        return {"correct": self.correct, "margin": self.margin, "error": self.error}

    def saw(self, epoch: int, ids: Tensor, logits: Tensor, labels: Tensor) -> None:
        """A batch, as the network saw it before it learned from it."""
        self.correct[epoch, ids] = (logits.argmax(1) == labels).to("cpu", torch.uint8)
        self.margin[epoch, ids] = margins(logits, labels).cpu()

    def told(self, epoch: int, ids: Tensor) -> dict[str, float]:
        """Of a batch: the mean margin, and the share that was right an epoch ago and is wrong now."""
        before = self.correct[max(epoch - 1, 0), ids].bool()
        lost = before & ~self.correct[epoch, ids].bool()
        return {"margin": float(self.margin[epoch, ids].mean()), "forgotten-share": float(lost.float().mean())}


def _train(real: RealSet, spec: str, recipe: SqueezeRecipe, device: torch.device, file: Path) -> Stream[None]:
    """Train as a teacher is trained, but no image is left out of an epoch, and write the record."""
    classes, count = len(real.classes), len(real.train)
    network = build(spec, channels=real.channels, size=real.size, classes=classes, seed=recipe.seed).to(device)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )
    generator, look = torch.Generator().manual_seed(recipe.seed), build_augment(recipe.augment, flip=real.may_mirror)
    cuts, order, log = even_batches(count, recipe.batch), torch.arange(count), _Log(recipe.epochs, count)
    state: dict[str, Live] = {"network": network, "optimizer": optimizer, "generator": generator, "order": order}
    network.train()
    for step in steps("dynamics", recipe.epochs * (len(cuts) - 1), state={**state, **log.tensors()}):
        epoch, place = divmod(step.index, len(cuts) - 1)
        if place == 0:
            order.copy_(torch.randperm(count, generator=generator))
        optimizer.param_groups[0]["lr"] = recipe.lr_at(epoch)
        ids = order[cuts[place] : cuts[place + 1]]
        labels = real.train.labels[ids].to(device)
        logits = network(real.normalize(look(real.pixels(real.train.images[ids].to(device)), generator)))
        loss = F.cross_entropy(logits, labels)
        log.saw(epoch, ids, logits.detach(), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        saw(len(ids))
        if place == len(cuts) - 2:
            log.error[epoch] = _errors(network, real, device)
        if step.due:
            check_finite(loss.item(), f"The loss of the network {spec}", step, "dynamics", "the recipe")
            yield Scalars(step.index, {"teacher-loss": loss.item(), **log.told(epoch, ids)})
    save_file(log.tensors(), file)


def _errors(network: Network, real: RealSet, device: torch.device) -> Tensor:
    """‖p − y‖₂ of all training images as they are, (n,) on the CPU."""
    found = []
    for images, labels in zip(real.train.images.split(AT_ONCE), real.train.labels.split(AT_ONCE), strict=True):
        normalized = real.normalize(real.pixels(images.to(device)))
        found.append(errors(logits_of(network, normalized), labels))
    return torch.cat(found)
