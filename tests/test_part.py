"""Parts in a method: where they stand, what they offer, how they are moved, and that cards tell the truth of them."""

from __future__ import annotations

import pytest

from distill_core.errors import BadSetting
from distill_core.loop import Step
from distill_core.methods import registry
from distill_core.part import fields_of, kind_of, settings_of
from distill_core.parts.adjustments import ByLength, DirectedShift, RandomShift
from distill_core.queue.planning import plan
from distill_core.work.catalogue import method_entry

DWA = registry()["dwa"]


def test_a_part_knows_where_it_stands():
    method = DWA()
    assert method.path == "" and method.recover.path == "recover"
    assert method.at("recover.adjustment").path == "recover.adjustment"
    assert method.at("") is method and set(method.parts()) == {
        *("squeeze", "start", "recover", "storage", "labels", "course", "filter")
    }
    assert DirectedShift().path == "" and kind_of(RandomShift) == kind_of(RandomShift()) == "random"


def test_a_part_is_found_by_its_kind_and_keeps_the_default_of_the_method():
    assert type(DWA.build({"adjustment": "random"}).recover.adjustment) is RandomShift
    assert settings_of(DWA.build({"rho": 0.1}).recover.adjustment) == settings_of(
        DirectedShift(reach=ByLength(rho=0.1))
    )
    assert DWA.build({"recover": {"kind": "inversion", "adjustment": {"kind": "none"}}}) == DWA.build(
        {"adjustment": "none"}
    )
    assert DWA.build({"adjustment": "none"}).recover.statistics.variance_weight == 0.11, "the method's own"


def test_what_a_method_offers_comes_with_defaults_of_its_own():
    hglad, dc, mtt = (registry()[name] for name in ("hglad", "dc", "mtt"))
    offered = settings_of(hglad.build({"objective": "dc"}))
    assert (offered["objective.outer"], offered["objective.view"], offered["objective.batch_real"]) == (
        1,
        "siamese",
        32,
    )
    own = settings_of(dc())
    assert (own["objective.outer"], own["objective.view"], own["objective.batch_real"]) == (0, "none", 64)
    assert settings_of(hglad.build({"objective": "mtt"}))["objective.memory"] == "constant"
    assert settings_of(mtt())["objective.memory"] == "full"


def test_a_step_has_live_knobs_as_they_stand_now():
    method = DWA()
    moves = {"recover.lr_img": 0.5, "recover.statistics.mean_weight": 0.2}
    step = Step(3, False, False, moves)
    now = step.now(method.recover)
    assert (now.lr_img, now.statistics.mean_weight, now.path) == (0.5, 0.2, "recover")
    assert step.now(method.recover.statistics).mean_weight == 0.2
    assert step.now(method.storage) is method.storage, "none of the moves lies there"
    assert step.now(method).recover == now and method.recover.lr_img == 0.25, "what is frozen stays"
    assert Step(0, False, False, {}).now(method.recover) is method.recover


def test_a_knob_is_moved_by_its_path_or_short_name():
    moved = DWA().moved({"lr_img": 0.5})
    assert moved.recover.lr_img == 0.5 == DWA().moved({"recover.lr_img": 0.5}).recover.lr_img
    with pytest.raises(BadSetting, match=r"'rho' cannot be moved while the run works. Live knobs: lr_img, mean_weight"):
        DWA().moved({"rho": 0.5})
    with pytest.raises(BadSetting, match=r"recover.lr_img=99.0 cannot work"):
        DWA().moved({"lr_img": 99.0})
    with pytest.raises(BadSetting, match="cannot be moved"):
        registry()["rded"]().moved({"lr_img": 0.5})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rho": 5.0}, "recover.adjustment.reach.rho=5.0 cannot work"),
        ({"iterations": "many"}, "recover.iterations='many' cannot work"),
        ({"adjustment": "sideways"}, "recover.adjustment"),
        ({"start": {"kind": "patches", "pool": 0}}, "start.pool=0 cannot work"),
    ],
)
def test_errors_name_the_path(settings, says):
    with pytest.raises(BadSetting, match=says):
        DWA.build(settings)


@pytest.mark.parametrize("name", list(registry()))
def test_a_card_is_true_of_its_method(name):
    """Every preset and every cell of an ablation builds; every field that is named is there, and named in its own terms."""
    kind, card = registry()[name], registry()[name].card
    paths = {field["name"] for field in fields_of(kind)}
    for preset in card.presets:
        assert preset.source, preset.title
        assert preset.settings == {} or kind.build(preset.settings) != kind(), f"{preset.title} is the defaults"
    for ablation in card.ablations:
        made = plan(method_entry(kind), {}, {"data": "digits"}, ablation.axes, [0], published=ablation.published)
        assert all(kind.build(cell.settings) for cell in made.cells()), ablation.title
    for one in card.beside:
        registry()[one.method or name].build(one.changes)
    for field in card.sources:
        assert any(path == field or path.endswith("." + field) for path in paths), f"sources: {field}"
