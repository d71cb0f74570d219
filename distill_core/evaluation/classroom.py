"""What one update of a student sees: images as a protocol augments and mixes them, labels as it makes them, its loss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..errors import BadRecord
from ..pieces import teach
from ..pieces.augment import Augment, randaugment
from ..pieces.by_name import build as build_augment
from ..pieces.crops import drawn, sub_images
from ..pieces.mix import Mixed, cutmix, mixup
from ..quantities import variant
from ..results import Lesson
from . import losses
from .labeler import doubled, labelling
from .protocol import Protocol
from .seen import black_of, pixels

HELD = 500  # validation images that a report looks at


@dataclass(frozen=True, eq=False)
class Shown:
    """A batch as a student sees it: image i is `share` of class `own[i]` and the rest of class `other[i]`.

    Args:
        share: one for the batch, or (n,) where every image has its own.
        wanted: (n, classes) soft labels as logits, where they are at hand.
    """

    images: Tensor
    own: Tensor
    other: Tensor
    share: float | Tensor = 1.0
    wanted: Tensor | None = None


class Classroom:
    """Everything that one student's updates share: the images on the device, the augmentation and the labels."""

    def __init__(
        self,
        lesson: Lesson,
        protocol: Protocol,
        real: RealSet,
        teacher: nn.Module | None,
        device: torch.device,
        epochs: int = 1,
    ):
        self.protocol, self.real, self.device, self.epochs = protocol, real, device, epochs
        self._take(lesson)
        self.teacher = labelling(teacher, protocol, device) if protocol.labels == "teacher" else None
        black = black_of(real)
        self.augment: Augment = build_augment(protocol.augment, flip=real.may_mirror, fill=black)
        self.as_stored = build_augment(lesson.views.augment, flip=True, fill=black) if lesson.views else self.augment

    def teach(self, lesson: Lesson) -> None:
        """What is seen from now on. The lesson that is taught already costs nothing."""
        if lesson is self.lesson:
            return
        if (len(lesson), lesson.stages) != (len(self.lesson), self.lesson.stages):
            raise BadRecord(
                f"An epoch brings {len(lesson)} images in stages {lesson.stages}, the one before had {len(self.lesson)} in "
                f"{self.lesson.stages}. A result teaches as many images in every epoch."
            )
        self._take(lesson)

    def _take(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.images, self.labels = lesson.images.to(self.device), lesson.labels.to(self.device)
        soft = lesson.soft_labels if self.protocol.labels == "static" else None
        self.soft = None if soft is None else soft.to(self.device)
        self.dense = lesson.dense if self.protocol.dense_weight else None
        self.cells = None if self.dense is None else self.dense.labels.to(self.device)

    @property
    def _mixed_at(self) -> float:
        """The temperature at which static labels are mixed as probabilities; 0: they are mixed as logits."""
        return self.protocol.temperature if self.protocol.labels_mixed == "probabilities" else 0.0

    def batch(self, rows: Tensor, generator: Generator) -> Mixed:
        """The images of these rows, normalized, augmented and mixed."""
        return self._augmented(self._pixels(rows), generator)

    def _pixels(self, rows: Tensor) -> Tensor:
        x = self.images[rows.to(self.device)]
        return x if x.is_floating_point() else self.real.pixels(x)

    def _augmented(self, x: Tensor, generator: Generator) -> Mixed:
        if self.protocol.pixels == "randaugment":
            x = randaugment(x, generator)
        x = self.augment(self.real.normalize(x), generator)
        if self.protocol.mix == "none":
            return Mixed(x, torch.arange(len(x), device=self.device))
        return (mixup if self.protocol.mix == "mixup" else cutmix)(x, self.protocol.mix_alpha, generator)

    def show(self, rows: Tensor, generator: Generator, epoch: int = 0) -> Shown:
        """The batch of these rows in this epoch: as it was labelled once where labels are stored, else drawn anew."""
        if self.protocol.labels_in(epoch, self.epochs) == "stored":
            return self._stored(rows, generator, epoch)
        mixed, own = self.batch(rows, generator), rows.to(self.device)
        other, share, soft = own[mixed.partner], mixed.share, self.soft
        wanted = None if soft is None else losses.blended(soft[own], soft[other], share, self._mixed_at)
        return Shown(mixed.images, self.labels[own], self.labels[other], share, wanted)

    def _stored(self, rows: Tensor, generator: Generator, epoch: int) -> Shown:
        assert self.lesson.views is not None, "check() asks for stored labels"
        views = self.lesson.views.seen(epoch, rows, generator)
        x, own = pixels(views, self.as_stored, self.images, self.real), self.labels[rows.to(self.device)]
        wanted = None if views.logits is None else views.logits.to(self.device)
        if views.partner is None or views.share is None:
            return Shown(x, own, own, 1.0, wanted)
        return Shown(x, own, self.labels[views.partner.to(self.device)], views.share.to(self.device), wanted)

    def loss(self, network: nn.Module, rows: Tensor, generator: Generator, epoch: int = 0) -> Tensor:
        """The student's loss on one batch, mixed as a whole; where the protocol says so, its parts pass one after the other."""
        shown = self.show(rows, generator, epoch)
        kind = self.protocol.labels_in(epoch, self.epochs)
        size = -(-len(rows) // self.protocol.parts)
        places = [slice(at, min(at + size, len(rows))) for at in range(0, len(rows), size)]
        each = [
            self._loss(network, shown, part, generator, kind) * ((part.stop - part.start) / len(rows))
            for part in places
        ]
        seen = torch.stack(each).sum()
        return seen if self.dense is None else seen + self.protocol.dense_weight * self._local(network, rows, generator)

    def _local(self, network: nn.Module, rows: Tensor, generator: Generator) -> Tensor:
        """LADD's second term: (1 / |K|) Σ_{k ∈ K} H(y^d_k, f(A(S_k(x)))), the mean over images; K is drawn for each image anew.

        A comes after S_k, so that a label stays with its sub-image. The sub-images of one k pass as a batch of their own.
        """
        assert self.dense is not None and self.cells is not None, "check() asks for dense labels"
        losses, at = [], rows.to(self.device)
        for cells in drawn(len(rows), self.protocol.dense_views, self.dense.grid, generator):
            mixed = self._augmented(sub_images(self._pixels(rows), cells, self.dense.grid), generator)
            own = self.cells[at, cells.to(self.device)].float()
            wanted = mixed.share * own + (1 - mixed.share) * own[mixed.partner]
            losses.append(-(wanted * F.log_softmax(self._logits(network, mixed.images, generator), 1)).sum(1).mean())
        return torch.stack(losses).mean()

    def _loss(self, network: nn.Module, shown: Shown, part: slice, generator: Generator, kind: str) -> Tensor:
        """The loss of the images at the places `part`, which pass together; the network's dropout is drawn from the generator."""
        logits, p = self._logits(network, shown.images[part], generator), self.protocol
        if kind == "hard":
            return self._hard(logits, shown, part)
        wanted = self._wanted(shown, part)
        if p.loss == "cosine":
            return losses.cosine(logits, self._refined(wanted, shown, part))
        if p.loss == "mse":
            beside = p.hard_weight * self._hard(logits, shown, part) if p.hard_weight else 0
            return F.mse_loss(logits, wanted) + beside
        return losses.soft(logits, wanted, p.temperature, p.temperature_squared)

    def _logits(self, network: nn.Module, images: Tensor, generator: Generator) -> Tensor:
        x = doubled(images).contiguous(memory_format=torch.channels_last)
        autocast = torch.autocast("cuda", torch.bfloat16) if self.device.type == "cuda" else nullcontext()
        with seeded(network, generator, self.device), autocast:
            logits: Tensor = network(x)
        return logits[: len(images)].float()

    def _hard(self, logits: Tensor, shown: Shown, part: slice) -> Tensor:
        """Cross-entropy with the classes of both images that were mixed, by their shares; or with the first one's alone."""
        own, other, share = shown.own[part], shown.other[part], shown.share
        if isinstance(share, Tensor):
            share = torch.ones_like(share[part]) if self.protocol.hard_classes == "own" else share[part]
            one, two = (F.cross_entropy(logits, labels, reduction="none") for labels in (own, other))
            return (share * one + (1 - share) * two).mean()
        first = F.cross_entropy(logits, own)
        if self.protocol.hard_classes == "own":
            return first
        return share * first + (1 - share) * F.cross_entropy(logits, other)

    def _wanted(self, shown: Shown, part: slice) -> Tensor:
        """Soft labels as logits: the teacher's on the very images, or those that are at hand."""
        if self.teacher is not None:
            with torch.no_grad():
                images = shown.images[part]
                return self.teacher(doubled(images))[: len(images)].float()
        assert shown.wanted is not None, "check() asks for soft labels"
        return shown.wanted[part]

    def _refined(self, wanted: Tensor, shown: Shown, part: slice) -> Tensor:
        """Soft labels with the smoothed classes of both images beside them (GIFT)."""
        share = shown.share[part] if isinstance(shown.share, Tensor) else shown.share
        classes = losses.smoothed(shown.own[part], shown.other[part], share, wanted.shape[1], self.protocol.smoothing)
        return losses.refined(wanted, classes, self.protocol.refine)

    def held(self, network: nn.Module, whose: str = "") -> dict[str, float]:
        """Accuracy on the first validation images, for the reports; nothing where there is no validation part."""
        if len(self.real.val) == 0:
            return {}
        return {
            variant("student-accuracy", whose): teach.accuracy(
                network, self.real, self.real.val, self.device, at_most=HELD
            )
        }


@contextmanager
def seeded(network: nn.Module, generator: Generator, device: torch.device) -> Iterator[None]:
    """Draw dropout inside a network from our generator, and leave torch's own as it was."""
    if not any("drop" in type(m).__name__.lower() or "depth" in type(m).__name__.lower() for m in network.modules()):
        yield
        return
    seed = int(torch.randint(2**62, (1,), generator=generator))
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
