"""The ranking of a run's candidates on a page: asked for where there is none, shown where there is one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from distill_core.events import Images
from distill_core.home import write_json
from distill_core.record import findings
from distill_core.record.folder import RunFolder
from distill_core.record.log import Recorder
from distill_core.studies import STUDIES
from distill_core.work import catalogue


def page(run: str) -> None:
    from distill_core.record.folder import RunFolder
    from pages.parts import ranking, studio

    ranking.section(RunFolder.find(studio.home(), run))


@pytest.fixture(autouse=True)
def studies(home, monkeypatch):
    monkeypatch.setattr(
        "streamlit.page_link", lambda *_, **__: None
    )  # the section stands alone: there are no other pages
    catalog = json.loads((home / "catalog.json").read_text(encoding="utf-8"))
    catalog["studies"] = [catalogue.method_entry(one) for one in STUDIES.values()]
    write_json(home / "catalog.json", catalog)


@pytest.fixture
def searched(make_run):
    """A run that has shown two images at three steps of two layers."""

    def make(**more):
        run = make_run(**more)
        recorder = Recorder(run)
        for layer in ("early", "deep"):
            for step in (0, 5, 9):
                recorder.write(Images(step, np.full((2, 8, 8, 1), step, np.uint8), np.arange(2), np.arange(2), layer))
        recorder.close()
        return run

    return make


def opened(run) -> AppTest:
    app = AppTest.from_function(page, args=(run.id,), default_timeout=30).run()
    assert not app.exception, app.exception
    return app


def found():
    row = {"layer": "early", "step": 0, "roles": ["entry"], "accuracy": [0.5, 0.6], "distance": {"loss": 3.0}}
    other = {**row, "layer": "deep", "roles": ["kept"], "accuracy": [0.8, 0.9], "distance": {"loss": 1.0}}
    one = {"rho": -0.8, "low": -0.9, "high": -0.2, "n": 2, "picked": 1, "accuracy": 0.85}
    about = {"student": "convnet", "protocol": "hard", "epochs": 3, "students": 2, "part": "test", "twins": 0}
    return {"rows": [row, other], "metrics": {"loss": one}, "best": 0.85, "mean": 0.7, **about}


def test_a_ranking_is_queued_with_its_cost_said(home, searched):
    run = searched()
    app = opened(run)
    assert any("What will it cost?" in one.label for one in app.button)
    app.number_input(key="ranking.students").set_value(3).run()
    # the recorder's own images at "pixels", and the two layers
    assert any(
        "Up to 9 candidates of the walk, and as many others as differ, one draw; 3 s" in one.value
        for one in app.caption
    )
    app.number_input(key="ranking.each").set_value(1).run()
    app.number_input(key="ranking.draws").set_value(0).run()
    assert any("Up to 3 candidates of the walk; 3 students on each" in one.value for one in app.caption)
    next(one for one in app.button if one.label.startswith("Train")).click().run()
    assert not app.exception
    assert not any(one.label.startswith("Train") for one in app.button), "it is not asked for twice"
    (path,) = (home / "runs").glob("ranking-*")
    asked = json.loads((path / "job.json").read_text())
    assert asked["settings"] == {"run": run.id, "each": 1, "draws": 0}
    assert (asked["job"]["students"], asked["job"]["epochs"], asked["job"]["data"]) == (3, 300, "tiny")


def test_what_was_found_is_shown_and_the_latest_holds(home, searched):
    run = searched()
    findings.keep(home, run.id, "ranking", {"seed": 0}, {**found(), "made": 1})
    app = opened(run)
    assert any("ranks the candidates well" in one.value and "85.0 %" in one.value for one in app.markdown)
    titles = [json.loads(one.proto.spec)["layout"]["title"]["text"] for one in app.get("plotly_chart")]
    assert titles == ["1 of 1 distances rank better than chance", "The run's own loss: ρ = −0.80 (−0.90 … −0.20)"]
    assert list(app.dataframe[0].value["picks"]) == ["85.0"] and len(app.dataframe[1].value) == 2
    later = found()
    later["metrics"]["loss"] = {**later["metrics"]["loss"], "rho": -0.3}
    findings.keep(home, run.id, "ranking", {"seed": 1}, later)
    assert any("ρ = −0.30" in one.value for one in opened(run).markdown)


def test_a_run_without_layers_says_why(home, make_run):
    app = opened(make_run())
    assert any("two layers and 3 candidates are needed" in one.value for one in app.caption)
    assert not any(one.label.startswith("Train") for one in app.button)


def test_a_run_that_works_is_waited_for(home, searched):
    run = searched()
    run.set_state(state="queued")
    assert any("once the run is over" in one.value for one in opened(run).caption)


def test_the_study_itself_leads_to_the_run_that_it_is_about(home, open_page, searched, monkeypatch):
    run, led = searched(), []
    study = RunFolder.create(home, "ranking", {"run": run.id}, {"data": "tiny"})
    study.set_state(state="finished")
    monkeypatch.setattr("streamlit.page_link", lambda page, **more: led.append((page, more.get("query_params"))))
    open_page("distill/live", run=study.id)
    assert ("pages/explore/layers.py", {"run": run.id}) in led


def test_while_sets_are_made_it_says_how_many(home, searched):
    run = searched()
    study = RunFolder.create(home, "ranking", {"run": run.id}, {"data": "tiny"})
    study.set_state(state="running", stage="rivals", part=4, parts=34, heartbeat=1e12)
    assert any("set 5 of 34; students come after" in str(one.proto) for one in opened(run).get("progress"))
