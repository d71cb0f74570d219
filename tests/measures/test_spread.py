"""Each measure equals its definition done the slow way: loops over images, in plain floats."""

from __future__ import annotations

import math

import numpy as np
import pytest

from distill_core.measures import diversity as d


def points(n: int, f: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, f))


def far(a: np.ndarray, b: np.ndarray) -> float:
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)))


def test_feature_distance_is_the_mean_over_pairs():
    z, n = points(7), 7
    slow = 2 / (n * (n - 1)) * sum(far(z[i], z[j]) for i in range(n) for j in range(i + 1, n))
    assert d.feature_distance(z) == pytest.approx(slow, rel=1e-12)
    assert d.feature_distance(z[:2]) == pytest.approx(far(z[0], z[1]))
    assert d.feature_distance(np.ones((3, 4))) == 0.0


def test_cosine_is_the_mean_over_pairs():
    z = points(6)
    z[3] = 0  # a dead feature vector is at a right angle to everything

    def cosine(a, b):
        length = far(a, 0 * a) * far(b, 0 * b)
        return sum(x * y for x, y in zip(a, b, strict=True)) / length if length else 0.0

    slow = [cosine(z[i], z[j]) for i in range(6) for j in range(i + 1, 6)]
    assert d.pairwise_cosine(z) == pytest.approx(sum(slow) / len(slow), rel=1e-9)
    assert d.pairwise_cosine(np.tile([1.0, 2.0], (4, 1))) == pytest.approx(1.0)


def test_distance_to_the_nearest_real_image_and_among_real_images():
    z, real = points(4), points(9, seed=1)
    assert d.nearest_real(z, real) == pytest.approx(sum(min(far(a, b) for b in real) for a in z) / 4)
    slow = [min(far(real[i], real[j]) for j in range(9) if j != i) for i in range(9)]
    assert d.nearest_other(real) == pytest.approx(sum(slow) / 9)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_density_and_coverage_count_balls_as_naeem_et_al_do(k):
    z, real = points(8, 3) * 0.5 + 1.0, points(15, 3, seed=1)
    radius = [sorted(far(real[i], real[j]) for j in range(15) if j != i)[k - 1] for i in range(15)]
    inside = [[far(a, real[i]) < radius[i] for i in range(15)] for a in z]
    assert d.density(z, real, k) == pytest.approx(sum(map(sum, inside)) / (k * 8))
    assert d.coverage(z, real, k) == pytest.approx(sum(any(row[i] for row in inside) for i in range(15)) / 15)
    assert 0 < d.coverage(z, real, k) < 1, "a case that tells right from wrong"


def test_real_images_cover_themselves_and_noise_far_away_covers_nothing():
    real = points(20)
    assert d.coverage(real, real) == 1.0
    assert d.coverage(real + 100, real) == 0.0 and d.density(real + 100, real) == 0.0


def test_a_copy_does_not_reach_the_image_that_it_was_copied_from():
    real = points(20)
    alone = [d.coverage(real[i : i + 1] * (1 + 1e-9), real) for i in range(20)]
    slow = []
    for i in range(20):
        radius = [sorted(far(real[j], real[k]) for k in range(20) if k != j)[4] for j in range(20)]
        slow.append(sum(j != i and far(real[i], real[j]) < radius[j] for j in range(20)) / 20)
    assert alone == pytest.approx(slow) and min(slow) < max(slow)
    assert np.isinf(d.apart(np.ones((2, 3)), np.ones((4, 3)))).all(), "images in one point have no reach"


def test_too_few_images_have_no_value_instead_of_a_nan():
    one, real = points(1), points(5, seed=1)
    assert d.feature_distance(one) is None and d.pairwise_cosine(one) is None
    assert d.nearest_other(one) is None and d.density(one, one) is None and d.coverage(one[:0], real) is None
    assert d.nearest_real(one, real) is not None
    assert d.density(one + 0.1, real[:3], k=5) is not None, "k is lowered to what three images allow"
    assert d.mean([None, None]) is None and d.mean([1.0, None, 3.0]) == 2.0


def test_classes_are_measured_apart():
    z, labels, real = points(6), np.array([0, 0, 0, 2, 2, 1]), points(30, seed=1)
    theirs = np.repeat([0, 1, 2], 10)
    found = d.by_class(z, labels, real, theirs, 4)
    assert set(found) == {"distance", "cosine", "nearest", "density", "coverage"} and all(
        len(one) == 4 for one in found.values()
    )
    assert found["distance"][0] == d.feature_distance(z[:3]) and found["distance"][1] is None
    assert found["coverage"][2] == d.coverage(z[3:5], real[20:]) and found["coverage"][3] is None
    assert d.of_real(real, theirs, 3)["distance"][1] == d.feature_distance(real[10:20])
