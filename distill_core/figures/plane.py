"""Planes through a network's outputs: fitted once on real images, so that what moves on a map has really moved.

PCA and LDA in NumPy, immediate. t-SNE and UMAP have no formula for a new point; they are jobs of a worker.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST = 1500  # points among which neighbors are counted; more cost a second and change the answer by less than a percent


@dataclass(frozen=True, eq=False)
class Plane:
    """A fitted linear plane: `(x - mean) @ axes` are the coordinates.

    Args:
        mean: (d,) float64.
        axes: (d, 2) float64; a missing second direction is zero.
    """

    mean: np.ndarray
    axes: np.ndarray

    def place(self, x: np.ndarray) -> np.ndarray:
        """(n, d) → (n, 2) float32. Rows that are not finite stay where they are: nowhere (NaN)."""
        with np.errstate(invalid="ignore", over="ignore"):
            return ((np.asarray(x, np.float64) - self.mean) @ self.axes).astype(np.float32)


def _finite(x: np.ndarray) -> np.ndarray:
    return np.isfinite(x).all(axis=1)


def _same_sign(axes: np.ndarray) -> np.ndarray:
    """Turn each axis so that its largest entry is positive: two fits of one set never mirror each other."""
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return axes * np.where(largest < 0, -1.0, 1.0)


def _two(axes: np.ndarray) -> np.ndarray:
    """Exactly two columns."""
    return np.pad(axes[:, :2], ((0, 0), (0, max(0, 2 - axes.shape[1]))))


def fit_pca(x: np.ndarray) -> Plane:
    """The plane of largest variance of (n, d) points; rows that are not finite are left out.

    Raises:
        ValueError: no finite row.
    """
    x = np.asarray(x, np.float64)
    x = x[_finite(x)]
    if not len(x):
        raise ValueError("a plane needs at least one point with finite coordinates; none was given")
    mean = x.mean(axis=0)
    centered = x - mean
    _, _, directions = np.linalg.svd(centered, full_matrices=False)
    return Plane(mean, _two(_same_sign(directions.T)))


def fit_lda(x: np.ndarray, labels: np.ndarray) -> Plane:
    """Fisher's plane: largest between-class scatter against within-class scatter (shrunk by 1 % toward a sphere).

    With two classes there is one such direction; the second is the largest variance that is left. Raises as `fit_pca`.
    """
    x, labels = np.asarray(x, np.float64), np.asarray(labels)
    keep = _finite(x)
    x, labels = x[keep], labels[keep]
    pca = fit_pca(x)
    centered = x - pca.mean
    within, between = np.zeros((x.shape[1],) * 2), np.zeros((x.shape[1],) * 2)
    for label in np.unique(labels):
        own = centered[labels == label]
        middle = own.mean(axis=0)
        within += (own - middle).T @ (own - middle)
        between += len(own) * np.outer(middle, middle)
    size = max(float(np.trace(within)) / len(within), 1e-12)
    values, vectors = np.linalg.eigh(0.99 * within + 0.01 * size * np.eye(len(within)))
    white = vectors / np.sqrt(values)
    strength, turned = np.linalg.eigh(white.T @ between @ white)
    order = np.argsort(-strength)
    useful = min(2, int((strength > 1e-9 * max(float(strength.max()), 1e-300)).sum()), len(np.unique(labels)) - 1)
    axes = (white @ turned)[:, order[:useful]]
    if useful < 2:
        basis = np.linalg.qr(axes)[0] if useful else np.zeros((x.shape[1], 0))
        rest = fit_pca(centered - centered @ basis @ basis.T).axes
        axes = np.hstack([axes, rest[:, : 2 - useful] / np.sqrt(size / max(len(x), 1))])
    return Plane(pca.mean, _two(_same_sign(axes)))


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances, (n, d) and (m, d) → (n, m) float64."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(squared, 0))


def nearest(points: np.ndarray, query: np.ndarray, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """The `k` nearest of (n, d) `points` to one (d,) query: (indices, distances), nearest first. Not finite is far."""
    far = distances(np.asarray(query)[None], points)[0]
    far = np.where(np.isfinite(far), far, np.inf)
    order = np.argsort(far, kind="stable")[:k]
    return order, far[order]


def kept(x: np.ndarray, flat: np.ndarray, k: int = 10) -> float:
    """Share of the `k` nearest neighbors in the original space that are among the `k` nearest in the plane, 0 to 1.

    Counted on at most 1,500 evenly spaced points.
    """
    x, flat = np.asarray(x, np.float64), np.asarray(flat, np.float64)
    rows = np.flatnonzero(_finite(x) & _finite(flat))
    rows = rows[np.linspace(0, len(rows) - 1, min(MOST, len(rows))).astype(int)] if len(rows) else rows
    k = min(k, len(rows) - 1)
    if k < 1:
        return 1.0
    found = []
    for points in (x[rows], flat[rows]):
        far = distances(points, points)
        np.fill_diagonal(far, np.inf)
        found.append(np.argpartition(far, k - 1, axis=1)[:, :k])
    return float(np.mean([len(np.intersect1d(a, b, assume_unique=True)) / k for a, b in zip(*found, strict=True)]))
