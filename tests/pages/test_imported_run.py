"""A set that was brought in stands on every page as what it is, and no page asks for the method that it has not."""

from __future__ import annotations

import json

import pytest
import torch

from distill_core.events import Scored
from distill_core.home import write_json
from distill_core.record.later import add_scores
from distill_core.results import Pictures
from distill_core.studies import STUDIES
from distill_core.work import catalogue, sets

PAGES = ("distill/live", "explore/diversity", "compare/side", "compare/scores", "compare/transfer", "explore/layers")
BROUGHT = "brought in"


@pytest.fixture
def imported(home):
    """A set of two classes from elsewhere, with scores that were asked for afterwards."""
    catalog = json.loads((home / "catalog.json").read_text(encoding="utf-8"))
    catalog["studies"] = [catalogue.method_entry(one) for one in STUDIES.values()]
    write_json(home / "catalog.json", catalog)
    made = Pictures(torch.rand(2, 1, 8, 8), torch.tensor([0, 1]), ("a", "b"), (0.5,), (0.5,))
    folder = sets.keep(home, made, name="theirs", data="tiny")
    add_scores(folder, [Scored(who, "convnet", "hard", (0.5, 0.6), "hard") for who in ("distilled", "random")])
    return folder


def words(app) -> str:
    kinds = ("title", "markdown", "caption", "warning", "error", "info")
    return " ".join(str(one.value) for kind in kinds for one in app.get(kind))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_and_says_what_it_is(open_page, imported, make_run, page):
    query = {"runs": f"{imported.id},{make_run().id}"} if page == "compare/side" else {"run": imported.id}
    said = words(open_page(page, **query))
    assert "There is no method" not in said and "None" not in said
    assert BROUGHT in said.lower(), said


def test_a_new_run_cannot_take_over_settings_that_it_has_not(open_page, imported):
    said = words(open_page("distill/new", **{"from": imported.id}))
    assert "was brought in and not distilled here" in said and "not installed" not in said


def test_sets_from_different_pixel_spaces_are_said_side_by_side(home, open_page):
    def brought(seed, pixels):
        notes = (f"Pixels: {pixels}: 0 % outside, mean 0.3. Next: nothing.",)
        torch.manual_seed(seed)
        made = Pictures(torch.rand(2, 1, 8, 8), torch.tensor([0, 1]), ("a", "b"), (0.5,), (0.5,))
        return sets.keep(home, made.with_(about={"brought": {"notes": notes}}), name=f"n{seed}", data="tiny").id

    one, two, same = brought(0, "[−1, 1]"), brought(1, "0…255"), brought(2, "0…255")
    assert "pixels in different spaces (A: " in words(open_page("compare/side", runs=f"{one},{two}"))
    assert "different spaces" not in words(open_page("compare/side", runs=f"{two},{same}"))
