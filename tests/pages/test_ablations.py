"""Ablations and sweeps on the page of scores: proposed, confirmed, watched, opened."""

from __future__ import annotations

import pytest

from distill_core.axis import along
from distill_core.home import read_json, write_json
from distill_core.queue import shipped, sweeping, sweeps, waiting
from distill_core.queue.ask import open_questions, reply
from distill_core.queue.planning import plan
from distill_core.record.folder import RunFolder
from pages.parts import examples

PAGE = "compare/scores"
OFFER = {
    "title": "Steps × ρ",
    "axes": [vars(along("steps", 5, 10, title="Steps")), vars(along("adjust.rho", 0.1, 0.2, title="ρ"))],
    "question": "How far?",
    "published": ["10", "0.2"],
    "source": "table 9",
}
CASES = {
    "title": "Coupling",
    "axes": [
        {
            "title": "Weights",
            "cases": {"both": {"weight": 1.0, "adjust.rho": 1.0}, "one": {"weight": 1.0, "adjust.rho": 0.1}},
        }
    ],
    "question": "Which?",
    "published": [],
    "source": "",
}


@pytest.fixture(autouse=True)
def catalog(home):
    found = read_json(home / "catalog.json")
    found["methods"][1]["ablations"] = [OFFER, CASES]
    write_json(home / "catalog.json", found)
    return found


def proposed(open_page, title=OFFER["title"], **query):
    app = open_page(PAGE, show="Ablations", method="shift", **query)
    next(one for one in app.get("button_group") if one.key == "sweep.shift!offer").set_value(title).run()
    assert not app.exception
    return app


def answered(home, app, reason=None, seconds=60.0):
    """Be the engine: answer what the page asks until it asks no more."""
    for _ in range(3):
        for one in open_questions(home):
            value = {"check_sweep": {"reason": reason}, "trial": {"seconds": seconds, "disk": 1_000_000, "memory": 1}}
            reply(home, one["id"], state="done", value=value.get(one["question"], {"reason": None}))
        app.run()
    assert not app.exception
    return app


def said(app):
    return " ".join(one.value for one in [*app.markdown, *app.caption])


def started(home):
    [one] = sweeps.list_sweeps(home)
    return one


def test_one_click_proposes_and_a_second_one_queues(home, open_page):
    app = answered(home, proposed(open_page))
    assert "How far?" in said(app) and "table 9" in said(app)
    assert "2 × 2 cells × 3 seeds = 12 runs." in said(app), "three seeds, since one says nothing about the spread"
    assert "≈ 12 min, 12.0 MB on disk (12 × 60 s, as tried for “Steps 10 · ρ 0.2”)" in said(app)
    assert not sweeps.list_sweeps(home), "nothing is queued before it is confirmed"
    app.button(key="sweep.start").click().run()
    assert not app.exception
    one = started(home)
    assert (one.plan.published, one.plan.seeds, len(waiting.queue(home))) == (("10", "0.2"), (0, 1, 2), 1)
    assert app.query_params["sweep"] == one.id
    assert any("It is under way" in button.label for button in app.button)


def test_values_and_seeds_can_be_edited(home, open_page):
    app = proposed(open_page)
    app.text_input(key="sweep.shift!values0").set_value("5, 7, 9").run()
    app.text_input(key="new.seeds").set_value("4").run()
    app = answered(home, app)
    assert "3 × 2 cells = 6 runs." in said(app)
    app.button(key="sweep.start").click().run()
    assert started(home).plan.seeds == (4,) and started(home).plan.published_place() is None


def test_cases_can_be_left_out(home, open_page):
    app = proposed(open_page, "Coupling")
    assert "both: weight = 1.0, adjust.rho = 1.0" in said(app)
    app.multiselect[0].set_value(["one"]).run()
    assert "1 cells × 3 seeds = 3 runs" in said(app)
    app.multiselect[0].set_value([]).run()
    assert "No case of 'Weights' is left" in said(app)


def test_any_two_fields_can_be_the_axes_those_of_the_job_too(home, open_page):
    app = proposed(open_page, "Any two fields")
    app.selectbox(key="sweep.shift!field0").set_value("adjust").run()
    assert app.text_input(key="sweep.shift!values0").value == "none, random, directed"
    app.selectbox(key="sweep.shift!field1").set_value("epochs").run()
    assert "epochs has no value on its axis" in said(app)
    app.text_input(key="sweep.shift!values1").set_value("10, 20").run()
    app = answered(home, app)
    app.button(key="sweep.start").click().run()
    assert [axis.field for axis in started(home).plan.axes] == ["adjust", "epochs"]


def test_a_cell_that_cannot_work_is_named_and_nothing_starts(home, open_page):
    app = answered(home, proposed(open_page), reason="Cell “Steps 5 · ρ 0.1”: too short.")
    assert "Cell “Steps 5 · ρ 0.1”: too short." in said(app)
    assert not [one for one in app.button if one.key == "sweep.start"]


