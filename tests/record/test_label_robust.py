"""HLR, IOR, LRS, ARS: the table of `methods/evaluation.md` B.1, and what must hold everywhere."""

from __future__ import annotations

import math
from itertools import product

import pytest

from distill_core.record.label_robust import NEUTRAL, ars, hlr, ior, lrs


@pytest.mark.parametrize(
    ("gap", "gain", "weight", "score"),
    [
        (hlr(0.85, 0.45), ior(0.60, 0.50), 0.5, 0.2096783673804665),
        (hlr(0.85, 0.45), ior(0.60, 0.50), 1.0, 0.31368734),
        (hlr(0.85, 0.45), ior(0.60, 0.50), 0.0, 0.12867610),
        (hlr(0.7, 0.7), ior(0.3, 0.3), 0.5, 0.26894142136999516),
        (hlr(0.565, 0.01), ior(0.30, 0.28), 0.5, 0.16908206509694754),
        (1.0, -1.0, 0.5, 0.0),
        (-1.0, 1.0, 0.5, 1.0),
    ],
)
def test_lrs_has_the_values_of_the_table(gap, gain, weight, score):
    assert lrs(gap, gain, weight) == pytest.approx(score, abs=1e-8)


def test_ars_has_the_value_of_the_table():
    assert ars(ior(0.60, 0.50), ior(0.50, 0.45)) == pytest.approx(0.3020779393151249, abs=1e-12)


def test_neutral_is_not_one_half():
    assert pytest.approx(0.26894142136999516, abs=1e-15) == NEUTRAL
    assert lrs(0.0, 0.0) == ars(0.0, 0.0) == NEUTRAL


GRID = [i / 10 - 1 for i in range(21)]
WEIGHTS = (0.0, 0.25, 0.5, 1.0)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_lrs_rises_with_ior_falls_with_hlr_and_stays_between_0_and_1(weight):
    for gap, gain in product(GRID, GRID):
        score = lrs(gap, gain, weight)
        assert -1e-12 <= score <= 1 + 1e-12
        assert score == pytest.approx((math.exp(weight * gain - (1 - weight) * gap + 1) - 1) / (math.exp(2) - 1))
        if weight > 0:
            assert lrs(gap, gain + 0.05, weight) > score
        if weight < 1:
            assert lrs(gap + 0.05, gain, weight) < score


def test_ars_is_the_same_trade_between_two_gains():
    for one, two, weight in product(GRID, GRID, WEIGHTS):
        assert ars(one, two, weight) == pytest.approx(lrs(-two, one, weight))
