"""Layers: which run, that its records reach the browser, and kind words where there is nothing to look into."""

from __future__ import annotations

from distill_core.home import ASSETS, read_json, write_json
from distill_core.record import index
from tests.pages import demo
from tests.pages.test_live import words
from tests.pages.test_side import feeder

PAGE = "explore/layers"


def views_of(app) -> list[str]:
    return [node.proto.component_name for node in app.get("bidi_component")]


def test_an_empty_home_shows_what_ships(home, open_page):
    app = open_page(PAGE)
    assert "an example that ships with the studio" in words(app) and app.query_params["run"] == "hglad-fashion-ipc1"
    assert (home / "runs" / "hglad-fashion-ipc1").is_dir()


def test_an_empty_home_offers_a_new_run(open_page, no_examples):
    assert "Nothing has been distilled yet" in words(open_page(PAGE))


def test_a_search_is_fed_to_the_layers_and_the_strip(home, open_page):
    write_json(home / "catalog.json", read_json(ASSETS / "catalog.json"))
    run = demo.create(home, method="hglad", name="walk within")
    demo.write(run)
    app = open_page(PAGE, run=run.id)
    assert "Through which layers of a generator should one search?" in words(app) and "walk within" in words(app)
    assert {"distill_feed", "distill_player", "distill_layers", "distill_strip"} <= set(views_of(app))
    assert feeder(app)["runs"][0]["run"] == run.id
    closed = [one.label for one in app.expander if "classifier look" in one.label or "by hand" in one.label]
    assert len(closed) == 2 and not list((home / "questions").glob("*")), (
        "what a worker computes is asked for when unfolded"
    )


def test_a_run_without_a_generator_shows_its_layers_and_leads_to_a_search(home, open_page):
    run = demo.create(home, name="inside")
    demo.write(run)
    app = open_page(PAGE, run=run.id)
    assert "inside" in words(app) and "distill_layers" in views_of(app) and "distill_strip" not in views_of(app)
    assert any("searched no generator" in str(one.proto) for one in app.get("page_link"))


def test_the_example_opens_beside_runs_that_searched_nothing(home, open_page):
    demo.write(demo.create(home, name="inside"))
    assert open_page(PAGE).query_params["run"] == "hglad-fashion-ipc1"


def test_a_run_that_distills_nothing_says_so(make_run, open_page):
    run = make_run("teacher")
    app = open_page(PAGE, run=run.id)
    assert "distill_layers" not in views_of(app)


def test_a_run_that_is_not_there_says_so(open_page):
    assert "gone" in words(open_page(PAGE, run="gone"))


def test_a_run_is_laid_beside_the_same_job_done_in_other_ways(home, open_page):
    write_json(home / "catalog.json", read_json(ASSETS / "catalog.json"))
    run = demo.create(home, method="hglad", name="walk")
    demo.write(run)
    app = open_page(PAGE, run=run.id)
    assert "Same data, seed and settings: *pixels* (to run), *one layer* (to run)" in words(app)
    next(one for one in app.button if (one.key or "").startswith("_beside")).click().run()
    queued = [one for one in index.list_runs(home) if one["id"] != run.id]
    assert sorted(one["method"] for one in queued) == ["glad", "hglad", "hglad"]
    assert {one["state"] for one in queued} == {"queued"}
    app = open_page(PAGE, run=run.id)
    assert "(to run)" not in words(app)


def test_the_recorded_search_opens_before_anything_was_distilled(home, open_page):
    app = open_page(PAGE)
    (run,) = index.list_runs(home)
    assert run["id"] == "hglad-fashion-ipc1" and run["state"] == "finished"
    assert "distill_layers" in views_of(app)


def test_a_shipped_search_has_its_ranking_with_it(open_page):
    app = open_page(PAGE, run="hglad-digits-ipc1")
    assert "ranks what can be ranked" in words(app)
    assert any("rank better than chance" in one.proto.spec for one in app.get("plotly_chart"))
