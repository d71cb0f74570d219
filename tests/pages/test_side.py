"""Side by side: which runs, what differs, what is unfair, and one plane for all."""

from __future__ import annotations

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from distill_core.home import ASSETS
from pages.parts import differing, duel, packing, pairing
from tests.pages import demo
from tests.pages.test_live import words

PAGE = "compare/side"
RHO = ["Seed", "rho"]  # what two runs of a method that this catalog does not know differ in


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


def test_an_empty_home_opens_on_a_shipped_pair_and_says_what_differs(home, open_page):
    shutil.copy(ASSETS / "catalog.json", home / "catalog.json")
    app = open_page(PAGE)
    said = words(app)
    assert "Both: Directed weight adjustment (DWA) · Digits · 10 images per class · seed 0." in said.replace("\\", "")
    assert "One thing differs: **Weight adjustment** (A: none, B: directed)." in said
    assert "get 96.0 % of unseen images right, on B’s 96.6 %. B is 0.6 points above A; one" in said
    assert "97.6 ± 1.2 %" in said and "A is 1.6 points below, B is 1.0 points below" in said
    assert "**What moved:** Pixels move so that" in said and "An example that ships with the studio" in said
    assert differing_in(app) == ["Weight adjustment"] and "Settings that not every run has:" in said
    (sent,) = [json.loads(n.proto.json) for n in app.get("bidi_component") if n.proto.component_name == "distill_wall"]
    assert sent["few"] == 2
    assert sent["titles"] == ["A: weight adjustment none, seed 0", "B: weight adjustment directed, seed 0"]


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
    assert sent[0]["runs"] == [first.id, second.id] and sent[0]["align"] == "learning"


def test_only_what_differs_is_in_the_table(pair, open_page):
    first, second = pair
    third = demo.create(first.home, name="third", settings=rho(0.1), seed=1)
    demo.write(third)
    assert differing_in(open_page(PAGE, runs=f"{first.id},{third.id}")) == RHO
    app = open_page(PAGE, runs=f"{first.id},{second.id}")
    assert {"Seed", "Method"} <= set(differing_in(app)), "another method has other settings"
    assert "Different seeds" in words(app) and "Different data" not in words(app)


def differing_in(app: AppTest) -> list[str]:
    """The settings in the table of what all runs have; those that only some have stand folded after it."""
    table = next(one.value for one in app.dataframe if "setting" in one.value.columns)
    return sorted(table["setting"])


def test_the_sentence_names_a_few_settings_and_counts_the_others():
    found = [differing.Setting(f"Knob {i}", ("1", "2")) for i in range(5)]
    found.append(differing.Setting("Own", ("1", None)))
    said = differing.sentence(found)
    assert said.startswith("5 things differ: **Knob 0** (A: 1, B: 2)") and said.endswith("and 2 more.")
    assert differing.sentence([]) == "They were asked for the same thing."
    assert "share no setting" in differing.sentence(found[-1:])


def test_accuracies_stand_with_their_control():
    own, other = {"accuracy": 0.8, "std": 0.01, "n": 3}, {"accuracy": 0.83, "std": 0.0, "n": 1}
    control = {"accuracy": 0.7, "std": 0.02, "n": 5, "draws": 5}
    assert "No network was trained" in duel.result([{}, {}]) and duel.controls([{"distilled": own}]) == ""
    assert duel.result([{"distilled": own}, {}]).endswith("A 80.0 %, B not tested yet.")
    said = duel.controls([{"distilled": own, "random": control}, {"distilled": other, "random": control}])
    assert said.endswith(
        "70.0 ± 2.0 % (mean ± standard deviation over 5 draws); A is 10.0 points above, B is 13.0 points above."
    )


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


def test_the_second_of_two_is_laid_against_the_first_and_one_run_decides_nothing():
    first, second = ({"distilled": {"accuracy": value}} for value in (0.96, 0.966))
    assert duel.result([first, second]).endswith(
        "B is 0.6 points above A; one run only: repeat it with other seeds to be sure."
    )
    assert "above" not in duel.result([first, second, first])
    other = {"distilled": {"accuracy": 0.5, "labels": "teacher"}}
    assert duel.result([first, other]).endswith("tested under different rules: the two numbers are no contest.")


def test_runs_of_two_methods_are_called_by_them(pair, open_page):
    first, second = pair
    app = open_page(PAGE, run=first.id, b=second.id)
    (sent,) = [json.loads(n.proto.json) for n in app.get("bidi_component") if n.proto.component_name == "distill_wall"]
    assert [one.rpartition(", ")[2] for one in sent["titles"]] == ["seed 0", "seed 1"]
    assert sent["titles"][1] == "B: Shifted weights, seed 1"
