"""How the images are stored: without loss, or as the released code of DWA writes them."""

from __future__ import annotations

import io
from typing import Annotated, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..events import Note
from ..method import Stream
from ..part import Part, choice, knob
from ..pieces.show import quantize, to_uint8

DWA = "arXiv 2409.17612, released code"


class Lossless(Part):
    """Eight bits per channel, rounded."""

    kind: Literal["lossless"] = "lossless"

    def stored(self, images: Tensor) -> Stream[tuple[Tensor, dict[str, int]]]:
        """(n, c, h, w) in [0, 1] as it is read again, on the CPU, and what is to be said of it."""
        return quantize(images).cpu(), {}
        yield


class Jpeg(Lossless):
    """Truncated to eight bits and written as JPEG."""

    kind: Literal["jpeg"] = "jpeg"  # type: ignore[assignment]
    quality: int = knob(
        75, "Quality", "Of the JPEG; 75 is the library default, with which DWA's code writes.", ge=1, le=95, source=DWA
    )

    def stored(self, images: Tensor) -> Stream[tuple[Tensor, dict[str, int]]]:
        read, total = through_jpeg(images, self.quality)
        yield Note(f"Stored as JPEG of quality {self.quality}: {total:,} bytes for {len(read)} images.")
        return read, {"jpeg_bytes": total}


def through_jpeg(images: Tensor, quality: int) -> tuple[Tensor, int]:
    """Truncated to eight bits, written as JPEG and read again: (n, c, h, w) in [0, 1], and the bytes of the files."""
    read, total = [], 0
    for pixels in to_uint8((images.detach().clamp(0, 1) * 255).floor() / 255):
        file = io.BytesIO()
        Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(file, "JPEG", quality=quality)
        total += file.tell()
        back = np.asarray(Image.open(file), dtype=np.float32) / 255
        read.append(torch.from_numpy(back.reshape(pixels.shape)).permute(2, 0, 1))
    return torch.stack(read), total


AnyStorage = Annotated[
    Lossless | Jpeg,
    choice(
        "Storage",
        "Eight bits per channel, rounded; or as JPEG of truncated pixels, as DWA's code writes them.",
        advanced=True,
        source=DWA,
        was="storage",
    ),
]
