"""A look at what lies at a path, as plain values and pictures in the cache: for a page that asks before it takes a set in."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ... import store
from ...datasets import RealSet
from ...home import replacing
from ...results import Pictures, Result, walls
from .asking import teacher_for
from .brought import Asked, Brought
from .experts import read
from .place import looked_at
from .space import TITLES, to_pixels

if TYPE_CHECKING:
    from ...networks import Network

WALL = 10  # images of a class, and
MOST = 100  # images in all, on a wall
THUMBS, SIDE = 4, 96  # images under a candidate, and pixels of each as shown
BINS = (-0.5, 1.5, 80)  # of the histogram of pixels


def report(path: Path, asked: Asked, found: Result | Brought) -> dict[str, object]:
    """What a page shows of a set: sentences, candidates with thumbnails, a wall, a histogram, what a teacher makes of it."""
    told: dict[str, object] = {"kind": "ours", "said": [], "cautions": [], "candidates": []}
    result, key = found.result if isinstance(found, Brought) else found, _key(path, asked)
    real = None
    if isinstance(found, Brought):
        real = found.real
        told = {
            "kind": "set",
            "layout": found.layout.title,
            "pixels": found.pixels,
            "pixels_title": TITLES[found.pixels],
            "labels": found.labels.kind,
            "said": found.said,
            "cautions": list(found.cautions),
            "candidates": _candidates(found, key),
            "asks": _asks(found),
            "mosaic": found.raw.factor > 1 or asked.factor > 0,
        }
    counts = result.labels.bincount(minlength=len(result.classes)).tolist()
    images = Pictures.of(result).images
    shown = walls(result.labels, WALL)[:MOST]
    return {
        **told,
        "images": len(result),
        "shape": list(result.shape),
        "classes": [{"name": name, "images": count} for name, count in zip(result.classes, counts, strict=True)],
        "soft": result.soft_labels is not None,
        "wall": _sheet(images[shown], key, "wall", columns=min(len(result.classes), 20)),
        "histogram": _histogram(images, real),
        "teacher": _opinion(result, images, real, teacher_for(real)),
    }


def report_experts(path: Path) -> dict[str, object]:
    """What a page shows of experts."""
    with looked_at(path) as place:
        found = read(place)
    return {"kind": "experts", "said": [found.said], "cautions": [], "candidates": []}


def _key(path: Path, asked: Asked) -> str:
    changed = max((one.stat().st_mtime_ns for one in [path, *(path.iterdir() if path.is_dir() else [])]), default=0)
    return store.key_of({"path": str(path.resolve()), "changed": changed, **dataclasses.asdict(asked)})


def _asks(found: Brought) -> list[str]:
    """What the files cannot say, as questions; [] where nothing is open."""
    asks = []
    if found.real is None:
        asks.append(
            "Which data set does it stand for? Without it neither pixels nor classes can be held against anything."
        )
    if "They are close" in " ".join(found.said):
        asks.append("Which of the first two spaces is it? They fit about as well.")
    if "far from real pixels" in " ".join(found.said):
        asks.append("Is this the space? No other fits better, and this one is far from real pixels.")
    if found.raw.factor > 1:
        asks.append(f"Are these mosaics of {found.raw.factor}×{found.raw.factor}? The factor is in no file.")
    return asks


def _candidates(found: Brought, key: str) -> list[dict[str, object]]:
    """Every space that was tried, with four images as they would be in it."""
    rows = walls(found.result.labels[: len(found.raw.images)])[:THUMBS]
    shown = found.raw.images[rows]
    return [
        {
            **dataclasses.asdict(one),
            "title": TITLES[one.space],
            "sentence": one.sentence,
            "file": _sheet(to_pixels(shown, one.space, found.real), key, one.space, columns=THUMBS),
        }
        for one in found.candidates
    ]


def _sheet(images: Tensor, key: str, name: str, columns: int) -> str:
    """Images side by side in a PNG of the cache; pixels are enlarged, not smoothed, where they are few."""
    times = max(1, SIDE // images.shape[-1])
    levels = (images.clamp(0, 1) * 255).round().byte().repeat_interleave(times, 2).repeat_interleave(times, 3)
    rest = -len(levels) % columns
    filled = torch.cat([levels, levels.new_full((rest, *levels.shape[1:]), 255)])
    edged = torch.nn.functional.pad(filled, (2, 2, 2, 2), value=255)
    rows = [torch.cat(list(row), 2) for row in edged.split(columns)]
    pixels = torch.cat(rows, 1).permute(1, 2, 0).numpy()
    path = store.path_of("look", f"{key}-{name}", ".png")
    with replacing(path) as file:
        Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
    return str(path)


def _histogram(images: Tensor, real: RealSet | None) -> dict[str, object]:
    """Shares of pixels by value, of the set and of real images; what lies beyond the edges is in the last bins."""
    low, high, bins = BINS
    edges = np.linspace(low, high, bins + 1)
    given = {"edges": edges.tolist(), "set": _shares(images, edges)}
    return given if real is None else {**given, "real": _shares(real.pixels(real.train.images[:2000]), edges)}


def _shares(images: Tensor, edges: np.ndarray) -> list[float]:
    counts, _ = np.histogram(images.clamp(edges[0], edges[-1]).numpy(), edges)
    return (counts / counts.sum()).tolist()


def _opinion(result: Result, images: Tensor, real: RealSet | None, teacher: Network | None) -> dict[str, object] | None:
    """What a teacher makes of the set, and of as many real images of the same classes that it has not been trained on."""
    if real is None or teacher is None:
        return None
    rows = torch.arange(len(images))[:1000]
    beside = _real_beside(result.labels[rows], real)
    test = real.test.take(beside)
    return {
        "spec": teacher.spec,
        "set": _seen(teacher, real, images[rows], result.labels[rows]),
        "real": _seen(teacher, real, real.pixels(test.images), test.labels),
    }


def _real_beside(labels: Tensor, real: RealSet) -> Tensor:
    """A test image of the same class for each, again from the first where a class has no more."""
    own = [(real.test.labels == label).nonzero().flatten() for label in range(len(real.classes))]
    place = torch.zeros(len(real.classes), dtype=torch.int64)
    found = []
    for label in labels.tolist():
        found.append(own[label][int(place[label]) % len(own[label])])
        place[label] += 1
    return torch.stack(found)


@torch.no_grad()
def _seen(teacher: Network, real: RealSet, pixels: Tensor, labels: Tensor) -> dict[str, float]:
    """The share it recognizes, and how sure it is of the right class."""
    chances = torch.cat([teacher(real.normalize(part)).softmax(1) for part in pixels.clamp(0, 1).split(256)])
    right = float((chances.argmax(1) == labels).float().mean())
    return {"recognized": right, "sure": float(chances.gather(1, labels[:, None]).mean())}
