"""The ladder of labels on a finished set: priced first, kept point by point, drawn with its control."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from distill_core.figures import label_curve as figures
from distill_core.job import Job
from distill_core.record import findings
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.studies import STUDIES, askable, whole
from distill_core.work import sitting

DATA, STUDENT = "digits:size=8", "convnet:depth=1,norm=batch,width=8"
JOB = {"data": DATA, "ipc": 2, "seed": 0, "device": "cpu", "epochs": 3, "students": 1, "draws": 2, "student": STUDENT}
KINDS = ["hard", "static", "stored:stored=1", "stored:stored=2", "teacher"]
RECORD = 2 * 10 + 21 + 8


@pytest.fixture
def run(home: Path) -> RunFolder:
    folder = RunFolder.create(home, "random", {}, {**JOB, "students": 0, "teacher": STUDENT})
    assert drive(folder)["state"] == "finished"
    return folder


def drive(folder: RunFolder, until: Any = whole) -> dict[str, Any]:
    return sitting.drive_run(folder, until, askable())


def study(home: Path, run: RunFolder, ladder: list[str], **job: Any) -> RunFolder:
    built = STUDIES["label_curve"].build({"run": run.id, "ladder": ladder})
    return RunFolder.create(home, "label_curve", built.plain(), {**JOB, "protocol": "dwa", **job})


def notes(folder: RunFolder) -> list[str]:
    return [one["text"] for one in Timeline.all(folder) if one["kind"] == "note"]


def test_the_ladder_is_priced_climbed_and_drawn(home, run):
    asked = study(home, run, KINDS)
    state = drive(asked)
    assert state["state"] == "finished", state
    price = next(text for text in notes(asked) if text.startswith("Labels beside 1.28 kB of images"))
    assert f"hard 0 B; static 400 B; stored (1 epoch) {20 * RECORD} B; stored (2 epochs) 1.96 kB; teacher" in price
    assert "15 students, 45 updates." in price and "take 8.82 kB of disk" in price, "set and two draws, 1 + 2 epochs"
    shown = figures.points(findings.every(home, "label_curve"))
    assert [p.labels for p in shown] == ["hard", "static", "stored (1 epoch)", "stored (2 epochs)", "teacher"]
    assert [p.bytes for p in shown[:4]] == [0, 400, 20 * RECORD, 40 * RECORD] and shown[4].bytes > 5000
    assert {p.steps for p in shown} == {3} and all(p.random.n == 2 and p.distilled.n == 1 for p in shown)
    assert [p.distilled.passport.labels for p in shown] == [p.labels for p in shown]
    assert {p.distilled.passport.steps for p in shown} == {"3"} and shown[4].distilled.passport.teacher.startswith(
        "convnet"
    )
    assert shown[2].distilled.accuracy[0] == shown[2].random.accuracy[0], "the random method is its own control"
    figure = figures.label_curve(shown)
    assert [line.line.dash for line in figure.data] == ["solid", "dash"] and len(figure.data[0].x) == 5
    assert figure.layout.xaxis.ticktext[:2] == ("0", "400 B") and figure.data[0].x[0] == 50
    assert figure.layout.title.text.startswith("From hard to teacher: ")
    (row, *_) = csv.DictReader(figures.label_csv(shown).splitlines())
    assert (
        row["label_bytes"] == "0"
        and row["labels"] == "hard"
        and float(row["gain"]) == pytest.approx(shown[0].gain, abs=1e-6)
    )
    again = study(home, run, ["static", "hard", "stored:stored=2,top=2"])
    assert drive(again)["state"] == "finished"
    assert [text for text in notes(again) if text.endswith("found before.")] == [
        "static: found before.",
        "hard: found before.",
    ]
    assert len(findings.every(home, "label_curve")) == 6


def test_points_are_kept_as_they_are_found_and_a_stopped_ladder_goes_on(home, run):
    class Killed(BaseException):
        pass

    def until(method: Any, job: Job) -> Any:
        scored = 0
        for event in (stream := whole(method, job)):
            yield event
            scored += event.kind == "scored"
            if scored == 4:
                stream.close()
                raise Killed

    asked = study(home, run, ["hard", "static"])
    with pytest.raises(Killed):
        drive(asked, until)
    assert [one["labels"] for one in findings.every(home, "label_curve")] == ["hard"]
    assert drive(asked)["state"] == "finished"
    assert {one["labels"] for one in findings.every(home, "label_curve")} == {"hard", "static"}


@pytest.mark.parametrize(
    ("ladder", "job", "says"),
    [
        (["hard", "hard"], {}, "each of them once"),
        (["stord"], {}, "There are no labels called 'stord'"),
        (["stored:stored=2"], {"protocol": "dsa"}, "are). Leave out 'stored:stored=2'"),
        (["hard"], {"students": 0}, "students=0"),
    ],
)
def test_what_cannot_work_fails_with_a_sentence(home, run, ladder, job, says):
    state = drive(study(home, run, ladder, **job))
    assert state["state"] == "failed" and says in state["message"]


def test_from_a_terminal(home, run, capsys, monkeypatch, tmp_path):
    from distill_core.cli import main

    monkeypatch.setattr("distill_core.work.sitting.leave_a_core", lambda: None)
    words = [
        "--ladder",
        "hard static",
        "--students",
        "1",
        "--draws",
        "1",
        "--student",
        STUDENT,
        "--protocol",
        "dwa",
        "--epochs",
        "2",
    ]
    with pytest.raises(SystemExit) as end:
        main(["label-curve", run.id, *words, "--csv", str(tmp_path / "a.csv"), "--json", "--home", str(home)])
    assert end.value.code == 0
    found = json.loads(capsys.readouterr().out)["label_curve"]
    assert {one["labels"] for one in found} == {"hard", "static"}
    assert len((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_one_student_of_each_kind_is_timed_for_the_cost(home, run):
    built = STUDIES["label_curve"].build({"run": run.id, "ladder": ["hard", "stored:stored=2"]})
    found = [updates for _, updates in built.samples(Job(**{**JOB, "protocol": "dwa", "teacher": STUDENT}))]
    assert found == [9, 9]
