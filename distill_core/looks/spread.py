"""How the images of one to six runs spread and what they cover, measured by one teacher and kept in the first run.

`planes/spread[-mark].json` is a `figures.spread.Spread`.
`planes/reach[-mark].json` says which real images are within reach: see `reach.py`.
`planes/near[-mark].npy`: (rows, 12) float64: place of the run, id, then the ids and the distances of the five nearest real images.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from ..figures.spread import OfRun, Spread
from ..home import write_array, write_json
from ..measures import diversity
from ..record import view
from . import reach
from .outputs import Cloud, at_end, gather
from .planes import found_runs, place_all

VERSION = 1
SECONDS = 2.0  # that one answer may look at images; the next one goes on


class Measured(TypedDict):
    """Records that there was no time for, and what this took."""

    left: int
    seconds: float


def compute(
    home: Path,
    runs: Sequence[str],
    planes: Sequence[str] = (),
    measure: bool = True,
    *,
    tell: Callable[..., None] = lambda **_: None,
) -> Measured:
    """Measure these runs as they stand and bring planes ("features-pca", …) up to date; short, so that it can be asked again
    and again while a run works."""
    began, folders = time.monotonic(), found_runs(home, runs)
    left = 0
    clouds: dict[str, Cloud] = {}
    wanted = [one.split("-")[:2] for one in planes]
    for space in dict.fromkeys([*(["features"] if measure else []), *(space for space, _ in wanted)]):
        clouds[space] = gather(folders, space, until=began + SECONDS)
        left += clouds[space].left
    if measure:
        where, mark = folders[0].path / "planes", view.mark(list(runs))
        found = measured(clouds["features"])
        write_json(where / f"reach{mark}.json", reach.found(folders, clouds["features"]))
        _keep_nearest(where / f"near{mark}.npy", clouds["features"])
        stamp = {"version": VERSION, "of": list(runs), "seconds": round(time.monotonic() - began, 3)}
        write_json(where / f"spread{mark}.json", {**found, **stamp})
    for space, kind in wanted:
        place_all(folders, clouds[space], kind, space)
    return {"left": left, "seconds": round(time.monotonic() - began, 3)}


def measured(cloud: Cloud) -> Spread:
    """All measures of all runs, as plain values."""
    real, classes = cloud.real, cloud.classes
    runs: dict[str, OfRun] = {}
    for run, now in cloud.latest.items():
        counts = np.bincount(now.labels, minlength=classes)
        runs[run] = {
            "images": len(now.ids),
            "fewest": int(counts.min()),
            "values": diversity.by_class(now.x, now.labels, real.x, real.labels, classes),
            "trend": _trend(cloud, run),
        }
    return {
        "runs": runs,
        "real": diversity.of_real(real.x, real.labels, classes),
        "real_images": len(real.ids),
        "k": diversity.K,
        "network": cloud.about,
        "upto": cloud.upto,
        "left": cloud.left,
    }


def _trend(cloud: Cloud, run: str) -> list[tuple[int, float | None]]:
    """The mean feature distance over classes at every step that was looked at: [record, mean d_c]."""
    steps, line = cloud.runs[run], list[tuple[int, float | None]]()
    for i, step in enumerate(steps):
        now = at_end(steps[: i + 1])
        own = [diversity.feature_distance(now.x[now.labels == label]) for label in range(cloud.classes)]
        line.append((step.n, diversity.mean(own)))
    return line


def _keep_nearest(path: Path, cloud: Cloud) -> None:
    from scipy.spatial.distance import cdist

    rows = []
    for place, now in enumerate(cloud.latest.values()):
        far = cdist(now.x, cloud.real.x)
        near = np.argsort(far, axis=1, kind="stable")[:, : view.NEAR]
        ids, apart = cloud.real.ids[near].astype(float), np.take_along_axis(far, near, 1)
        short = ((0, 0), (0, view.NEAR - near.shape[1]))  # fewer real images than neighbors
        both = [np.pad(one, short, constant_values=np.nan) for one in (ids, apart)]
        rows.append(np.hstack([np.full((len(now.ids), 1), place), now.ids[:, None], *both]))
    write_array(path, np.concatenate(rows))
