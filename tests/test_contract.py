"""The contract, asked of every method in the registry on a tiny job. A new method is covered by appearing in the list."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from distill_core.events import KINDS
from distill_core.loop import steps
from distill_core.methods import registry
from distill_core.part import fields_of, settings_of
from distill_core.quantities.stages import STAGES
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.results import Pictures, load_result
from distill_core.work import sitting
from tests.kills import check_kills
from tests.methods.tiny import drain, fitting, job, small

METHODS = registry()
NAMES = sorted(METHODS)
SHOWN = {"infer": 3}  # images of a class that students see, where they are more than ipc: a natural and two sums


@pytest.fixture(params=NAMES)
def kind(request):
    return registry()[request.param]


def is_plain(value) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and is_plain(v) for k, v in value.items())
    if isinstance(value, tuple):
        return all(is_plain(v) for v in value)
    return isinstance(value, (int, float, str, bool, np.ndarray))


def test_returns_the_asked_number_of_images(kind):
    events, result = drain(small(kind).distill(fitting(small(kind))))
    each = SHOWN.get(kind.card.name, 2)
    assert torch.bincount(result.labels, minlength=10).tolist() == [each] * 10
    images = Pictures.of(result).images
    assert images.shape == (10 * each, 1, 8, 8) and images.dtype == torch.float32
    assert float(images.min()) >= 0 and float(images.max()) <= 1
    assert events, "something can be seen"


def test_says_only_known_and_plain_things(kind):
    events, _ = drain(small(kind).distill(fitting(small(kind))))
    for event in events:
        assert KINDS[event.kind] is type(event)
        for field in dataclasses.fields(event):
            assert is_plain(getattr(event, field.name)), f"{event.kind}.{field.name} is not plain"
    assert any(e.kind == "images" for e in events)
    stages = list(dict.fromkeys(e.stage for e in events if e.kind == "stage"))
    if kind.card.stages or kind in METHODS.values():  # a guest's card may leave them out
        assert stages == list(kind.card.stages), "the card says the stages in their order"
        assert set(stages) <= set(STAGES), "every stage has its words"


def test_the_same_seed_gives_the_same_images(kind):
    asked = [{}, {}, {"seed": 11}]
    first, second, other = (Pictures.of(drain(small(kind).distill(fitting(small(kind), **one)))[1]) for one in asked)
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.images, other.images) == kind.card.by_rule, "another seed gives the same set, by rule only"


def test_every_field_explains_itself(kind):
    for field in fields_of(kind):
        assert field["title"] and field["help"].endswith("."), f"{field['name']} has no title or help"
        if field["type"] in ("int", "float"):
            assert field["minimum"] is not None, f"{field['name']} has no lower bound"
            assert field["maximum"] is not None, f"{field['name']} has no upper bound"


def test_the_card_is_complete(kind):
    card = kind.card
    assert card.name and card.title and card.idea.endswith(".")
    assert card.family and card.paper
    for preset in card.presets:
        assert preset.source, f"{preset.title}: whose values are these?"
        kind.build(preset.settings)
        job(**preset.job)


def test_presets_can_be_copied_without_loss(kind):
    method = small(kind)
    assert kind.build(method.plain()) == method == kind.build(settings_of(method))
    assert kind.build(method.plain(), saved=True) == method, "a saved run asks for the same"


# ── driven from a run folder ────────────────────────────────────────────────────────────────────────────────────────────


def new_run(home, kind, **more) -> RunFolder:
    method = small(kind)
    asked = fitting(method, **more)
    return RunFolder.create(home, kind.card.name, method.plain(), asked.model_dump(mode="json"))


def only_distill(method, asked):
    return (yield from method.distill(asked))


def finish(folder: RunFolder) -> dict:
    return sitting.drive_run(folder, only_distill, registry())


def test_a_killed_run_resumes_to_the_same_bytes(kind, tmp_path, monkeypatch):
    """Killed anywhere, the run ends as one that was never killed: its images, what it cached, what it said."""
    check_kills(kind, tmp_path, monkeypatch)


@pytest.mark.parametrize("adjustment", ["directed", "random", "random_rise"])
def test_a_shift_that_is_sought_resumes_to_the_same_bytes(adjustment, tmp_path, monkeypatch):
    check_kills(
        registry()["dwa"], tmp_path, monkeypatch, adjustment=adjustment, reach="rise", rise=0.05, slices_at_once=1
    )


def test_stops_when_asked_and_goes_on(kind, home):
    folder = new_run(home, kind)
    folder.steer(want="stop")
    state = finish(folder)
    assert state["state"] == "stopped"
    folder.steer(want="run")
    assert finish(folder)["state"] == "finished"
    assert (folder.path / "set.safetensors").is_file()


def test_replays_to_what_was_said(kind, home):
    """The records of a run give back the very pixels of its events."""
    from distill_core.record.sheets import read_sheet

    folder = new_run(home, kind)
    finish(folder)
    records = [r for r in Timeline.all(folder) if r["kind"] == "images" and r.get("source") == "synthetic"]
    last = read_sheet(folder, records[-1])
    final = Pictures.of(load_result(folder.path / "set.safetensors")).images
    assert np.array_equal(last, (final * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy())


def test_a_guest_that_cannot_be_loaded_is_left_out(tmp_path, monkeypatch):
    package = tmp_path / "site"
    (package / "broken-1.0.dist-info").mkdir(parents=True)
    (package / "broken-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (package / "broken-1.0.dist-info" / "entry_points.txt").write_text(
        "[distill_core.methods]\nbroken = nowhere_at_all:X\n"
    )
    monkeypatch.syspath_prepend(str(package))
    registry.cache_clear()
    try:
        with pytest.warns(UserWarning, match="'broken'.*left out"):
            assert sorted(registry()) == NAMES
    finally:
        registry.cache_clear()


def test_without_a_driver_a_loop_simply_runs():
    assert [s.index for s in steps("x", 5)] == [0, 1, 2, 3, 4]
