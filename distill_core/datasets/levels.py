"""Pictures of more than 256 levels (grey of 10 to 16 bits, whole or real numbers) → 8 bits, by one scale for the whole set.

A scale of its own for each picture would make dark ones bright. What no scale can be known for is refused by its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image

BITS = (8, 10, 12, 14, 16)
PHOTOMETRIC, SAMPLES, FORMAT = 262, 258, 339  # tags of a TIFF
DARK = 16  # of 256: 16-bit colors that stay below were 12 bits that nobody moved up


class Unreadable(Exception):
    """A picture that cannot be read; the message is the reason."""


@dataclass(frozen=True)
class Levels:
    """The range of a grey picture that holds more than bytes."""

    whole: bool  # whole numbers
    high: float


@dataclass(frozen=True)
class Scale:
    """What becomes white: of whole numbers the highest that `bits` can say, of real ones 1 or 255."""

    bits: int = 16
    unit: float = 1.0

    def bytes_of(self, values: np.ndarray) -> np.ndarray:
        """(h, w) whole or real numbers → uint8, rounded."""
        top = self.unit if values.dtype.kind == "f" else 2**self.bits - 1
        return np.rint(values * (255 / top)).clip(0, 255).astype(np.uint8)


def is_deep(image: Image.Image) -> bool:
    """Whether a grey picture holds whole numbers above bytes, or real ones."""
    return image.mode.startswith("I") or image.mode == "F"


def levels_of(image: Image.Image) -> Levels:
    """The range of a deep picture; `Unreadable` where it has numbers that no 8 bits can stand for."""
    values = np.asarray(image)
    low, high = (float(v) for v in (values.min(), values.max()))
    said = f"it holds numbers from {low:.6g} to {high:.6g}"
    if not np.isfinite([low, high]).all():
        raise Unreadable("it holds numbers that are not finite")
    if low < 0:
        raise Unreadable(f"{said}, and negative ones have no place among grey levels: save it with levels from 0 up")
    if _tags(image).get(PHOTOMETRIC) == 0:
        raise Unreadable("its 0 means white, with more than 8 bits: save it with 0 for black")
    if values.dtype.kind == "f" and high > 255:
        raise Unreadable(f"{said}; real numbers are read from 0 to 1 or from 0 to 255: save it in one of them")
    if high > 65535:
        raise Unreadable(f"{said}, more than 16 bits: save it with 16 bits or fewer")
    return Levels(values.dtype.kind != "f", high)


def check_signed(image: Image.Image) -> None:
    """`Unreadable` for signed bytes, which the reader takes for unsigned ones."""
    said = _tags(image).get(FORMAT, (1,))
    if not is_deep(image) and 2 in (said if isinstance(said, tuple) else (said,)):
        raise Unreadable("it holds signed bytes, and negative ones have no place among levels: save it unsigned")


def deep_color(image: Image.Image, data: bytes) -> bool:
    """Whether a color picture has 16 bits a channel, of which the reader keeps the upper 8."""
    png = data.startswith(b"\x89PNG") and len(data) > 24 and data[24] == 16  # the bit depth of its header
    samples = _tags(image).get(SAMPLES, ())
    return not is_deep(image) and (png or (isinstance(samples, tuple) and 16 in samples))


def check_dark(image: Image.Image) -> None:
    """`Unreadable` where the upper 8 bits of 16 hold next to nothing."""
    top = int(np.asarray(image.convert("RGB")).max())
    if top < DARK:
        raise Unreadable(
            f"its colors have 16 bits, of which only the lowest {8 + top.bit_length()} are used, so that next to nothing would be "
            "left in 8: save it with 8 bits a channel"
        )


def scale_of(found: Iterable[Levels]) -> Scale:
    """One scale for all deep pictures of a set: the fewest bits that hold the highest number."""
    every = list(found)
    whole = max((one.high for one in every if one.whole), default=0.0)
    real = max((one.high for one in every if not one.whole), default=0.0)
    return Scale(next(bits for bits in BITS if whole < 2**bits), 1.0 if real <= 1 else 255.0)


def said_of(found: Iterable[Levels], scale: Scale) -> list[str]:
    """What was done to deep pictures, in sentences."""
    every, notes = list(found), []
    for whole, top in ((True, 2**scale.bits - 1), (False, scale.unit)):
        some = [one.high for one in every if one.whole is whole]
        if some:
            kind = f"whole numbers of {scale.bits} bits" if whole else "real numbers"
            become = "were kept as they are" if top == 255 else f"were brought from 0…{top:g} to 8 bits by one scale"
            notes.append(f"{len(some)} grey pictures hold {kind} (the highest is {max(some):g}); they {become}.")
    return notes


def _tags(image: Image.Image) -> dict[int, object]:
    return dict(getattr(image, "tag_v2", {}))
