"""What no student can be trained on, said before one is."""

from __future__ import annotations

import torch
from torch import nn

from ..datasets import RealSet
from ..errors import BadRecord, BadSetting
from ..results import Dense, Lesson
from .protocol import Protocol


def check(lesson: Lesson, protocol: Protocol, real: RealSet, teacher: nn.Module | None, steady: bool = True) -> None:
    """Refuse what cannot work, with a sentence.

    Args:
        steady: whether every epoch has the same images.
    """
    shape = (real.channels, real.size, real.size)
    if len(lesson) == 0:
        raise BadRecord("The set has no images. Distill it again, or choose another one.")
    if tuple(lesson.images.shape[1:]) != shape:
        found, wanted = ("×".join(map(str, s)) for s in (lesson.images.shape[1:], shape))
        raise BadRecord(
            f"The set has images of {found}, but {real.name} has {wanted}. Choose the data set that it was made from."
        )
    if lesson.images.is_floating_point() and not bool(torch.isfinite(lesson.images).all()):
        raise BadRecord(
            "The set holds pixels that are not finite numbers. Distill it again with a lower learning rate."
        )
    if int(lesson.labels.min()) < 0 or int(lesson.labels.max()) >= len(real.classes):
        raise BadRecord(
            f"The set has labels outside the {len(real.classes)} classes of {real.name}. Choose its own data set."
        )
    if protocol.labels == "stored":
        check_stored(lesson, protocol, teacher, steady)
    if protocol.labels == "teacher" and teacher is None:
        raise BadSetting(
            f"Protocol {protocol.name!r} lets a teacher label every image, but no teacher was given. "
            "Choose a teacher, or a protocol with labels of its own such as hard."
        )
    if protocol.labels == "static" and lesson.soft_labels is None:
        raise BadSetting(
            f"Protocol {protocol.name!r} needs one soft label for each image, and the set has none. Choose hard."
        )
    if protocol.dense_weight:
        _check_dense(lesson.dense, protocol, real)


def _check_dense(dense: Dense | None, protocol: Protocol, real: RealSet) -> None:
    if dense is None:
        raise BadSetting(
            f"Protocol {protocol.name!r} weighs the loss on sub-images with {protocol.dense_weight:g}, but the set has no dense labels. "
            "Make them with `distill-studio relabel`, or choose dense_weight=0."
        )
    if dense.labels.shape[2] != len(real.classes) or not bool(torch.isfinite(dense.labels).all()):
        raise BadRecord(
            f"The set's dense labels are of {dense.labels.shape[2]} classes and {real.name} has {len(real.classes)}, or some are no "
            "finite numbers. Make them again with a labeler for this data set."
        )
    if protocol.dense_views > dense.grid.cells:
        raise BadSetting(
            f"views={protocol.dense_views}, but an image has {dense.grid.cells} sub-images. Choose {dense.grid.cells} or fewer."
        )
    dense.grid.fitting(real.size)


def check_stored(lesson: Lesson, protocol: Protocol, teacher: nn.Module | None, steady: bool) -> None:
    """Refuse labels that cannot be stored, or that a loss has no use for."""
    kept = protocol.stored
    if lesson.views is None and teacher is None:
        raise BadSetting(
            f"Protocol {protocol.name!r} has its labels stored, and no teacher is at hand to make them. Choose a teacher, give a "
            "store that is there (`--store`), or choose hard."
        )
    if not steady:
        raise BadSetting(
            "The set draws its images anew in every epoch, so that no stored label belongs to them. Choose a live teacher or hard."
        )
    if kept.top and kept.rest == "dropped" and protocol.loss != "kl":
        raise BadSetting(
            f"top={kept.top} with rest=dropped cannot work with the loss {protocol.loss!r} of protocol {protocol.name!r}: the "
            "logits that are left out have no value. Choose rest=spread, or a protocol with divergence (kl)."
        )
