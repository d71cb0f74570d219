"""Side by side: which runs, what differs, what is unfair, and one plane for all."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import packing, pairing
from tests.pages import demo
from tests.pages.test_live import words

PAGE = "compare/side"


def rho(value: float) -> dict:
    return {"recover": {"adjustment": {"reach": {"rho": value}}}}


@pytest.fixture
def pair(home):
    """Two finished runs that differ in method, seed and one setting."""
    first = demo.create(home, name="first", settings=rho(0.015))
    second = demo.create(home, method="shift", name="second", settings={"rho": 0.1}, seed=1)
    demo.write(first), demo.write(second, steps=20)
    return first, second


def feeder(app: AppTest) -> dict:
    node = next(n for n in app.get("bidi_component") if n.proto.component_name == "distill_feed")
    return packing.header_of(node.proto.bytes)


def test_an_empty_home_says_what_to_do(open_page):
    assert "There is no run yet" in words(open_page(PAGE))


def test_one_run_is_not_enough_and_fair_partners_are_offered(home, open_page):
    first, twin = demo.create(home, name="first"), demo.create(home, method="random", name="twin")
    demo.create(home, name="other seed", seed=5)
    app = open_page(PAGE, run=first.id)
    assert "at least two" in words(app)
    offered = [one for one in app.button if one.key and one.key.startswith("_with.")]
    assert [one.label for one in offered] == ["twin"]
    offered[0].click().run()
    assert app.query_params["b"] in (twin.id, [twin.id])


def test_runs_of_one_name_can_be_chosen_together(home, open_page):
    first, twin = demo.create(home, name="same"), demo.create(home, name="same")
    demo.write(first), demo.write(twin)
    app = open_page(PAGE, run=first.id, b=twin.id)
    assert app.multiselect[0].value == [first.id, twin.id]
    assert set(app.multiselect[0].options) == {f"same ({one.id[-4:]})" for one in (first, twin)}
    assert app.query_params["b"] in (twin.id, [twin.id])


def test_two_runs_share_one_clock_and_one_plane(pair, open_page):
    first, second = pair
    app = open_page(PAGE, run=first.id, b=second.id)
    header = feeder(app)
    assert [(part["run"], part["lead"]) for part in header["runs"]] == [(first.id, first.id), (second.id, first.id)]
    sent = [json.loads(n.proto.json) for n in app.get("bidi_component") if n.proto.component_name == "distill_player"]
    assert sent[0]["runs"] == [first.id, second.id] and sent[0]["align"] == "step"


def test_only_what_differs_is_in_the_table(pair, open_page):
    first, second = pair
    third = demo.create(first.home, name="third", settings=rho(0.1), seed=1)
    demo.write(third)
    assert differing(open_page(PAGE, runs=f"{first.id},{third.id}")) == ["job: seed", "recover.adjustment.reach.rho"]
    app = open_page(PAGE, runs=f"{first.id},{second.id}")
    assert {"job: seed", "method"} <= set(differing(app)), "another method has other settings"
    assert "Different seeds" in words(app) and "Different data" not in words(app)


def differing(app: AppTest) -> list[str]:
    (table,) = [one.value for one in app.dataframe if "setting" in one.value.columns]
    return sorted(table["setting"])


def test_a_run_that_is_gone_is_said(pair, open_page):
    first, second = pair
    app = open_page(PAGE, run=first.id, b="gone-for-good", c=second.id)
    assert "There is no run called gone\\-for\\-good" in words(app)
    assert len(feeder(app)["runs"]) == 2


def test_a_run_that_works_says_so(home, open_page):
    first, second = demo.create(home, name="first"), demo.create(home, name="second")
    demo.write(first), demo.write(second, upto=80, state="running")
    with second.lock():
        assert "second: " in words(open_page(PAGE, run=first.id, b=second.id))


def test_what_makes_a_comparison_unfair_is_named():
    asked = [{"method": "a", "job": {"data": "x", "ipc": i, "seed": 0}} for i in (1, 2)]
    assert pairing.warnings(asked, ["A", "B"]) == [
        "Different numbers of images per class: more images are worth more. (A: 1, B: 2)"
    ]
    assert pairing.warnings(asked[:1] * 2, ["A", "B"]) == []
