"""The study of calibration, corruptions and attacks: kept, found again, drawn beside its control."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from distill_core.errors import BadSetting
from distill_core.figures import reliability as figures
from distill_core.job import Job
from distill_core.record import findings
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.studies import STUDIES, askable, whole
from distill_core.work import sitting

DATA, STUDENT = "digits:size=8", "convnet:depth=1,norm=batch,width=8"
JOB = {"data": DATA, "ipc": 1, "seed": 0, "device": "cpu", "epochs": 3, "students": 1, "draws": 2, "student": STUDENT}


def drive(folder: RunFolder) -> dict[str, Any]:
    return sitting.drive_run(folder, whole, askable())


def study(home: Path, run: RunFolder) -> RunFolder:
    built = STUDIES["reliability"].build({"runs": [run.id], "corruptions": ["blur"], "eps": [2.0, 8.0], "images": 50})
    return RunFolder.create(home, "reliability", built.plain(), {**JOB, "protocol": "hard"})


def test_students_are_put_through_trials_once_and_drawn_beside_their_control(home):
    run = RunFolder.create(home, "random", {}, {**JOB, "students": 0})
    assert drive(run)["state"] == "finished"
    asked = study(home, run)
    state = drive(asked)
    assert state["state"] == "finished", state
    ours, beside = figures.subjects(findings.every(home, "reliability"))
    assert ours.students[0] == beside.students[0], "random images are their own control"
    assert len(beside.students) == 2 and beside.draws == (0, 1)
    assert ours.under("blur", 0).mean == ours.clean.mean
    again = study(home, run)
    assert drive(again)["state"] == "finished"
    assert any(one.get("text", "").endswith("found before.") for one in Timeline.all(again))

    both = [ours, beside]
    assert len(figures.diagram(both).data) == 3 and len(figures.corrupted(both, "blur").data[0].x) == 6
    assert (
        list(figures.attacked(both).data[0].x) == [0, 2, 8]
        and figures.attacked(both).data[0].y[0] == 100 * ours.clean.mean
    )
    rows = list(csv.DictReader(figures.reliability_csv(both).splitlines()))
    assert len(rows) == 2 * (2 + 6 + 4) and {row["measure"] for row in rows} == {"clean", "ece", "blur", "fgsm", "pgd"}
    assert figures.lines(both)[0]["Passport"].startswith("convnet:depth=1")
    assert "Blur" in figures.lines(both)[0] and figures.lines(both)[1]["Set"].startswith("random images beside")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"runs": []}, "at least one"), ({"corruptions": ["fog"]}, "no corruption 'fog'"), ({"eps": [0.0]}, "in 1/255")],
)
def test_what_cannot_work_is_refused_with_a_sentence(home, settings, sentence):
    built = STUDIES["reliability"].build({"runs": ["x"], **settings})
    with pytest.raises(BadSetting, match=sentence):
        list(built.hold(Job(**JOB)))
