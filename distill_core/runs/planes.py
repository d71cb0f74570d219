"""t-SNE and UMAP of a run's logits: one plane for the whole run, fitted on the real images and the final synthetic ones.

Earlier steps are placed into that plane, so that what moves on the map has moved. UMAP places new points itself; t-SNE has no
formula for them, so they go to the mean of their nearest neighbors' places, weighted by inverse distance.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadRecord, BadSetting, nearest
from .folder import RunFolder, Timeline, read_array
from .home import read_json, write_json

KINDS = ("pca", "tsne", "umap")
NEIGHBORS = 10  # whose keeping is counted
PLACED_BY = 5  # neighbors whose places a new t-SNE point is given
MOST_REAL = 2000
VERSION = 1


def compute(
    home: Path,
    run: str,
    kind: str = "tsne",
    perplexity: float = 30.0,
    neighbors: int = 15,
    min_distance: float = 0.1,
    seed: int = 0,
    *,
    tell: Callable[..., None] = lambda **_: None,
) -> dict[str, Any]:
    """Fit a plane, place every step, write `planes/<kind>.npy` and `planes/<kind>.json` into the run; returns the JSON.

    `planes/<kind>.npy` is (points, 2) float32: first the real points, then those of each synthetic logits record in turn. The JSON
    says where each begins: `{"kind", "file", "real": n, "records": [{"n", "start", "count"}], "kept", "notes", "perplexity"}`. `kept` is
    the share of the 10 nearest neighbors that are still neighbors in the plane. Asked again for the same, it answers at once.
    """
    if kind not in KINDS:
        raise BadSetting(f"There is no map called {kind!r}.{nearest(kind, KINDS)} Choose {', '.join(KINDS)}.")
    folder = RunFolder.find(home, run)
    real, records = gather(folder)
    asked = {"perplexity": perplexity, "neighbors": neighbors, "min_distance": min_distance, "seed": seed}
    about = {"version": VERSION, "kind": kind, "asked": asked, "last": records[-1][0], "points": len(real)}
    found = read_json(folder.path / "planes" / f"{kind}.json")
    if isinstance(found, dict) and {name: found.get(name) for name in about} == about:
        return found
    tell(stage="fit", done=0, total=len(records))
    fitted = np.concatenate([real, records[-1][1]])
    places, place, notes = FITS[kind](fitted, asked)
    answer = {
        **about,
        **_place_all(folder, kind, real, records, places, place, tell),
        "kept": kept(fitted, places),
        "notes": notes,
    }
    write_json(folder.path / "planes" / f"{kind}.json", answer)
    return answer


def gather(folder: RunFolder) -> tuple[np.ndarray, list[tuple[int, np.ndarray]]]:
    """The real logits (n, classes), and `(record number, logits)` of each synthetic record, all finite."""
    records = [record for record in Timeline.all(folder) if record["kind"] == "logits"]
    real = [read_array(folder, record["logits"]) for record in records if record["source"] == "real"]
    steps = [
        (record["n"], read_array(folder, record["logits"])) for record in records if record["source"] == "synthetic"
    ]
    if not real or not steps:
        raise BadRecord(
            f"Run {folder.id!r} has no logits of real and synthetic images. Choose a run of a method with a teacher."
        )
    width = real[-1].shape[1]
    clean = [(n, np.nan_to_num(one.astype(np.float64))) for n, one in steps if one.shape[1:] == (width,)]
    if not clean:
        raise BadRecord(f"Run {folder.id!r} has synthetic logits of another width than the real ones. Run it again.")
    return np.nan_to_num(real[-1][:MOST_REAL].astype(np.float64)), clean


def _place_all(
    folder: RunFolder,
    kind: str,
    real: np.ndarray,
    records: list[tuple[int, np.ndarray]],
    places: np.ndarray,
    place: Any,
    tell: Any,
) -> dict[str, Any]:
    """Real and final points where they were fitted, the steps before them where they belong."""
    parts, starts, start = [places[: len(real)]], [], len(real)
    for done, (n, logits) in enumerate(records):
        last = done == len(records) - 1
        parts.append(places[len(real) :] if last else place(logits))
        starts.append({"n": n, "start": start, "count": len(logits)})
        start += len(logits)
        tell(stage="place", done=done + 1, total=len(records))
    (folder.path / "planes").mkdir(exist_ok=True)
    temporary = folder.path / "planes" / f".{kind}.{os.getpid()}.npy"
    np.save(temporary, np.concatenate(parts).astype(np.float32), allow_pickle=False)
    os.replace(temporary, folder.path / "planes" / f"{kind}.npy")
    return {"file": f"planes/{kind}.npy", "real": len(real), "records": starts}


def _pca(points: np.ndarray, asked: dict[str, Any]) -> tuple[np.ndarray, Any, list[str]]:
    from ..figures.plane import fit_pca

    plane = fit_pca(points)
    return plane.place(points), plane.place, []


def _tsne(points: np.ndarray, asked: dict[str, Any]) -> tuple[np.ndarray, Any, list[str]]:
    from sklearn.manifold import TSNE

    most = max(1.0, (len(points) - 1) / 3)  # a point cannot have more neighbors than there are
    perplexity = min(float(asked["perplexity"]), most)
    notes = (
        []
        if perplexity == asked["perplexity"]
        else [f"Perplexity was lowered to {perplexity:.3g}: there are {len(points)} points."]
    )
    start = "pca" if min(points.shape) >= 2 else "random"
    places = TSNE(2, perplexity=perplexity, init=start, random_state=int(asked["seed"])).fit_transform(points)
    return places, lambda fresh: between(points, places, fresh), notes


def between(points: np.ndarray, places: np.ndarray, fresh: np.ndarray, count: int = PLACED_BY) -> np.ndarray:
    """Places (m, 2) of `fresh` (m, d): the mean of its nearest points' places, weighted by inverse distance; where `fresh` is
    one of the points, exactly that point's place."""
    distances = np.sqrt(np.maximum(_squares(fresh, points), 0))
    near = np.argsort(distances, axis=1)[:, :count]
    weights = 1 / np.maximum(np.take_along_axis(distances, near, 1), 1e-9)
    weights /= weights.sum(1, keepdims=True)
    return (weights[:, :, None] * places[near]).sum(1)


