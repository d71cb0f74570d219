"""Sweeps that ship: read from the shelf, drawn from their own rows, opened where their runs ship too."""

from __future__ import annotations

import json

import pytest

from distill_core.axis import along
from distill_core.errors import BadRecord
from distill_core.queue import shipped, sweeps
from distill_core.queue.outcomes import outcomes
from tests.figures.test_sweep_figures import sweep


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "SHELF", tmp_path / "sweeps")
    monkeypatch.setattr(shipped, "RUNS", tmp_path / "examples")
    (tmp_path / "sweeps").mkdir()
    return tmp_path


def ship(shelf, made):
    runs = {key: f"run-{number}" for number, key in enumerate(made.keys())}
    rows = [
        {"id": run, "state": "finished", "accuracy": 0.9, "random": 0.8, "draws": 5, "facts": {"start-rise": 0.1}}
        for run in runs.values()
    ]
    about = {"command": "x", "machine": "y", "versions": {}, "about": ""}
    found = {
        "schema": 1,
        "id": made.id,
        "created": 1.0,
        "plan": made.model_dump(mode="json"),
        "runs": runs,
        "rows": rows,
    }
    (shelf / "sweeps" / f"{made.id}.json").write_text(json.dumps({**found, "made": about}), encoding="utf-8")
    return runs


def test_a_recorded_sweep_has_the_outcomes_of_its_rows_and_is_no_sweep_of_the_home(shelf, home):
    made = sweep(along("k", 1, 12))
    runs = ship(shelf, made)
    (one,) = shipped.shipped().values()
    found = outcomes(home, one["sweep"], one["rows"])
    assert [(cell.accuracy, cell.random, cell.facts) for cell in found] == [
        ((0.9, 0.9), (0.8, 0.8), {"start-rise": (0.1, 0.1)})
    ] * 2
    assert sweeps.list_sweeps(home) == [], "nobody feeds or stops it"
    assert shipped.runs_of(one) == []
    (shelf / "examples" / runs[next(iter(runs))]).mkdir(parents=True)
    assert shipped.runs_of(one) == ["run-0"]


def test_a_damaged_one_says_so(shelf):
    (shelf / "sweeps" / "broken.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadRecord, match=r"broken\.json has no readable file"):
        shipped.shipped()


def test_what_ships_can_be_read():
    for name, one in shipped.shipped().items():
        assert one["sweep"].id == name and len(one["rows"]) == len(one["sweep"].runs) > 0
        assert all(row["state"] == "finished" and row["accuracy"] for row in one["rows"])
