"""Bring a set: what the engine found is shown and questioned, a choice of pixels is asked anew, and it is taken as it was looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from distill_core.work.answers import bring as engine
from pages.parts import bring
from tests.work.layouts import LABELS, SEEN, saved

PAGE = "distill/bring"
DATA = "digits:size=8"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return saved(tmp_path / "theirs", images__pt=SEEN[:7], labels__pt=LABELS[:7])


@pytest.fixture
def looked(open_page, theirs, home, monkeypatch):
    """The page after a look, with the engine's own answer; what was asked is in `looked.questions`."""
    questions, sent = [], []

    def answered(question, **values):
        questions.append(values)
        return engine(home, values, lambda **_: None)

    monkeypatch.setattr("pages.parts.studio.answer", answered)
    monkeypatch.setattr("pages.parts.errand.send", lambda name, *words: sent.append(words))
    app = open_page(PAGE, data=DATA)
    app.text_input(key="bring.path").set_value(str(theirs)).run()
    button(app, "Look at it").click().run()
    assert not app.exception, app.exception
    app.questions, app.sent = questions, sent
    return app


def button(app, label):
    return next(one for one in app.button if one.label == label)


def texts(app) -> str:
    return " ".join(one.value for one in (*app.markdown, *app.caption, *app.warning, *app.info))


def test_nothing_to_look_at_yet(open_page):
    app = open_page(PAGE)
    assert button(app, "Look at it").disabled and "What can be read" in [one.label for one in app.expander]


def test_what_was_found_is_shown(looked):
    said = texts(looked).replace("\\", "")
    assert "images….pt and labels….pt" in said and "Pixels: normalized" in said
    assert "images of 7 of the 10 classes" in " ".join(one.value.replace("\\", "") for one in looked.warning)
    assert {one.label for one in looked.metric} == {"recognized, this set", "recognized, real images"}
    assert len(looked.get("image")) == 6, "four in each of five spaces, and the wall"


def test_a_choice_of_pixels_is_asked_anew_and_taken(looked, theirs):
    looked.button_group(key="bring.pixels").set_value("signed").run()
    assert looked.questions[-1] == {"path": str(theirs), "data": DATA, "pixels": "signed"}
    assert "as you say" in texts(looked)
    button(looked, "Take it").click().run()
    assert looked.sent == [("import", str(theirs), "--data", DATA, "--pixels", "signed", "--name", "theirs")]


def test_a_refusal_is_a_sentence(open_page, monkeypatch):
    monkeypatch.setattr("pages.parts.studio.answer", lambda question, **values: {"error": "It has no labels."})
    app = open_page(PAGE)
    app.text_input(key="bring.path").set_value("/nowhere").run()
    button(app, "Look at it").click().run()
    assert [one.value.replace("\\", "") for one in app.error] == ["It has no labels."]


def test_experts_are_said_and_taken(open_page, home, tmp_path, monkeypatch):
    snapshots = [[torch.randn(4, 1, 3, 3), torch.randn(4)] for _ in range(3)]
    torch.save([snapshots], tmp_path / "replay_buffer_0.pt")
    monkeypatch.setattr("pages.parts.studio.answer", lambda question, **values: engine(home, values, lambda **_: None))
    app = open_page(PAGE)
    app.text_input(key="bring.path").set_value(str(tmp_path / "replay_buffer_0.pt")).run()
    button(app, "Look at it").click().run()
    assert not app.exception and "1 experts of 2 epochs" in texts(app) and button(app, "Take them in")


def test_uploads_keep_their_names_and_lie_together(home):
    class File:
        def __init__(self, name: str):
            self.name = name

        def getbuffer(self) -> bytes:
            return b"1"

    folder = bring._kept([File("images_best.pt"), File("../../labels_best.pt")])
    assert sorted(one.name for one in folder.iterdir()) == ["images_best.pt", "labels_best.pt"]
    assert folder.is_relative_to(home) and bring._kept([File("a.zip")]).name == "a.zip"
