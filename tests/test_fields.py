"""Names, choices and saved settings: what a person or a file says becomes complete settings by path, or a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from distill_core.errors import BadSetting
from distill_core.fields import active, complete, flat, nest, read, resolve, short, short_names
from distill_core.methods import registry
from distill_core.part import fields_of, settings_of

EARLIER = json.loads(Path(__file__).with_name("earlier_settings.json").read_text(encoding="utf-8"))
DWA, HGLAD = fields_of(registry()["dwa"]), fields_of(registry()["hglad"])


def built(name, saved=False, **settings):
    return settings_of(registry()[name].build(settings, saved=saved))


@pytest.mark.parametrize(
    "name",
    ["recover.adjustment.reach.rho", "recover.adjustment.rho", "rho", "adjustment.rho", "recover_adjustment_rho"],
)
def test_a_name_is_a_path_or_the_only_end_of_one(name):
    assert resolve(DWA, name) == "recover.adjustment.reach.rho"
    assert built("dwa", **{name: 0.1})["recover.adjustment.reach.rho"] == 0.1


@pytest.mark.parametrize("name", list(registry()))
def test_the_shortest_name_of_every_field_means_it_where_it_means_anything(name):
    fields = fields_of(registry()[name])
    for field in fields:
        beside = complete(fields, {where: kinds[0] for where, kinds in field.get("when", ())})
        assert resolve(fields, short(fields, field["name"]), beside) == field["name"]
    assert len(set(short_names(fields))) == len({field["name"] for field in fields})


def test_a_name_of_several_settings_asks_which_and_is_one_beside_a_choice():
    with pytest.raises(BadSetting, match=r"'lr_img' is the name of several settings: space.lr_img, space.last.lr_img"):
        resolve(HGLAD, "lr_img")
    assert built("hglad", space="pixels", lr_img=2.0)["space.lr_img"] == 2.0
    assert built("hglad", last="pixels", lr_img=2.0)["space.last.lr_img"] == 2.0


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(BadSetting, match=r"no setting called 'rhoo'.*Did you mean \"rho\"\?"):
        built("dwa", rhoo=1)


def test_names_of_earlier_versions_are_still_understood():
    assert resolve(DWA, "weights") == "recover.adjustment" and resolve(DWA, "squeeze_epochs", {}) == "squeeze.epochs"
    assert resolve(HGLAD, "metric") == "space.measure" and resolve(HGLAD, "judge") == "space.measure.network"


def test_a_field_means_something_beside_the_choices_that_it_stands_with():
    names = [field["name"] for field in active(DWA, {"recover.adjustment": "none"})]
    assert "recover.adjustment" in names and not any(name.startswith("recover.adjustment.") for name in names)
    random = {field["name"] for field in active(DWA, {"recover.adjustment": "random"})}
    assert "recover.adjustment.reach.rho" in random and "recover.adjustment.ascent_steps" not in random
    assert "recover.iterations" not in complete(DWA, {"recover": "none"}), "nor what lies deeper"


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        (
            "sre2l",
            {"rho": 0.1},
            r"belongs to recover.adjustment=random or random_rise or directed, and recover.adjustment is none",
        ),
        ("rded", {"iterations": 9}, r"belongs to recover=inversion, and recover is none. Choose recover=inversion too"),
        ("hglad", {"measure": "loss", "network": "auto"}, r"Choose space.measure=cam_weighted too, or leave it out"),
    ],
)
def test_a_value_of_a_part_that_is_not_chosen_is_refused_with_the_way_out(name, settings, says):
    with pytest.raises(BadSetting, match=says):
        built(name, **settings)


OTHER_NOW = {"space.averaged": 1000}  # defaults that have changed since: a saved run keeps what it was made with


@pytest.mark.parametrize("name", list(EARLIER))
def test_saved_flat_settings_at_their_former_defaults_are_the_defaults(name):
    usual = built(name)
    kept = {path: value for path, value in OTHER_NOW.items() if path in usual}
    assert built(name, saved=True, **EARLIER[name]) == {**usual, **kept}


MOVED = {  # what the former names said, and what it is called now
    "weights": ("recover.adjustment", "random"),
    "rho": ("recover.adjustment.reach.rho", 0.3),
    "iterations": ("iterations", 17),
    "squeeze_epochs": ("squeeze.epochs", 3),
    "squeeze_recipe": ("squeeze.recipe", "tiny"),
    "mean_weight": ("recover.statistics.mean_weight", 0.5),
    "class_share": ("recover.statistics.class_share", 0.25),
    "labelers": ("squeeze.by", "teacher"),
    "storage": ("storage", "jpeg"),
    "start": ("start", "noise"),
    "momentum": ("space.momentum", 0.25),
    "batch_real": ("objective.batch_real", 5),
    "distance": ("objective.distance", "cos"),
    "first_lr": ("objective.first_lr", 0.5),
    "layer": ("space.layer", "latent"),
    "chunk": ("space.chunk", 3),
    "looks": ("space.looks", 7),
    "metric": ("space.measure", "loss"),
    "select": ("space.select", "last"),
    "unit_length": ("unit_length", False),
}


@pytest.mark.parametrize("name", [name for name in EARLIER if EARLIER[name]])
def test_saved_flat_settings_at_other_values_read_as_they_meant(name):
    said = {old: value for old, (_, value) in MOVED.items() if old in EARLIER[name]}
    objective = {"objective": "mtt"} if "objective" in EARLIER[name] else {}
    found = built(name, saved=True, **{**EARLIER[name], **said, **objective})
    for old, value in said.items():
        ends = [path for path in found if path == MOVED[old][0] or path.endswith("." + MOVED[old][0])]
        if (old, name) in (("batch_real", "glad"), ("batch_real", "hglad")):
            assert not ends, "trajectories are matched without real batches"
        else:
            assert ends and all(found[path] == value for path in ends), f"{old} is {ends}"


def test_parts_that_were_chosen_by_a_value_other_than_zero_are_chosen():
    rded = built("rded", saved=True, **{**EARLIER["rded"], "iterations": 300})
    assert (rded["recover"], rded["recover.iterations"]) == ("inversion", 300)
    edc = built("edc", saved=True, **{**EARLIER["edc"], "spectrum_weight": 0.5})
    assert (edc["recover.spectrum"], edc["recover.spectrum.weight"]) == ("flat", 0.5)
    gvbsm = built("gvbsm", saved=True, **{**EARLIER["gvbsm"], "pool": 9})
    assert gvbsm["start"] == "noise" and "start.pool" not in gvbsm, "it meant nothing there"
    switch = built("hglad", saved=True, **{**EARLIER["hglad"], "pixel_stage": True, "lr_img": 0.5})
    assert (switch["space.last"], switch["space.last.lr_img"]) == ("pixels", 0.5)


@pytest.mark.parametrize("name", list(registry()))
def test_flat_and_nested_are_two_ways_to_write_the_same(name):
    fields, full = fields_of(registry()[name]), built(name)
    assert flat(nest(fields, full)) == full == read(fields, nest(fields, full)) == read(fields, full)
    assert read(fields, nest(fields, full), saved=True) == full


@pytest.mark.parametrize(
    ("name", "said", "wanted"),
    [
        ("glad", {"layer": "pixels", "lr_img": 0.7, "lr_f": 0.0}, {"space.lr_f": 0.7}),
        ("glad", {"layer": "layer1", "lr_img": 0.7, "lr_f": 0.1}, {"space.lr_f": 0.1}),
        ("hglad", {"prior": "pixels", "lr_img": 2.0, "pixel_stage": False}, {"space.lr_f": 2.0, "space.last": "none"}),
        (
            "hglad",
            {"prior": "style", "lr_img": 2.0, "pixel_stage": True},
            {"space.lr_f": 0.0, "space.last.lr_img": 2.0},
        ),
    ],
)
def test_a_rate_of_pixels_that_was_saved_is_that_of_what_was_searched(name, said, wanted):
    found = settings_of(registry()[name].build(said, saved=True))
    assert {path: found[path] for path in wanted} == wanted
