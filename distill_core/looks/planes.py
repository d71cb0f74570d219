"""One plane for one to six runs, by logits or last features: fitted once, all steps are placed into it.

PCA and LDA are fitted on the real images alone. t-SNE and UMAP are fitted on the real images and on the synthetic ones as
they stand then; they have no formula for other points, so earlier and later steps go to the mean of their nearest
points' places, weighted by inverse distance. So what moves on the map has moved, and a run that goes on moves in a plane
that stands still until somebody asks for a fresh fit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypedDict

import numpy as np

from ..errors import BadRecord, BadSetting, nearest
from ..home import read_json, write_array, write_json
from ..record import view
from ..record.folder import RunFolder
from ..record.view import Judge
from .fits import FITS, Settings, between, kept, linear, trustworthiness
from .outputs import Cloud, gather

MOST_FITTED = 2000  # synthetic points that take part in a fit; the others are placed
VERSION = 2

Place = Callable[[np.ndarray], np.ndarray]


class Fit(TypedDict):
    """What is known of a plane since it was fitted, for as long as it stands."""

    asked: Settings
    kept: float  # share of the 10 nearest neighbors that are still neighbors in the plane
    trust: float | None  # scikit-learn's trustworthiness for 10 neighbors
    notes: list[str]
    fitted: dict[str, int]  # up to which record of each run it was fitted; {} for a linear one
    points: int


class Of(TypedDict):
    """Which plane it is: the same name with another of these is another plane."""

    version: int
    kind: str
    space: str
    of: list[str]
    key: str
    real: int


class Plane(Fit, Of):
    """`planes/<name>.json`. `file` is (points, 2) float32: the real points, then those of each step of each run."""

    real_ids: list[int]
    real_labels: list[int]
    file: str
    runs: dict[str, list[list[int]]]  # by run: record, where its points begin, how many they are
    upto: dict[str, int]
    said: list[str]
    network: Judge
    left: int
    seconds: float


def compute(
    home: Path,
    runs: Sequence[str],
    kind: str = "tsne",
    space: str = "logits",
    perplexity: float = 30.0,
    neighbors: int = 15,
    min_distance: float = 0.1,
    seed: int = 0,
    again: bool = False,
    *,
    tell: Callable[..., None] = lambda **_: None,
) -> Plane:
    """Fit a plane (or take the one that was fitted with these settings), place every step, write it into the first run.

    `again` fits anew.
    """
    if kind not in view.KINDS:
        raise BadSetting(f"There is no map called {kind!r}.{nearest(kind, view.KINDS)} Choose {', '.join(view.KINDS)}.")
    if space not in view.SPACES:
        raise BadSetting(
            f"There is no space called {space!r}.{nearest(space, view.SPACES)} Choose {', '.join(view.SPACES)}."
        )
    folders = found_runs(home, runs)
    tell(stage="look", done=0, total=1)
    cloud = gather(folders, space)
    asked: Settings = {"perplexity": perplexity, "neighbors": neighbors, "min_distance": min_distance, "seed": seed}
    return place_all(folders, cloud, kind, space, asked, fit=True, again=again, tell=tell)


def found_runs(home: Path, runs: Sequence[str]) -> list[RunFolder]:
    """One to six different runs."""
    if not 1 <= len(runs) <= view.MOST_RUNS or len(set(runs)) < len(runs):
        raise BadSetting(f"{len(runs)} runs were given; one to {view.MOST_RUNS} different ones were wanted.")
    return [RunFolder.find(home, one) for one in runs]


def place_all(
    folders: Sequence[RunFolder],
    cloud: Cloud,
    kind: str,
    space: str,
    asked: Settings | None = None,
    *,
    fit: bool = False,
    again: bool = False,
    tell: Callable[..., None] = lambda **_: None,
) -> Plane:
    """Bring a plane up to date with the cloud. Without `fit`, a t-SNE or UMAP that nobody asked for is refused."""
    runs = [one.id for one in folders]
    name, where = view.plane_name(space, kind, runs), folders[0].path / "planes"
    about: Of = {
        "version": VERSION,
        "kind": kind,
        "space": space,
        "of": runs,
        "key": cloud.about["key"],
        "real": len(cloud.real.x),
    }
    old = _read(where, name, about)
    if old is not None and (again or (asked is not None and old["asked"] != asked)):
        old = None
    if old is None:
        if not fit and kind not in view.LINEAR:
            raise BadRecord(f"There is no {kind} of these runs yet. Ask for one.")
        tell(stage="fit", done=0, total=1)
        answer, real, place, known = _fit(where, name, cloud, kind, asked or {})
    elif old["upto"] == cloud.upto and not cloud.left:
        return old
    else:
        answer, real, place, known = _fitted(where, name, cloud, kind, old)
    began = time.monotonic()  # what placing takes is what following a run takes; a fit is made once
    places, starts = [real], dict[str, list[list[int]]]()
    start = len(real)
    for run, steps in cloud.runs.items():
        starts[run] = []
        for step in steps:
            at = known.get((run, step.n))
            places.append(at if at is not None else place(step.x))
            starts[run].append([step.n, start, len(step.x)])
            start += len(step.x)
        tell(stage="place", done=len(starts), total=len(cloud.runs))
    _save(where / f"{name}.npy", np.concatenate(places))
    later = [run for run in runs if kind not in view.LINEAR and cloud.upto[run] > answer["fitted"].get(run, -1)]
    notes = [*answer["notes"], *(["Fitted before the run ended; later images are placed into it."] if later else [])]
    done: Plane = {
        **answer,
        **about,
        "real_ids": cloud.real.ids.tolist(),
        "real_labels": cloud.real.labels.tolist(),
        "file": f"planes/{name}.npy",
        "runs": starts,
        "upto": cloud.upto,
        "said": notes,
        "network": cloud.about,
        "left": cloud.left,
        "seconds": round(time.monotonic() - began, 3),
    }
    write_json(where / f"{name}.json", done)
    return done


def _read(where: Path, name: str, about: Of) -> Plane | None:
    try:
        found: Plane | None = read_json(where / f"{name}.json")
    except BadRecord:
        return None
    return found if isinstance(found, dict) and about.items() <= found.items() else None


def _save(path: Path, points: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    write_array(path, points.astype(np.float32))


Fitted = tuple[Fit, np.ndarray, Place, dict[tuple[str, int], np.ndarray]]


def _fit(where: Path, name: str, cloud: Cloud, kind: str, asked: Settings) -> Fitted:
    """A fresh plane: (what is known of it, places of the real points, how others are placed, nothing placed yet)."""
    x = cloud.real.x
    fitted = {} if kind in view.LINEAR else dict(cloud.upto)
    notes: list[str] = []
    if kind in view.LINEAR:
        place: Place = linear(kind, cloud.real.x, cloud.real.labels).place
        places = place(x)
    else:
        latest = np.concatenate([step.x for step in cloud.latest.values()])
        chosen = np.linspace(0, len(latest) - 1, min(MOST_FITTED, len(latest))).astype(int)
        x = np.concatenate([x, latest[chosen]])
        places, notes = FITS[kind](x, asked)
        _save(where / f"{name}.fit.npy", np.hstack([x, places]))
        basis, at = x.astype(np.float32), places.astype(np.float32)
        place = partial(between, basis, at)
    share, trust = kept(x, places), trustworthiness(x, places)
    answer: Fit = {"asked": asked, "kept": share, "trust": trust, "notes": notes, "fitted": fitted, "points": len(x)}
    return answer, places[: len(cloud.real.x)], place, {}


def _fitted(where: Path, name: str, cloud: Cloud, kind: str, old: Plane) -> Fitted:
    """The plane as it was fitted, and what is already placed in it."""
    try:
        at = np.load(where / f"{name}.npy", allow_pickle=False)
        basis = None if kind in view.LINEAR else np.load(where / f"{name}.fit.npy", allow_pickle=False)
    except (OSError, ValueError):
        return _fit(where, name, cloud, kind, old["asked"])
    place: Place = linear(kind, cloud.real.x, cloud.real.labels).place
    if basis is not None:
        place = partial(between, basis[:, :-2], basis[:, -2:])
    known = {(run, n): at[start : start + count] for run, steps in old["runs"].items() for n, start, count in steps}
    answer: Fit = {
        "asked": old["asked"],
        "kept": old["kept"],
        "trust": old["trust"],
        "notes": old["notes"],
        "fitted": old["fitted"],
        "points": old["points"],
    }
    return answer, at[: old["real"]], place, known
