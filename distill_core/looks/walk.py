"""A walk around one class in the generator that a run searched: images, every layer's response, thumbnails of feature maps.

`planes/walk-<class>-<rows>.json` is a `Walk`; `….npy` is uint8, one after the other: the images (grid · grid, h, w, c), then each layer's thumbnails (k · k, side, side, 3)
where k = (grid − 1) / every + 1. The order of points is that of `priors/around.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from ..errors import BadRecord, BadSetting, StudioError, nearest
from ..fields import flat
from ..home import read_json, write_array, write_json
from ..record import view
from ..record.folder import RunFolder
from ..spec import parse

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from ..datasets import RealSet
    from ..priors import Prior

VERSION = 1
ALL = "all"  # rows of w move together
REACH = 2.5  # s.d.
GRIDS = {13: (1, 2, 3, 4, 6), 9: (2, 4), 5: (2,)}  # points along a side → every how manyth has thumbnails
MOST_IMAGES, MOST_THUMBNAILS = 1_000_000, 500_000  # bytes
SIDE = 32  # of a thumbnail, at the most


class Layer(TypedDict):
    """One layer; `thumbnail` is the side of its thumbnails (0: none), `response` has a number for each point."""

    name: str
    shape: list[int]
    bytes: int
    thumbnail: int
    response: list[float]


class Walked(TypedDict):
    """What was walked: `grid` points along a side, ±`reach` s.d., thumbnails at every `every`-th; the pixels are the last layer."""

    label: int
    row: str
    rows: list[str]
    grid: int
    reach: float
    every: int
    deviations: list[float]
    shares: list[float]  # of the variance, along each of the two directions
    size: list[int]  # of an image: h, w, c
    layers: list[Layer]


_Named = TypedDict("_Named", {"version": int, "prior": str, "class": str})


class Walk(Walked, _Named):
    """`planes/walk-….json`."""


def compute(
    home: Path, run: str, label: int = 0, row: str = ALL, *, tell: Callable[..., None] = lambda **_: None
) -> Walk:
    """Walk around class `label` in the generator of a run; `row` is `all` or the name of one row of w. Returns the JSON; what was
    made before is taken from the disk.

    Raises:
        BadSetting: no such class or row; the sentence names those there are.
        BadRecord: a run without a generator, or one that is not on this machine.
    """
    folder = RunFolder.find(home, run)
    where = folder.path / "planes" / f"{view.walk_name(label, row)}.json"
    spec = prior_of_run(folder)
    if (old := kept(folder, label, row)) is not None and old[0]["prior"] == spec:
        return old[0]
    tell(stage="open", done=0, total=2)
    prior, real = _at_hand(spec, folder)
    classes = real.classes
    if not 0 <= label < len(classes):
        raise BadSetting(f"There is no class {label}: {len(classes)} classes have the numbers 0 to {len(classes) - 1}.")
    if row != ALL and row not in prior.rows:
        names = [ALL, *prior.rows]
        raise BadSetting(f"w has no row {row!r}.{nearest(row, names)} There are {', '.join(names)}.")
    tell(stage="decode", done=1, total=2)
    walked, blob = _walked(prior, real, label, row)
    where.parent.mkdir(exist_ok=True)
    write_array(where.with_suffix(".npy"), blob)
    answer: Walk = {**walked, "version": VERSION, "prior": spec, "class": classes[label]}
    write_json(where, answer)
    return answer


def prior_of_run(folder: RunFolder) -> str:
    """The name of the generator that a run searched; `BadRecord` where it had none."""
    from ..methods import registry
    from ..methods.own import method_of
    from ..part import settings_of

    asked = folder.request()
    try:
        settings = settings_of(method_of(asked, registry()).build(asked["settings"], saved=True))
    except BadSetting:  # a method that is not here: what the run itself says
        settings = flat(asked["settings"])
    spec = next((str(value) for path, value in settings.items() if path.rpartition(".")[2] == "prior"), "")
    if spec in ("", "pixels"):
        raise BadRecord(
            f"Run {folder.id!r} searched no generator, so there is none to walk in. Choose a run with a prior."
        )
    chosen = settings.get("filter", "everything") != "everything"
    return _of_set(folder) if chosen and parse(spec).name == "style" and not parse(spec).weights else spec


def _of_set(folder: RunFolder) -> str:
    """The generator that was trained on a choice of the real images, by its key; the set names it."""
    from ..results import load_result

    path = folder.path / "set.safetensors"
    if found := load_result(path).about.get("prior") if path.is_file() else None:
        return str(found)
    raise BadRecord(
        f"Run {folder.id!r} learned from a choice of the real images, and its generator too was trained on that choice. The "
        "finished set names it: wait until the run has ended (sets of earlier versions do not name it: start that run again)."
    )


def _at_hand(spec: str, folder: RunFolder) -> tuple[Prior, RealSet]:
    """The prior without training one, and the `RealSet`."""
    import torch

    from ..method import drained
    from ..priors import checked, is_at_hand, prior_of
    from .outputs import one_data_set

    real = one_data_set([folder])
    if not is_at_hand(spec, real):
        flags = "".join(f" --{option} {value}" for option, value in checked(spec).pairs)
        raise BadRecord(
            f"The prior {spec!r} on {real.name} is not on this machine yet. While the run trains it, wait; otherwise train it: "
            f"distill-studio prior train --data {real.name}{flags}."
        )
    seed = int(folder.request()["job"].get("seed", 0))
    return drained(prior_of(spec, real, seed, torch.device("cpu"))), real


def _walked(prior: Prior, real: RealSet, label: int, row: str) -> tuple[Walked, np.ndarray]:
    import torch.nn.functional as F

    from ..priors.around import around, look

    sides = [min(SIDE, cut.shape[1]) for cut in prior.cuts]
    grid, every = _fitting(prior.size**2 * real.channels, 3 * sum(side * side for side in sides))
    shown = [i * grid + j for i in range(0, grid, every) for j in range(0, grid, every)]
    place = around(prior, label, _seeded(label))
    at = place.points(grid, REACH, None if row == ALL else prior.rows.index(row))
    seen = look(prior, at, place.mean, shown)
    small = [
        F.adaptive_avg_pool2d(x, side) if x.shape[-1] > side else x
        for x, side in zip(seen.thumbnails, sides, strict=True)
    ]
    parts = [_bytes(x) for x in (seen.images, *small)]
    names = [(cut.name, list(cut.shape), cut.bytes) for cut in prior.cuts]
    shape = list(seen.images.shape[1:])
    names.append(("pixels", shape, 4 * int(np.prod(shape))))
    about: list[Layer] = [
        {"name": name, "shape": dims, "bytes": size, "thumbnail": side, "response": [round(v, 5) for v in response]}
        for (name, dims, size), side, response in zip(names, [*sides, 0], seen.responses.tolist(), strict=True)
    ]
    answer: Walked = {
        "label": label,
        "row": row,
        "rows": list(prior.rows),
        "grid": grid,
        "reach": REACH,
        "every": every,
        "deviations": place.deviations.tolist(),
        "shares": place.shares.tolist(),
        "size": [shape[1], shape[2], shape[0]],
        "layers": about,
    }
    return answer, np.concatenate(parts)


def _seeded(seed: int) -> Generator:
    import torch

    return torch.Generator().manual_seed(seed)


def _fitting(image: int, thumbnails: int) -> tuple[int, int]:
    """The finest grid whose images fit, and the least distance of points with thumbnails that fits."""
    for grid, steps in GRIDS.items():
        if grid * grid * image <= MOST_IMAGES or grid == min(GRIDS):
            fits = [one for one in steps if ((grid - 1) // one + 1) ** 2 * thumbnails <= MOST_THUMBNAILS]
            return grid, fits[0] if fits else steps[-1]
    raise AssertionError("the last grid takes everything")


def _bytes(images: Tensor) -> np.ndarray:
    return (images * 255).round().byte().permute(0, 2, 3, 1).numpy().reshape(-1)


def kept(folder: RunFolder, label: int, row: str) -> tuple[Walk, np.ndarray] | None:
    """The walk that was made before, if it is whole: its JSON and its bytes. Needs no engine."""
    where = folder.path / "planes" / f"{view.walk_name(label, row)}.json"
    try:
        about: Walk | None = read_json(where)
        wanted = {"version": VERSION, "label": label, "row": row}
        if not isinstance(about, dict) or not wanted.items() <= about.items():
            return None
        blob = np.load(where.with_suffix(".npy"), allow_pickle=False)
        return (about, blob) if blob.dtype == np.uint8 and blob.shape == (length(about),) else None
    except (StudioError, OSError, ValueError, KeyError, TypeError):
        return None


def length(walk: Walked) -> int:
    """How many bytes belong to a walk."""
    thumbnails = ((walk["grid"] - 1) // walk["every"] + 1) ** 2 * 3
    return walk["grid"] ** 2 * int(np.prod(walk["size"])) + thumbnails * sum(
        o["thumbnail"] ** 2 for o in walk["layers"]
    )
