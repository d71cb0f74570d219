"""Findings as numbers, figures and CSV."""

from __future__ import annotations

import csv

import pytest

from distill_core.figures import studies


def transfer(run="a", student="convnet", distilled=(0.5, 0.7), random=(0.4, 0.4), **more):
    request = {"name": f"run {run}", "method": "shift", "job": {"data": "tiny", "ipc": 2}}
    said = {"student": student, "protocol": "hard", "labels": "hard", "epochs": 3, **more}
    return {"run": run, "request": request, **said, "distilled": list(distilled), "random": list(random)}


def continual(run="a", distilled=((1.0, 0.5), (0.8, 0.7)), random=((0.9, 0.4), (0.9, 0.4))):
    request = {"name": f"run {run}", "method": "shift", "job": {}}
    said = {"student": "convnet", "protocol": "hard", "sizes": [5, 10]}
    return {"run": run, "request": request, **said, "distilled": distilled, "random": random}


def test_the_newest_cell_holds():
    shown = studies.cells([transfer(distilled=(0.9,)), transfer(student="vit"), transfer(distilled=(0.1,))])
    assert [(c.student, c.distilled.mean) for c in shown] == [("vit", 0.6), ("convnet", 0.9)]
    assert shown[0].gain == pytest.approx(0.2)


def test_the_matrix_shows_mean_spread_and_control_and_leaves_holes():
    shown = studies.cells([transfer(), transfer("b", "vit", random=(0.8, 0.8))])
    figure = studies.matrix(shown)
    heat = figure.data[0]
    assert [[None if v is None else round(v, 6) for v in line] for line in heat.z] == [[60.0, None], [None, 60.0]]
    texts = [text for line in heat.text for text in line]
    assert "<b>60.0</b><br>± 14.1<br>vs 40.0" in texts and "" in texts
    assert figure.layout.title.text.startswith("1 of 2 cells")
    gains = studies.matrix(shown, "gain").data[0]
    assert {text for line in gains.text for text in line} == {"+20.0", "-20.0", ""}
    assert gains.zmin == -gains.zmax


def test_curves_have_the_spread_over_orders_and_their_control():
    ours, beside = studies.curves_of(continual())
    assert (
        ours.mean(0) == 0.9
        and ours.said(1) == "60.0 ± 14.1 % (2 orders)"
        and beside.said(0) == "90.0 ± 0.0 % (2 orders)"
    )
    figure = studies.curve([ours, beside])
    assert [line.line.dash for line in figure.data] == ["solid", "dash"]
    assert figure.data[1].marker.symbol.endswith("-open")
    assert figure.layout.title.text == "After 2 tasks 60.0 %, random 40.0 %"
    one, _ = studies.curves_of(continual(distilled=((1.0, 0.5),)))
    assert one.said(0) == "100.0 % (1 class order)" and figure.layout.xaxis.ticktext == (
        "1<br>5 classes",
        "2<br>10 classes",
    )


def test_csv_holds_fractions():
    (row,) = csv.DictReader(studies.transfer_csv(studies.cells([transfer("=evil", distilled=(0.5,))])).splitlines())
    assert row["run"] == "'=evil" and row["accuracy"] == "0.500000" and row["std"] == "" and row["gain"] == "0.100000"
    rows = list(csv.DictReader(studies.continual_csv(studies.curves_of(continual())).splitlines()))
    assert len(rows) == 4 and rows[1]["task"] == "2" and rows[1]["accuracy"] == "0.600000" and rows[1]["orders"] == "2"


def test_passports_stand_beside_the_numbers_of_studies_and_of_earlier_findings_what_is_known():
    said = {"student": "convnet:width=8", "labels": "hard", "steps": "9", "epoch": "last"}
    new, old = studies.cells([transfer("old"), transfer(passport=said)])
    assert new.distilled.passport.plain() == said and "9 updates" in new.distilled.passport.brief
    assert old.distilled.passport.plain() == {
        "student": "convnet",
        "protocol": "hard",
        "labels": "hard",
        "epochs": "3",
        "data": "tiny",
        "epoch": "last",
    }
    (row, _) = csv.DictReader(studies.transfer_csv([new, old]).splitlines())
    assert row["passport"] == new.distilled.passport.brief
    assert "9 updates" in studies.matrix([new]).data[0].customdata[0][0]
