"""What everything reports is in the table of quantities, and every row of the table is reported by somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from distill_core import quantities
from distill_core.figures import spread
from distill_core.methods import registry
from distill_core.pieces import teach
from distill_core.quantities.table import ROWS
from distill_core.record import naming, priors
from distill_core.record.folder import RunFolder
from distill_core.search import measures as judge
from tests.methods.tiny import NETWORK, fitting, small
from tests.test_quantities import said
from tests.work.test_studies import drive, study

BY_RUNS = ("curve", "limit", "bars", "classes", "search", "score", "ledger")  # the others are no part of a run's log


def of_methods(home: Path) -> dict[str, set[str]]:
    """By method, the names that a run of it reports."""
    found = {}
    for name, kind in registry().items():
        method = small(kind)
        job = fitting(method, students=int(name == "random"), epochs=2).model_dump(mode="json")
        folder = RunFolder.create(home, name, method.plain(), job)
        assert drive(folder)["state"] == "finished", name
        found[name] = said(folder)
    sought = small(registry()["dwa"], reach="rise", rise=0.05)
    folder = RunFolder.create(home, "dwa", sought.plain(), fitting(sought, students=0).model_dump(mode="json"))
    assert drive(folder)["state"] == "finished", folder.state()
    found["dwa, its length sought"] = said(folder)
    return found


def of_studies(home: Path) -> dict[str, set[str]]:
    """By study, the names that it reports about a search that lies in this home."""
    searched = next(path.name for path in (home / "runs").glob("hglad-*"))
    asked = {
        "teacher": ({"epochs": 1}, {}),
        "transfer": ({"runs": [searched], "networks": [NETWORK]}, {"epochs": 2}),
        "continual": ({"run": searched, "tasks": 2, "orders": 1}, {"epochs": 2, "student": NETWORK}),
        "ranking": (
            {"run": searched, "each": 2, "draws": 1, "short": 1, "long": 2, "judge": NETWORK},
            {"epochs": 2, "students": 1, "student": NETWORK},
        ),
        "label_curve": (
            {"run": searched, "ladder": ["hard", "stored:stored=1"]},
            {"epochs": 2, "students": 1, "draws": 1, "student": NETWORK, "protocol": "dwa"},
        ),
        "prior": ({"width": 4, "steps": 4, "sharpen": 4, "measure": True}, {"data": "digits:size=8"}),
    }
    found = {}
    for name, (settings, job) in asked.items():
        folder = study(home, name, settings, **job)
        assert drive(folder)["state"] == "finished", (name, folder.state())
        found[name] = said(folder)
    return found


def test_the_table_and_what_is_reported_are_the_same(home, monkeypatch):
    monkeypatch.setattr(judge, "SqueezeRecipe", lambda: teach.SqueezeRecipe(epochs=1))
    found = {**of_methods(home), **of_studies(home)}
    unknown = {
        who: names
        for who, all_ in found.items()
        if (names := {n for n in all_ if quantities.split(n)[0] not in quantities.TABLE})
    }
    assert not unknown
    reported = {quantities.split(name)[0] for names in found.values() for name in names}
    assert {row.id for row in ROWS if row.form in BY_RUNS} == reported
    assert {row.id for row in ROWS if row.form == "look"} == set(spread.SHOWN.values())
    (made,) = (one for one in priors.known(home) if one["where"] == "trained" and one["quality"])
    assert {row.id for row in ROWS if row.form == "card"} == made["quality"].keys()


def test_scores_are_a_quantity_too():
    assert quantities.TABLE[naming.SCORE].form == "score"


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Judges and students of a moment: what they say is asked, not what they know."""
    from distill_core.priors import quality

    monkeypatch.setattr(quality, "UPDATES", 4)
    monkeypatch.setattr(quality, "judge", lambda real: (NETWORK, teach.SqueezeRecipe(epochs=1)))
