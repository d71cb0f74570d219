"""Studies in the queue: driven from a run folder, killed and resumed, their findings kept with the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distill_core.catalog import method as in_catalog
from distill_core.errors import BadRecord
from distill_core.record import archive, findings
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.studies import STUDIES, askable, whole
from distill_core.work import catalogue, sitting, trial

DATA, STUDENT = "digits:size=8", "convnet:depth=1,norm=batch,width=8"
JOB = {"data": DATA, "ipc": 2, "seed": 0, "device": "cpu", "epochs": 2, "students": 1, "student": STUDENT}


def drive(folder: RunFolder) -> dict[str, Any]:
    return sitting.drive_run(folder, whole, askable())


def study(home: Path, name: str, settings: dict[str, Any], **job: Any) -> RunFolder:
    built = STUDIES[name].build(settings)
    return RunFolder.create(home, name, built.model_dump(mode="json"), {**JOB, **job})


@pytest.fixture
def run(home: Path) -> RunFolder:
    """A finished run to ask about."""
    folder = RunFolder.create(home, "random", {}, {**JOB, "students": 0, "seed": 4})
    assert drive(folder)["state"] == "finished"
    return folder


def test_a_teacher_is_trained_in_the_queue(home):
    from distill_core.record import teachers

    folder = study(home, "teacher", {"epochs": 2, "augment": "none"}, teacher=STUDENT)
    state = drive(folder)
    assert state["state"] == "finished" and not state["scores"]
    assert not (folder.path / "set.safetensors").exists()
    row = teachers.known(home)[0]
    assert row["spec"] == STUDENT and row["recipe"]["augment"] == "none"
    curves = [one for one in Timeline.all(folder) if one["kind"] == "scalars"]
    assert {"teacher-loss", "teacher-accuracy"} <= curves[0]["values"].keys()


def test_class_after_class_is_kept_with_the_run(home, run):
    asked = {"run": run.id, "tasks": 2, "orders": 2}
    assert drive(study(home, "continual", asked))["state"] == "finished"
    found = findings.every(home, "continual")
    assert [one["run"] for one in found] == [run.id]
    assert found[0]["sizes"] == [5, 10] and len(found[0]["distilled"]) == 2 and found[0]["protocol"] == "hard"
    assert found[0]["distilled"] == found[0]["random"], "the random method is its own control"
    assert found[0]["passport"]["student"] == found[0]["student"] and found[0]["passport"]["epoch"] == "last"
    again = study(home, "continual", asked)
    assert drive(again)["state"] == "finished"
    notes = [one["text"] for one in Timeline.all(again) if one["kind"] == "note"]
    assert notes == ["This was asked before; what was found is kept with the run."]
    assert drive(study(home, "continual", asked, seed=1))["state"] == "finished"
    assert len(findings.every(home, "continual")) == 2, "another seed is another question"


class Killed(BaseException):
    """What a SIGKILL looks like from inside."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("name", "settings"),
    [("continual", {"tasks": 2, "orders": 1}), ("transfer", {"networks": [STUDENT, "mlp:width=8"]})],
)
def test_a_killed_study_finds_the_same(home, run, name, settings, monkeypatch):
    monkeypatch.setenv("DISTILL_STUDIO_CHECKPOINT_STEPS", "1")
    asked = {**settings, **({"run": run.id} if name == "continual" else {"runs": [run.id]})}

    def take() -> dict[str, Any]:
        (one,) = findings.every(home, name)[:1]
        every = {each["file"]: {k: v for k, v in each.items() if k != "made"} for each in findings.every(home, name)}
        for path in (run.path / "findings").iterdir():
            path.unlink()
        return every if one else {}

    straight = study(home, name, asked)
    assert drive(straight)["state"] == "finished"
    wanted, total = take(), len(Timeline.all(straight))
    for cut in range(2, total, max(3, total // 4)):
        folder = study(home, name, asked)

        def until(method: Any, job: Any, cut: int = cut) -> Any:
            stream = whole(method, job)
            for _ in range(cut):
                yield next(stream)
            raise Killed

        with pytest.raises(Killed):
            sitting.drive_run(folder, until, askable())
        assert not findings.every(home, name), "nothing is kept before all is there"
        assert drive(folder)["state"] == "finished"
        assert take() == wanted, f"killed after {cut} events"


def test_a_matrix_grows_by_what_is_new(home, run):
    assert drive(study(home, "transfer", {"runs": [run.id], "networks": [STUDENT]}))["state"] == "finished"
    second = study(home, "transfer", {"runs": [run.id], "networks": [STUDENT, "mlp:width=8"]})
    assert drive(second)["state"] == "finished"
    assert "1 of 2 cells were found before" in Timeline.all(second)[0]["text"]
    assert len(findings.every(home, "transfer")) == 2


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("transfer", {}, "at least one finished run"),
        ("transfer", {"runs": ["nope"]}, "no run called 'nope'"),
        ("transfer", {"runs": ["RUN", "RUN"]}, "named twice"),
        ("transfer", {"runs": ["RUN"], "networks": ["resnet19"]}, 'Did you mean "resnet'),
        ("continual", {"run": "RUN", "tasks": 11}, "tasks=11 cannot work with 10 classes"),
        ("continual", {"run": "RUN", "order": [1, 2]}, "every number from 0 to 9 is wanted once"),
        ("continual", {"run": "../RUN"}, "no run called"),
    ],
)
def test_what_cannot_work_fails_with_a_sentence(home, run, name, settings, says):
    put = {
        k: [run.id if v == "RUN" else v for v in value] if isinstance(value, list) else value
        for k, value in settings.items()
    }
    put = {k: run.id if value == "RUN" else value for k, value in put.items()}
    state = drive(study(home, name, put))
    assert state["state"] == "failed" and says in state["message"]


