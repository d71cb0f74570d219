"""One picture file of a user → pixels: what it is, why it cannot be read, square and at a size."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
READABLE = "png, jpeg, webp, bmp, gif or tiff"
GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L")
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


class Unreadable(Exception):
    """A picture that cannot be read; the message is the reason."""


def look(data: bytes) -> tuple[int, bool]:
    """The shorter side in pixels and whether it is grey, from the file's header."""
    with _opened(data) as image:
        return min(image.size), image.mode in GREY


def decode(data: bytes, size: int) -> np.ndarray:
    """(size, size, 3) uint8: the first frame, turned as its EXIF says, cut square at its center, resized (bicubic)."""
    with _opened(data) as image:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about odd metadata; the pixels are what we came for
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                upright = _rgb(ImageOps.exif_transpose(image))
        except Image.DecompressionBombWarning:
            raise Unreadable(_too_many(image)) from None
        except MemoryError:
            raise Unreadable("it does not fit into memory") from None
        except _BROKEN as error:
            raise Unreadable(f"it is damaged or cut short ({error})") from None
    side = min(upright.size)
    left, top = (upright.width - side) // 2, (upright.height - side) // 2
    box = (left, top, left + side, top + side)
    if side == size:
        return np.asarray(upright.crop(box))
    return np.asarray(upright.resize((size, size), Image.Resampling.BICUBIC, box=box))


def _opened(data: bytes) -> Image.Image:
    if not data:
        raise Unreadable("it is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise Unreadable(f"it is not a {READABLE} picture") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Unreadable(f"it has more than {Image.MAX_IMAGE_PIXELS:,} pixels") from None
    except _BROKEN as error:
        raise Unreadable(f"it is damaged ({error})") from None


def _too_many(image: Image.Image) -> str:
    return f"it has {image.width}×{image.height} pixels, more than {Image.MAX_IMAGE_PIXELS:,}"


def _rgb(image: Image.Image) -> Image.Image:
    """RGB; 16-bit grey keeps its upper 8 bits, what is transparent becomes white."""
    image.load()
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image, dtype=np.int64).clip(0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        full = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", full.size, "white"), full).convert("RGB")
    return image.convert("RGB")
