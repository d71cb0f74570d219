"""A zero is never read as a number where it means "the method's own": the form and the live knobs show what is in force."""

from __future__ import annotations

import json

from distill_core.home import ASSETS, read_json, write_json
from distill_core.queue.ask import open_questions, reply
from pages.parts import knobs
from pages.parts.form_preset import needed
from pages.parts.liveknobs import in_force, stops

HGLAD = next(one for one in read_json(ASSETS / "catalog.json")["methods"] if one["name"] == "hglad")
RATE = next(one for one in HGLAD["fields"] if one["name"] == "space.lr_w")


def form(home, open_page):
    catalog = read_json(home / "catalog.json")
    write_json(home / "catalog.json", {**catalog, "methods": [*catalog["methods"], HGLAD]})
    return open_page("distill/new", method="hglad")


def test_the_form_shows_auto_and_then_the_value_in_force(home, open_page):
    app = form(home, open_page)
    rate = app.number_input(key="new.hglad.space.lr_w")
    assert rate.value is None and rate.proto.placeholder == "auto"
    question = next(one for one in open_questions(home) if one["values"].get("method") == "hglad")
    assert question["values"]["settings"]["space.lr_w"] == 0.0
    force = {"space.lr_w": 1e-4, "epochs": 1000, "protocol": "hard", "student": "convnet:norm=instance,width=64"}
    reply(home, question["id"], state="done", value={"reason": None, "caution": None, "in_force": force})
    app.run()
    assert app.number_input(key="new.hglad.space.lr_w").proto.placeholder == "auto = 0.0001"
    assert app.number_input(key="new.epochs").proto.placeholder == "auto = 1,000"
    assert app.selectbox(key="new.protocol").options[0] == "auto = hard"
    assert app.selectbox(key="new.student").options[0] == "auto = convnet:norm=instance,width=64"


def test_a_number_that_is_said_is_asked_and_taken_back_to_auto(home, open_page):
    app = form(home, open_page)
    app.number_input(key="new.hglad.space.lr_w").set_value(0.5).run()
    assert "--lr-w 0.5" in app.code[0].value
    app.button(key="new.hglad.space.lr_w!reset").click().run()
    assert app.number_input(key="new.hglad.space.lr_w").value is None and "--lr-w" not in app.code[0].value
    next(one for one in app.button if one.label == "Start").click().run()
    [path] = (home / "runs").glob("[!.]*")
    asked = json.loads((path / "job.json").read_text())
    assert asked["settings"]["space"]["lr_w"] == 0.0 and asked["job"]["epochs"] == 0


def test_a_live_knob_starts_from_the_value_in_force():
    assert in_force(RATE, 0.0, {}) is None
    at = in_force(RATE, 0.0, {"in_force": {"space.lr_w": 1e-4}})
    places = stops(RATE, at)
    assert at == 1e-4 and at in places and 0.0 not in places
    beside = places[places.index(at) + 1] / at
    assert 1 < beside < 1.5 and places[0] >= at / 101 and places[-1] <= at * 101
    assert in_force(RATE, 0.5, {}) == 0.5


def test_every_zero_that_is_left_to_the_method_is_marked():
    """Who writes a help that says what 0 takes has to say so to the form."""
    for entry in read_json(ASSETS / "catalog.json")["methods"]:
        for field in entry["fields"]:
            if "0 takes" in field["help"] or "empty takes" in field["help"] or field["default"] == "auto":
                assert "auto" in field, (entry["name"], field["name"])


def test_what_a_control_holds_and_what_it_means_are_the_same_value():
    assert knobs.held(RATE, 0.0) is None and knobs.meant(RATE, None) == 0.0
    assert knobs.held(RATE, 0.5) == knobs.meant(RATE, 0.5) == 0.5
    assert knobs.automatic(RATE, {}) == "auto" and knobs.automatic(RATE, {"space.lr_w": 0.01}) == "auto = 0.01"


def test_presets_say_what_they_need():
    catalog = {"data": [{"name": "digits", "title": "Digits"}, {"name": "cifar10", "title": "CIFAR-10"}]}
    cifar = {"title": "CIFAR-10 (paper)", "job": {"data": "cifar10"}}
    assert needed(cifar, "digits:size=8", catalog) == "needs CIFAR-10" and needed(cifar, "cifar10", catalog) == ""
    wide = {"title": "Gradients (released settings: a 128-pixel generator)", "job": {}}
    assert needed(wide, "digits", catalog) == "needs images of 128 pixels"
    assert needed({"title": "Quick"}, "digits", catalog) == ""