def test_a_run_without_a_set_is_refused(home):
    empty = RunFolder.create(home, "random", {}, JOB)
    state = drive(study(home, "continual", {"run": empty.id}))
    assert state["state"] == "failed" and "has no synthetic set yet" in state["message"]


@pytest.mark.parametrize(("name", "students"), [("continual", 8), ("transfer", 4)])
def test_the_cost_is_that_of_all_students(home, run, name, students):
    settings: dict[str, Any] = {"continual": {"run": run.id, "tasks": 2, "orders": 2}, "transfer": {"runs": [run.id]}}[
        name
    ]
    if name == "transfer":
        settings["networks"] = [STUDENT, "mlp:width=8"]
    few = trial.estimate(home, name, settings, {**JOB, "epochs": 50}, lambda **_: None)
    many = trial.estimate(home, name, settings, {**JOB, "epochs": 5000}, lambda **_: None)
    assert few["complete"] and few["seconds"] > 0 and many["seconds"] > 10 * few["seconds"]
    assert not findings.every(home, name) and not list((home / "cache").glob("trial-*")), (
        "a trial leaves nothing behind"
    )


def test_the_cost_of_a_teacher(home):
    found = trial.estimate(home, "teacher", {"epochs": 3}, {**JOB, "teacher": STUDENT}, lambda **_: None)
    assert found["seconds"] > 0 and [name.split()[0] for name in found["stages"]] == ["squeeze"]
    assert not list((home / "cache").glob("teacher-*.safetensors"))


def test_findings_travel_with_the_run(home, run, tmp_path):
    findings.keep(home, run.id, "continual", {"a": 1}, {"sizes": [1]})
    copied = archive.import_run(home, archive.export_run(run, tmp_path / "run.zip"))
    assert {one["run"] for one in findings.every(home, "continual")} == {run.id, copied.id}
    assert findings.known(home, copied.id, "continual", {"a": 1})["sizes"] == [1]
    assert findings.known(home, copied.id, "continual", {"a": 2}) is None
    with pytest.raises(BadRecord):
        findings.keep(home, "../away", "continual", {}, {})


def test_damaged_findings_are_left_out(home, run):
    findings.keep(home, run.id, "transfer", {}, {"x": 1})
    (run.path / "findings" / "transfer-0.json").write_text("{half", encoding="utf-8")
    assert len(findings.every(home, "transfer")) == 1


def test_the_catalog_knows_them():
    listed = {"methods": catalogue.build()["studies"]}
    for name, kind in STUDIES.items():
        entry = in_catalog(listed, name)
        assert all(one["title"] and one["help"] for one in entry["fields"])
        for preset in kind.card.presets:
            assert preset.source and kind.build(preset.settings)
    assert len(in_catalog(listed, "teacher")["presets"]) == 7
