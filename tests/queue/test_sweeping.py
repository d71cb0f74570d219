"""Sweeps in a home: fed to the queue, found again, resumed after a kill in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from distill_core.axis import along
from distill_core.errors import BadRecord
from distill_core.home import ASSETS, read_json, write_json
from distill_core.queue import sweeping, sweeps, waiting
from distill_core.queue.known import known_runs
from distill_core.queue.outcomes import outcomes, progress, progress_in_words
from distill_core.queue.planning import plan
from distill_core.queue.sweep import Sweep
from distill_core.record import trash
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.work import kept, worker
from distill_core.work.catalogue import method_entry
from distill_core.work.sitting import drive_run
from tests.work.toy import METHODS, Toy, new_run, until, whole

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def catalog(home: Path) -> None:
    """A catalog that knows the toy, as a worker would have written it."""
    write_json(home / "catalog.json", {**read_json(ASSETS / "catalog.json"), "methods": [method_entry(Toy)]})


def grid(seeds: Any = (0,), **settings: Any) -> Sweep:
    axes = [along("lr", 0.1, 0.2), along("nan_at", -1, 2)]
    return plan(method_entry(Toy), {"count": 4, **settings}, {"students": 1}, axes[: 1 if settings else 2], seeds)


def next_run(home: Path, idle: float = 5.0) -> RunFolder | None:
    """What the waiting worker would take next, as it takes it; the device is given back at once."""
    task = worker.wait(home, idle)
    if not isinstance(task, tuple):
        return None
    task[1].release()
    return task[0]


def work_off(home: Path, sweep: str) -> int:
    """Be the worker until the sweep is done; returns how many runs were worked on."""
    count = 0
    while sweeps.read(home, sweep).state == "going":
        run = next_run(home, 0.7)
        if run is not None:
            drive_run(run, whole, METHODS)
            count += 1
        sweeping.feed(home)
    return count


def test_a_sweep_is_worked_off_and_failed_cells_are_seen(home: Path) -> None:
    one = sweeping.start(home, grid(seeds=(0, 1)))
    assert one.state == "going" and len(waiting.queue(home)) == 1, "one at a time waits, not all of them"
    assert work_off(home, one.id) == 8
    one = sweeps.read(home, one.id)
    results = outcomes(home, one)
    assert one.state == "done" and [r.state for r in results] == ["scored", "failed", "scored", "failed"]
    assert (results[0].n, results[0].mean, results[0].random) == (2, 0.6, (0.25, 0.25))
    assert progress_in_words(one, progress(results)) == "4 of 8 runs finished · 4 failed"
    assert RunFolder.find(home, results[0].runs[0][1]).request()["name"] == "toy · lr 0.1 · nan_at -1 · s0"


def test_what_is_there_already_is_not_made_again(home: Path) -> None:
    mine = new_run(home, {"lr": 0.2, "count": 4}, students=1, seed=0)  # partial settings, as a script would give
    drive_run(mine, whole, METHODS)
    one = sweeping.start(home, grid(pause=0.0))
    assert mine.id in one.runs.values()
    assert work_off(home, one.id) == 1
    assert work_off(home, sweeping.start(home, grid(pause=0.0)).id) == 0, "the same plan again is the same sweep"
    larger = sweeping.start(home, grid(seeds=(0, 1), pause=0.0))
    assert larger.id != one.id and len(known_runs(home, larger.plan)) >= 2
    assert work_off(home, larger.id) == 2


def test_a_run_whose_knob_was_moved_is_another_run(home: Path) -> None:
    mine = new_run(home, {"lr": 0.2, "count": 4}, students=1)
    drive_run(mine, whole, METHODS)
    with open(mine.path / "events.jsonl", "a", encoding="utf-8") as log:
        log.write('{"n": 999, "t": 1.0, "kind": "knob", "stage": "first", "step": 1, "name": "lr", "value": 5.0}\n')
    assert known_runs(home, grid(pause=0.0)) == {}


def test_killed_in_the_middle_it_goes_on_and_repeats_nothing(home: Path) -> None:
    one = sweeping.start(home, grid(seeds=(0, 1), pause=0.02, count=30))
    first = next_run(home)
    assert first is not None
    drive_run(first, whole, METHODS)
    second = next_run(home)
    assert second is not None and second.id != first.id
    environment = {**os.environ, kept.STEPS_VARIABLE: "7", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.work.killable", str(home), second.id]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    until(lambda: any((second.path / "checkpoints").glob("second*.safetensors")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    write_json(second.path / "state.json", {**read_json(second.path / "state.json"), "heartbeat": 0})
    assert second.state()["state"] == "lost"
    assert work_off(home, one.id) == 3, "the lost one and the two that were never begun"
    assert second.state()["state"] == "finished" and "resumed" in [r["kind"] for r in Timeline.all(second)]
    one = sweeps.read(home, one.id)
    assert one.state == "done" and progress(outcomes(home, one))["finished"] == 4
    assert len(list((home / "runs").glob("[!.]*"))) == 4


def test_a_run_that_is_lost_again_is_left_to_its_user(home: Path) -> None:
    one = sweeping.start(home, grid(pause=0.0))
    run = next_run(home)
    assert run is not None
    for _ in range(2):
        write_json(run.path / "state.json", {"state": "running", "heartbeat": 0})
        sweeping.feed(home)
    assert run.state()["state"] == "lost"
    assert work_off(home, one.id) == 1 and sweeps.read(home, one.id).state == "done"
    assert sweeping.go_on(home, one.id).state == "going"
    assert work_off(home, one.id) == 1 and run.state()["state"] == "finished"


def test_stopped_it_queues_nothing_and_goes_on_when_asked(home: Path) -> None:
    one = sweeping.start(home, grid(pause=0.0))
    assert sweeping.stop(home, one.id).state == "stopped"
    assert waiting.queue(home) == [] and not sweeping.feed(home) and next_run(home, 0.3) is None
    assert sweeping.go_on(home, one.id).state == "going"
    assert work_off(home, one.id) == 2
    gone = sweeps.read(home, one.id).runs.popitem()[1]
    trash.trash(home, gone)
    [missing] = [r for r in outcomes(home, sweeps.read(home, one.id)) if not r.n]
    assert missing.state == "missing" and missing.missing == 1
    assert sweeping.go_on(home, one.id).state == "going" and work_off(home, one.id) == 1
    sweeping.forget(home, one.id)
    assert sweeps.list_sweeps(home) == [] and len(list((home / "runs").glob("[!.]*"))) == 2


def test_every_accelerator_gets_a_run_of_its_own(home: Path) -> None:
    catalog = read_json(home / "catalog.json")
    write_json(home / "catalog.json", {**catalog, "devices": ["cpu", "cuda:0", "cuda:1"]})
    sweeping.start(home, grid(seeds=(0, 1), pause=0.0))
    assert sorted(run.request()["job"]["device"] for run in waiting.queue(home)) == ["cuda:0", "cuda:1"]
    sweeping.feed(home)
    assert len(waiting.queue(home)) == 2


def test_ten_thousand_runs_lay_one_folder_into_the_queue(home: Path) -> None:
    axes = [along("count", *range(1, 101)), along("lr", *(i / 100 for i in range(1, 101)))]
    one = sweeping.start(home, plan(method_entry(Toy), {}, {"students": 1}, axes))
    assert len(list((home / "runs").glob("[!.]*"))) == 1 and one.to_go() == 9_999
    assert len(outcomes(home, one)) == 10_000


def test_a_sweep_that_cannot_be_read_is_a_sentence_and_hurts_no_other(home: Path) -> None:
    one = sweeping.start(home, grid(pause=0.0))
    (home / "sweeps" / "torn.json").write_text("{", encoding="utf-8")
    (home / "sweeps" / "other.json").write_text('{"schema": 1, "plan": {}}', encoding="utf-8")
    assert [found.id for found in sweeps.list_sweeps(home)] == [one.id]
    for name, sentence in (("torn", "cannot be read"), ("other", "no sweep that can be read"), ("nope", "no sweep called"), ("../x", "no sweep's id")):  # fmt: skip
        with pytest.raises(BadRecord, match=sentence):
            sweeps.read(home, name)
