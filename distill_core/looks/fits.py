"""Places of points in a plane, and what such a plane keeps of their neighborhoods: linear maps, t-SNE, UMAP.

Points are (n, d), places (n, 2). t-SNE and UMAP have no formula for points that come later: `between` places them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Literal, TypedDict

import numpy as np

from ..errors import BadSetting
from ..figures.plane import Plane, distances, fit_lda, fit_pca

NEIGHBORS = 10  # whose keeping is counted
PLACED_BY = 5  # neighbors whose places a new point is given
MOST_COUNTED = 1500  # points among which neighbors are counted
Fit = tuple[np.ndarray, list[str]]  # places, and what is to be said of them


class Settings(TypedDict, total=False):
    """What can be asked of t-SNE and UMAP."""

    perplexity: float
    neighbors: int
    min_distance: float
    seed: int


def linear(kind: str, x: np.ndarray, labels: np.ndarray) -> Plane:
    """PCA, or LDA by these labels."""
    return fit_pca(x) if kind == "pca" else fit_lda(x, labels)


def tsne(points: np.ndarray, asked: Settings) -> Fit:
    from sklearn.manifold import TSNE

    most = max(1.0, (len(points) - 1) / 3)  # a point cannot have more neighbors than there are
    wanted = asked.get("perplexity", 30.0)
    if not wanted > 0:
        raise BadSetting(f"perplexity={wanted:g} cannot work: a number above 0 is wanted, such as 30.")
    perplexity = min(wanted, most)
    said = f"Perplexity was lowered from {wanted:g} to {perplexity:.3g}: there are {len(points)} points."
    start: Literal["pca", "random"] = "pca" if min(points.shape) >= 2 else "random"
    places = TSNE(2, perplexity=perplexity, init=start, random_state=asked.get("seed", 0)).fit_transform(points)
    return places, [said] if perplexity < wanted else []


def umap(points: np.ndarray, asked: Settings) -> Fit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba and umap talk about their own internals
        from umap import UMAP

        wanted = asked.get("neighbors", 15)
        count = max(2, min(wanted, len(points) - 1))
        said = f"Neighbors were lowered from {wanted} to {count}: there are {len(points)} points."
        fit = UMAP(
            n_neighbors=count,
            min_dist=asked.get("min_distance", 0.1),
            random_state=asked.get("seed", 0),
            n_jobs=1,
            init="spectral" if len(points) > 20 else "random",
        )
        return np.asarray(fit.fit_transform(points)), [said] if count < wanted else []


FITS: dict[str, Callable[[np.ndarray, Settings], Fit]] = {"tsne": tsne, "umap": umap}


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
