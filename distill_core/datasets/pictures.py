"""One picture file of a user → pixels: what it is, why it cannot be read, square and at a size."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .levels import Levels, Scale, Unreadable, check_dark, check_signed, deep_color, is_deep, levels_of

__all__ = ["Look", "Unreadable", "decode", "look"]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
READABLE = "png, jpeg, webp, bmp, gif or tiff"
GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L")
CLEAR = ("LA", "La", "PA", "RGBA", "RGBa")
INKS = ("CMYK", "LAB", "HSV", "YCbCr")
ORIENTATION = 0x0112  # of EXIF; 1 is upright
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
)
# what was done to a picture beside cutting and resizing → how that is said of n of them
DONE = {
    "clear": "{n} have parts that are transparent; those were made white.",
    "frames": "{n} have several frames; the first was taken.",
    "turned": "{n} were turned upright, as they say of themselves.",
    "deep": "{n} have colors of 16 bits a channel; the upper 8 were kept.",
    "inks": "{n} were brought to RGB from the colors of printing or of another space.",
}
T = TypeVar("T")


@dataclass(frozen=True)
class Look:
    """What is known of a picture before it is made a tile."""

    width: int
    height: int
    grey: bool
    levels: Levels | None  # of a grey picture with more than 8 bits

    @property
    def side(self) -> int:
        """The shorter one, in pixels."""
        return min(self.width, self.height)


def look(data: bytes) -> Look:
    """What a file says of itself; `Unreadable` with the reason. Pixels are looked at where there are more than 8 bits."""
    with _opened(data) as image:
        check_signed(image)
        levels = _guarded(image, lambda: levels_of(image)) if is_deep(image) else None
        if deep_color(image, data):
            _guarded(image, lambda: check_dark(image))
        return Look(*image.size, image.mode in GREY, levels)


def decode(data: bytes, size: int, scale: Scale | None = None) -> tuple[np.ndarray, tuple[str, ...]]:
    """(size, size, 3) uint8: the first frame, turned as its EXIF says, cut square at its center, resized (bicubic); and what was
    done to it, by the names of `DONE`.
    """
    with _opened(data) as image:
        upright, done = _guarded(image, lambda: _upright(image, data, scale or Scale()))
    side = min(upright.size)
    left, top = (upright.width - side) // 2, (upright.height - side) // 2
    box = (left, top, left + side, top + side)
    if side == size:
        return np.asarray(upright.crop(box)), done
    return np.asarray(upright.resize((size, size), Image.Resampling.BICUBIC, box=box)), done


def _upright(image: Image.Image, data: bytes, scale: Scale) -> tuple[Image.Image, tuple[str, ...]]:
    found, clear = _rgb(ImageOps.exif_transpose(image), scale)
    done = {
        "frames": getattr(image, "is_animated", False),
        "deep": deep_color(image, data),
        "turned": image.getexif().get(ORIENTATION, 1) != 1,
        "inks": image.mode in INKS,
        "clear": clear,
    }
    return found, tuple(name for name, was in done.items() if was)


def _guarded(image: Image.Image, work: Callable[[], T]) -> T:
    """Take a picture's pixels out; what goes wrong is a reason."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata; the pixels are what we came for
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return work()
    except Image.DecompressionBombWarning:
        raise Unreadable(_too_many(image)) from None
    except MemoryError:
        raise Unreadable("it does not fit into memory") from None
    except _BROKEN as error:
        raise Unreadable(f"it is damaged or cut short ({error})") from None


def _opened(data: bytes) -> Image.Image:
    if not data:
        raise Unreadable("it is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        if data[:4] in (b"II*\0", b"MM\0*"):
            raise Unreadable("it is a tiff of a kind that is not read, such as colors in real numbers") from None
        raise Unreadable(f"it is not a {READABLE} picture") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Unreadable(f"it has more than {Image.MAX_IMAGE_PIXELS:,} pixels") from None
    except _BROKEN as error:
        raise Unreadable(f"it is damaged ({error})") from None


def _too_many(image: Image.Image) -> str:
    return f"it has {image.width}×{image.height} pixels, more than {Image.MAX_IMAGE_PIXELS:,}"


def _rgb(image: Image.Image, scale: Scale) -> tuple[Image.Image, bool]:
    """RGB, and whether something was transparent: that becomes white. Grey of more than 8 bits goes by the scale."""
    image.load()
    if is_deep(image):
        return Image.fromarray(scale.bytes_of(np.asarray(image))).convert("RGB"), False
    if image.mode in CLEAR or "transparency" in image.info:
        full = image.convert("RGBA")
        clear = full.getchannel("A").getextrema()[0] != 255
        return Image.alpha_composite(Image.new("RGBA", full.size, "white"), full).convert("RGB"), clear
    return image.convert("RGB"), False
