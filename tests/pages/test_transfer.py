"""Transfer: what is asked of finished runs, what was found, and what is exported."""

from __future__ import annotations

import json

import pytest
import torch

from distill_core.home import write_json
from distill_core.queue.ask import open_questions, reply
from distill_core.record import findings
from distill_core.record.folder import RunFolder
from distill_core.results import Pictures
from distill_core.studies import STUDIES
from distill_core.work import catalogue

PAGE = "compare/transfer"


@pytest.fixture(autouse=True)
def studies(home):
    """The small catalog with the real studies in it."""
    catalog = json.loads((home / "catalog.json").read_text(encoding="utf-8"))
    catalog["studies"] = [catalogue.method_entry(one) for one in STUDIES.values()]
    write_json(home / "catalog.json", catalog)


@pytest.fixture
def done(make_run):
    """A finished run with a set."""

    def make(**job) -> RunFolder:
        run = make_run(**job)
        Pictures(torch.zeros(2, 1, 8, 8), torch.tensor([0, 1]), ("a", "b"), (0.5,), (0.5,)).save(
            run.path / "set.safetensors"
        )
        return run

    return make


def button(app, label):
    return next(one for one in app.button if one.label.startswith(label))


def asked_of(home, study):
    found = [json.loads((path / "job.json").read_text()) for path in sorted((home / "runs").glob(f"{study}-*"))]
    return [(one["settings"], one["job"]) for one in found]


def cell(student="convnet", **more):
    said = {"student": student, "protocol": "hard", "labels": "hard", "epochs": 3}
    return {**said, "distilled": [0.5, 0.7], "random": [0.4, 0.4], **more}


def curve():
    values = {"distilled": [[1.0, 0.5]], "random": [[0.9, 0.4]]}
    return {
        "student": "convnet",
        "protocol": "hard",
        "labels": "hard",
        "epochs": 3,
        "sizes": [1, 2],
        "orders": [[0, 1]],
        **values,
    }


def test_without_a_finished_set_it_says_what_to_do(open_page, make_run):
    make_run(state="failed")
    app = open_page(PAGE)
    assert any("No run has finished yet" in one.value for one in app.markdown)


def test_students_are_queued_as_one_study_of_all_chosen_runs(home, open_page, done):
    one, two = done(), done(seed=1)
    app = open_page(PAGE, run=one.id)
    assert app.multiselect(key="of").value == [one.id], "the run chosen at the top is meant at first"
    app.multiselect(key="of").set_value([one.id, two.id]).run()
    app.number_input(key="others.students").set_value(2).run()
    assert any("2 cells, 8 students" in one.value for one in app.caption)
    button(app, "Train 8 students").click().run()
    assert not app.exception
    [(settings, job)] = asked_of(home, "transfer")
    assert settings == {"runs": [one.id, two.id], "networks": ["convnet"]}
    assert (job["data"], job["students"], job["protocol"]) == ("tiny", 2, "auto")
    assert any("next in the queue" in str(one.proto) for one in app.get("progress"))


def test_the_cost_is_said_before_the_start(home, open_page, done):
    run = done()
    app = open_page(PAGE, run=run.id)
    button(app, "What will it cost?").click().run()
    [question] = open_questions(home)
    assert question["question"] == "trial" and question["values"]["method"] == "transfer"
    reply(home, question["id"], state="done", value={"seconds": 90.0, "disk": 0, "memory": 1e9})
    app.run()
    assert any("≈ 90 s on this machine" in one.value for one in app.markdown)


def test_the_matrix_and_its_file(home, open_page, done):
    run, other = done(), done(seed=1)
    findings.keep(home, run.id, "transfer", {"a": 1}, cell())
    findings.keep(home, other.id, "transfer", {"a": 2}, cell("vit"))
    app = open_page(PAGE)
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert chart["layout"]["title"]["text"] == "2 of 2 cells lie above one draw of as many random images"
    app.multiselect(key="of").set_value([run.id]).run()
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert chart["data"][0]["x"] == ["convnet"]
    app.button_group(key="shows").set_value("gain").run()
    assert json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]["text"] == [["+20.0"]]


def test_tasks_are_one_study_for_each_run(home, open_page, done):
    one, two = done(), done(seed=1)
    app = open_page(PAGE, run=one.id)
    app.button_group(key="question").set_value("tasks").run()
    app.multiselect(key="of").set_value([one.id, two.id]).run()
    app.number_input(key="tasks.tasks").set_value(2).run()
    app.text_input(key="tasks.order").set_value("1, x").run()
    assert any("class order '1, x' cannot be read" in one.value for one in app.markdown)
    app.text_input(key="tasks.order").set_value("1, 0").run()
    button(app, "Train 8 students").click().run()
    assert sorted(settings["run"] for settings, _ in asked_of(home, "continual")) == sorted([one.id, two.id])
    settings, job = asked_of(home, "continual")[0]
    assert settings["order"] == [1, 0] and settings["tasks"] == 2 and job["student"] == "auto"


