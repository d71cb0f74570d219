"""What a ranking comes to, range by range, against the plain rank correlation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from distill_core.evaluation.compared import compared


def made(n=40, seed=0):
    """Candidates of all kinds that a distance orders, and ten of a walk that are equal but for noise."""
    rng = np.random.default_rng(seed)
    truth = np.concatenate([np.linspace(0.3, 0.95, n), np.full(10, 0.92)])
    right = (truth[:, None] + 0.01 * rng.normal(size=(n + 10, 3))).tolist()
    far = (1 - truth + 0.002 * rng.normal(size=n + 10)).tolist()
    return {"near": far, "nothing": [float("nan")] * (n + 10)}, right, [i >= n for i in range(n + 10)]


def test_every_range_is_the_correlation_among_its_own():
    far, right, walk = made()
    means = np.mean(right, axis=1)
    found = compared(far, right, walk, (0.85,))
    whole, above, along = found["ranges"]
    assert [one["what"] for one in found["ranges"]] == ["all", "above", "walk"] and above["above"] == 0.85
    for one, rows in ((whole, np.ones(50, bool)), (above, means > 0.85), (along, np.array(walk))):
        wanted = spearmanr(np.array(far["near"])[rows], means[rows]).statistic
        assert one["metrics"]["near"]["rho"] == pytest.approx(wanted) and one["n"] == rows.sum()
        assert (one["low"], one["high"]) == (pytest.approx(means[rows].min()), pytest.approx(means[rows].max()))
        picked = one["metrics"]["near"]["picked"]
        assert rows[picked] and one["metrics"]["near"]["accuracy"] == pytest.approx(means[picked])
    assert whole["metrics"]["near"]["rho"] < -0.9 and along["metrics"]["near"]["rho"] > -0.8
    assert found["metrics"] is whole["metrics"] and whole["metrics"]["nothing"]["rho"] is None
    assert found["noise"] == pytest.approx(0.01, rel=0.3)


def test_without_a_limit_the_median_and_the_upper_quartile_are_taken():
    far, right, walk = made()
    found = compared(far, right, walk)
    assert [one["what"] for one in found["ranges"]] == ["all", "above", "above", "walk"]
    assert 20 <= found["ranges"][1]["n"] <= 26 and 10 <= found["ranges"][2]["n"] <= 14


def test_candidates_of_one_walk_have_one_range_and_one_student_no_noise():
    far, right, _ = made()
    found = compared(far, [one[:1] for one in right], [True] * 50)
    assert [one["what"] for one in found["ranges"]] == ["all"] and found["noise"] is None


def test_a_limit_that_is_given_or_reckoned_twice_is_one_range():
    far, right = {"near": [5.0, 4.0, 3.0, 2.0, 1.0]}, [[0.1], [0.5], [0.5], [0.5], [0.9]]
    for above in ((), (0.4, 0.4)):
        found = compared(far, right, [False] * 4 + [True], above)
        assert [one["what"] for one in found["ranges"]].count("above") == 1
