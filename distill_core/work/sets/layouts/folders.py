"""Layouts whose images are pictures in folders: the SRe2L family, mosaics, real images that were picked, and grids."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import torch
from torch import Tensor

from ....errors import BadRecord
from ..pictures import pixels
from ..place import Place
from ..raw import Layout, Raw, labels_of, numbers

END = r"\.(?:jpe?g|png)"
OF_CLASS = r"class(?P<label>\d+)_(?:model\d+_)?id\d+"
NEW = rf"(?:.*/)?new(?P<folder>\d+)/{OF_CLASS}{END}"
NUMBERED = rf"(?:.*/)?(?P<folder>\d+)/{OF_CLASS}{END}"
CLUSTERED = rf"(?:.*/)?(?P<label>\d+)_(?P<name>[^/]+)/cluster\d+_idx\d+{END}"
NAMED = rf"(?:.*/)?(?P<name>[^/]+)/[^/]+{END}"
BESTS = r"(?:.*/)?images_(?:best|\d+_\d+(?:_\d+)?)\.png"
MOST_IMAGES = 100_000
MARGIN = (2, 0)  # pixels between the images of a grid: as torchvision's `make_grid` draws, or none


def _taken(place: Place, found: list[re.Match[str]], classes: tuple[str, ...] = ()) -> tuple[Tensor, tuple[str, ...]]:
    """The pictures of one shape, and their names."""
    if len(found) > MOST_IMAGES:
        raise BadRecord(f"It holds {len(found):,} pictures, more than {MOST_IMAGES:,}: that is no distilled set.")
    names = tuple(one.string for one in found)
    images = [pixels(place.bytes(name), name) for name in names]
    shapes = {tuple(image.shape) for image in images}
    if len(shapes) > 1:
        listed = ", ".join("×".join(map(str, one)) for one in sorted(shapes)[:3])
        raise BadRecord(
            f"Its pictures have {len(shapes)} different shapes ({listed}); one was wanted. Nothing is resized."
        )
    return torch.stack(images), names


def _numbered(place: Place, pattern: str) -> Raw:
    found = place.all(pattern)
    if wrong := [one for one in found if int(one["label"]) != int(one["folder"])]:
        one = wrong[0]
        raise BadRecord(
            f"{one.string} says class {int(one['label'])} and lies in the folder of class {int(one['folder'])}. One of them is wrong."
        )
    images, names = _taken(place, found)
    labels = numbers([int(one["label"]) for one in found], "the names of its files")
    others = len(place.names) - len(names)
    notes = (f"{others} other files in it were not read.",) if others else ()
    return Raw(images, labels, names, pixels="unit", notes=notes)


def _take_clusters(place: Place) -> Raw:
    found = place.all(CLUSTERED)
    images, names = _taken(place, found)
    called = {int(one["label"]): one["name"] for one in found}
    whole = set(called) == set(range(len(called)))
    labels = numbers([int(one["label"]) for one in found], "the names of its files")
    classes = tuple(called[label] for label in range(len(called))) if whole else ()
    return Raw(images, labels, names, pixels="unit", classes=classes)


def _take_named(place: Place) -> Raw:
    """One folder for each class; the classes stand in the order of their names, as torchvision's ImageFolder numbers them."""
    found = place.all(NAMED)
    images, names = _taken(place, found)
    called = sorted({one["name"] for one in found})
    labels = torch.tensor([called.index(one["name"]) for one in found])
    others = [name for name in place.names if name not in names]
    notes = (f"{len(others)} other files in it were not read, such as {others[0]}.",) if others else ()
    if all(name.isdecimal() for name in called):
        labels = numbers([int(one["name"]) for one in found], "the names of its folders")
        notes = ("The names of its folders were read as class numbers.", *notes)
        return Raw(images, labels, names, pixels="unit", notes=notes)
    return Raw(images, labels, names, pixels="unit", classes=tuple(called), notes=notes)


def _take_grid(place: Place) -> Raw:
    """One picture with everything: as many images as there are labels, row after row."""
    name = place.one(BESTS)
    below = PurePosixPath(name).parent
    beside = str(below / "labels_best.pt") if str(below) != "." else "labels_best.pt"
    labels = labels_of(place.tensor(beside), beside)
    sheet = pixels(place.bytes(name), name)
    images = cut(sheet, len(labels), name)
    return Raw(
        images, labels, (name, beside), pixels="unit", notes=(f"One picture was cut into {len(labels)} images.",)
    )


def cut(sheet: Tensor, count: int, name: str) -> Tensor:
    """A grid as torchvision draws it → its images (count, c, s, s): square, with the same margin around each.

    Raises `BadRecord` where no size, or more than one, fits.
    """
    _, height, width = sheet.shape
    fits = [
        (side, margin)
        for margin in MARGIN
        for side in range(4, min(height, width) + 1)
        if _fits(height - margin, side + margin) and _fits(width - margin, side + margin)
        and _holds((height - margin) // (side + margin), (width - margin) // (side + margin), count)
    ]  # fmt: skip
    if not fits:
        raise BadRecord(f"{name} has {width}×{height} pixels, which is no grid of {count} square images.")
    if len(fits) > 1 and len({margin for _, margin in fits}) == 1:
        sizes = ", ".join(str(side) for side, _ in fits)
        raise BadRecord(
            f"{name} may be a grid of images of {sizes} pixels. Save the images as a tensor, and bring that."
        )
    side, margin = fits[0]
    step, columns = side + margin, (width - margin) // (side + margin)
    corners = [(margin + step * (i // columns), margin + step * (i % columns)) for i in range(count)]
    return torch.stack([sheet[:, top : top + side, left : left + side] for top, left in corners])


def _fits(length: int, step: int) -> bool:
    return length % step == 0


def _holds(rows: int, columns: int, count: int) -> bool:
    """Whether so many images fill this grid with no empty row, as such a sheet is drawn."""
    return (rows - 1) * columns < count <= rows * columns


RECOVERED = Layout(
    "sre2l", "newNNN/classNNN_idNNN.jpg (SRe2L, CDA, DWA, UFC, DELT)", "SRe2L, CDA, DWA, UFC, DELT",
    lambda place: not place.chosen and bool(place.all(NEW)), lambda place: _numbered(place, NEW), ("unit",),
)  # fmt: skip
MOSAICS = Layout(
    "rded", "NNNNN/classNNNNN_idNNNNN.jpg (RDED, CIM)", "RDED, CIM",
    lambda place: not place.chosen and bool(place.all(NUMBERED)), lambda place: _numbered(place, NUMBERED), ("unit",),
)  # fmt: skip
BPS = Layout(
    "bps", "NNN_CLASS/clusterK_idxI.png (BPS)", "BPS",
    lambda place: not place.chosen and bool(place.all(CLUSTERED)), _take_clusters, ("unit",),
)  # fmt: skip
GRID = Layout(
    "grid", "images_best.png, one grid of everything, with labels_best.pt (H-GLaD)", "H-GLaD",
    lambda place: bool(place.one(BESTS)) and any(name.endswith("labels_best.pt") for name in place.names), _take_grid, ("unit",),
    protocol="glad",
)  # fmt: skip
CLASSES = Layout(
    "classes", "one folder of pictures for each class", "DD-Ranking, image folders",
    lambda place: not place.chosen and bool(place.all(NAMED)), _take_named, ("unit",),
)  # fmt: skip