def test_curves_and_which_of_several(home, open_page, done):
    run = done()
    findings.keep(home, run.id, "continual", {"seed": 0}, curve())
    findings.keep(home, run.id, "continual", {"seed": 1}, {**curve(), "distilled": [[1.0, 0.8]]})
    app = open_page(PAGE)
    app.button_group(key="question").set_value("tasks").run()
    title = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["title"]["text"]
    assert title == "After 2 tasks 80.0 %, random 40.0 %"
    box = app.selectbox(key=f"way.{run.id}")
    box.set_value(next(file for file in findings_of(home) if file != box.value)).run()
    title = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["title"]["text"]
    assert title == "After 2 tasks 50.0 %, random 40.0 %"


def findings_of(home):
    return [one["file"] for one in findings.every(home, "continual")]


def test_a_study_that_failed_says_why_and_can_be_resumed(home, open_page, done):
    run = done()
    folder = RunFolder.create(home, "transfer", {"runs": [run.id]}, {"data": "tiny"}, name="a matrix")
    folder.set_state(state="failed", message="No such thing.")
    app = open_page(PAGE)
    assert any("a matrix" in one.value and "No such thing" in one.value for one in app.markdown)
    button(app, "Resume").click().run()
    assert folder.state()["state"] == "queued"


def test_a_study_can_be_watched(home, open_page, done):
    done()
    folder = RunFolder.create(home, "continual", {}, {"data": "tiny"})
    app = open_page("distill/live", run=folder.id)
    assert not any("There is no method called" in one.value for one in [*app.markdown, *app.caption])


def test_an_old_catalog_is_no_error(home, open_page, done):
    done()
    catalog = json.loads((home / "catalog.json").read_text(encoding="utf-8"))
    del catalog["studies"]
    write_json(home / "catalog.json", catalog)
    app = open_page(PAGE)
    assert any("writing the catalog anew" in one.value for one in app.markdown)


def point(labels: str, kept: float, own: float, random: float, **more):
    costs = {"image_bytes": 640.0, "label_bytes": kept, "teacher_bytes": 0.0, "student_steps": 40.0, "seconds": 1.0}
    said = {"spec": labels, "labels": labels, "protocol": "dwa", "student": "convnet", "epochs": 4}
    return {**said, **costs, "distilled": [own, own], "random": [random, random], "draws": [0, 1], **more}


def test_the_dial_of_labels_is_a_study_for_each_run(home, open_page, done):
    run = done()
    app = open_page(PAGE, run=run.id)
    app.button_group(key="question").set_value("labels").run()
    app.multiselect(key="dial.kinds").set_value(["hard", "stored:stored=1"]).run()
    button(app, "Train students under 2 kinds").click().run()
    assert not app.exception
    [(settings, job)] = asked_of(home, "label_curve")
    assert settings == {"run": run.id, "ladder": ["hard", "stored:stored=1"]} and job["data"] == "tiny"


def test_what_labels_take_is_said_before_anything_is_made(open_page, done, monkeypatch):
    sent = []
    run, priced = done(), {"labels": "stored (1 epoch)", "label_bytes": 2300, "teacher_bytes": 0, "steps": 40}
    monkeypatch.setattr("pages.parts.errand.send", lambda name, *words: sent.append(words))
    monkeypatch.setattr("pages.parts.errand.outcome", lambda name: {"prices": [priced]} if sent else None)
    app = open_page(PAGE, run=run.id)
    app.button_group(key="question").set_value("labels").run()
    app.multiselect(key="dial.kinds").set_value(["stored:stored=1"]).run()
    button(app, "What do they take?").click().run()
    assert sent == [("labels", "price", run.id, "--labels", "stored:stored=1", "--protocol", "auto", "--epochs", "0")]
    assert not app.exception and app.dataframe[0].value["Kept"].tolist() == ["2.3 kB"]


def test_the_curve_of_label_bytes_and_its_table(home, open_page, done):
    run = done()
    findings.keep(home, run.id, "label_curve", {"a": 1}, point("hard", 0, 0.5, 0.6))
    findings.keep(home, run.id, "label_curve", {"a": 2}, point("stored (1 epoch)", 2300, 0.8, 0.7))
    app = open_page(PAGE, run=run.id)
    app.button_group(key="question").set_value("labels").run()
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert chart["layout"]["title"]["text"] == "From hard to stored (1 epoch): +30.0 points, random images +10.0"
    assert chart["data"][0]["x"][1] == 2300
    assert app.dataframe[0].value["Kept for labels"].tolist() == ["0 B", "2.3 kB"]


