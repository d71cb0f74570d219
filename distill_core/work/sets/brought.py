"""A set from elsewhere: recognized, judged beside the named data set, and put into our words. What was found and done is said with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from ...datasets import RealSet, load
from ...errors import BadRecord
from ...results import Pictures
from . import labels as kinds
from . import naming, space
from .deciding import decided
from .layouts import found_in
from .layouts.others import buffers, controls, stored_labels
from .mosaics import shown
from .place import Place
from .raw import Layout, Raw, single


@dataclass(frozen=True)
class Asked:
    """What a person says of a set, beside where it lies.

    Args:
        data: the data set whose images it stands for.
        pixels: the space its numbers are written in; "" has it found.
        factor: what mosaics are cut by; 0 takes the layout's.
    """

    data: str = ""
    pixels: str = ""
    factor: int = 0


@dataclass(frozen=True, eq=False)
class Brought:
    """What was found, and the set that it makes."""

    layout: Layout
    raw: Raw
    real: RealSet | None
    labels: kinds.Labels
    result: Pictures
    pixels: str
    candidates: list[space.Candidate] = field(default_factory=list)
    cautions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def said(self) -> list[str]:
        """What was found and what was done, sentence by sentence."""
        return [*self.notes, *self.cautions]


def brought(place: Place, asked: Asked, teacher: nn.Module | None = None, real: RealSet | None = None) -> Brought:
    """Read whatever layout lies at a place.

    Args:
        teacher: of the named data set, which is asked what it recognizes.
        real: the named data set where it is at hand.

    Raises:
        BadRecord: nothing that is known, or nothing that belongs to the named data set; `BadSetting` for what was asked.
    """
    _no_set(place)
    layout, raw = found_in(place)
    raw = replace(raw, factor=asked.factor or raw.factor)
    real = real or (load(asked.data) if asked.data else None)
    raw, cautions = _suiting(_in_single(raw), real)
    read = kinds.read(raw.labels, len(raw.images), centred=layout.labels == "centred")
    read, renamed = _in_order(read, raw, real)
    chosen, candidates, said = decided(layout, raw, read.hard, real, asked.pixels, teacher)
    images = space.to_pixels(raw.images, chosen, real)
    images, notes = shown(images, raw.factor)
    shape = "×".join(map(str, raw.images.shape[1:]))
    first = f"Found {layout.title}: {len(raw.images)} images of {shape}."
    notes = (first, *raw.notes, *renamed, said, *notes, read.said, *_rate(raw))
    result = _result(layout, raw, read, images, real, chosen, notes)
    if real is not None and (few := kinds.missing(result.labels, real.classes)):
        cautions = (*cautions, few)
    return Brought(layout, raw, real, read, result, chosen, candidates, cautions, notes)


def _no_set(place: Place) -> None:
    """Refuse what is no set, with the way to use it."""
    if sentence := stored_labels(place):
        raise BadRecord(sentence)
    if sentence := controls(place):
        raise BadRecord(sentence)
    if files := buffers(place):
        raise BadRecord(
            f"{files[0]} holds experts' trajectories (MTT's buffer.py), and no images. Bring them in with the data set that they were "
            "trained on: `distill-studio import FILE --data NAME`."
        )


def _in_single(raw: Raw) -> Raw:
    """The same in bytes or float32, and soft labels in float32."""
    images, said = single(raw.images)
    soft = raw.soft
    if soft is not None and (soft.ndim != 2 or len(soft) != len(images) or not bool(torch.isfinite(soft).all())):
        raise BadRecord(
            f"Its soft labels have the shape {tuple(soft.shape)} for {len(images)} images, or hold numbers that are not finite; "
            "(n, classes) were wanted."
        )
    return replace(raw, images=images, notes=(*raw.notes, *([said] if said else [])))


def _suiting(raw: Raw, real: RealSet | None) -> tuple[Raw, tuple[str, ...]]:
    """The images in the shape of the named data set: grey ones that were saved in color lose what is the same three times.

    Raises `BadRecord` for another size or number of channels: nothing is resized.
    """
    if real is None:
        return raw, ()
    images, cautions = raw.images, tuple[str, ...]()
    if images.shape[1] == 3 and real.channels == 1 and _grey(images):
        images, cautions = (
            images[:, :1].contiguous(),
            ("Its grey images were saved in color: one of three equal channels is kept.",),
        )
    wanted = (real.channels, real.size, real.size)
    if tuple(images.shape[1:]) != wanted:
        found, want = ("×".join(map(str, one)) for one in (images.shape[1:], wanted))
        raise BadRecord(
            f"Its images are {found}, and {real.title}'s are {want}. Nothing is resized: name the data set in the size that it was made "
            "at (NAME:size=…)."
        )
    return replace(raw, images=images), cautions


def _grey(images: Tensor) -> bool:
    """Whether the channels say the same, but for what a JPEG may do to them."""
    values = images.float()
    reach = float(values.max() - values.min())
    return float((values - values[:, :1]).abs().max()) <= 0.02 * max(reach, 1e-6)


def _in_order(read: kinds.Labels, raw: Raw, real: RealSet | None) -> tuple[kinds.Labels, tuple[str, ...]]:
    """Labels by the data set's own numbers; `BadRecord` for classes that it has not."""
    if real is None:
        return read, ()
    soft = read.soft if read.soft is not None else raw.soft
    if not raw.classes:
        kinds.within(read.hard, soft, real.classes, real.title)
        return read, ()
    order, sentence = naming.order_of(raw.classes, real.classes, real.title)
    if int(read.hard.max()) >= len(raw.classes):
        raise BadRecord(f"Its labels go up to {int(read.hard.max())}, but it names {len(raw.classes)} classes.")
    if order is None:
        return read, ()
    soft = None if soft is None else naming.renumbered(soft, order, len(real.classes))
    return kinds.Labels(read.kind, order[read.hard], soft), (sentence,)


def _rate(raw: Raw) -> tuple[str, ...]:
    return () if raw.rate is None else (f"Its learned rate {raw.rate:.4g} goes with it: its students start there.",)


def _result(
    layout: Layout, raw: Raw, read: kinds.Labels, images: Tensor, real: RealSet | None, pixels: str, notes: tuple[str, ...]
) -> Pictures:  # fmt: skip
    soft, copies = read.soft if read.soft is not None else raw.soft, raw.factor**2
    protocol, dial = raw.protocol or layout.protocol, dict[str, object]()
    if soft is not None:
        protocol, dial = ("static", {}) if protocol == "hard" else (protocol, {"labels": "static"})
    classes = real.classes if real else raw.classes or tuple(map(str, range(int(read.hard.max()) + 1)))
    middle = (0.5,) * images.shape[1]
    brought = {
        "layout": layout.name,
        "title": layout.title,
        "files": list(raw.files[:8]),
        "pixels": pixels,
        "labels": read.kind,
    }
    about: dict[str, object] = {"brought": {**brought, "notes": list(notes)}}
    if real is not None:
        about |= {"job": {"data": real.name}, "data": real.name, "fingerprint": real.fingerprint}
    return Pictures(
        images,
        read.hard.repeat(copies),
        classes,
        real.mean if real else middle,
        real.std if real else middle,
        soft_labels=None if soft is None else soft.repeat(copies, 1),
        protocol=protocol,
        dial=dial,
        packed=copies,
        about={**about, **({} if raw.rate is None else {"student_lr": raw.rate})},
    )
