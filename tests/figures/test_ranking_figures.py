"""A ranking as figures, a sentence, a table and CSV."""

from __future__ import annotations

import csv

import pytest

from distill_core.figures import ranking
from distill_core.figures import ranking_plots as plots


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
    figure = plots.scatter(found(), "x_y")
    assert [one.name for one in figure.data] == ["a", "b"] and len({one.marker.color for one in figure.data}) == 2
    assert list(figure.data[0].x) == [3.0, 1.0] and figure.data[0].y[0] == pytest.approx(55)
    assert figure.data[0].marker.size[1] > figure.data[0].marker.size[0], "what was kept is larger"
    assert figure.layout.title.text == "X y: ρ = −0.80 (−0.90 … −0.20)" and figure.layout.xaxis.type == "log"
    assert list(plots.scatter(found(), "loss").data[0].x) == [2.0]


def test_an_axis_with_a_zero_is_linear():
    zero = found()
    zero["rows"][0]["distance"]["x_y"] = 0.0
    assert plots.scatter(zero, "x_y").layout.xaxis.type == "linear"


def test_strengths_have_their_interval():
    figure = plots.strengths(found())
    (dots,) = figure.data
    assert (
        list(dots.y) == [0]
        and list(figure.layout.yaxis.ticktext) == ["x y"]
        and dots.error_x.array[0] == pytest.approx(0.6)
    )
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
    assert ranking.columns(found()) == ("distance", "ρ", "n", "picks", "best", "mean")


def wide(noise=0.02, walk=(-0.1, -0.6, 0.5)):
    """Six candidates, three of the walk, and one distance that orders all of them."""
    rights = [[0.5, 0.52], [0.7, 0.72], [0.8, 0.82], [0.90, 0.92], [0.91, 0.91], [0.92, 0.90]]
    rows = [
        {"layer": "random real" if i < 3 else "a", "step": i, "roles": [], "walk": i > 2, "accuracy": right, "distance": {"x_y": 9.0 - i}}
        for i, right in enumerate(rights)
    ]  # fmt: skip

    def metric(rho, low, high, n):
        return {"x_y": {"rho": rho, "low": low, "high": high, "n": n, "picked": 5, "accuracy": 0.91}}

    ranges = [
        {"what": "all", "above": None, "n": 6, "low": 0.51, "high": 0.91, "metrics": metric(-0.94, -1, -0.8, 6)},
        {"what": "above", "above": 0.85, "n": 3, "low": 0.91, "high": 0.91, "metrics": metric(-0.4, -0.9, 0.3, 3)},
        {"what": "walk", "above": None, "n": 3, "low": 0.91, "high": 0.91, "metrics": metric(*walk, 3)},
    ]
    return {
        "rows": rows,
        "metrics": metric(-0.94, -1, -0.8, 6),
        "best": 0.91,
        "mean": 0.79,
        "noise": noise,
        "ranges": ranges,
    }


def test_the_restricted_range_is_said_for_what_it_is():
    said = ranking.restricted(wide())
    assert said.startswith(
        "It ranks what can be ranked; where all are equal (means spread by 0.0 points, one student by 2.0)"
    )
    assert "all candidates (n = 6, 51.0 to 91.0 %) −0.94 (−1.00 … −0.80)" in said
    assert "above 85 % (n = 3, 91.0 to 91.0 %) −0.40" in said and "along the walk (n = 3" in said
    alone = ranking.restricted(found())
    assert "are of one walk, at 55.0 to 80.0 %" in alone, "what an earlier version found still opens"


def test_nothing_is_said_that_the_numbers_do_not_show():
    assert ranking.restricted(wide(walk=(-0.8, -0.9, -0.6))).startswith("X y, ρ: all candidates"), (
        "it ranks the walk too"
    )
    differ = wide(noise=0.001)
    differ["rows"][3]["accuracy"] = [0.86, 0.86]
    assert ranking.restricted(differ).startswith("It ranks candidates that differ much; along the walk its order could")
    poor = wide()
    poor["metrics"] = poor["ranges"][0]["metrics"] = {"x_y": {**poor["metrics"]["x_y"], "rho": -0.3, "high": 0.2}}
    assert ranking.restricted(poor).startswith("X y, ρ: all candidates")


def test_ranges_are_drawn_below_each_other_and_the_walk_as_a_band():
    figure = plots.strengths(wide())
    assert [one.name for one in figure.data] == [
        "all candidates (n = 6)",
        "above 85 % (n = 3)",
        "along the walk (n = 3)",
    ]
    assert figure.data[0].y[0] > figure.data[1].y[0] > figure.data[2].y[0] and figure.data[0].showlegend
    points = plots.scatter(wide(), "x_y")
    assert points.data[0].marker.symbol[0].endswith("-open") and not points.data[1].marker.symbol[0].endswith("-open")
    assert (points.layout.shapes[0].y0, points.layout.shapes[0].y1) == (91.0, 91.0)
    assert ranking.columns(wide())[1:4] == ("ρ all candidates", "ρ above 85 %", "ρ along the walk")
    assert len(ranking.lines(wide())[0]) == len(ranking.columns(wide()))
    assert [row["walk"] for row in csv.DictReader(ranking.ranking_csv(wide()).splitlines())] == ["0"] * 3 + ["1"] * 3


def test_a_distance_that_only_the_walk_knows_is_compared_along_the_walk_alone():
    known = wide()
    for row in known["rows"]:
        row["distance"]["loss"] = 1.0 * row["step"] if row["walk"] else None
    one = {"rho": -1.0, "low": -1.0, "high": -0.9, "n": 3, "picked": 5, "accuracy": 0.91}
    for each in known["ranges"]:
        each["metrics"]["loss"] = one
    known["metrics"]["loss"] = one
    assert ranking.metrics(known) == ["x_y", "loss"] and "X y ranks the candidates well" in ranking.sentence(known)
    last = ranking.lines(known)[-1]
    assert last[0] == "the run's own loss" and last[1:3] == ("–", "–") and last[3].startswith("−1.00")
    figure = plots.strengths(known)
    assert [len(trace.y) for trace in figure.data] == [1, 1, 2]
    title = figure.layout.title.text
    assert title == "1 of 1 distances rank better than chance; 1 more is known along the walk only"


def test_what_can_order_equal_candidates_is_named():
    known = wide()
    for row in known["rows"]:
        row["distance"]["accuracy"] = 1.0
    one = {"rho": -0.7, "low": -0.9, "high": -0.1, "n": 3, "picked": 5, "accuracy": 0.91}
    for each in known["ranges"]:
        each["metrics"]["accuracy"] = one
    known["metrics"]["accuracy"] = one
    said = ranking.restricted(known)
    assert "where all are nearly equal" in said and "of all 2 only brief students' error could order them" in said
    assert "nothing ranks" not in said
