"""A recorded run for other people's dashboards: TensorBoard, W&B and trackio, through one narrow interface.

Nothing is sent anywhere: each writes files on this machine, in the dashboard's own form, and its own command shows or sends them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import BadSetting, nearest
from ...fields import flat
from ...record.folder import RunFolder
from ...record.lines import Line
from ...record.log import Timeline
from ...record.scores import draws_in, spread_of
from ...record.sheets import inside, read_array
from . import tensorboard, trackio, wandb
from .writer import At, Config, Writer

Opens = Callable[[Path, RunFolder, Config], Writer]
DOORS: dict[str, Opens] = {"tensorboard": tensorboard.Board, "wandb": wandb.Offline, "trackio": trackio.Local}


@dataclass(frozen=True)
class Written:
    """What was handed over."""

    scalars: int
    images: int
    left_out: int  # numbers that were not finite when they were recorded


def write(folder: RunFolder, door: str, target: Path) -> Written:
    """Hand a run's numbers and walls over, into the folder `target`. `MissingPackage` with the pip line where it is not installed."""
    if door not in DOORS:
        raise BadSetting(
            f"There is no door called {door!r}.{nearest(door, list(DOORS))} There are: {', '.join(DOORS)}."
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadSetting(f"{target} is there already and is not an empty folder. Choose another place.")
    asked, records = folder.request(), Timeline.all(folder)
    config = {"run": folder.id, "method": asked["method"], **flat(asked["settings"])}
    config |= {f"job.{name}": value for name, value in asked["job"].items() if name != "moves"}
    began, count, walls, left_out = float(asked.get("created", 0.0)), 0, 0, 0
    writer = DOORS[door](target, folder, {name: str(value) for name, value in config.items()})
    try:
        for record in records:
            at = At(record["n"], int(record.get("step", 0)), began + record["t"])  # type: ignore[call-overload]
            if values := dict(numbers(folder, record)):
                finite = {
                    name: float(value) for name, value in values.items() if value is not None and math.isfinite(value)
                }
                writer.scalars(at, finite)
                count, left_out = count + len(finite), left_out + len(values) - len(finite)
            elif record["kind"] == "images":
                name = f"{record.get('source', 'synthetic')}/{record['space']}"
                writer.image(at, _tag(record, name), _sheet(folder, record["sheet"]))
                walls += 1
    finally:
        writer.close()
    return Written(count, walls, left_out)


def numbers(folder: RunFolder, record: Line) -> Iterator[tuple[str, float | None]]:
    """The numbers of a record by tag: `recover/cross-entropy`, of a class or a part with a third word, of students `score/random`."""
    if record["kind"] == "scalars":
        yield from ((_tag(record, name), value) for name, value in record["values"].items())
    elif record["kind"] == "parts":
        yield from ((_tag(record, f"{record['name']}/{part}"), value) for part, value in record["values"].items())
    elif record["kind"] == "per_class":
        values = np.asarray(read_array(folder, record["values"]), dtype=np.float64)
        yield from ((_tag(record, f"{record['name']}/{label}"), float(value)) for label, value in enumerate(values))
    elif record["kind"] == "scored":
        yield from _score(record)


def _score(record: Mapping[str, object]) -> Iterator[tuple[str, float | None]]:
    """Mean and s.d. of a subject so far; of random real images over draws where there are several."""
    drawn = draws_in(record)
    accuracy: list[float | None] = list(record["accuracy"])  # type: ignore[call-overload]
    known = [i for i, value in enumerate(accuracy) if value is not None]
    if known:
        spread = spread_of([float(accuracy[i] or 0.0) for i in known], [drawn[i] for i in known] if drawn else ())
        yield f"score/{record['subject']}", spread.mean
        if spread.std is not None:
            yield f"score/{record['subject']}, s.d.", spread.std


def _tag(record: Line, name: str) -> str:
    return f"{record.get('stage') or 'run'}/{name}"


def _sheet(folder: RunFolder, sheet: str) -> np.ndarray:
    with Image.open(inside(folder, sheet)) as opened:
        return np.asarray(opened.convert("RGB"))
