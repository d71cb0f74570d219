"""Side by side: which runs, what differs, what is unfair, and one plane for all."""

from __future__ import annotations

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from distill_core.home import ASSETS
from pages.parts import differing, packing, pairing
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
    assert (
        "A dwa · no adjustment · s0 and B dwa · directed · s0 differ in one thing: **Weight adjustment**"
        in said.replace("\\", "")
    )
    assert "none against directed" in said and "An example that ships with the studio" in said
    assert "A: **96.0 % (1 student)** of unseen images; random real ones: 97.6 ± 1.2 % (3 draws): -1.6 points" in said
    assert differing_in(app) == ["Weight adjustment"]
    assert "4 settings that not every run has" in [one.label for one in app.expander]
    (sent,) = [json.loads(n.proto.json) for n in app.get("bidi_component") if n.proto.component_name == "distill_wall"]
    assert sent["few"] == 2


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
    said = differing.sentence(found, ["A", "B"])
    assert said.startswith("A and B differ in 5 things: **Knob 0** (1 against 2)") and said.endswith("and 2 more.")
    assert differing.sentence([], ["A", "B"]) == "A and B were asked for the same thing."
    assert "share no setting" in differing.sentence(found[-1:], ["A", "B"])


def test_accuracies_stand_with_their_control():
    own = {"accuracy": 0.8, "std": 0.01, "n": 3}
    assert differing.worth({}, "A one") == "A: no student has finished yet."
    assert differing.worth({"distilled": own}, "A one").endswith("no random control.")
    control = {"accuracy": 0.7, "std": 0.02, "n": 5, "draws": 5}
    said = differing.worth({"distilled": own, "random": control}, "A one")
    assert (
        said
        == "A: **80.0 ± 1.0 % (3 students)** of unseen images; random real ones: 70.0 ± 2.0 % (5 draws): +10.0 points"
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
    assert differing.duel([first, second]).startswith("B against A: +0.6 points. Each is one run")
    assert differing.duel([first, {}]) == differing.duel([first, second, first]) == ""
