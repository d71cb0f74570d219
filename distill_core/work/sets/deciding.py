"""Which pixel space is taken: as a person says, as the files settle it, or the one in which the images look real."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...datasets import RealSet
from ...errors import BadRecord
from . import space
from .raw import Layout, Raw

WHOLE = 1.01  # what floats around [0, 1] may reach


def decided(
    layout: Layout, raw: Raw, hard: Tensor, real: RealSet | None, pixels: str, teacher: nn.Module | None
) -> tuple[str, list[space.Candidate], str]:
    """The space, what else it may be, and a sentence."""
    known = raw.pixels or ("bytes" if raw.images.dtype == torch.uint8 else "")
    candidates = (
        []
        if real is None
        else space.judged(raw.images, hard, real, preferred=layout.pixels, teacher=teacher, factor=raw.factor)
    )
    if pixels:
        at = next((n for n, one in enumerate(candidates) if one.space == pixels), None)
        found = "" if at is None else f" Found were: {candidates[0].sentence}."
        title = space.TITLES.get(pixels, pixels)
        return pixels, candidates, f"Pixels: {title}, as you say.{found}"
    if known:
        return known, candidates, f"Pixels: {space.TITLES[known]}, as its files are made of 8 bits."
    if real is None:
        return _plainly(raw.images)
    first = space.chosen(candidates, real)
    return first.space, candidates, space.said(candidates)


def _plainly(images: Tensor) -> tuple[str, list[space.Candidate], str]:
    """What can be said where no data set is named: numbers in [0, 1], or whole ones up to 255."""
    low, high = float(images.min()), float(images.max())
    beside = "no data set was named that they could be held against"
    if low >= 1 - WHOLE and high <= WHOLE:
        return "unit", [], f"Pixels: {space.TITLES['unit']} (they go from {low:.3g} to {high:.3g}; {beside})."
    if low >= 0 and high <= 255 and bool((images == images.round()).all()):
        return "bytes", [], f"Pixels: {space.TITLES['bytes']} (whole numbers from {low:.3g} to {high:.3g}; {beside})."
    raise BadRecord(
        f"Its pixels go from {low:.3g} to {high:.3g}: they may be normalized, whitened or in [−1, 1], and nothing says which, or with "
        "which mean and s.d. Name the data set: --data NAME."
    )
