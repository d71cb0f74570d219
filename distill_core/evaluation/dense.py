"""Sets with dense labels (LADD): the protocol that uses them, and random real images with labels from the same labeler."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from ..datasets import RealSet
from ..errors import BadRecord
from ..pieces.crops import dense_labels
from ..pieces.ensemble import find_teachers
from ..results import Adapted, Dense, Result, Teaches
from .protocol import Protocol


def with_dense(protocol: Protocol, result: Result) -> Protocol:
    """The protocol with the loss on sub-images that belongs to the set; as it is where the set has no dense labels."""
    if result.dense is None:
        return protocol
    return protocol.with_(dense_weight=result.dense.weight, dense_views=result.dense.views)


def labeler_of(dense: Dense | None, real: RealSet, device: torch.device) -> nn.Module | None:
    """The network that made the dense labels, or None where it is not at hand."""
    if dense is None or not dense.labeler:
        return None
    try:
        return find_teachers(dense.labeler, real, device)
    except BadRecord:
        return None  # the exam says that the control has to do without


def densely(source: Teaches, like: Dense, labeler: nn.Module, real: RealSet) -> Teaches:
    """The same images with dense labels that the labeler makes on their sub-images, on the same grid and as precise."""

    def made(images: torch.Tensor) -> Dense:
        return replace(like, labels=dense_labels(labeler, real, images, like.grid, like.labels.dtype))

    return Adapted(source, lambda one: replace(one, dense=made(one.images)))
