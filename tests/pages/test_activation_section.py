"""The section of class activation maps: from nothing to its figures, a moment after another, and what goes wrong."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from distill_core.queue import ask
from distill_core.record.log import Timeline
from distill_core.work import answers
from tests.looks.test_planes import picture_run
from tests.pages.test_live import words
from tests.work.toy import new_run


def page(run: str) -> None:
    import streamlit as st

    from distill_core.record.folder import RunFolder
    from pages.parts import activation, packets, studio

    folder = RunFolder.find(studio.home(), run)
    records = packets.reader(str(folder.path)).refresh()
    activation.section(folder, records, st.session_state.get("n"), st.session_state.get("pin"))


def read(app: AppTest) -> str:
    assert not app.exception, app.exception
    return words(app) + " ".join(one.value for one in [*app.info, *app.warning])


@pytest.fixture
def open_section(home):
    def open_one(run: str, **state) -> AppTest:
        app = AppTest.from_function(page, kwargs={"run": run}, default_timeout=30)
        for name, value in state.items():
            app.session_state[name] = value
        return app.run()

    return open_one


@pytest.fixture
def worker(home):
    def work() -> list[dict]:
        asked = ask.open_questions(home)
        for one in asked:
            answers.give(home, one)
        return [one["values"] for one in asked]

    return work


def test_a_run_without_images_says_that_they_come(home, open_section, worker):
    app = open_section(new_run(home).id)
    assert "appear here with the first images" in read(app) and worker() == []


def test_maps_are_asked_for_once_and_shown_with_a_sentence_for_each_class(home, open_section, worker):
    run = picture_run(home, ipc=2)
    app = open_section(run.id)
    assert "A classifier is looking at these images" in read(app)
    app.run()
    assert worker() == [{"run": run.id, "record": 2}], "without a final set the last images are meant, asked about once"
    app.run()
    assert len(app.get("plotly_chart")) == 3 and "step 2" in read(app)
    assert "**0**: 2 synthetic images give the classifier" in read(app) and "is looking" not in read(app)
    app.get("button_group")[0].set_value([7]).run()
    assert len(app.get("plotly_chart")) == 1 and "**7**: 2 synthetic images" in read(app)
    app.get("button_group")[0].set_value([]).run()
    assert "Choose a class" in read(app) and not app.get("plotly_chart")
    assert worker() == []


def test_another_moment_is_made_while_the_one_before_stays(home, open_section, worker):
    run = picture_run(home, ipc=1)
    app = open_section(run.id, n=0)
    worker()
    app.run()
    assert "step 0" in read(app)
    app.session_state["n"] = 1
    app.run()
    assert "is looking" in read(app) and "step 0" in read(app) and len(app.get("plotly_chart")) == 3
    assert worker() == [{"run": run.id, "record": 1}]
    app.run()
    assert "is looking" not in read(app) and "step 1" in read(app)


def test_the_class_of_the_pinned_image_comes_first(home, open_section, worker):
    run = picture_run(home, ipc=1)
    app = open_section(run.id, pin={"label": 6, "run": run.id})
    worker()
    app.run()
    assert len(app.get("plotly_chart")) == 1 and "**6**: its synthetic image gives" in read(app)


def test_what_goes_wrong_is_said_and_can_be_asked_again(home, open_section, worker):
    run = picture_run(home, ipc=1, steps=1)
    sheet = run.path / Timeline.all(run)[0]["sheet"]
    good = sheet.read_bytes()
    sheet.write_bytes(b"no picture")
    app = open_section(run.id)
    worker()
    app.run()
    assert "cannot be read" in app.warning[0].value and worker() == []
    sheet.write_bytes(good)
    app.button(key="_activation_again").click().run()
    assert len(worker()) == 1
    app.run()
    assert len(app.get("plotly_chart")) == 3 and not app.warning


def test_a_damaged_file_is_made_again(home, open_section, worker):
    run = picture_run(home, ipc=1, steps=1)
    app = open_section(run.id)
    worker()
    app.run()
    (run.path / "planes" / "activation-0.maps.npy").write_bytes(b"half")
    app.run()
    assert "cannot be read any more" in app.warning[0].value
    app.button(key="_activation_again").click().run()
    assert len(worker()) == 1
    app.run()
    assert len(app.get("plotly_chart")) == 3
