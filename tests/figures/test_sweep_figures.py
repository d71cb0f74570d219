"""A sweep as a heat map, as dots, as a picture and as tables."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET

import pytest

from distill_core.axis import Axis, along
from distill_core.figures import grids, svg, tables
from distill_core.queue.outcomes import Outcome
from distill_core.queue.sweep import Sweep


def sweep(*axes: Axis, published: tuple[str, ...] = (), seeds: tuple[int, ...] = (0, 1)) -> Sweep:
    about = {
        "title": "t",
        "method": "m",
        "settings": {"k": 1, "r": 0.1, "case": 0},
        "job": {"data": "digits", "ipc": 1},
    }
    return Sweep(axes=axes, seeds=seeds, published=published, **about)


def results(made: Sweep, *accuracy: tuple[float, ...], states: tuple[str, ...] = ()) -> list[Outcome]:
    """One cell for each tuple; an empty one is in the next of `states`."""
    left, found = list(states), []
    for cell, values in zip(made.cells(), accuracy, strict=True):
        runs = tuple((seed, f"run-{cell.place}-{seed}", "finished") for seed in range(len(values)))
        if not values and left:
            state = left.pop(0)
            runs = ((0, "bad", state),) if state != "missing" else ()
        found.append(Outcome(cell, values, tuple(0.5 for _ in values), runs, 0, cell.place == made.published_place()))
    return found


TWO = sweep(along("k", 1, 12, title="K"), along("r", 0.005, 0.015, 0.03, title="ρ"), published=("12", "0.015"))
CELLS = results(TWO, (0.5, 0.6), (0.7,), (), (), (0.8, 0.9), (), states=("failed", "missing", "running"))
ONE = sweep(along("k", 1, 12, title="K & L"), published=("12",))
DOTS = results(ONE, (0.5, 0.6), (), states=("queued",))


def test_the_heat_map_shows_means_and_names_what_is_empty():
    made = grids.figure(TWO, CELLS)
    heat, points = made.data[0], made.data[1]
    assert [[v if v is None else round(v, 6) for v in row] for row in heat.z] == [
        [55.0, 70.0, None],
        [None, 85.0, None],
    ]
    assert list(points.text) == [
        "55.0<br>± 7.1 (2)",
        "70.0<br>1 seed",
        "failed",
        "to go",
        "85.0<br>± 7.1 (2)",
        "running",
    ]
    assert [one[1] for one in points.customdata] == list(range(6)), "a click names its cell"
    [frame] = made.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (0.5, 1.5, 0.5, 1.5)
    assert made.layout.title.text == (
        "Highest mean: K 12 · ρ 0.015<br>85.0 ± 7.1 % (2 seeds)<br>random real images: 50.0 ± 0.0 % (2 seeds)"
    )


def test_differences_below_the_spread_do_not_look_large():
    made = results(sweep(along("k", 1, 2)), (0.50, 0.60), (0.55, 0.57))
    low, high = grids.limits(made)
    assert high - low == pytest.approx(200 * made[0].std)


def test_dots_are_hollow_for_one_seed_and_have_their_control():
    made = grids.figure(ONE, results(ONE, (0.5, 0.6), (0.7,)))
    control, ours = made.data
    assert control.name == "as many random real images" and list(ours.marker.symbol) == ["circle", "circle-open"]
    assert [round(x) for x in ours.x] == [55, 70] and ours.error_x.array[1] == 0
    assert "12 (published)" in made.layout.yaxis.ticktext
    assert [one.text for one in grids.figure(ONE, DOTS).layout.annotations] == ["queued"]


def test_the_answer_says_how_much_it_can_know():
    assert grids.answer(ONE, results(ONE, (), ())) == "No run of this sweep is finished yet."
    assert "It is the published choice." in grids.answer(TWO, CELLS)
    near = grids.answer(ONE, results(ONE, (0.5, 0.6), (0.56, 0.57)))
    assert (
        "**K & L 12** with 56.5 ± 0.7 % (2 seeds)" in near
        and "less than one s.d. (7.1); seed by seed it is ahead in 1 of 2" in near
    )
    single = grids.answer(ONE, results(ONE, (0.9,), (0.5,)))
    assert (
        "The published choice, **K & L 12**, reaches 50.0 % (1 seed)." in single
        and "small differences mean nothing" in single
    )


def test_csv_has_a_line_per_cell():
    rows = list(csv.DictReader(io.StringIO(tables.sweep_to_csv(TWO, CELLS))))
    assert len(rows) == 6 and (rows[4]["k"], rows[4]["r"], rows[4]["n"], rows[4]["published"]) == (
        "12",
        "0.015",
        "2",
        "1",
    )
    assert float(rows[4]["accuracy"]) == pytest.approx(0.85) and float(rows[4]["gain"]) == pytest.approx(0.35)
    assert (rows[2]["accuracy"], rows[2]["state"], rows[3]["state"]) == ("", "failed", "missing")
    assert rows[0]["runs"] == "run-(0, 0)-0 run-(0, 0)-1" and rows[0]["settings"] == "k=1 r=0.005"
    cases = sweep(Axis("Case", {"=1+1": {"case": 1}}))
    assert "'=1+1" in tables.sweep_to_csv(cases, results(cases, (0.5,)))


def test_latex_is_a_grid_with_the_best_bold_and_the_published_marked():
    said = tables.sweep_to_latex(TWO, CELLS)
    assert r"K $\backslash$ $\rho$ & 0.005 & 0.015 & 0.03 \\" in said
    assert r"12 & -- & \textbf{85.0 $\pm$ 7.1}$^\dagger$ & -- \\" in said
    assert r"70.0\textsuperscript{1}" in said
    single = tables.sweep_to_latex(ONE, DOTS)
    assert r"K \& L & Accuracy & Random \\" in single and r"50.0 $\pm$ 0.0" in single
    assert said.count("{") == said.count("}") and single.count("{") == single.count("}")


@pytest.mark.parametrize(("made", "cells"), [(TWO, CELLS), (ONE, DOTS), (ONE, results(ONE, (), ()))])
def test_the_picture_is_an_svg_with_the_same_numbers(made, cells):
    root = ET.fromstring(svg.picture(made, cells))
    said = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert root.tag.endswith("svg") and any("Mean ± s.d. over 2 seeds" in one for one in said)
    if made is TWO:
        assert {"85.0", "± 7.1 (2)", "failed", "to go", "running"} <= set(said)


def test_many_cells_are_drawn_without_a_number_in_each():
    big = sweep(along("k", *range(100)), along("r", *(i / 100 for i in range(100))))
    cells = results(big, *[(0.5,)] * 10_000)
    made = grids.figure(big, cells)
    assert len(made.data) == 1 and len(made.layout.xaxis.tickvals) <= 20
    assert len(svg.picture(big, cells)) > 1000
