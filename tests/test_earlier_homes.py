"""A home with files of an earlier version, or with files that somebody edited: read as they were meant, or refused in words."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from distill_core import catalog
from distill_core.axis import along
from distill_core.cli.listing import differing
from distill_core.errors import BadRecord, BadSetting
from distill_core.events import KnobMoved
from distill_core.fields import flat
from distill_core.home import ASSETS, read_json, write_json
from distill_core.looks.walk import prior_of_run
from distill_core.methods import registry
from distill_core.queue import devices
from distill_core.queue.known import by_path, known_runs
from distill_core.queue.planning import plan
from distill_core.record.folder import RunFolder
from distill_core.work.knobs import Knobs

EARLIER = json.loads(Path(__file__).with_name("earlier_settings.json").read_text(encoding="utf-8"))
JOB = {"data": "digits", "ipc": 1, "seed": 0, "device": "auto", "students": 3}
SHIPPED = read_json(ASSETS / "catalog.json")


def run_of(home: Path, method: str, settings: Any) -> RunFolder:
    run = RunFolder.create(home, method, settings, JOB)
    run.set_state(state="finished")
    return run


def test_settings_that_are_no_mapping_are_a_broken_run_and_missing_ones_are_the_defaults(home: Path) -> None:
    run = run_of(home, "dwa", {})
    asked = read_json(run.path / "job.json")
    write_json(run.path / "job.json", {**asked, "settings": [1, 2]})
    with pytest.raises(BadRecord, match=r"no readable job\.json"):
        run.request()
    del asked["settings"]
    write_json(run.path / "job.json", asked)
    assert run.request()["settings"] == {}
    assert catalog.settings_of_run(home, run.request()) == catalog.settings(catalog.method(SHIPPED, "dwa"), {})


@pytest.mark.parametrize("method", list(EARLIER))
def test_the_same_settings_saved_by_two_versions_do_not_differ(home: Path, method: str) -> None:
    before = run_of(home, method, EARLIER[method])
    now = run_of(home, method, registry()[method].build(EARLIER[method], saved=True).plain())
    both = [catalog.settings_of_run(home, one.request()) for one in (before, now)]
    assert differing([dict(one) for one in both]) == {}
    assert both[1] == catalog.settings(catalog.method(SHIPPED, method), EARLIER[method])


@pytest.mark.parametrize(
    ("method", "settings"), [("dwa", {"strange": 1}), ("gone", {"recover": {"rho": 2}}), ("dwa", {"course.parts": 3})]
)
def test_settings_that_nobody_reads_are_shown_as_they_were_saved(
    home: Path, method: str, settings: dict[str, Any]
) -> None:
    assert catalog.settings_of_run(home, run_of(home, method, settings).request()) == flat(settings)


def test_a_run_of_a_method_that_is_not_here_still_says_which_generator_it_searched(home: Path) -> None:
    assert prior_of_run(run_of(home, "gone", {"space": {"prior": "digits_gan"}})) == "digits_gan"
    with pytest.raises(BadRecord, match="no generator"):
        prior_of_run(run_of(home, "gone", {"rho": 1}))


def test_a_damaged_catalog_leaves_the_cpu_and_a_new_one_is_seen_at_once(home: Path) -> None:
    assert devices.known(home) == ["cpu"]
    for text in ("{", "[]", '{"devices": null}'):
        (home / "catalog.json").write_text(text)
        assert devices.known(home) == ["cpu"] and devices.named(home, "auto") == "cpu"
    write_json(home / "catalog.json", {"devices": ["cpu", "cuda:0"]})
    assert devices.named(home, "auto") == "cuda-0"


# ── knobs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_knob_that_was_moved_under_its_short_name_moves_again_at_its_step_and_not_before() -> None:
    method = registry()["dwa"].build({})
    knobs = Knobs(method, [], [KnobMoved("recover", 7, "lr_img", 0.5)])
    assert list(knobs.wanted("recover", 0, {"lr_img": 0.5})) == []
    assert list(knobs.planned("recover", 0)) == []
    [moved] = knobs.planned("recover", 7)
    assert (moved.name, moved.value) == ("recover.lr_img", 0.5)
    assert list(knobs.wanted("recover", 8, {"lr_img": 0.5})) == []
    [again] = knobs.wanted("recover", 9, {"lr_img": 0.1})
    assert again == KnobMoved("recover", 9, "recover.lr_img", 0.1)


def test_a_move_of_a_knob_that_is_no_more_is_refused_when_it_is_to_happen() -> None:
    method = registry()["dwa"].build({})
    knobs = Knobs(method, [], [KnobMoved("recover", 7, "gone", 0.5)])
    [_] = knobs.planned("recover", 7)
    with pytest.raises(BadSetting, match="no setting called 'gone'"):
        method.moved(knobs.in_force)


# ── sweeps ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sweep_of_an_earlier_version_finds_its_runs_and_says_its_commands(home: Path) -> None:
    entry = catalog.method(SHIPPED, "dwa")
    today = plan(entry, {}, {**JOB, "epochs": 0}, [along("recover.adjustment.reach.rho", 0.005, 0.015)], (0, 1))
    axis = today.axes[0]
    cases = {label: {"rho": case["recover.adjustment.reach.rho"]} for label, case in axis.cases.items()}
    old = {"settings": EARLIER["dwa"], "fields": (), "axes": (dataclasses.replace(axis, cases=cases),)}
    before = today.model_copy(update=old)
    assert not set(before.keys()) & set(today.keys())
    for place, cell in enumerate(before.cells()):
        assert by_path(home, before, cell)["recover.adjustment.reach.rho"] == (0.005, 0.015)[place]
    made = RunFolder.create(home, "dwa", {**EARLIER["dwa"], "rho": 0.005}, {**before.job, "seed": 1})
    made.set_state(state="finished")
    [(key, run)] = known_runs(home, before).items()
    assert (run, before.planned(key).seed, before.planned(key).cell.settings["rho"]) == (made.id, 1, 0.005)
