"""A ranking as figures, a sentence, a table and CSV."""

from __future__ import annotations

import csv

import pytest

from distill_core.figures import ranking


def found(rho=-0.8, low=-0.9, high=-0.2, **more):
    rows = [
        {"layer": "a", "step": 0, "roles": ["entry"], "accuracy": [0.5, 0.6], "distance": {"x_y": 3.0, "loss": None}},
        {"layer": "a", "step": 9, "roles": ["kept", "last"], "accuracy": [0.8, 0.8], "distance": {"x_y": 1.0, "loss": 2.0}},
        {"layer": "b", "step": 4, "roles": ["kept"], "accuracy": [0.7, 0.7], "distance": {"x_y": 2.0, "loss": 1.0}},
    ]  # fmt: skip
    known = {"rho": rho, "low": low, "high": high, "n": 3, "picked": 1, "accuracy": 0.8}
    blank = {"rho": None, "low": None, "high": None, "n": 2, "picked": 2, "accuracy": 0.7}
    return {"rows": rows, "metrics": {"loss": blank, "x_y": known}, "best": 0.8, "mean": 0.68, **more}


def test_the_sentence_follows_the_numbers():
    said = ranking.sentence(found())
    assert "X y ranks the candidates well (ρ = −0.80, n = 3)" in said and "12.0 points above the mean candidate" in said
    assert "though loosely" in ranking.sentence(found(rho=-0.4))
    assert "chance could do the same" in ranking.sentence(found(high=0.3))
    assert "chance could do the same" in ranking.sentence(found(rho=0.4, low=0.2, high=0.6))
    nothing = found()
    nothing["metrics"]["x_y"]["rho"] = None
    assert "No distance could be compared" in ranking.sentence(nothing)


def test_the_scatter_has_a_trace_for_each_layer_and_leaves_holes_out():
    figure = ranking.scatter(found(), "x_y")
    assert [one.name for one in figure.data] == ["a", "b"] and len({one.marker.color for one in figure.data}) == 2
    assert list(figure.data[0].x) == [3.0, 1.0] and figure.data[0].y[0] == pytest.approx(55)
    assert figure.data[0].marker.size[1] > figure.data[0].marker.size[0], "what was kept is larger"
    assert figure.layout.title.text == "X y: ρ = −0.80 (−0.90 … −0.20)" and figure.layout.xaxis.type == "log"
    assert list(ranking.scatter(found(), "loss").data[0].x) == [2.0]


def test_an_axis_with_a_zero_is_linear():
    zero = found()
    zero["rows"][0]["distance"]["x_y"] = 0.0
    assert ranking.scatter(zero, "x_y").layout.xaxis.type == "linear"


def test_strengths_have_their_interval():
    figure = ranking.strengths(found())
    (dots,) = figure.data
    assert list(dots.y) == ["x y"] and dots.error_x.array[0] == pytest.approx(0.6)
    assert dots.error_x.arrayminus[0] == pytest.approx(0.1)
    assert figure.layout.title.text == "1 of 1 distances rank better than chance"


def test_table_and_csv():
    assert ranking.lines(found()) == [
        ("x y", "−0.80 (−0.90 … −0.20)", 3, "80.0", "80.0", "68.0"),
        ("the run's own loss", "–", 2, "70.0", "80.0", "68.0"),
    ]
    assert ranking.candidates(found())[1]["is"] == "kept, last"
    first = next(csv.DictReader(ranking.ranking_csv(found()).splitlines()))
    assert first["distance_x_y"] == "3" and first["distance_loss"] == "" and first["std"] == "0.070711"
