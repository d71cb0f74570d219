"""What runs are known by beside their accuracy: read from records, said in words, drawn on the cells of a sweep."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from distill_core.figures import facts, tables
from distill_core.quantities import said
from distill_core.record.facts import facts_of, kept_facts
from tests.figures.test_sweep_figures import CELLS, DOTS, ONE, TWO

RISE, SPREAD = "start-rise", "class-spread"


def with_facts(cells, **values):
    """The cells, the first ones with these numbers: a tuple over seeds for each."""
    name = values.pop("name")
    given = list(values["of"])
    return [replace(one, facts={name: given[at]}) if at < len(given) else one for at, one in enumerate(cells)]


def scalars(**values):
    return {"n": 0, "t": 0.0, "kind": "scalars", "step": 1, "values": values}


def test_facts_are_the_means_of_what_the_table_marks():
    lines = [
        scalars(**{RISE: 0.1, "loss": 9.0}),
        scalars(**{RISE: 0.3, f"{SPREAD}@start": 4.0}),
        scalars(**{RISE: None, "a guest's own": 1.0}),
        {"n": 3, "t": 0.0, "kind": "note", "text": "x"},
    ]
    assert facts_of(lines) == {RISE: pytest.approx(0.2), f"{SPREAD}@start": 4.0}


def test_a_value_is_said_with_its_unit():
    assert said(RISE, 0.3612) == "0.361 nats"
    assert said("shifted-accuracy", 0.8868) == "88.7 %"
    assert said("shift-relative", 0.0102) == "0.0102"


def test_the_second_map_has_the_cells_of_the_first():
    cells = with_facts(CELLS, name=RISE, of=[(0.1, 0.3), (1.0,)])
    made = facts.figure(TWO, cells, RISE)
    assert [list(row) for row in made.data[0].z] == [[pytest.approx(0.2), 1.0, None], [None] * 3]
    assert made.layout.title.text == "Rise of the loss on the start:<br>largest at K 1 · ρ 0.015,<br>1 nats (1 seed)"
    assert facts.text(cells[0], RISE) == "0.200 ± 0.141 nats (2 seeds)"
    [frame] = made.layout.shapes
    assert (frame.x0, frame.x1) == (0.5, 1.5), "the published choice is framed here too"


def test_one_axis_is_a_dot_plot_and_missing_cells_stay_empty():
    cells = with_facts(DOTS, name=SPREAD, of=[(3.0, 5.0)])
    made = facts.figure(ONE, cells, SPREAD)
    assert (list(made.data[0].x), list(made.data[0].y)) == ([4.0], [1])
    assert facts.known(cells) == [SPREAD] and facts.known(DOTS) == []
    assert facts.text(cells[1], SPREAD) == "–"


def test_the_file_to_take_away_has_them():
    cells = with_facts(CELLS, name=RISE, of=[(0.1, 0.3)])
    lines = list(csv.reader(io.StringIO(tables.sweep_to_csv(TWO, cells))))
    assert lines[0][-1] == RISE and [line[-1] for line in lines[1:3]] == ["0.200000", ""]


def test_shares_are_drawn_in_per_cent_as_their_axis_says():
    right = "shifted-accuracy"
    cells = with_facts(CELLS, name=right, of=[(0.25, 0.75)])
    assert facts.figure(TWO, cells, right).data[0].z[0][0] == 50.0
    dots = facts.figure(ONE, with_facts(DOTS, name=right, of=[(0.25, 0.75)]), right)
    assert list(dots.data[0].x) == [50.0] and dots.layout.xaxis.title.text == "accuracy of the moved teacher (%) ± s.d."
    assert dots.data[0].error_x.array[0] == pytest.approx(35.355, rel=1e-4)


@pytest.mark.parametrize(
    "said", [[1, 2], "much", None, {RISE: "much"}, {RISE: float("nan")}, {"of tomorrow": 1.0}, {7: 1.0}]
)
def test_facts_of_another_shape_are_left_out(said):
    assert kept_facts({"facts": said}) == {}
    assert kept_facts({"facts": {RISE: 0.5, "of tomorrow": 1}}) == {RISE: 0.5} and kept_facts({}) == {}
