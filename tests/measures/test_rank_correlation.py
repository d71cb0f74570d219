"""ρ against the plain formula, its limits, and what is picked."""

from __future__ import annotations

import numpy as np
import pytest

from distill_core.measures.ranking import ranking


def test_a_perfect_picker_has_minus_one():
    found = ranking([1, 2, 3, 4, 5, 6], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    assert found.rho == pytest.approx(-1) and (found.low, found.high) == (pytest.approx(-1), pytest.approx(-1))
    assert (found.n, found.picked) == (6, 0)
    assert ranking([6, 5, 4], [3, 2, 1]).rho == pytest.approx(1)


def test_against_the_formula_without_ties():
    """ρ = 1 − 6 Σ d² / (n (n² − 1)), d the difference of ranks."""
    rng = np.random.default_rng(0)
    d, a = rng.permutation(12), rng.permutation(12)
    wanted = 1 - 6 * ((d - a) ** 2).sum() / (12 * (144 - 1))
    found = ranking(d, a)
    assert found.rho == pytest.approx(wanted)
    assert found.low < wanted < found.high and found.low >= -1 and found.high <= 1


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng, held = np.random.default_rng(1), 0
    for one in range(60):
        found = ranking(rng.normal(size=30), rng.normal(size=30), seed=one)
        held += found.low <= 0 <= found.high
    assert held >= 50


@pytest.mark.parametrize(("d", "a"), [([1, 2], [1, 2]), ([1, 1, 1, 1], [1, 2, 3, 4]), ([1, 2, 3], [1, 1, 1])])
def test_where_nothing_can_be_said(d, a):
    found = ranking(d, a)
    assert (found.rho, found.low, found.high) == (None, None, None)


def test_what_is_no_number_is_left_out_and_never_picked():
    found = ranking([np.nan, 3, 2, 1], [0.9, 0.1, 0.2, 0.3])
    assert (found.n, found.picked, found.low) == (3, 3, None) and found.rho == pytest.approx(-1)
    assert ranking([np.nan], [1.0]).picked is None