def test_a_large_sweep_is_asked_for_twice_with_its_count_and_its_time(home, open_page):
    app = proposed(open_page)
    for i in (0, 1):
        values = ", ".join(str(n / (1 if i == 0 else 100)) for n in range(1, 101))
        app.text_input(key=f"sweep.shift!values{i}").set_value(values).run()
    app.text_input(key="new.seeds").set_value("0").run()
    app = answered(home, app)
    assert app.button(key="sweep.start").disabled
    assert "10,000 runs (≈ 166 h 40 min, 10.0 GB on disk)" in app.checkbox(key="sweep.yes").label
    app.checkbox(key="sweep.yes").check().run()
    assert not app.button(key="sweep.start").disabled


def finished(home, catalog):
    """A sweep with one scored, one failed and two missing cells."""
    axes = [along("steps", 5, 10, title="Steps"), along("adjust.rho", 0.1, 0.2, title="ρ")]
    made = plan(
        catalog["methods"][1], {}, {"data": "tiny", "students": 3}, axes, [0], published=("10", "0.2"), title="Mine"
    )
    one = sweeping.start(home, made)
    first = next(iter(one.runs.values()))
    run = RunFolder.find(home, first)
    about = {"student": "convnet", "protocol": "hard", "n": 3, "std": 0.01}
    scores = {"distilled": {"accuracy": 0.86, **about}, "random": {"accuracy": 0.71, **about}}
    run.set_state(state="finished", seconds=1.0, scores=scores)
    sweeping.feed(home)
    second = sweeps.read(home, one.id).runs.copy()
    RunFolder.find(home, next(r for r in second.values() if r != first)).set_state(state="failed", message="NaN")
    sweeping.stop(home, one.id)
    return sweeps.read(home, one.id), first


def test_a_sweep_shows_how_far_it_is_and_what_failed(home, catalog, open_page):
    one, first = finished(home, catalog)
    app = open_page(PAGE, show="Ablations", sweep=one.id)
    assert "The highest mean is **Steps 5 · ρ 0.1** with 86.0 % (1 seed)" in said(app)
    bar = app.get("progress")[0].proto.text
    assert "1 of 4 runs finished · 1 failed · 2 to go" in bar
    table = app.dataframe[0].value
    assert list(table["Accuracy"]) == ["86.0 % (1 seed)", "failed", "to go", "to go"]
    assert table["Run"][0] == f"/live?run={first}" and list(table["Published"])[3] == "published"
    app.button(key="sweep.go").click().run()
    assert sweeps.read(home, one.id).state == "going" and not app.exception
    app.button(key="sweep.stop").click().run()
    app.button(key="sweep.forget").click().run()
    assert not sweeps.list_sweeps(home) and "Recorded" in said(app), "those that ship stay"


def test_a_chosen_cell_names_its_run_and_its_command(home, catalog, open_page):
    one, _ = finished(home, catalog)
    app = open_page(PAGE, show="Ablations", sweep=one.id)
    app.session_state["sweep.cell"] = [one.id, [0, 0]]
    app.run()
    assert not app.exception and "**Steps 5 · ρ 0\\.1**" in said(app)
    assert any("distill-studio run shift" in code.value and "--steps 5" in code.value for code in app.code)


def test_without_a_catalog_entry_the_sweep_can_still_be_looked_at(home, catalog, open_page):
    one, _ = finished(home, catalog)
    write_json(home / "catalog.json", {**catalog, "methods": catalog["methods"][:1]})
    app = open_page(PAGE, show="Ablations", sweep=one.id)
    app.session_state["sweep.cell"] = [one.id, [0, 0]]
    app.run()
    assert not app.exception


def test_new_run_leads_to_sweeps(open_page):
    app = open_page("distill/new", method="shift")
    assert any("Try several values" in one.proto.label for one in app.get("page_link"))


def test_a_fresh_home_shows_what_was_recorded_and_opens_its_runs(home, open_page):
    app = open_page(PAGE, show="Ablations")
    first = next(iter(shipped.shipped().values()))
    assert next(one for one in app.selectbox if one.key == "sweep").value == first["sweep"].id
    assert "Recorded" in said(app) and first["made"]["command"] in said(app)
    assert not [one for one in app.button if one.key in ("sweep.stop", "sweep.go", "sweep.forget")], (
        "nobody works on it"
    )
    app.button(key="sweep.recorded").click().run()
    assert not app.exception
    assert {path.name for path in (home / "runs").iterdir()} >= set(shipped.runs_of(first))


def test_diversity_offers_the_recorded_runs_where_none_is_chosen(home, open_page):
    app = open_page("explore/diversity")
    assert [one.label for one in app.button if (one.key or "").startswith("_recorded.")]
    one, other = shipped.runs_of(next(iter(shipped.shipped().values())))[:2]
    examples.opened(one)
    app = open_page("explore/diversity", run=one, b=other)
    assert not [one for one in app.button if (one.key or "").startswith("_recorded.")]
