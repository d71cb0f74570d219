"""Three regimes: priced first, kept cell by cell, coresets worked on once for all runs, drawn and said in tables."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import pytest

from distill_core.errors import BadSetting
from distill_core.figures import regimes as figures
from distill_core.job import Job
from distill_core.record import findings
from distill_core.record.folder import RunFolder
from distill_core.record.label_robust import NEUTRAL, ars, hlr, ior, lrs
from distill_core.record.log import Timeline
from distill_core.studies import STUDIES, askable, whole
from distill_core.work import sitting

DATA, STUDENT = "digits:size=8", "convnet:depth=1,norm=batch,width=8"
JOB = {"data": DATA, "ipc": 1, "seed": 0, "device": "cpu", "epochs": 3, "students": 2, "draws": 2, "student": STUDENT}


@pytest.fixture
def runs(home: Path) -> list[RunFolder]:
    made = [RunFolder.create(home, "random", {}, {**JOB, "students": 0, "seed": seed}) for seed in (0, 1)]
    assert [drive(one)["state"] for one in made] == ["finished"] * 2
    return made


def drive(folder: RunFolder) -> dict[str, Any]:
    return sitting.drive_run(folder, whole, askable())


def study(home: Path, runs: list[RunFolder], job: dict[str, Any] | None = None, **settings: Any) -> RunFolder:
    built = STUDIES["regimes"].build({"runs": [one.id for one in runs], "coresets": ["herding"], **settings})
    return RunFolder.create(home, "regimes", built.plain(), {**JOB, "teacher": STUDENT, **(job or {})})


def notes(folder: RunFolder) -> list[str]:
    return [one["text"] for one in Timeline.all(folder) if one["kind"] == "note"]


def test_cells_are_priced_filled_kept_and_shared_between_runs(home, runs):
    asked = study(home, runs, bare=True)
    state = drive(asked)
    assert state["state"] == "finished", state
    assert any(
        text.startswith("12 cells, 0 of them found before. At most 42 students and 126 updates.")
        for text in notes(asked)
    )
    assert len(list((home / "cache").glob("regime-*.json"))) == 18, "two sets and one coreset in three regimes, twice"
    cells = figures.cells_of(findings.every(home, "regimes"))
    assert len(cells) == 18 and {one.group for one in cells} == {(DATA, 1, STUDENT, "regimes", 3)}
    [own] = [
        one
        for one in cells
        if one.run == runs[0].id and one.regime == "static" and not one.bare and one.subject == "set"
    ]
    assert own.own.accuracy[0] == own.random.accuracy[0], "random images with seed 0 are their own control"
    assert own.own.passport.labels == "static" and own.own.passport.teacher == STUDENT
    passports = {(one.regime, one.bare): one.own.passport for one in cells}
    assert {one.steps for one in passports.values()} == {"3"} and {one.student for one in passports.values()} == {
        STUDENT
    }
    assert {one.augmentation for (_, bare), one in passports.items() if bare} == {"no augmentation"}

    scores = figures.robust(own, cells)
    same = {(one.regime, one.bare): one for one in cells if one.run == own.run and one.subject == "set"}
    real = sum(own.real) / len(own.real)
    assert scores.hlr == hlr(real, same["hard", False].own.mean) and scores.ior == ior(own.own.mean, own.random.mean)
    assert scores.lrs == lrs(scores.hlr, scores.ior) and scores.ars == ars(own.ior, same["static", True].ior)
    assert math.isnan(figures.robust(same["static", True], cells).ars), (
        "a cell without augmentation has no ARS of its own"
    )

    again = study(home, runs[:1], regimes=["hard"])
    assert drive(again)["state"] == "finished" and sum("found before." in text for text in notes(again)) == 3

    picture = figures.picture(cells)
    assert picture.data[0].name == "random real images" and list(picture.data[0].x) == list(figures.WORDS.values())
    assert picture.data[-1].name == "Herding (real, chosen)" and picture.data[-1].marker.symbol.endswith("-open")
    [line] = figures.robust_chart(cells).layout.shapes
    assert line.x0 == pytest.approx(NEUTRAL)
    rows = list(csv.DictReader(figures.regimes_csv(cells).splitlines()))
    assert len(rows) == 18 and {row["regime"] for row in rows} == set(figures.WORDS)
    assert {row["told"] for row in rows} <= {"better", "worse", "cannot be told"}
    [line, *_] = figures.lines(cells, "hard")
    assert (
        line["LRS"] == f"{figures.robust(next(c for c in cells if c.regime == 'hard' and not c.bare), cells).lrs:.3f}"
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"runs": []}, "at least one finished run"),
        ({"regimes": ["soft"]}, "no regime 'soft'"),
        ({"coresets": ["herdin"]}, "no method 'herdin'.* Did you mean"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(home, settings, sentence):
    built = STUDIES["regimes"].build({"runs": ["x"], **settings})
    with pytest.raises(BadSetting, match=sentence):
        list(built.hold(Job(**JOB)))


def test_nothing_measured_is_said():
    assert figures.picture([]).layout.title.text == "Nothing was measured yet" and figures.cells_of([]) == []
