"""A set as it lies there: what a layout's reader takes, before anything is decided about pixels, labels and classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import BadRecord
from .place import Place


@dataclass(frozen=True, eq=False)
class Raw:
    """What was found.

    Args:
        images: (n, c, h, w) numbers as they are written there.
        labels: (n,) whole numbers, or (n, C) of whatever kind.
        soft: (n, C), where hard labels and soft ones lie side by side.
        pixels: the pixel space, where the file itself settles it (8-bit pictures, our own card); "" leaves it to be found.
        classes: names of the classes in label order, where the files say them.
        rate: a student's learning rate that was learned with the set.
        factor: each image is a mosaic of factor × factor smaller ones, which students see enlarged.
        protocol: how its authors train students on it, where the files say more than the layout.
        files: what was read.
        notes: sentences about what was taken and what was left.
    """

    images: Tensor
    labels: Tensor
    files: tuple[str, ...]
    soft: Tensor | None = None
    pixels: str = ""
    classes: tuple[str, ...] = ()
    rate: float | None = None
    factor: int = 1
    protocol: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """A row of the table: how a set of this kind is recognized, how it is taken, and what its numbers mean.

    Args:
        title: what it looks like, for a sentence.
        whose: whose programs write it.
        fits: whether it lies there, by names; of single files also by what they hold.
        take: reads it.
        pixels: the spaces that its programs write in, likeliest first; what is there is judged all the same.
        labels: `centred` where the program writes one-hot labels less 1/C and may go on learning them; "" by their values.
        protocol: how its authors train students on it.
    """

    name: str
    title: str
    whose: str
    fits: Callable[[Place], bool]
    take: Callable[[Place], Raw]
    pixels: tuple[str, ...] = ("normalized",)
    labels: str = ""
    protocol: str = "hard"


def images_of(found: object, name: str) -> Tensor:
    """Numbers as images (n, c, h, w); grey ones may come without their channel. `BadRecord` for what is none.

    Raises `BadRecord` for a wrong rank or size, and for values that are not finite.
    """
    if not isinstance(found, Tensor):
        raise BadRecord(f"{name} holds no tensor of images but a {type(found).__name__}.")
    images = found.detach()
    images = images[:, None] if images.ndim == 3 else images
    if images.ndim != 4 or 0 in images.shape:
        raise BadRecord(
            f"{name} has the shape {tuple(found.shape)}; images (n, channels, height, width), one or more, were wanted. "
            "Reshape it and bring it again."
        )
    if images.shape[1] not in (1, 3) and images.shape[3] in (1, 3):
        images = images.permute(0, 3, 1, 2)  # NHWC, as NumPy's and JAX's programs write
    if images.shape[1] not in (1, 3):
        raise BadRecord(f"{name} has images of {images.shape[1]} channels {tuple(found.shape)}; 1 or 3 were wanted.")
    finite(images, name)
    return images.contiguous()


def finite(images: Tensor, name: str) -> None:
    """Refuse pixels that are no real and finite numbers, as the float32 that they are read as."""
    if images.is_complex():
        raise BadRecord(f"{name} holds complex numbers ({_kind(images)}), which are no pixels. Save the real ones.")
    if wrong := int((~torch.isfinite(images.float())).sum()):
        raise BadRecord(
            f"{wrong} of the {images.numel()} pixel values in {name} are no finite numbers (NaN or infinite): the set was ruined "
            "before it was saved. Take an earlier one."
        )


def single(images: Tensor) -> tuple[Tensor, str]:
    """Pixels as bytes or float32, and a sentence where they were something else; ""."""
    if images.dtype in (torch.uint8, torch.float32):
        return images, ""
    return images.float(), f"Its pixels are {_kind(images)} numbers, and were read as float32."


def _kind(given: Tensor) -> str:
    return str(given.dtype).removeprefix("torch.")


def labels_of(found: object, name: str) -> Tensor:
    """Labels as a tensor (n,) or (n, C)."""
    labels = numbers(found, name) if isinstance(found, list) else found
    if not isinstance(labels, Tensor) or labels.ndim not in (1, 2) or not labels.numel():
        shape = tuple(labels.shape) if isinstance(labels, Tensor) else type(found).__name__
        raise BadRecord(f"{name} has labels of the shape {shape}; (n,) or (n, classes) was wanted.")
    return labels.detach()


def numbers(found: list[object], name: str) -> Tensor:
    """Lists of numbers as a tensor; `BadRecord` where they are something else, or of different lengths."""
    try:
        return torch.as_tensor(found)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        first = next((one for one in found if not isinstance(one, int | float)), found[0] if found else None)
        raise BadRecord(
            f"{name} lists labels that are no class numbers, such as {str(first)[:40]!r} ({error}). Save one whole number for each image."
        ) from None


def rate_of(found: object, name: str) -> float:
    """A learned rate: one positive number."""
    value = found.float().mean().item() if isinstance(found, Tensor) and found.numel() else found
    if not isinstance(value, int | float) or not 0 < float(value) < float("inf"):
        raise BadRecord(f"{name} holds {value!r}; one positive learning rate was wanted.")
    return float(value)
