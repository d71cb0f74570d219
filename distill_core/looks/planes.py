"""One plane for one to six runs, by logits or last features: fitted once, all steps are placed into it.

PCA and LDA are fitted on the real images alone. t-SNE and UMAP are fitted on the real images and on the synthetic ones as
they stand then; they have no formula for other points, so earlier and later steps go to the mean of their nearest
points' places, weighted by inverse distance. So what moves on the map has moved, and a run that goes on moves in a plane
that stands still until somebody asks for a fresh fit.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadRecord, BadSetting, nearest
from ..figures.plane import distances, fit_lda, fit_pca
from ..home import read_json, write_array, write_json
from ..record import view
from ..record.folder import RunFolder
from .outputs import Cloud, Step, gather

NEIGHBORS = 10  # whose keeping is counted
PLACED_BY = 5  # neighbors whose places a new point is given
MOST_FITTED = 2000  # synthetic points that take part in a fit; the others are placed
MOST_COUNTED = 1500  # points among which neighbors are counted
VERSION = 2

Place = Callable[[np.ndarray], np.ndarray]


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
) -> dict[str, Any]:
    """Fit a plane (or take the one that was fitted with these settings), place every step, write it; returns its JSON.

    `planes/<name>.npy` in the first run is (points, 2) float32: the real points, then those of each step of each run. The JSON
    says where each begins: `{"kind", "space", "file", "real": n, "real_ids", "real_labels", "runs": {run: [[record, start,
    count], …]}, "upto", "kept", "trust", "notes", "network"}`. `kept` is the share of the 10 nearest neighbors that are still
    neighbors in the plane, `trust` is scikit-learn's trustworthiness for 10 neighbors. `again` fits anew.
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
    asked = {"perplexity": perplexity, "neighbors": neighbors, "min_distance": min_distance, "seed": seed}
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
    asked: dict[str, Any] | None = None,
    *,
    fit: bool = False,
    again: bool = False,
    tell: Callable[..., None] = lambda **_: None,
) -> dict[str, Any]:
    """Bring a plane up to date with the cloud. Without `fit`, a t-SNE or UMAP that nobody asked for is refused."""
    runs = [one.id for one in folders]
    name, where = view.plane_name(space, kind, runs), folders[0].path / "planes"
    about = {
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
    real_about = {"real_ids": cloud.real.ids.tolist(), "real_labels": cloud.real.labels.tolist()}
    done = {
        **answer,
        **about,
        **real_about,
        "file": f"planes/{name}.npy",
        "runs": starts,
        "upto": cloud.upto,
        "said": notes,
    }
    done |= {"network": cloud.about, "left": cloud.left, "seconds": round(time.monotonic() - began, 3)}
    write_json(where / f"{name}.json", done)
    return done


def _read(where: Path, name: str, about: dict[str, Any]) -> dict[str, Any] | None:
    try:
        found = read_json(where / f"{name}.json")
    except BadRecord:
        return None
    return found if isinstance(found, dict) and {key: found.get(key) for key in about} == about else None


def _save(path: Path, points: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    write_array(path, points.astype(np.float32))


Fitted = tuple[dict[str, Any], np.ndarray, Place, dict[tuple[str, int], np.ndarray]]


def _fit(where: Path, name: str, cloud: Cloud, kind: str, asked: dict[str, Any]) -> Fitted:
    """A fresh plane: (what is known of it, places of the real points, how others are placed, nothing placed yet)."""
    x = cloud.real.x
    fitted = {} if kind in view.LINEAR else dict(cloud.upto)
    notes: list[str] = []
    if kind in view.LINEAR:
        plane = _linear(kind, cloud.real)
        places, place = plane.place(x), plane.place
    else:
        latest = np.concatenate([step.x for step in cloud.latest.values()])
        chosen = np.linspace(0, len(latest) - 1, min(MOST_FITTED, len(latest))).astype(int)
        x = np.concatenate([x, latest[chosen]])
        places, notes = FITS[kind](x, asked)
        _save(where / f"{name}.fit.npy", np.hstack([x, places]))
        basis, at = x.astype(np.float32), places.astype(np.float32)
        place = lambda fresh: between(basis, at, fresh)  # noqa: E731
    share, trust = kept(x, places), trustworthiness(x, places)
    answer = {"asked": asked, "kept": share, "trust": trust, "notes": notes, "fitted": fitted, "points": len(x)}
    return answer, places[: len(cloud.real.x)], place, {}


def _fitted(where: Path, name: str, cloud: Cloud, kind: str, old: dict[str, Any]) -> Fitted:
    """The plane as it was fitted, and what is already placed in it."""
    try:
        at = np.load(where / f"{name}.npy", allow_pickle=False)
        basis = None if kind in view.LINEAR else np.load(where / f"{name}.fit.npy", allow_pickle=False)
    except (OSError, ValueError):
        return _fit(where, name, cloud, kind, old["asked"])
    place: Place = _linear(kind, cloud.real).place
    if basis is not None:
        place = lambda fresh: between(basis[:, :-2], basis[:, -2:], fresh)  # noqa: E731
    known = {(run, n): at[start : start + count] for run, steps in old["runs"].items() for n, start, count in steps}
    return (
        {key: old[key] for key in ("asked", "kept", "trust", "notes", "fitted", "points")},
        at[: old["real"]],
        place,
        known,
    )


def _linear(kind: str, real: Step) -> Any:
    return fit_pca(real.x) if kind == "pca" else fit_lda(real.x, real.labels)


def _tsne(points: np.ndarray, asked: dict[str, Any]) -> tuple[np.ndarray, list[str]]:
    from sklearn.manifold import TSNE

    most = max(1.0, (len(points) - 1) / 3)  # a point cannot have more neighbors than there are
    wanted = float(asked.get("perplexity", 30.0))
    if not wanted > 0:
        raise BadSetting(f"perplexity={wanted:g} cannot work: a number above 0 is wanted, such as 30.")
    perplexity = min(wanted, most)
    said = f"Perplexity was lowered from {wanted:g} to {perplexity:.3g}: there are {len(points)} points."
    start: Any = "pca" if min(points.shape) >= 2 else "random"
    places = TSNE(2, perplexity=perplexity, init=start, random_state=int(asked.get("seed", 0))).fit_transform(points)
    return places, [said] if perplexity < wanted else []


def _umap(points: np.ndarray, asked: dict[str, Any]) -> tuple[np.ndarray, list[str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba and umap talk about their own internals
        import umap

        wanted = int(asked.get("neighbors", 15))
        count = max(2, min(wanted, len(points) - 1))
        said = f"Neighbors were lowered from {wanted} to {count}: there are {len(points)} points."
        fit = umap.UMAP(
            n_neighbors=count,
            min_dist=float(asked.get("min_distance", 0.1)),
            random_state=int(asked.get("seed", 0)),
            n_jobs=1,
            init="spectral" if len(points) > 20 else "random",
        )
        return np.asarray(fit.fit_transform(points)), [said] if count < wanted else []


FITS: dict[str, Callable[[np.ndarray, dict[str, Any]], tuple[np.ndarray, list[str]]]] = {"tsne": _tsne, "umap": _umap}


def between(points: np.ndarray, places: np.ndarray, fresh: np.ndarray, count: int = PLACED_BY) -> np.ndarray:
    """Places (m, 2) of `fresh` (m, d): the mean of its nearest points' places, weighted by inverse distance; where `fresh` is
    one of the points, exactly that point's place."""
    from scipy.spatial.distance import cdist

    far = cdist(np.asarray(fresh, np.float32), np.asarray(points, np.float32))
    near = np.argsort(far, axis=1, kind="stable")[:, :count]
    close = np.take_along_axis(far, near, 1)
    weights = np.where(close[:, :1] == 0, close == 0, 1 / np.maximum(close, 1e-12))
    weights = weights / weights.sum(1, keepdims=True)
    return (weights[:, :, None] * places[near]).sum(1)


def _some(points: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = np.linspace(0, len(points) - 1, min(MOST_COUNTED, len(points))).astype(int)
    return points[rows], np.asarray(places, np.float64)[rows]


def kept(points: np.ndarray, places: np.ndarray, count: int = NEIGHBORS) -> float:
    """Share of each point's `count` nearest neighbors that are among its nearest in the plane, 0 to 1."""
    points, places = _some(points, places)
    count = min(count, len(points) - 1)
    if count < 1:
        return 1.0
    before, after = (_nearest(one, count) for one in (points, places))
    shared = [len(np.intersect1d(a, b)) for a, b in zip(before, after, strict=True)]
    return float(np.mean(shared) / count)


def trustworthiness(points: np.ndarray, places: np.ndarray, count: int = NEIGHBORS) -> float | None:
    """scikit-learn's: 1 minus a penalty for every neighbor in the plane that is none in the space; None for too few points."""
    from sklearn.manifold import trustworthiness as trust

    points, places = _some(points, places)
    count = min(count, (len(points) - 1) // 2)
    return float(trust(points, places, n_neighbors=count)) if count >= 1 else None


def _nearest(points: np.ndarray, count: int) -> np.ndarray:
    far = distances(points, points)
    np.fill_diagonal(far, np.inf)
    return np.argpartition(far, count - 1, axis=1)[:, :count]
