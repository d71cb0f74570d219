"""How much the images of a class differ from each other, and how well they cover the real ones: numbers, class by class.

All work on last features z (n, f) of one network in eval mode, one class at a time. Sources: feature distance, Du et al.
2024 (DWA, arXiv 2409.17612, figure on feature distance; its exact normalization is not public, ours is said at each
function); density and coverage, Naeem et al. 2020 (arXiv 2002.09797). `None` where a class has too few images.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial.distance import cdist, pdist

K = 5  # neighbors whose reach makes the balls of density and coverage, as in Naeem et al.
COPY = 1e-3  # of an image's reach: what lies nearer than this is the image itself


def feature_distance(z: np.ndarray) -> float | None:
    """d_c = 2 / (n (n − 1)) Σ_{i<j} ‖z_i − z_j‖₂ of (n, f) features: the mean over pairs. None for fewer than two images.

    Shown divided by the largest over runs and classes, and divided by the same of real images.
    """
    return float(pdist(np.asarray(z, np.float64)).mean()) if len(z) > 1 else None


def pairwise_cosine(z: np.ndarray) -> float | None:
    """Mean cosine of the angle between two images' features, over pairs: 1 is all alike. None for fewer than two.

    By Σ_{i≠j} u_i · u_j = ‖Σ u_i‖² − Σ ‖u_i‖² for the unit vectors u; a zero vector has cosine 0 with everything.
    """
    z = np.asarray(z, np.float64)
    if len(z) < 2:
        return None
    u = z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    return float(((u.sum(0) ** 2).sum() - (u**2).sum()) / (len(u) * (len(u) - 1)))


def nearest_real(z: np.ndarray, real: np.ndarray) -> float | None:
    """Mean over (n, f) synthetic images of the distance to the nearest of (m, f) real images."""
    return float(cdist(z, real).min(axis=1).mean()) if len(z) and len(real) else None


def nearest_other(real: np.ndarray) -> float | None:
    """Mean distance of (m, f) real images to the nearest other one: what `nearest_real` is measured against."""
    return float(reach(real, 1).mean()) if len(real) > 1 else None


def reach(real: np.ndarray, k: int = K) -> np.ndarray:
    """NND_k: distance (m,) of each real image to its k-th nearest other one; k is at most m − 1."""
    among = np.sort(cdist(real, real), axis=1)  # column 0 is the image itself
    return among[:, min(k, len(real) - 1)]


def density(z: np.ndarray, real: np.ndarray, k: int = K) -> float | None:
    """1 / (k n) Σ_j Σ_i 1[z_j ∈ B(x_i, NND_k(x_i))]: in how many real images' balls a synthetic image lies, over k.

    Not bounded by 1. None without synthetic images or with fewer than two real ones.
    """
    if not len(z) or len(real) < 2:
        return None
    inside = cdist(real, z) < reach(real, k)[:, None]
    return float(inside.sum() / (min(k, len(real) - 1) * len(z)))


def apart(z: np.ndarray, real: np.ndarray, k: int = K) -> np.ndarray:
    """How far (m,) each of (m, f) real images is from the nearest of (n, f) others, over its own reach NND_k: below 1 it is
    within reach; infinite where there is no other, or its images all lie in one point.

    An image does not reach itself: a set of chosen real images, or one that starts as them, would count its copies.
    """
    if not len(z) or len(real) < 2:
        return np.full(len(real), np.inf)
    radius, far = reach(real, k), cdist(real, z)
    far[far < COPY * radius[:, None]] = np.inf
    return np.divide(far.min(axis=1), radius, out=np.full(len(real), np.inf), where=radius > 0)


def coverage(z: np.ndarray, real: np.ndarray, k: int = K) -> float | None:
    """1 / m Σ_i 1[∃ j: z_j ∈ B(x_i, NND_k(x_i))]: share of real images whose ball holds a synthetic one, 0 to 1.

    Departs from Naeem et al. in one thing: a copy of a real image does not count for that image, see `apart`.
    """
    if not len(z) or len(real) < 2:
        return None
    return float((apart(z, real, k) < 1).mean())


ONE_CLASS: dict[str, Callable[[np.ndarray, np.ndarray], float | None]] = {
    "distance": lambda z, real: feature_distance(z),
    "cosine": lambda z, real: pairwise_cosine(z),
    "nearest": nearest_real,
    "density": density,
    "coverage": coverage,
}


def by_class(
    z: np.ndarray, labels: np.ndarray, real: np.ndarray, real_labels: np.ndarray, classes: int
) -> dict[str, list[float | None]]:
    """Each measure for each of the classes, from all features at once; real images of the same class are compared."""
    found: dict[str, list[float | None]] = {name: [] for name in ONE_CLASS}
    for label in range(classes):
        ours, theirs = z[labels == label], real[real_labels == label]
        for name, measure in ONE_CLASS.items():
            found[name].append(measure(ours, theirs))
    return found


def of_real(real: np.ndarray, real_labels: np.ndarray, classes: int) -> dict[str, list[float | None]]:
    """What the real images themselves have: feature distance, cosine, distance to the nearest other one."""
    own = [real[real_labels == label] for label in range(classes)]
    return {
        "distance": [feature_distance(one) for one in own],
        "cosine": [pairwise_cosine(one) for one in own],
        "nearest": [nearest_other(one) for one in own],
    }


def mean(values: list[float | None]) -> float | None:
    """Mean over the classes that have a value."""
    there = [one for one in values if one is not None]
    return float(np.mean(there)) if there else None
