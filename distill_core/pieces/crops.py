"""Sub-images on a fixed grid, as labeler and student see them, and the labels that a network gives them (LADD, arXiv 2409.16239)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..datasets import RealSet
from ..loop import steps
from ..method import Stream
from ..results import Grid

AT_ONCE = 500  # sub-images that are labelled together


def sub_images(images: Tensor, cells: Tensor, grid: Grid) -> Tensor:
    """S_k(x): of image i the sub-image cells[i], resized bilinearly to the size of the image.

    Args:
        images: (n, c, H, H) float.
        cells: (n,) int64 in [0, N²).
    """
    size = images.shape[-1]
    side = grid.side(size)
    top, left = grid.corners(size)[cells.cpu()].to(images.device).T
    within = torch.arange(side, device=images.device)
    rows, columns = (top[:, None] + within)[:, None, :, None], (left[:, None] + within)[:, None, None, :]
    n, c = (torch.arange(count, device=images.device) for count in images.shape[:2])
    cut = images[n[:, None, None, None], c[None, :, None, None], rows, columns]
    return cut if side == size else F.interpolate(cut, size=(size, size), mode="bilinear", align_corners=False)


def drawn(count: int, views: int, grid: Grid, generator: torch.Generator) -> Tensor:
    """(views, count) int64: for each of `count` images so many different sub-images."""
    return torch.rand(count, grid.cells, generator=generator).argsort(1)[:, :views].T


def dense_labels(labeler: nn.Module, real: RealSet, images: Tensor, grid: Grid, dtype: torch.dtype) -> Tensor:
    """(n, N², classes): softmax at temperature 1 of the labeler, in eval mode, on every sub-image; on the CPU.

    Args:
        images: (n, c, H, H), uint8 or float in [0, 1].
    """
    found = [_labelled(labeler, real, images, grid, part) for part in _parts(len(images), grid)]
    return torch.cat(found).to(dtype).view(len(images), grid.cells, -1)


def labelling(labeler: nn.Module, real: RealSet, images: Tensor, grid: Grid, dtype: torch.dtype) -> Stream[Tensor]:
    """`dense_labels` as a loop of a run, which can be stopped and resumed."""
    parts = _parts(len(images), grid)
    found = torch.zeros(len(images) * grid.cells, len(real.classes))
    for step in steps("relabel", len(parts), state={"labels": found}):
        found[parts[step.index]] = _labelled(labeler, real, images, grid, parts[step.index])
    return found.to(dtype).view(len(images), grid.cells, -1)
    yield


def _parts(count: int, grid: Grid) -> tuple[Tensor, ...]:
    return torch.arange(count * grid.cells).split(AT_ONCE)


@torch.no_grad()
def _labelled(labeler: nn.Module, real: RealSet, images: Tensor, grid: Grid, part: Tensor) -> Tensor:
    """(len(part), classes) float32 on the CPU: of sub-images by their number image · N² + cell."""
    device = next(labeler.parameters()).device
    mode = labeler.training
    labeler.eval()
    x = images[part // grid.cells].to(device)
    x = x if x.is_floating_point() else real.pixels(x)
    found = labeler(real.normalize(sub_images(x, part % grid.cells, grid))).float().softmax(1).cpu()
    labeler.train(mode)
    return found
