"""Curves, bars and the family of methods."""

from __future__ import annotations

from distill_core.figures import curves, family

RECORDS = [
    {"kind": "scalars", "stage": "squeeze", "step": 0, "t": 0.1, "seen": 0, "values": {"loss": 9.0}},
    {"kind": "scalars", "stage": "recover", "step": 0, "t": 0.5, "seen": 10, "values": {"loss": 4.0, "bn": 2.0}},
    {"kind": "note", "stage": "recover"},
    {"kind": "scalars", "stage": "recover", "step": 5, "t": 1.5, "seen": 60, "values": {"loss": 1.0, "bn": None}},
]


def test_scalars_by_step_by_time_and_by_data():
    assert curves.read_scalars(RECORDS, stage="recover")["loss"] == ([0.0, 5.0], [4.0, 1.0])
    assert curves.read_scalars(RECORDS, "t", "recover")["loss"][0] == [0.5, 1.5]
    assert curves.read_scalars(RECORDS, "seen", "recover")["bn"] == ([10.0], [2.0])


def test_lines_differ_in_color_dash_and_marker_and_say_how_it_ended():
    figure = curves.lines(RECORDS, stage="recover", by="seen", log=True)
    one, two = figure.data
    assert figure.layout.title.text == "loss: from 4 to 1"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.type) == ("real images seen", "log")
    assert one.line.color != two.line.color and one.line.dash != two.line.dash
    assert one.marker.symbol != two.marker.symbol


def test_names_that_are_not_there_draw_nothing():
    figure = curves.lines(RECORDS, names=["nothing"])
    assert not figure.data and figure.layout.title.text == "Nothing was measured yet"


def test_parts_name_the_largest():
    figure = curves.parts({"name": "mismatch", "values": {"bn1": 1.0, "bn2": 3.0, "bn3": None}})
    assert figure.layout.title.text == "mismatch: largest in bn2"
    assert list(figure.data[0].x) == ["bn1", "bn2"]


def test_the_tree_groups_methods_by_family():
    methods = [
        {"name": name, "family": kind, "idea": "An idea."} for name, kind in (("a", "x"), ("b", "y"), ("c", "x"))
    ]
    [drawn] = family.tree(methods).data
    assert dict(zip(drawn.ids, drawn.parents, strict=True))["method c"] == "family x"
    assert len(drawn.ids) == 1 + 2 + 3
