"""Better, worse, or not to be told: held against scipy's own tests."""

from __future__ import annotations

import pytest
from scipy import stats

from distill_core.record.contest import LONE, apart, of_one_set, paired, points, quantile


def test_the_printed_difference_is_that_of_the_printed_numbers():
    assert points(0.71249, 0.70951) == 0.2, "71.2 and 71.0 on the page"
    assert points(0.7125, 0.7097) == 0.2


@pytest.mark.parametrize("freedom", [1, 2, 4, 9, 100])
def test_the_quantile_is_students(freedom):
    assert quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom))


def test_a_paired_interval_is_that_of_scipy():
    own, random = (0.61, 0.64, 0.60, 0.66), (0.55, 0.60, 0.57, 0.58)
    expected = stats.ttest_rel([100 * x for x in own], [100 * x for x in random]).confidence_interval()
    found = paired(own, random)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.word == "better" and found.text == "better (4 seeds)"
    assert paired(random, own).word == "worse"


def test_what_three_seeds_cannot_tell_says_how_many_would():
    found = paired((0.61, 0.58, 0.63), (0.60, 0.60, 0.58))
    assert found.word == "cannot be told" and found.text.startswith("cannot be told with 3 seeds; about ")
    mean, spread = 100 * 0.04 / 3, stats.tstd([1, -2, 5])
    n = int(found.needed.removeprefix("about "))
    assert stats.t.ppf(0.975, n - 1) * spread / n**0.5 < mean <= stats.t.ppf(0.975, n - 2) * spread / (n - 1) ** 0.5


def test_one_seed_tells_nothing():
    assert paired((0.9,), (0.1,)).text == LONE


def test_equal_seeds_on_both_sides_are_no_win():
    assert paired((0.5, 0.6), (0.5, 0.6)).text == "cannot be told with 2 seeds"


def test_one_set_is_held_against_draws_as_welch_does():
    own, draws = [0.93, 0.935, 0.925], [0.73, 0.81, 0.65, 0.75, 0.75]
    expected = stats.ttest_ind(own, draws, equal_var=False).confidence_interval()
    found = of_one_set(stats.tmean(own), stats.tstd(own), len(own), stats.tmean(draws), stats.tstd(draws), len(draws))
    assert (found.low, found.high) == pytest.approx((100 * expected.low, 100 * expected.high))
    assert found.of_set == "better (this set; one seed)" and found.text == LONE


def test_one_draw_of_random_images_tells_nothing():
    assert (
        of_one_set(0.9, 0.01, 3, 0.5, 0.01, 1).of_set
        == "cannot be told with 3 students and 1 draw; 2 or more draws would"
    )


def test_a_difference_is_said_in_words():
    assert [apart(one) for one in (19.2, -0.7, 0.0)] == ["19.2 points above", "0.7 points below", "level with"]