def _umap(points: np.ndarray, asked: dict[str, Any]) -> tuple[np.ndarray, Any, list[str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba and umap talk about their own internals
        import umap

        count = max(2, min(int(asked["neighbors"]), len(points) - 1))
        notes = (
            []
            if count == asked["neighbors"]
            else [f"Neighbors were lowered to {count}: there are {len(points)} points."]
        )
        start = "spectral" if len(points) > 20 else "random"
        fit = umap.UMAP(
            n_neighbors=count,
            min_dist=float(asked["min_distance"]),
            random_state=int(asked["seed"]),
            n_jobs=1,
            init=start,
        )
        places = fit.fit_transform(points)

    def place(fresh: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fit.transform(fresh)

    return places, place, notes


FITS: dict[str, Callable[[np.ndarray, dict[str, Any]], tuple[np.ndarray, Any, list[str]]]] = {
    "pca": _pca,
    "tsne": _tsne,
    "umap": _umap,
}


def _squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(m, n) squared distances."""
    return (a**2).sum(1)[:, None] - 2 * a @ b.T + (b**2).sum(1)[None]


def kept(points: np.ndarray, places: np.ndarray, count: int = NEIGHBORS) -> float:
    """Share of each point's `count` nearest neighbors that are among its nearest in the plane, 0 to 1."""
    count = min(count, len(points) - 1)
    if count < 1:
        return 1.0
    before, after = (_nearest(one, count) for one in (points, places.astype(np.float64)))
    shared = [len(np.intersect1d(a, b)) for a, b in zip(before, after, strict=True)]
    return float(np.mean(shared) / count)


def _nearest(points: np.ndarray, count: int) -> np.ndarray:
    distances = _squares(points, points)
    np.fill_diagonal(distances, np.inf)
    return np.argpartition(distances, count - 1, axis=1)[:, :count]
