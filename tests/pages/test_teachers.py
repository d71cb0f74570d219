"""Teachers: the list, training one through the queue, taking one in."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from safetensors.numpy import load

from distill_core.home import write_json
from distill_core.record.folder import RunFolder
from distill_core.studies import STUDIES
from distill_core.work import catalogue
from pages.parts import teachers, weights

PAGE = "distill/teachers"


@pytest.fixture(autouse=True)
def studies(home):
    """The small catalog with the real studies in it."""
    catalog = json.loads((home / "catalog.json").read_text(encoding="utf-8"))
    catalog["studies"] = [catalogue.method_entry(one) for one in STUDIES.values()]
    write_json(home / "catalog.json", catalog)


def button(app, label):
    return next(one for one in app.button if one.label == label)


def test_the_shipped_teachers_are_listed_with_their_recipe(open_page):
    table = open_page(PAGE).dataframe[0].value
    assert len(table) == 12 and set(table["From"]) == {"shipped with the studio"}
    assert set(table["Recipe"]) == {"40 epochs, lr 0.1, batch 128, weight decay 0.0005"}


def test_a_named_recipe_fills_the_form_and_is_queued(home, open_page):
    app = open_page(PAGE)
    app.button_group(key="teachers.recipe").set_value("DWA: Tiny-ImageNet (paper)").run()
    assert app.selectbox(key="teachers.network").value == "resnet18"
    assert app.session_state["teachers.warmup"] == 5 and app.session_state["teachers.lr"] == 0.2
    button(app, "Train").click().run()
    assert not app.exception
    [path] = list((home / "runs").glob("teacher-*"))
    asked = json.loads((path / "job.json").read_text(encoding="utf-8"))
    assert asked["settings"]["epochs"] == 100 and asked["settings"]["augment"] == "resized_crop_flip"
    assert asked["job"]["teacher"] == "resnet18" and asked["job"]["data"] == "tiny"
    STUDIES["teacher"].build(asked["settings"])
    assert any("next in the queue" in str(one.proto) for one in app.get("progress"))


def test_how_far_the_training_is(home, open_page):
    folder = RunFolder.create(home, "teacher", {}, {"data": "tiny"}, name="my teacher")
    folder.set_state(state="running", stage="squeeze", step=30, steps=40, left_s=12.0)
    with folder.lock():
        app = open_page(PAGE)
        bars = [str(one.proto) for one in app.get("progress")]
        assert any("about 12 s left" in one and "75" in one for one in bars), bars
        button(app, "Stop").click().run()
    assert folder.control()["want"] == "stop"


def test_an_exported_teacher_holds_its_weights_and_its_card(home):
    from distill_core.record import teachers as shelf

    row = shelf.known(home)[0]
    with zipfile.ZipFile(io.BytesIO(weights.packed(row["path"], "mine", shelf.card(row)))) as found:
        assert set(found.namelist()) == {"mine.safetensors", "mine.json"}
        card = json.loads(found.read("mine.json"))
        held = load(found.read("mine.safetensors"))
    assert card["classes"] == row["classes"] and card["spec"] == row["spec"] and held


def test_what_an_import_is_asked(tmp_path):
    path = tmp_path / "x.safetensors"
    assert teachers.words(path, "digits", "") == ["teacher", "import", str(path), "--data", "digits"]
    assert teachers.words(path, "digits", "resnet18")[-2:] == ["--network", "resnet18"]


def test_the_refusal_of_an_import_is_shown(open_page, monkeypatch):
    sentence = "The order of its classes is another one."
    monkeypatch.setattr("pages.parts.errand.outcome", lambda name: {"error": sentence} if name == "teacher" else None)
    told = []
    monkeypatch.setattr("pages.parts.errand.forget", told.append)
    monkeypatch.setattr(
        "pages.parts.errand.outcome", lambda name: {"error": sentence} if name == "teacher" and not told else None
    )
    app = open_page(PAGE)
    assert [one.value for one in app.error] == [sentence]
