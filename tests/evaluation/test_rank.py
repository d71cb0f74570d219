"""DD-Ranking's metrics: the vectors computed by hand, the range, the direction, the neutral point."""

import pytest

from distill_core.errors import BadSetting
from distill_core.evaluation import rank


def test_vectors():
    gap, gain = rank.hlr(0.85, 0.45), rank.ior(0.60, 0.50)
    assert (gap, gain) == (pytest.approx(0.40), pytest.approx(0.10))
    assert rank.lrs(gap, gain) == pytest.approx(0.2096783673804665)
    assert rank.lrs(gap, gain, 1) == pytest.approx(0.31368734) and rank.lrs(gap, gain, 0) == pytest.approx(0.12867610)
    assert rank.lrs(rank.hlr(0.565, 0.01), rank.ior(0.30, 0.28)) == pytest.approx(0.16908206509694754)
    assert rank.lrs(1, -1) == pytest.approx(0) and rank.lrs(-1, 1) == pytest.approx(1)
    assert rank.ars(0.60 - 0.50, 0.50 - 0.45) == pytest.approx(0.3020779393151249)
    assert rank.lrs(0, 0) == rank.NEUTRAL == pytest.approx(0.26894142136999516)


def test_more_gain_is_better_and_more_gap_is_worse():
    values = [x / 10 for x in range(-10, 11)]
    gains, gaps = [rank.lrs(0.2, x) for x in values], [rank.lrs(x, 0.2) for x in values]
    assert gains == sorted(gains) and gaps == sorted(gaps, reverse=True)
    assert all(0 <= score <= 1 for score in gains + gaps)


def test_percent_is_refused():
    with pytest.raises(BadSetting, match="not a percentage"):
        rank.hlr(85, 45)
