"""The page of compensators: it asks a worker once, sends one packet, and is kind where there is nothing to take apart."""

from __future__ import annotations

from distill_core.looks import factors
from distill_core.queue import ask
from distill_core.work import answers
from pages.parts import packing, views
from tests.looks.test_factors_look import made_set, run_with
from tests.pages.test_live import words


def test_a_set_in_factors_comes_as_one_packet(home, open_page, monkeypatch):
    sent = []
    monkeypatch.setattr(views, "_FACTORS", lambda key, data: sent.append(data))
    run = run_with(home, made_set())
    run.set_state(state="finished", stage="", step=0, steps=0)
    app = open_page("explore/compensators", run=run.id)
    assert "takes the set apart" in words(app) and not sent
    for one in ask.open_questions(home):
        answers.give(home, one)
    app.run()
    assert not app.exception and "A pattern is one image that is added to all 10 classes" in words(app)
    found, header = factors.kept(run), packing.header_of(sent[-1])
    assert header["of"] == run.id and header["shape"] == [2, 10, 8, 8, 1]
    names = header["about"].pop("names")
    assert header["about"] == found.about and len(set(names)) == len(found.about["teachers"]) and "ConvNet" in names[0]
    assert packing.blob_of(sent[-1], 1) == found.compensators.astype("<f2").tobytes()


def test_a_run_without_factors_is_told_so(home, open_page, make_run):
    app = open_page("explore/compensators", run=make_run().id)
    assert "has no set yet" in words(app)
