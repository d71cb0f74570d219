"""What all forms say of a set beside its images, and a set put together from what was read."""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import BadRecord
from ...results import Dense, Pictures
from ...results.file import Plain


def card_of(result: Pictures) -> Plain:
    said = {"classes": result.classes, "mean": result.mean, "std": result.std, "protocol": result.protocol}
    return {
        "distill_studio": 1,
        **said,
        "stages": result.stages,
        "teacher": result.teacher,
        "about": dict(result.about),
        **({} if result.dense is None else {"dense": {**result.dense.said(), **_listed(result.dense)}}),
    }


def _listed(dense: Dense) -> Plain:
    """The labels as JSON, exactly: what is written in half precision is read in half precision."""
    return {"dtype": str(dense.labels.dtype).removeprefix("torch."), "labels": dense.labels.tolist()}


def _dense(card: Plain) -> Dense | None:
    said = card.get("dense")
    if said is None:
        return None
    dtype = {"float16": torch.float16, "float32": torch.float32}[said["dtype"]]
    return Dense.read(torch.tensor(said["labels"], dtype=torch.float32).to(dtype), said)


def assembled(
    images: Tensor,
    labels: Tensor,
    card: Plain,
    data: str,
    *,
    soft_labels: Tensor | None = None,
    ids: Tensor | None = None,
) -> Pictures:
    """A set from what was read; what the card does not say comes from the data set `data`, else plainly."""
    if images.ndim != 4 or len(images) == 0 or images.shape[1] not in (1, 3) or labels.shape != (len(images),):
        given = f"images {tuple(images.shape)} and labels {tuple(labels.shape)}"
        raise BadRecord(f"It holds {given}; images (n, 1 or 3, h, w) and labels (n,) were wanted.")
    if not bool(torch.isfinite(images).all()) or int(labels.min()) < 0:
        raise BadRecord("It holds numbers that are not finite, or labels below 0.")
    channels = images.shape[1]
    if data and not card.get("classes"):
        from ...datasets import load

        real = load(data)
        card = {"classes": real.classes, "mean": real.mean, "std": real.std, **card}
    classes = tuple(map(str, card.get("classes") or range(int(labels.max()) + 1)))
    mean, std = tuple(card.get("mean") or (0.5,) * channels), tuple(card.get("std") or (0.5,) * channels)
    if len(mean) != channels or len(std) != channels or int(labels.max()) >= len(classes):
        raise BadRecord(
            f"It has {channels} channels and labels up to {int(labels.max())}, but its card says otherwise."
        )
    return Pictures(
        images,
        labels,
        classes,
        mean,
        std,
        soft_labels=soft_labels,
        protocol=str(card.get("protocol") or "hard"),
        teacher=str(card.get("teacher") or ""),
        stages=tuple(card.get("stages") or ()),
        ids=torch.arange(len(images)) if ids is None else ids,
        about=dict(card.get("about") or {}),
        dense=_dense(card),
    )
