"""The queue, the waiting worker, questions: without waiting for a process where that can be had."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from distill_core.errors import BadSetting
from distill_core.queue import ask, waiting, workers
from distill_core.queue.executor import executor_of
from distill_core.work import answers, worker
from distill_core.work.sitting import drive_run
from tests.work.toy import METHODS, new_run, until, whole


def test_first_come_first_served_on_each_device(home: Path) -> None:
    first, second, other = new_run(home, device="cpu"), new_run(home, device="cpu"), new_run(home, device="cuda:1")
    assert [waiting.place(home, run) for run in (first, second, other)] == [0, 1, 0]
    lookout = worker.Lookout(home)
    claimed = lookout.claim()
    assert claimed is not None and claimed[0].id == first.id
    assert waiting.place(home, second) == 2, "one works, and it is not yet marked"
    first.set_state(state="running")
    assert waiting.place(home, second) == 1
    third = lookout.claim()
    assert third is not None and third[0].id == other.id
    other.set_state(state="running")
    assert lookout.claim() is None
    claimed[1].release()
    again = lookout.claim()
    assert again is not None and again[0].id == second.id
    again[1].release(), third[1].release()


def test_a_run_that_a_terminal_works_on_is_left_to_it(home: Path) -> None:
    import os

    run = new_run(home)
    run.set_state(by=os.getpid())
    assert worker.Lookout(home).claim() is None
    run.set_state(by=2**22 + 5)  # no such process
    claimed = worker.Lookout(home).claim()
    assert claimed is not None
    claimed[1].release()


def test_stopping_a_queued_run_and_resuming_it(home: Path) -> None:
    run, executor = new_run(home), executor_of(home)
    with pytest.raises(BadSetting, match="only a stopped"):
        executor.start(run)
    executor.stop(run)
    assert run.state()["state"] == "stopped" and waiting.queue(home) == []
    executor.start(run)
    assert [one.id for one in waiting.queue(home)] == [run.id]
    assert drive_run(run, whole, METHODS)["state"] == "finished"
    with pytest.raises(BadSetting, match="nothing to resume"):
        executor.start(run)


def test_ten_pages_call_and_one_worker_waits(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISTILL_STUDIO_NO_WORKER")
    found: list[int] = []
    pages = [threading.Thread(target=lambda: found.append(workers.ensure_worker(home))) for _ in range(10)]
    [page.start() for page in pages], [page.join() for page in pages]
    spawned = [pid for pid in found if pid]
    assert len(spawned) == 1
    until(lambda: workers.has_idle_worker(home))
    assert workers.ensure_worker(home) == 0
    until(lambda: workers.workers(home))
    child = next(one for one in workers._CHILDREN if one.pid == spawned[0])
    child.kill()
    child.wait()
    assert not workers.has_idle_worker(home) and workers.workers(home) == []


def test_questions_and_answers(home: Path) -> None:
    known = {"double": (lambda home, values, tell: {"x": values["x"] * 2}, False)}
    good, bad, failing = ask.ask(home, "double", x=2), ask.ask(home, "duble"), ask.ask(home, "double", y=1)
    assert ask.answer(home, good) is None
    for question in ask.open_questions(home):
        answers.give(home, question, known)  # type: ignore[arg-type]
    assert ask.answer(home, good) == {"state": "done", "value": {"x": 4}}
    assert 'Did you mean "double"?' in (ask.answer(home, bad) or {})["message"]
    assert "KeyError" in (ask.answer(home, failing) or {})["message"]
    assert ask.open_questions(home) == []
    ask.forget(home, good)
    assert ask.answer(home, good) is None


def test_a_waiting_process_makes_a_plane_and_measures(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The questions that the diversity page puts, answered by a real worker in a process of its own."""
    from tests.looks.test_planes import picture_run

    run = picture_run(home)
    drive_run(own := new_run(home), whole, METHODS)
    monkeypatch.delenv("DISTILL_STUDIO_NO_WORKER")
    before = len(workers._CHILDREN)
    try:
        measures = ask.ask(home, "spread", runs=[run.id], planes=["features-lda"])
        until(lambda: (ask.answer(home, measures) or {}).get("state") == "done")
        assert (run.path / "planes" / "spread.json").is_file() and (run.path / "planes" / "features-lda.npy").is_file()
        plane = ask.ask(home, "plane", runs=[own.id], kind="tsne", space="logits", perplexity=30)
        found = until(
            lambda: one if (one := ask.answer(home, plane) or {}).get("state") in ("done", "failed") else None
        )
        assert found["state"] == "done", found
        assert "lowered from 30 to 14.3" in found["value"]["said"][0]
    finally:
        for child in workers._CHILDREN[before:]:
            child.kill()
            child.wait()


@pytest.mark.parametrize(
    "change",
    [lambda when, guests: (when + 1, guests), lambda when, guests: (when, [["mine", "my.mine:Mine", "1.0", ""]])],
    ids=["its own code", "a method was installed"],
)
def test_a_waiting_worker_leaves_when_its_code_was_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    assert worker.wait(home, 0.3, worker.present()) is None
    monkeypatch.setattr(worker, "warm", lambda home: None)
    loaded, guests = worker.present()
    asked: list[Path] = []
    monkeypatch.setattr(workers, "ensure_worker", lambda home: asked.append(home) or 0)
    stamps = iter([(loaded, guests), change(loaded, guests)])
    monkeypatch.setattr(worker, "present", lambda: next(stamps))
    worker.serve(home, 30)
    assert asked == [home] and not workers.has_idle_worker(home)
