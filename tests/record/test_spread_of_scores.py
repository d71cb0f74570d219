"""The spread of accuracies over draws and over students, and records of earlier versions."""

from __future__ import annotations

import statistics

import pytest

from distill_core.record.scores import Score, scores_of, spread_of, verdict


def test_one_draw_has_the_spread_of_its_students():
    found = spread_of([0.6, 0.7, 0.65], [0, 0, 0])
    assert (found.mean, found.n, found.draws) == (pytest.approx(0.65), 3, 1)
    assert found.std == found.within == pytest.approx(statistics.stdev([0.6, 0.7, 0.65]))
    alone = spread_of([0.6], [0])
    assert (alone.mean, alone.std, alone.within) == (0.6, None, None)


def test_several_draws_count_once_each_whatever_their_students():
    found = spread_of([0.6, 0.7, 0.8, 0.4, 0.5], [0, 0, 0, 1, 2])
    means = [0.7, 0.4, 0.5]
    assert found.mean == pytest.approx(statistics.fmean(means)) and found.std == pytest.approx(statistics.stdev(means))
    assert found.within == pytest.approx(0.1) and (found.n, found.draws) == (5, 3)
    pooled = spread_of([0.6, 0.7, 0.2, 0.5], [0, 0, 1, 1])  # (n − 1)-weighted, as in an analysis of variance
    assert pooled.within == pytest.approx(((0.1**2 / 2 + 0.3**2 / 2) / 2) ** 0.5)
    assert spread_of([0.6, 0.7], [0, 1]).within is None


def test_a_control_of_an_earlier_version_was_one_draw():
    said = {"kind": "scored", "student": "a", "protocol": "hard", "labels": "hard"}
    found = scores_of(
        [
            {**said, "subject": "distilled", "accuracy": [0.8, 0.9]},
            {**said, "subject": "random", "accuracy": [0.5, 0.7]},
        ]
    )
    assert found["random"]["draws"] == 1 and found["random"]["std"] == found["random"]["within"] > 0
    assert "draws" not in found["distilled"]
    several = scores_of([{**said, "subject": "random", "accuracy": [0.5, 0.7, 0.8], "draws": [0, 0, 1]}])["random"]
    assert several["accuracy"] == pytest.approx(0.7) and several["draws"] == 2 and several["n"] == 3


def _score(accuracy: float, std: float, **more: int) -> Score:
    return {"accuracy": accuracy, "std": std, "n": 3, "student": "s", "protocol": "p", "labels": "hard", **more}


@pytest.mark.parametrize(
    ("own", "random", "words"),
    [
        (
            0.9304,
            _score(0.738, 0.09, draws=5),
            "19.2 points above** those of as many random real images (5 draws): 93.0",
        ),
        (0.977, _score(0.98, 0.007, draws=5), "0.3 points below**"),
        (
            0.977,
            _score(0.977, 0.007, draws=1),
            "level with** those of as many random real images: 97.7 against 97.7 %;",
        ),
    ],
)
def test_a_verdict_tells_the_difference_and_that_one_seed_is_no_result(own, random, words):
    said = verdict({"distilled": _score(own, 0.007), "random": random})
    assert words in said and said.endswith("; **one run only: repeat it with other seeds to be sure**.")


def test_without_a_control_there_is_no_verdict():
    assert verdict({"distilled": _score(0.9, 0.01)}) == ""
