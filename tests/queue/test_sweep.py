"""A sweep as a value: what it expands into, what its runs are called by, and what it refuses."""

from __future__ import annotations

import time
from typing import Any

import pytest

from distill_core.axis import Axis, along, read_axis, read_seeds, typed
from distill_core.errors import BadSetting
from distill_core.part import fields_of
from distill_core.queue.planning import MOST, cost, plan
from distill_core.queue.sweep import Sweep, key_of, read_plan
from distill_core.work.catalogue import method_entry
from distill_core.work.cells import refusal, refusals
from tests.work.toy import Toy

ENTRY = method_entry(Toy)
JOB = {"data": "digits", "ipc": 1, "students": 1}


def grid(*axes: Axis, seeds: Any = (0,), **more: Any) -> Sweep:
    return plan(ENTRY, more.pop("settings", {}), {**JOB, **more.pop("job", {})}, axes, seeds, **more)


def test_every_cell_comes_once_before_any_gets_its_second_seed():
    sweep = grid(along("lr", 0.1, 0.2, 0.3), along("count", 3, 5), seeds=[4, 7])
    runs = list(sweep.runs())
    assert len(sweep) == len(runs) == len({run.key for run in runs}) == 12
    assert [run.seed for run in runs] == [4] * 6 + [7] * 6
    assert [run.cell.place for run in runs[:3]] == [(0, 0), (0, 1), (1, 0)]
    assert (runs[2].cell.settings["lr"], runs[2].cell.settings["count"]) == (0.2, 3)
    assert sweep.name(runs[2]) == "toy · lr 0.2 · count 3 · s4"
    assert list(sweep.keys()) == [run.key for run in runs]
    assert sweep.planned(runs[5].key) == runs[5]


def test_fields_of_the_job_are_axes_too_and_a_case_sets_several():
    cases = Axis("Both", {"small": {"lr": 0.1, "ipc": 2}, "large": {"lr": 1.0, "ipc": 5}})
    cells = list(grid(along("protocol", "hard", "dwa"), cases).cells())
    assert [(c.job["protocol"], c.job["ipc"], c.settings["lr"]) for c in cells] == [
        ("hard", 2, 0.1), ("hard", 5, 1.0), ("dwa", 2, 0.1), ("dwa", 5, 1.0),
    ]  # fmt: skip
    assert cases.field == "" and along("lr", 1.0).field == "lr"


def test_the_same_question_has_the_same_keys_and_id_however_it_is_written():
    first = grid(along("lr", 1.0, 2.0), settings={"count": 12})
    other = grid(along("lr", 1, 2), job={"device": "cuda:1"}, title="by another name")
    assert list(first.keys()) == list(other.keys()) and first.id == other.id
    assert first.id.startswith("toy-lr-")
    keys = {key_of("toy", {}, {"data": spec}) for spec in ("digits:b=1,a=2", "digits:a=2,b=1", "digits:a=2")}
    assert len(keys) == 2
    assert grid(along("lr", 1.0, 3.0)).id != first.id
    assert read_plan(first.model_dump(mode="json")) == first


def test_a_value_is_read_in_the_type_of_its_field():
    fields = [*fields_of(Toy), {"name": "protocol", "type": "text", "default": "auto"}]
    assert read_axis("lr=0.1, 1e-1,2", fields).cases == {"0.1": {"lr": 0.1}, "2": {"lr": 2.0}}
    assert read_axis("--nan-at=3.0,x", fields).cases == {"3": {"nan_at": 3}, "x": {"nan_at": "x"}}
    assert list(read_axis("protocol=a:b=1,c=2; d", fields).cases) == ["a:b=1,c=2", "d"]
    assert typed({"type": "bool"}, "yes") is True and typed({"type": "choice", "choices": [1, 2]}, "2") == 2
    assert typed({"type": "int"}, "inf") == "inf" and typed({"type": "int"}, "2.5") == "2.5"
    assert read_seeds("0-2, 7") == [0, 1, 2, 7]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lr", "is no axis"),
        ("lrr=1", 'Did you mean "lr"?'),
        ("lr=", "has no value on its axis"),
        ("seed=1,2", "seeds are given beside"),
        ("device=cpu", "changes nothing that is computed"),
    ],
)
def test_an_axis_that_cannot_be_is_refused_with_the_way_out(text, sentence):
    with pytest.raises(BadSetting, match=sentence.replace("?", r"\?")):
        read_axis(text, [*fields_of(Toy)])


@pytest.mark.parametrize(
    ("axes", "more", "sentence"),
    [
        ([], {}, "0 axes were given"),
        ([along("lr", 1.0)] * 3, {}, "3 axes were given"),
        ([along("lr", 1.0), along("lr", 2.0)], {}, "lr is moved by both axes"),
        ([along("nothing", 1.0)], {}, "no field called 'nothing'"),
        ([Axis("empty", {})], {}, "a place without a value"),
        ([along("lr", 1.0)], {"seeds": []}, "No seed"),
        ([along("lr", 1.0)], {"job": {"students": 0}}, "trains no students"),
        ([along("count", *range(400)), along("nan_at", *range(400))], {}, f"at most {MOST:,}"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(axes, more, sentence):
    with pytest.raises(BadSetting, match=sentence):
        grid(*axes, **more)


def test_cells_that_cannot_work_are_named_in_the_methods_own_words():
    sweep = grid(along("lr", 0.1, 99.0, title="η"), along("count", 0, 5, title="Steps"))
    refused = refusals(sweep, Toy)
    assert [one["place"] for one in refused] == [[0, 0], [1, 0], [1, 1]]
    said = refusal(refused)
    assert "Cell “η 0.1 · Steps 0”: count=0 cannot work: input should be greater than or equal to 1." in said
    assert "Cell “η 99 · Steps 5”: lr=99.0 cannot work" in said and said.endswith("take those values off the axis.")
    [job] = refusals(grid(along("data", "digits", "digts")), Toy)
    assert job["label"] == "data digts" and 'Did you mean "digits"?' in job["reason"]
    assert refusal([]) == ""


def test_ten_thousand_cells_are_counted_named_and_checked_without_hanging():
    sweep = grid(along("count", *range(1, 101)), along("lr", *(i / 100 for i in range(1, 101))))
    began = time.perf_counter()
    assert len(sweep) == 10_000 and len(sweep.keys()) == 10_000
    assert refusals(sweep, Toy) == []
    assert time.perf_counter() - began < 30, "seconds; about two on an idle core"


def test_the_published_choice_is_marked_where_all_its_labels_are_on_the_axes():
    entry = {**ENTRY, "ablations": [{"axes": [vars(along("lr", 0.1, 0.2)), vars(along("count", 3, 5))], "published": ("0.2", "3")}]}  # fmt: skip
    axes = [along("count", 1, 3), along("lr", 0.2, 0.4)]
    assert plan(entry, {}, JOB, axes).published_place() == (1, 0)
    assert plan(entry, {}, JOB, [along("count", 1, 2), axes[1]]).published_place() is None
    assert grid(*axes).published_place() is None


def test_the_cost_is_reckoned_from_the_cell_with_the_largest_numbers():
    assert grid(along("count", 5, 50, 7), along("protocol", "hard", "dwa")).dearest().labels == ("50", "dwa")
    assert cost({"seconds": 60.0, "disk": 10}, 9, at_once=2) == {"seconds": 300.0, "disk": 90}
    assert cost({"seconds": 1.0, "disk": 10}, 2)["seconds"] > 2, "a short run waits for its worker to warm up"
