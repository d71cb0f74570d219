"""The form of a method with parts: what is shown, what a choice changes, and that a command line says the same."""

from __future__ import annotations

import shlex

import pytest

from distill_core.catalog import method, settings
from distill_core.cli.flags import split
from distill_core.fields import Field, active, complete, flat, read
from distill_core.home import ASSETS, read_json, write_json
from distill_core.job import Job
from distill_core.methods import registry
from distill_core.record.folder import RunFolder
from pages.parts.form import command
from pages.parts.knobs import groups, rows
from tests.pages.toy import Shift

PAGE = "distill/new"
CHOICE = "new.shift.adjust"
METHODS = read_json(ASSETS / "catalog.json")["methods"]
EARLIER = {  # settings of a run as they were saved before methods had parts
    "weights": "directed",
    "rho": 0.02,
    "ascent_steps": 9,
    "iterations": 30,
    "lr_img": 0.25,
    "mean_weight": 0.01,
    "variance_weight": 0.11,
    "first_layer": 10.0,
    "first_gradient": "clean",
    "augment": "crop",
    "jitter": 0.125,
    "crop_low": 0.1,
    "milestone": 1.0,
    "curriculum": "cosine",
    "class_block": 100,
    "slices_at_once": 0,
    "start": "real",
    "pool": 300,
    "crops": 5,
    "factor": 1,
    "patch_choice": "easiest",
    "storage": "lossless",
    "squeeze_epochs": 40,
    "squeeze_recipe": "cifar",
}


def controls(app) -> set[str]:
    """The fields of the toy that are shown, by path."""
    kinds = ("number_input", "slider", "selectbox", "toggle", "segmented_control", "text_input")
    keys = {one.key for kind in kinds for one in app.get(kind)} | {one.key for one in app.get("button_group")}
    return {key.removeprefix("new.shift.") for key in keys if key and key.startswith("new.shift.")}


def choose(app, kind: str):
    app.segmented_control(key=CHOICE).set_value(kind).run()
    assert not app.exception
    return app


def values(app) -> dict[str, object]:
    """What the form stands at, read from the command line that it shows."""
    words = shlex.split(app.code[0].value)[3:]
    return Shift.build(split(words, (Shift, Job), "shift")[0]).plain()


def test_another_part_shows_its_fields_and_no_other_and_begins_with_its_defaults(open_page):
    app = open_page(PAGE, method="shift")
    own = {one for one in controls(app) if one.startswith("adjust.")}
    assert own == {"adjust.rho", "adjust.noise", "adjust.turns"}
    app.number_input(key=f"{CHOICE}.rho").set_value(0.7).run()
    app = choose(app, "random")
    assert {one for one in controls(app) if one.startswith("adjust.")} == {"adjust.rho", "adjust.noise"}
    assert (app.number_input(key=f"{CHOICE}.rho").value, app.slider(key=f"{CHOICE}.noise").value) == (0.1, 0.5)
    app = choose(app, "none")
    assert not [one for one in controls(app) if one.startswith("adjust.")]
    assert values(app)["adjust"] == {"kind": "none"}
    assert choose(app, "directed").number_input(key=f"{CHOICE}.rho").value == 0.015


def test_a_preset_chooses_parts_and_fills_their_fields(open_page):
    app = open_page(PAGE, method="shift")
    app.number_input(key=f"{CHOICE}.rho").set_value(0.7).run()
    next(one for one in app.get("button_group") if one.key == "new.shift!preset").set_value("by chance").run()
    assert not app.exception
    assert values(app)["adjust"] == {"kind": "random", "rho": 0.1, "noise": 0.25}


def test_what_is_started_is_what_the_form_and_its_command_line_say(home, open_page):
    app = choose(open_page(PAGE, method="shift"), "random")
    app.number_input(key=f"{CHOICE}.rho").set_value(0.7).run()
    app.toggle(key="new.shift.flip").set_value(False).run()
    said = values(app)
    next(one for one in app.button if one.label.startswith("Start")).click().run()
    [path] = (home / "runs").glob("[!.]*")
    assert RunFolder.find(home, path.name).request()["settings"] == said
    assert said["adjust"] == {"kind": "random", "rho": 0.7, "noise": 0.5} and said["flip"] is False


def moved(one: Field) -> object:
    """Another value of a field."""
    if one["type"] == "choice":
        return next((kind for kind in one["choices"] if kind != one["default"]), one["default"])
    if one["type"] == "bool":
        return not one["default"]
    if one["type"] == "text":
        return one["default"]
    low, high = one["minimum"], one["maximum"]
    kind = int if one["type"] == "int" else float
    tried = kind(one["default"] or 0) + (1 if kind is int else 0.0625)
    return tried if high is None or tried <= high else kind(low or 0) + (0 if kind is int else 0.0625)


@pytest.mark.parametrize("entry", METHODS, ids=lambda one: one["name"])
def test_the_command_line_of_every_method_is_accepted_and_means_the_same(entry):
    """Each field moved once, with the parts chosen under which it means anything."""
    kind = registry()[entry["name"]]
    for one in entry["fields"]:
        chosen = {where: kinds[0] for where, kinds in one.get("when", ())}
        full = complete(entry["fields"], {**chosen, one["name"]: moved(one)})
        words = shlex.split(command(entry["name"], entry["fields"], full, {"data": "digits", "ipc": 1}, 0))[3:]
        asked, job = split(words, (kind, Job), entry["name"])
        assert flat(kind.build(asked).plain()) == full, one["name"]
        assert job == {"data": "digits", "ipc": "1", "seed": "0"}


def test_a_run_saved_before_there_were_parts_fills_the_form_with_what_it_meant(home, open_page):
    catalog = read_json(home / "catalog.json")
    write_json(home / "catalog.json", {**catalog, "methods": [*catalog["methods"], *METHODS[:1]]})
    name = METHODS[0]["name"]
    old = RunFolder.create(home, name, EARLIER, {"data": "tiny", "ipc": 1, "seed": 3})
    app = open_page(PAGE, **{"from": old.id})
    assert not app.warning
    known = registry()[name]
    words = shlex.split(app.code[0].value)[3:]
    assert known.build(split(words, (known, Job), name)[0]) == known.build(EARLIER, saved=True)
    at = {
        path: app.session_state[f"new.{name}.recover.{path}"]
        for path in ("adjustment", "adjustment.reach.rho", "view.low")
    }
    assert at == {"adjustment": "directed", "adjustment.reach.rho": 0.02, "view.low": 0.1}


@pytest.mark.parametrize("entry", METHODS, ids=lambda one: one["name"])
def test_every_field_stands_once_and_a_choice_directly_before_its_fields(entry):
    """In every row of the form, whatever is chosen."""
    for choice in (one for one in entry["fields"] if one.get("part")):
        for kind in choice["choices"]:
            under = {where: kinds[0] for where, kinds in choice.get("when", ())}
            now = active(entry["fields"], {**under, choice["name"]: kind})
            laid = [one["name"] for _, group in groups(now, entry["fields"]) for row in rows(group) for one in row]
            assert sorted(laid) == sorted(one["name"] for one in now)
            own = [one["name"] for one in now if one["name"].startswith(f"{choice['name']}.")]
            where = laid.index(choice["name"])
            assert where < min(map(laid.index, own), default=where + 1)


def test_the_catalog_and_the_engine_read_saved_settings_alike():
    entry = METHODS[0]
    assert settings(method({"methods": METHODS}, entry["name"]), EARLIER) == read(entry["fields"], EARLIER, saved=True)
