"""What a run is laid beside: from the card, with the same job, found again where it is there."""

from __future__ import annotations

import pytest

from distill_core.home import ASSETS, read_json, write_json
from distill_core.methods import registry
from distill_core.queue.partners import partners
from distill_core.record.folder import RunFolder

JOB = {"data": "digits", "ipc": 1, "seed": 3, "device": "cpu"}


@pytest.fixture(autouse=True)
def catalog(home):
    write_json(home / "catalog.json", read_json(ASSETS / "catalog.json"))


def test_the_same_job_in_other_ways_keeps_every_setting_that_both_have(home):
    run = RunFolder.create(home, "hglad", {"objective": "dc", "averaged": 10, "looks": 7}, JOB, name="walk")
    found = {one.title: one for one in partners(home, run)}
    assert list(found) == ["pixels", "one layer", "an untrained generator"]
    assert {one.run for one in found.values()} == {""}
    assert all(one.job["seed"] == 3 and one.settings["objective"] == "dc" for one in found.values())
    pixels, one_layer = found["pixels"].settings, found["one layer"].settings
    assert pixels["space.prior"] == "pixels" and pixels["space.looks"] == 7
    assert found["one layer"].method == "glad" and "space.looks" not in one_layer and one_layer["space.averaged"] == 10


def test_a_partner_that_is_there_is_found_and_one_that_is_the_run_itself_is_left_out(home):
    run = RunFolder.create(home, "hglad", {"prior": "pixels"}, JOB, name="walk")
    assert [one.title for one in partners(home, run)] == ["one layer", "an untrained generator"]
    other = RunFolder.create(home, "hglad", {"prior": "untrained"}, {**JOB, "students": 3}, name="other")
    other.set_state(state="finished")
    assert [one.run for one in partners(home, run)] == ["", other.id]
    assert partners(home, RunFolder.create(home, "random", {}, JOB, name="control")) == []


@pytest.mark.parametrize("name", [name for name, kind in registry().items() if kind.card.beside])
def test_every_way_that_a_card_names_can_be_asked_for(name):
    for one in registry()[name].card.beside:
        kind = registry()[one.method or name]
        assert one.method or kind.build(one.changes) != kind(), f"{one.title}: it is the method itself"
        kind.build(one.changes)
