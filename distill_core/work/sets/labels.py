"""What labels of a set are: classes, logits, probabilities, or one-hot labels less 1/C. The kind is stated; none is taken for another."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import BadRecord

MOST_CLASSES = 50_000  # ImageNet-21K has 21,841
LEAST = 1e-12  # a probability below which its logarithm says nothing
KINDS = {
    "hard": "hard: one class for each image",
    "one-hot": "one-hot, which says the class",
    "logits": "soft, as logits",
    "probabilities": "soft, as probabilities; kept as their logarithms, so that the softmax of a loss gives them back",
    "centred": "one-hot less 1/C, as kernel regression takes them; the largest says the class",
}


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of a kind: the class of each image (n,), and soft ones (n, C) as logits or None."""

    kind: str
    hard: Tensor
    soft: Tensor | None = None

    @property
    def said(self) -> str:
        return f"Labels: {KINDS[self.kind]}."


def read(given: Tensor, images: int, *, centred: bool = False) -> Labels:
    """The kind of labels that (n,) or (n, C) numbers are.

    Args:
        centred: the layout writes one-hot labels less 1/C and may have learned them further.

    Raises:
        BadRecord: other numbers of them than images, no whole class numbers, or values that are not finite.
    """
    if len(given) != images:
        raise BadRecord(
            f"It has {images} images and {len(given)} labels. They have to be as many; a tensor of three dimensions is read as grey "
            "images (n, height, width)."
        )
    given = given.squeeze(1) if given.ndim == 2 and given.shape[1] == 1 else given
    if given.is_complex() or given.dtype == torch.bool:
        kind = str(given.dtype).removeprefix("torch.")
        raise BadRecord(f"Its labels are {kind} values; class numbers, or one number for each class, were wanted.")
    if not bool(torch.isfinite(given.float()).all()):
        raise BadRecord("Its labels hold numbers that are not finite (NaN or infinite). Take an earlier set.")
    if given.ndim == 1:
        return Labels("hard", _whole(given))
    values, hard = given.double(), given.double().argmax(1)
    kind = _kind(values, centred)
    if kind == "probabilities":
        return Labels(kind, hard, values.clamp(min=LEAST).log().float())
    return Labels(kind, hard, values.float() if kind == "logits" else None)


def _whole(given: Tensor) -> Tensor:
    whole = given.double().round()
    if bool((whole != given.double()).any()):
        first = given[whole != given.double()][0]
        raise BadRecord(f"Its labels are one number each but no whole ones (the first of these is {float(first):.4g}).")
    if float(whole.min()) < 0:
        raise BadRecord(f"Its labels go down to {float(whole.min()):.4g}; classes are numbered from 0.")
    if int(whole.max()) >= MOST_CLASSES:
        raise BadRecord(
            f"Its labels go up to {float(whole.max()):.4g}; classes are numbered from 0, and {MOST_CLASSES:,} are the most that are read."
        )
    return whole.long()


def _kind(values: Tensor, centred: bool) -> str:
    classes = values.shape[1]
    hot = torch.zeros_like(values).scatter_(1, values.argmax(1, keepdim=True), 1.0)
    if bool((values - hot).abs().max() < 1e-6):
        return "one-hot"
    if bool((values >= -1e-6).all()) and bool((values.sum(1) - 1).abs().max() < 1e-2):
        return "probabilities"
    exact = bool((values - (hot - 1 / classes)).abs().max() < 1e-3)
    return "centred" if centred or exact else "logits"


def within(hard: Tensor, soft: Tensor | None, classes: tuple[str, ...], data: str) -> None:
    """Refuse labels that the named data set has no classes for."""
    if soft is not None and soft.shape[1] != len(classes):
        raise BadRecord(
            f"Its soft labels are of {soft.shape[1]} classes, but {data} has {len(classes)}. Name its own data set."
        )
    if int(hard.max()) >= len(classes):
        raise BadRecord(
            f"Its labels go up to {int(hard.max())}, but {data} has {len(classes)} classes (0 … {len(classes) - 1}). Name its own "
            "data set."
        )


def missing(hard: Tensor, classes: tuple[str, ...]) -> str:
    """A sentence where some classes have no image, or where they have different numbers of them; ""."""
    counts = hard.bincount(minlength=len(classes))
    has = [name for name, count in zip(classes, counts.tolist(), strict=True) if count]
    if len(has) < len(classes):
        shown = ", ".join(has[:6]) + (" …" if len(has) > 6 else "")
        return (
            f"It has images of {len(has)} of the {len(classes)} classes ({shown}). Students are tested on all {len(classes)}: of the "
            "others they see nothing."
        )
    low, high = int(counts.min()), int(counts.max())
    return "" if low == high else f"Its classes have {low} to {high} images, not equally many."
