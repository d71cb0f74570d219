"""Making stored labels: views are drawn once as a student's batches are, a teacher labels them, the disk keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from ... import store
from ...datasets import RealSet
from ...errors import BadRecord, BadSetting
from ...events import Note
from ...loop import steps
from ...method import Stream
from ...pieces import views as viewing
from ...pieces.ensemble import names_of
from ...quantities.sizes import say_bytes
from ...results import Lesson
from ...results.views import Views
from ..labeler import doubled, labelling
from ..protocol import Protocol
from ..protocols import PROTOCOLS
from ..seeds import derive
from ..seen import black_of, pixels
from ..timetable import Row
from .file import FORMAT, LabelStore, Said, epochs_of
from .plan import augment_of, kept_batches, layout_of, unfit
from .record import runs_of
from .space import check_room
from .writing import writing

KIND = "labels"


def stored_views(
    lesson: Lesson, protocol: Protocol, real: RealSet, teacher: nn.Module, epochs: int, device: torch.device
) -> Stream[LabelStore]:
    """The labels of a set for students of so many epochs: found in the cache, or made there.

    Args:
        protocol: settled; how views are drawn, and what is kept of them.

    Raises:
        BadSetting: its views cannot be kept as boxes, or there is no room for them.
    """
    rows = kept_batches(protocol, len(lesson), epochs, lesson.stages)
    said = planned(lesson, protocol, real, teacher, rows)

    def make(file: Path) -> Stream[None]:
        check_room(file.parent, said)
        yield Note(
            f"The teacher labels {epochs_of(said):g} views of each of {said.images:,} images: {say_bytes(said.bytes)}."
        )
        with writing(file, said) as writer:
            batches = labelled_batches(lesson, protocol, real, teacher, rows, device)
            ends = list(accumulate(b - a for *_, a, b in rows))
            for step in steps("labels", len(rows), quiet=True):
                while writer.written < ends[step.index]:  # a half-written file does not outlive its process
                    writer.add(next(batches))
            for batch in batches:
                writer.add(batch)

    found = yield from store.made(
        KIND, _key(said, lesson, protocol, real, device), make, lambda path: _read(path, said)
    )
    return replace(found, said=replace(found.said, walk=protocol.stored.walk))


def planned(lesson: Lesson, protocol: Protocol, real: RealSet, teacher: nn.Module, rows: list[Row]) -> Said:
    """What the store will say of itself; `BadSetting` where such views cannot be stored."""
    if reason := unfit(protocol):
        raise BadSetting(
            f"{reason} Choose a live teacher, one static label, or a protocol that crops and mirrors, such as "
            f"{', '.join(_storable()[:3])}."
        )
    layout = layout_of(protocol, len(real.classes))
    sizes = [b - a for *_, a, b in rows]
    runs = tuple((size, many) for size, many in runs_of(sizes))
    return Said(
        layout, len(lesson), fingerprint_of(lesson), runs, protocol.augment, name_of(teacher), protocol.stored.walk,
        f"made under protocol {protocol.name}",
    )  # fmt: skip


def _storable() -> list[str]:
    return [
        name
        for name, one in PROTOCOLS.items()
        if one.augment.startswith(("crop_flip", "resized")) and one.pixels == "none"
    ]


def labelled_batches(
    lesson: Lesson, protocol: Protocol, real: RealSet, teacher: nn.Module, rows: list[Row], device: torch.device
) -> Iterator[Views]:
    """The views of each batch, with the teacher's logits; every batch is drawn from a seed of its own."""
    augment = augment_of(protocol.augment, real.may_mirror, black_of(real))
    judge, images = labelling(teacher, protocol, device), lesson.images.to(device)
    order, last = torch.empty(0), (-1, -1)
    for epoch, start, end, a, b in rows:
        if (epoch, start) != last:
            order, last = start + torch.randperm(end - start, generator=_seeded(epoch, start)), (epoch, start)
        views = viewing.drawn(
            augment, protocol.mix, protocol.mix_alpha, order[a:b], real.size, _seeded(epoch, start, a)
        )
        x = pixels(views, augment, images, real)
        yield replace(views, logits=answers(judge, x, -(-len(x) // protocol.parts)))


@torch.no_grad()
def answers(teacher: nn.Module, x: Tensor, at_once: int) -> Tensor:
    """(n, classes) logits on the CPU; batch statistics of a teacher in training mode are those of the images at once."""
    return torch.cat([teacher(doubled(part))[: len(part)].float().cpu() for part in x.split(at_once)])


def _seeded(*parts: int) -> Generator:
    return Generator().manual_seed(derive("labels", *parts))


def fingerprint_of(lesson: Lesson) -> str:
    """16 hex digits of images, classes of each and stages: what labels belong to."""
    images = lesson.images if lesson.images.is_floating_point() else lesson.images.float() / 255
    found = sha256(f"{tuple(images.shape)}{lesson.stages}".encode())
    for tensor in (images.float(), lesson.labels):
        found.update(tensor.contiguous().cpu().numpy().tobytes())
    return found.hexdigest()[:16]


def name_of(teacher: nn.Module) -> str:
    """Content keys where it has them, else a hash of its weights."""
    if key := names_of(teacher):
        return key
    found = sha256(type(teacher).__name__.encode())
    for name, tensor in sorted(teacher.state_dict().items()):
        found.update(name.encode() + tensor.contiguous().cpu().numpy().tobytes())
    return f"weights-{found.hexdigest()[:16]}"


def _key(said: Said, lesson: Lesson, protocol: Protocol, real: RealSet, device: torch.device) -> str:
    plain = {name: value for name, value in said.plain().items() if name not in ("walk", "source")}
    seen = {
        "alpha": protocol.mix_alpha,
        "parts": protocol.parts,
        "mode": protocol.teacher_mode,
        "flip": real.may_mirror,
    }
    scale = {"mean": list(real.mean), "std": list(real.std), "stages": list(lesson.stages), "device": device.type}
    return store.key_of({**plain, **seen, **scale, "format": FORMAT})


def _read(path: Path, said: Said) -> LabelStore | None:
    """The store in a file of the cache; a damaged one is made again."""
    try:
        found = LabelStore.open(path)
    except BadRecord as error:
        raise ValueError(str(error)) from None
    return found if found.said.batches == said.batches else None
