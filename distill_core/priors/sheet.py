"""A sheet of samples: a row for each class, the same latents in every row, so that a column shows what a latent does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Generator

from ..home import replacing
from .prior import Prior

COLUMNS, ROWS = 12, 20  # samples of a class, and classes at most


def sheet(prior: Prior, seed: int = 0) -> np.ndarray:
    """(rows · size, COLUMNS · size, 3 or 1) uint8; the first classes where there are more than `ROWS`."""
    z, rows = prior.sample(COLUMNS, Generator().manual_seed(seed)), []
    with torch.no_grad():
        for label in range(min(prior.classes, ROWS)):
            labels = torch.full((COLUMNS,), label)
            rows.append(torch.cat([*prior.decode(None, prior.map(z, labels), 0).clamp(0, 1)], 2))
    return (torch.cat(rows, 1).permute(1, 2, 0) * 255).round().byte().numpy()


def write(prior: Prior, path: Path) -> None:
    """The sheet as a PNG, pixel for pixel. The prior has to be on the CPU."""
    pixels = sheet(prior)
    with replacing(path) as file:
        Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