def regime(subject: str, kind: str, own: float, random: float, **more):
    said = {
        "subject": subject,
        "title": subject.title(),
        "regime": kind,
        "bare": False,
        "student": "convnet",
        "protocol": "regimes",
    }
    said |= {
        "labels": kind,
        "epochs": 4,
        "budget": {"image_bytes": 128.0, "student_steps": 4.0},
        "random_budget": {},
        "real": [0.95],
    }
    said |= {
        "best": [],
        "random_best": [],
        "looks": 0,
        "passport": {"student": "convnet", "labels": kind},
        "random_passport": {},
    }
    return {
        **said,
        "distilled": [own, own + 0.01],
        "random": [random, random, random + 0.02],
        "draws": [0, 0, 1],
        **more,
    }


def test_three_regimes_are_a_study_and_a_table_each(home, open_page, done):
    run = done()
    app = open_page(PAGE, run=run.id)
    app.button_group(key="question").set_value("regimes").run()
    button(app, "Fill 9 cells").click().run()
    [(settings, job)] = asked_of(home, "regimes")
    assert (
        settings["runs"] == [run.id] and settings["regimes"] == ["hard", "static", "teacher"] and job["data"] == "tiny"
    )
    for at, (kind, own) in enumerate((("hard", 0.41), ("teacher", 0.9))):
        findings.keep(home, run.id, "regimes", {"a": at}, regime("set", kind, own, 0.4))
        findings.keep(home, run.id, "regimes", {"b": at}, regime("herding", kind, own, 0.4))
    app = open_page(PAGE, run=run.id)
    app.button_group(key="question").set_value("regimes").run()
    titles = [json.loads(one.proto.spec)["layout"]["title"]["text"] for one in app.get("plotly_chart")]
    assert titles == [
        "Better than random images: hard labels 0<br>of 1, live teacher 1 of 1",
        "Label-robust and augmentation-robust scores",
    ]
    hard, live, passports = (one.value for one in app.dataframe)
    assert len(passports) == 4 and "Updates" in passports
    assert hard["Kind"].tolist() == ["set", "real images, chosen"] and hard["HLR (gap)"].tolist() == ["53.5", "53.5"]
    assert live["Against random"][0] == "better (this set; one seed)" and live["ARS"][0] == "–"


def test_reliability_is_a_study_and_is_drawn_beside_its_control(home, open_page, done):
    run = done()
    app = open_page(PAGE, run=run.id)
    app.button_group(key="question").set_value("reliability").run()
    button(app, "Examine 1 set").click().run()
    [(settings, _)] = asked_of(home, "reliability")
    assert settings["runs"] == [run.id] and "jpeg" in settings["corruptions"]
    one = {
        "clean": 0.9,
        "ece": 0.05,
        "bins": [[4, 0.9, 0.75], [0, 0, 0]],
        "corruptions": {"blur": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]},
    }
    one |= {"fgsm": [0.8, 0.6], "pgd": [0.7, 0.2]}
    said = {"student": "convnet", "protocol": "hard", "labels": "hard", "epochs": 4, "eps": [2, 8], "passport": {}}
    findings.keep(
        home, run.id, "reliability", {"a": 1}, {**said, "distilled": [one], "random": [one, one], "draws": [0, 1]}
    )
    app = open_page(PAGE, run=run.id)
    app.button_group(key="question").set_value("reliability").run()
    assert not app.exception and app.dataframe[0].value["PGD ε 8"].tolist()[0] == "20.0 % (1 student)"
    titles = [json.loads(one.proto.spec)["layout"]["title"]["text"] for one in app.get("plotly_chart")]
    assert titles[1:] == ["Under blur", "After one sign step (FGSM)", "After ten projected steps (PGD)"]


@pytest.mark.parametrize(
    ("view", "study", "more"),
    [
        ("students", "transfer", {}),
        (
            "labels",
            "label_curve",
            {"spec": "hard", "image_bytes": 9, "label_bytes": 0, "teacher_bytes": 0, "student_steps": 5, "draws": [0]},
        ),
        (
            "tasks",
            "continual",
            {"sizes": [1, 2], "orders": [[0, 1]], "distilled": [[1.0, 0.5]], "random": [[0.9, 0.4]]},
        ),
    ],
)
def test_passports_stand_beside_every_number(home, open_page, done, view, study, more):
    run = done()
    findings.keep(home, run.id, study, {"seed": 0}, {**cell(**more), "passport": {"student": "convnet", "steps": "12"}})
    findings.keep(home, run.id, study, {"seed": 1}, cell("vit", **more))
    app = open_page(PAGE, run=run.id)
    app.button_group(key="question").set_value(view).run()
    assert not app.exception
    shown = next(one.value for one in app.dataframe if "Updates" in one.value)
    assert sorted(shown["Updates"]) == ["12", "not recorded"] and "Teacher's accuracy" in shown
    assert any("differ in **1** of" in one.value for one in app.markdown)
