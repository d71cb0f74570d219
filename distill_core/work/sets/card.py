"""What all forms say of a set beside its images, and a set put together from what was read."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel
from torch import Tensor

from ...errors import BadRecord
from ...results import Dense, Pictures
from ...results.header import Header, Plain, believed
from .labels import read
from .raw import finite


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


class _Labels(BaseModel):
    """Dense labels as a card lists them."""

    dtype: Literal["float16", "float32"]
    labels: list[list[list[float]]]


def _dense(card: Plain) -> Dense | None:
    said = card.get("dense")
    if said is None:
        return None
    one = believed(_Labels, said, "What its card says of dense labels")
    try:
        labels = torch.tensor(one.labels, dtype=torch.float32)
    except ValueError:
        raise BadRecord("The dense labels in its card are lists of other lengths. Export the set again.") from None
    return Dense.read(labels.to({"float16": torch.float16, "float32": torch.float32}[one.dtype]), said)


def assembled(
    images: Tensor,
    labels: Tensor,
    card: object,
    data: str,
    *,
    soft_labels: Tensor | None = None,
    ids: Tensor | None = None,
) -> Pictures:
    """A set from what was read; what the card does not say comes from the data set `data`, else plainly."""
    if images.ndim != 4 or len(images) == 0 or images.shape[1] not in (1, 3) or labels.shape != (len(images),):
        given = f"images {tuple(images.shape)} and labels {tuple(labels.shape)}"
        raise BadRecord(f"It holds {given}; images (n, 1 or 3, h, w) and labels (n,) were wanted.")
    finite(images, "images")
    labels = read(labels, len(images)).hard
    if not isinstance(card, dict):
        raise BadRecord(f"Its card is a {type(card).__name__}; a JSON object with classes, mean and std was wanted.")
    said = {name: value for name, value in card.items() if value is not None}
    if data and not said.get("classes"):
        from ...datasets import load

        real = load(data)
        said = {"classes": real.classes, "mean": real.mean, "std": real.std, **said}
    middle = (0.5,) * images.shape[1]
    plainly = {"classes": range(int(labels.max()) + 1), "mean": middle, "std": middle}
    one = believed(Header, {**plainly, **said}, "Its card")
    channels = images.shape[1]
    if len(one.mean) != channels or len(one.std) != channels or int(labels.max()) >= len(one.classes):
        raise BadRecord(
            f"It has {channels} channels and labels up to {int(labels.max())}, but its card says {len(one.classes)} classes, "
            f"{len(one.mean)} means and {len(one.std)} s.d. Name the card that belongs to it."
        )
    return Pictures(
        images,
        labels,
        one.classes,
        one.mean,
        one.std,
        soft_labels=soft_labels,
        protocol=one.protocol or "hard",
        teacher=one.teacher,
        stages=one.stages,
        ids=torch.arange(len(images)) if ids is None else ids,
        about=dict(said.get("about") or {}),
        dense=_dense(said),
    )
