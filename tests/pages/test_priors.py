"""Priors: the list with samples, training one through the queue, taking one in, using and deleting one."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from safetensors.numpy import load, save_file

from distill_core.errors import BadRecord
from distill_core.home import write_json
from distill_core.quantities import titled
from distill_core.record import priors as shelf
from distill_core.record.folder import RunFolder
from distill_core.studies import STUDIES
from distill_core.work import catalogue
from pages.parts import priors, weights
from tests.pages.toy import Searcher

PAGE, KEY = "distill/priors", "0123456789abcdef"


@pytest.fixture(autouse=True)
def studies(home):
    """The small catalog with the real studies in it, and a data set that has a recipe of its own."""
    catalog = json.loads((home / "catalog.json").read_text(encoding="utf-8"))
    catalog["studies"] = [catalogue.method_entry(one) for one in STUDIES.values()]
    catalog["data"].append({**catalog["data"][0], "name": "shapes", "title": "Shapes", "sizes": []})
    write_json(home / "catalog.json", catalog)
    return catalog


@pytest.fixture
def own(home):
    """A prior of this home, as far as a page looks into it, with a card and a sheet."""
    about = {"data": "tiny", "classes": ["a", "b"], "recipe": {"steps": 4, "sharpen": 0}, "key": KEY}
    path = home / "cache" / f"prior-{KEY}.safetensors"
    source = next(one for one in shelf.known(home) if one["where"] == "shipped")["path"]
    save_file(load(Path(source).read_bytes()), path, metadata={"prior": json.dumps(about)})
    write_json(path.with_suffix(".json"), {"quality": {"distance to real training images": 0.5}})
    Image.new("L", (24, 16), 100).save(path.with_suffix(".png"))
    return path


def button(app, label):
    return next(one for one in app.button if one.label == label)


def test_the_shipped_priors_are_listed_with_what_was_measured(open_page):
    found = open_page(PAGE).dataframe[0].value
    assert set(found["From"]) == {"shipped with the studio"} and {"digits", "shapes"} <= set(found["Data"])
    assert (found[titled("samples-recognized")] > 50).all() and (
        found[titled("test-distance")] < found[titled("samples-distance")]
    ).all()


def test_samples_and_deeds_of_the_one_that_is_ticked(home, own, studies):
    [row] = [one for one in shelf.known(home) if one["key"] == KEY]
    picture = priors.enlarged(own.with_suffix(".png"))
    assert picture.width == 792 and picture.getcolors() == [(792 * 528, 100)]
    assert row["sheet"] == str(own.with_suffix(".png")) and row["where"] == "trained"
    assert (
        priors._line(row)[titled("samples-distance")] == 0.5 and priors._line(row)[titled("samples-recognized")] is None
    )


@pytest.fixture
def ticked(own, open_page, monkeypatch):
    """The page with the own prior ticked: the table of a test has no hand to tick with."""
    tell = priors._one

    def one(catalog):
        tell(next(row for row in shelf.known(priors.studio.home()) if row["key"] == KEY), catalog)

    monkeypatch.setattr(priors, "table", one)
    return lambda: open_page(PAGE)


def test_a_prior_is_used_by_the_methods_that_search_in_one(home, studies, ticked):
    studies["methods"].append(catalogue.method_entry(Searcher))
    write_json(home / "catalog.json", studies)
    app = ticked()
    assert [one.label for one in app.button if one.label.startswith("Use it")] == ["Use it in searcher"]
    button(app, "Use it in searcher").click().run()
    assert not app.exception and app.session_state["new.searcher.space.prior"] == f"style@{KEY}"
    assert app.text_input(key="new.searcher.space.prior").value == f"style@{KEY}"
    assert app.session_state["new.data"] == "tiny"


def test_an_own_prior_is_deleted_and_a_shipped_one_is_not(home, own, ticked):
    ticked().button(key="priors.delete").click().run()
    assert not list((home / "cache").glob("prior-*"))
    for key in (shelf.known(home)[0]["key"], "../x", KEY):
        with pytest.raises(BadRecord, match="of this home"):
            shelf.delete(home, key)


def test_samples_that_are_not_there_are_asked_of_the_worker(own, ticked):
    own.with_suffix(".png").unlink()
    app = ticked()
    assert any("being drawn" in one.value for one in app.caption)
    asked = [json.loads(one.read_text()) for one in (own.parents[1] / "questions").glob("*.json")]
    assert [one["values"] for one in asked if one["question"] == "prior_sheet"] == [
        {"use": f"style@{KEY}", "data": "tiny"}
    ]


def test_the_recipe_for_the_data_fills_the_form_and_is_queued(home, open_page, studies):
    app = open_page(PAGE)
    quick, shapes = (
        next(one for one in priors.studying.entry(studies, "prior")["presets"] if one["job"].get("data", "") == data)
        for data in ("", "shapes")
    )
    assert app.session_state["priors.recipe"] == quick["title"]
    app.selectbox(key="new.data").set_value("shapes").run()
    assert app.session_state["priors.recipe"] == shapes["title"]
    app.number_input(key="priors.steps").set_value(12).run()
    assert app.session_state["priors.sharpen"] == shapes["settings"]["sharpen"]
    button(app, "Train").click().run()
    assert not app.exception
    [path] = list((home / "runs").glob("prior-*"))
    asked = json.loads((path / "job.json").read_text(encoding="utf-8"))
    assert asked["settings"]["steps"] == 12 and asked["job"]["data"] == "shapes"
    assert STUDIES["prior"].build(asked["settings"]).recipe().sharpen == shapes["settings"]["sharpen"]


def test_a_training_is_watched_with_its_images(home, open_page):
    folder = RunFolder.create(home, "prior", {}, {"data": "tiny"}, name="my prior")
    folder.set_state(state="running", stage="prior", step=30, steps=40, left_s=12.0)
    with folder.lock():
        bars = [str(one.proto) for one in open_page(PAGE).get("progress")]
        assert any("about 12 s left" in one for one in bars), bars
        live = open_page("distill/live", run=folder.id)
    walls = [one for one in live.get("bidi_component") if "wall" in str(one.proto.component_name)]
    assert walls


def test_an_exported_prior_holds_its_weights_and_its_card(home):
    row = shelf.known(home)[0]
    with zipfile.ZipFile(io.BytesIO(weights.packed(row["path"], "mine", shelf.card(row)))) as found:
        assert set(found.namelist()) == {"mine.safetensors", "mine.json"}
        card, held = json.loads(found.read("mine.json")), load(found.read("mine.safetensors"))
    assert card["classes"] == row["classes"] and card["quality"] == row["quality"] and "constant" in held


def test_the_refusal_of_an_import_is_shown(open_page, monkeypatch, tmp_path):
    assert priors.words(tmp_path, "digits") == ["prior", "import", str(tmp_path), "--data", "digits"]
    assert priors.words(tmp_path, "digits", " 0,217 ")[-2:] == ["--classes", "0,217"]
    sentence, told = "It makes 7 classes.", []
    monkeypatch.setattr("pages.parts.errand.forget", told.append)
    monkeypatch.setattr(
        "pages.parts.errand.outcome", lambda name: {"error": sentence} if name == "prior" and not told else None
    )
    assert [one.value for one in open_page(PAGE).error] == [sentence]
