"""The section of the latent walk: its choices, its packet, and a kind word where there is no generator."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from distill_core.home import write_json
from distill_core.looks import walk
from distill_core.queue import ask
from distill_core.record.folder import RunFolder
from distill_core.work import answers
from distill_core.work.catalogue import method_entry
from pages.parts import packing, views
from tests.looks.test_latent_walk import searched
from tests.pages.conftest import small_catalog
from tests.pages.test_live import words
from tests.pages.toy import Searcher


def page(run: str) -> None:
    from distill_core.record.folder import RunFolder
    from pages.parts import studio, walk_pad

    walk_pad.section(RunFolder.find(studio.home(), run))


def read(app: AppTest) -> str:
    assert not app.exception, app.exception
    return words(app) + " ".join(one.value for one in [*app.info, *app.warning])


@pytest.fixture
def open_section(home):
    def open_one(run: str) -> AppTest:
        return AppTest.from_function(page, kwargs={"run": run}, default_timeout=30).run()

    return open_one


@pytest.fixture
def worker(home):
    def work() -> list[dict]:
        asked = ask.open_questions(home)
        for one in asked:
            answers.give(home, one)
        return [one["values"] for one in asked]

    return work


@pytest.fixture
def names(home):
    """A catalog that knows the ten digits."""
    catalog = small_catalog()
    catalog["data"][0] |= {"name": "digits", "classes": [str(i) for i in range(10)]}
    write_json(home / "catalog.json", catalog)


def test_a_run_without_a_generator_is_told_so_kindly(home, make_run, open_section, worker):
    catalog = small_catalog()
    catalog["methods"].append(method_entry(Searcher))
    write_json(home / "catalog.json", catalog)
    app = open_section(make_run().id)
    assert "searched no generator" in read(app) and "These methods search one: A search inside" in read(app)
    assert not app.get("bidi_component") and worker() == []
    assert "searched no generator" in read(open_section(searched(home, "pixels").id))


def test_a_class_is_asked_for_and_comes_as_one_packet(home, names, open_section, worker, monkeypatch):
    sent = []
    monkeypatch.setattr(views, "_PAD", lambda key, data: sent.append(data))
    run = searched(home, "style")
    app = open_section(run.id)
    assert "A worker is decoding" in read(app) and worker() == [{"run": run.id, "label": 0, "row": "all"}]
    app.run()
    about, pixels = walk.kept(run, 0, "all")
    header = packing.header_of(sent[-1])
    assert header["walk"] == about and header["of"] == run.id and packing.blob_of(sent[-1], 0) == pixels.tobytes()
    assert len(sent[-1]) < 1_500_000 and "The generator is `style`" in read(app) and worker() == []
    assert app.selectbox[0].options[:2] == ["all rows of w", "the row of layer1 alone"]

    app.get("button_group")[0].set_value(3).run()
    assert worker() == [{"run": run.id, "label": 3, "row": "all"}]
    assert packing.header_of(sent[-1])["walk"]["label"] == 0, "the one before stays until the other is there"
    app.run()
    assert packing.header_of(sent[-1])["walk"]["label"] == 3
    app.selectbox[0].set_value("layer2").run()
    assert worker() == [{"run": run.id, "label": 3, "row": "layer2"}]
    app.run()
    assert packing.header_of(sent[-1])["walk"]["row"] == "layer2"


def test_the_component_is_mounted(home, names, open_section, worker):
    app = open_section(searched(home, "style").id)
    worker()
    app.run()
    assert len(app.get("bidi_component")) == 1


def test_a_generator_that_is_not_there_says_so_and_can_be_asked_for_again(home, names, open_section, worker):
    app = open_section(searched(home, "style:width=9").id)
    worker()
    app.run()
    assert "is not on this machine yet" in app.warning[0].value and worker() == []
    app.button(key="_walk_again").click().run()
    assert len(worker()) == 1


def test_a_run_that_cannot_be_read_says_so(home, open_section):
    run = searched(home)
    (run.path / "job.json").write_text("{", encoding="utf-8")
    app = open_section(run.id)
    read(app)
    assert "job.json of" in app.warning[0].value.replace("\\", "")


def test_many_classes_are_chosen_from_a_list(home, names, open_section, worker, monkeypatch):
    monkeypatch.setattr("pages.parts.walk_pad.MOST_PILLS", 5)
    app = open_section(searched(home, "style").id)
    worker()
    app.run()
    app.selectbox(key="_walk_one").set_value(8).run()
    assert [one["label"] for one in worker()] == [8]


def test_where_the_catalog_does_not_know_the_method_the_worker_says_whether_there_is_a_generator(
    home, names, open_section, worker
):
    app = open_section(searched(home).id)
    worker()
    app.run()
    assert "The generator is `style`" in read(app)
    plain = open_section(RunFolder.create(home, "toy", {}, {"data": "digits"}).id)
    assert len(worker()) == 1
    plain.run()
    assert "searched no generator" in plain.warning[0].value
