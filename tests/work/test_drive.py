"""A run folder driven: events, pause, single steps, live knobs, stop, checkpoints, resume, failure."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from distill_core.errors import BadRecord
from distill_core.events import Note
from distill_core.home import read_json, write_json
from distill_core.queue import waiting
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.results import load_result
from distill_core.work import checkpoint, drive, kept
from distill_core.work.sitting import drive_run
from tests.work.toy import METHODS, new_run, until, whole

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def work(run: RunFolder) -> dict[str, Any]:
    return drive_run(run, whole, METHODS)


def again(home: Path, run: RunFolder) -> RunFolder:
    """Let a run that is over go on."""
    waiting.join(home, run)
    return run


def in_thread(run: RunFolder) -> threading.Thread:
    thread = threading.Thread(target=work, args=(run,))
    thread.start()
    return thread


def shown(run: RunFolder, *leave: str) -> list[dict[str, Any]]:
    """What a page shows of a run: everything but the clock and record numbers."""
    hidden = {"n", "t", "sheet", "seconds", "logits", "labels", "ids", *leave}
    wanted = [r for r in Timeline.all(run) if r["kind"] != "resumed"]
    return [{name: value for name, value in r.items() if name not in hidden} for r in wanted]


def bytes_of(run: RunFolder) -> bytes:
    return (run.path / "set.safetensors").read_bytes()


def test_a_run_finishes_with_scores_and_nothing_left_over(home: Path) -> None:
    run = new_run(home)
    state = work(run)
    assert state["state"] == "finished"
    passport = state["scores"]["distilled"].pop("passport")
    assert passport["student"] == "convnet" and passport["epoch"] == "last"
    assert state["scores"]["distilled"] == pytest.approx(
        {"accuracy": 0.6, "std": 0.02**0.5, "n": 2, "student": "convnet", "protocol": "hard", "labels": "hard"}
    )
    assert state["scores"]["random"]["std"] == 0
    kinds = [record["kind"] for record in Timeline.all(run)]
    assert kinds[0] == "stage" and kinds[-1] == "finished" and "images" in kinds
    assert not (run.path / "checkpoints").exists() and not (run.path / ".reserve").exists()
    assert Timeline.all(run)[-1]["seen"] == 3 * 12 * 4
    assert work(run)["state"] == "finished", "a finished run is left alone"


@pytest.mark.parametrize("after", [2, 7, 15, 26, 39, 44])
def test_stopped_anywhere_and_resumed_ends_with_the_same_bytes(
    home: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(kept.STEPS_VARIABLE, "5")
    straight = new_run(home)
    work(straight)
    broken = new_run(home)
    count = 0

    class Killed(BaseException):
        """Stands for SIGKILL: nothing of ours catches it."""

    original = drive.RunDrive.at_step

    def dying(self: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        if count == after:
            raise Killed
        return original(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(drive.RunDrive, "at_step", dying)
        with pytest.raises(Killed):
            work(broken)
    assert work(broken)["state"] == "finished"
    assert bytes_of(broken) == bytes_of(straight)
    assert [r["kind"] for r in shown(broken) if r["kind"] in ("stage", "scored", "finished")] == [
        r["kind"] for r in shown(straight) if r["kind"] in ("stage", "scored", "finished")
    ]
    assert Timeline.all(broken)[-1]["seen"] == Timeline.all(straight)[-1]["seen"]


def test_killed_by_the_system_is_lost_and_resumes_to_the_same_bytes(home: Path) -> None:
    settings = {"count": 40, "pause": 0.005}
    environment = {**os.environ, kept.STEPS_VARIABLE: "7", "PYTHONPATH": str(ROOT)}
    straight, killed = new_run(home, settings), new_run(home, settings)

    def start(run: RunFolder) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.work.killable", str(home), run.id], cwd=ROOT, env=environment
        )

    process = start(killed)
    until(lambda: any((killed.path / "checkpoints").glob("second*.safetensors")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    write_json(killed.path / "state.json", {**read_json(killed.path / "state.json"), "heartbeat": 0})
    assert killed.state()["state"] == "lost"
    for run in (again(home, killed), straight):
        assert start(run).wait() == 0
        assert run.state()["state"] == "finished", run.state()
    about = [load_result(run.path / "set.safetensors").about for run in (killed, straight)]
    assert about[0] == about[1] and bytes_of(killed) == bytes_of(straight)
    assert "resumed" in [r["kind"] for r in Timeline.all(killed)]


def test_pause_single_steps_and_going_on(home: Path) -> None:
    run = new_run(home, {"count": 2000})
    run.steer(want="pause")
    thread = in_thread(run)
    until(lambda: run.state()["state"] == "paused")
    assert [r["step"] for r in Timeline.all(run) if r["kind"] == "scalars"] == []
    run.steer(want="pause", steps=3)
    until(lambda: [r["step"] for r in Timeline.all(run) if r["kind"] == "scalars"] == [0, 1, 2])
    until(lambda: run.state()["state"] == "paused")
    run.steer(want="stop")
    thread.join()
    assert run.state()["state"] == "stopped"
    run = again(home, run)
    assert run.control()["want"] == "run"
    assert work(run)["state"] == "finished"


def test_moved_knobs_act_at_the_next_step_and_are_repeated(home: Path) -> None:
    first = new_run(home, {"count": 40})
    first.steer(want="pause", steps=4)
    thread = in_thread(first)
    until(lambda: len([r for r in Timeline.all(first) if r["kind"] == "scalars"]) == 4)
    first.steer(knobs={"lr": 0.5, "count": 3, "nonsense": 1.0}, want="pause", steps=1)
    until(lambda: any(r["kind"] == "scalars" and r["values"]["lr"] == 0.5 for r in Timeline.all(first)))
    first.steer(want="run")
    thread.join()
    moves = [r for r in Timeline.all(first) if r["kind"] == "knob"]
    assert [(m["stage"], m["step"], m["name"], m["value"]) for m in moves] == [("first", 4, "lr", 0.5)]
    notes = [r["text"] for r in Timeline.all(first) if r["kind"] == "note"]
    assert len(notes) == 2 and "cannot be moved" in notes[0] and "no setting called 'nonsense'" in notes[1]

    same = [{name: moves[0][name] for name in ("stage", "step", "name", "value")}]
    second, plain = new_run(home, {"count": 40}, moves=same), new_run(home, {"count": 40})
    work(second), work(plain)
    assert bytes_of(second) == bytes_of(first) != bytes_of(plain)


def test_a_move_in_a_loop_that_there_is_not_is_said(home: Path) -> None:
    run = new_run(home, moves=[{"stage": "second#7", "step": 1, "name": "lr", "value": 2.0}])
    work(run)
    assert [r["text"] for r in Timeline.all(run) if r["kind"] == "note"] == [
        "A knob was to be moved in 'second#7', but this run has no such loop."
    ]


def test_a_move_made_before_a_kill_is_made_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.STEPS_VARIABLE, "6")
    moves = [{"stage": "second#2", "step": 8, "name": "lr", "value": 2.0}]
    straight = new_run(home, moves=moves)
    work(straight)
    killed = new_run(home, {"nan_at": -1})
    killed.steer(want="pause", steps=2 * 12 + 8)
    thread = in_thread(killed)
    until(lambda: killed.state()["state"] == "paused" and killed.state()["step"] == 8)
    killed.steer(knobs={"lr": 2.0}, steps=2, want="pause")
    until(lambda: any(r["kind"] == "knob" for r in Timeline.all(killed)))
    killed.steer(want="stop")
    thread.join()
    for path in (killed.path / "checkpoints").glob("second*"):
        if checkpoint.about(path)["key"] == "second#2":
            path.unlink()  # as if the kill had come before it was written
    work(again(home, killed))
    assert bytes_of(killed) == bytes_of(straight)
    assert [(r["stage"], r["step"]) for r in Timeline.all(killed) if r["kind"] == "knob"] == [("second#2", 8)]


def test_two_workers_on_one_run(home: Path) -> None:
    run = new_run(home, {"count": 5000})
    run.steer(want="pause")
    thread = in_thread(run)
    until(lambda: run.state()["state"] == "paused")
    with pytest.raises(BadRecord, match="worked on by another process"):
        work(run)
    run.steer(want="stop")
    thread.join()


def test_a_failure_is_a_sentence_and_keeps_what_was(home: Path) -> None:
    run = new_run(home, {"nan_at": 6})
    state = work(run)
    assert state["state"] == "failed" and "loss became NaN" in state["message"]
    assert "FloatingPointError" in (run.path / "log.txt").read_text()
    assert [r["kind"] for r in Timeline.all(run)][-1] == "failed"
    assert any(r["kind"] == "images" for r in Timeline.all(run))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "Lower batch_real"),
        (torch.OutOfMemoryError("CUDA out of memory"), "Lower batch_real"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
    ],
)
def test_what_the_machine_lacks_is_said(
    home: Path, error: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setenv(kept.STEPS_VARIABLE, "2")
    monkeypatch.setattr(checkpoint, "save", fail)
    run = new_run(home)
    state = work(run)
    assert state["state"] == "failed" and words in state["message"]
    monkeypatch.undo()
    assert work(again(home, run))["state"] == "finished"


def test_a_damaged_checkpoint_is_not_fatal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.STEPS_VARIABLE, "5")
    run, straight = new_run(home), new_run(home)
    work(straight)
    run.steer(want="pause", steps=9)
    thread = in_thread(run)
    until(lambda: run.state()["state"] == "paused" and run.state()["step"] == 9)
    run.steer(want="stop")
    thread.join()
    newest = next((run.path / "checkpoints").glob("*.safetensors"))
    newest.write_bytes(newest.read_bytes()[:100])
    state = work(again(home, run))
    assert state["state"] == "finished" and bytes_of(run) == bytes_of(straight)
    assert any("cannot be read" in r.get("text", "") for r in Timeline.all(run))


def test_checkpoints_of_an_earlier_version_are_said_and_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.STEPS_VARIABLE, "5")
    run, straight = new_run(home), new_run(home)
    work(straight)
    run.steer(want="pause", steps=20)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", 1)
        thread = in_thread(run)
        until(lambda: run.state()["state"] == "paused")
        run.steer(want="stop")
        thread.join()
    assert len(list((run.path / "checkpoints").glob("*.safetensors"))) == 2
    with pytest.raises(checkpoint.OtherVersion, match="has format 1; this version reads"):
        checkpoint.about(next((run.path / "checkpoints").glob("*.safetensors")))
    waiting.join(home, run)
    assert work(run)["state"] == "finished" and bytes_of(run) == bytes_of(straight)
    notes = [(r["level"], r["text"]) for r in Timeline.all(run) if r["kind"] == "note"]
    assert notes == [("warning", "Checkpoints of another version of the studio are not used: the run begins anew.")]
    assert next(r["step"] for r in shown(run) if r["kind"] == "scalars") == 0


def test_what_is_said_anew_before_the_first_stage_stands_in_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest checkpoint is not met any more: what was held back is recorded as it was the first time."""
    monkeypatch.setenv(kept.STEPS_VARIABLE, "3")

    def greeting(method: Any, job: Any) -> Any:
        yield Note("hello")
        return (yield from whole(method, job))

    def without_first(method: Any, job: Any) -> Any:
        original = type(method).loop
        skipped = lambda self, name, *more: iter(()) if name == "first" else original(self, name, *more)  # noqa: E731
        monkeypatch.setattr(type(method), "loop", skipped)
        return greeting(method, job)

    run = new_run(home)
    run.steer(want="pause", steps=7)
    thread = threading.Thread(target=drive_run, args=(run, greeting, METHODS))
    thread.start()
    until(lambda: run.state()["state"] == "paused" and run.state()["step"] == 7)
    run.steer(want="stop")
    thread.join()
    waiting.join(home, run)
    assert drive_run(run, without_first, METHODS)["state"] == "finished"
    assert [r["stage"] for r in Timeline.all(run) if r["kind"] == "note"] == [""]


def test_a_wrong_setting_in_an_edited_folder(home: Path) -> None:
    state = work(new_run(home, {"lr": -1}))
    assert state["state"] == "failed" and "lr=-1" in state["message"] and state["wrong_setting"]


def test_a_cache_that_makes_the_checkpointed_loop_unnecessary(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.STEPS_VARIABLE, "3")
    run = new_run(home)
    run.steer(want="pause", steps=7)
    thread = in_thread(run)
    until(lambda: run.state()["state"] == "paused" and run.state()["step"] == 7)
    run.steer(want="stop")
    thread.join()

    def without_first(method: Any, job: Any) -> Any:
        """Another run has filled the cache: the loop that our newest checkpoint belongs to is not run any more."""
        original = type(method).loop

        def loop(self: Any, name: str, *args: Any) -> Any:
            return iter(()) if name == "first" else original(self, name, *args)

        monkeypatch.setattr(type(method), "loop", loop)
        return whole(method, job)

    again(home, run)
    assert drive_run(run, without_first, METHODS)["state"] == "finished"
    stages = [r["stage"] for r in Timeline.all(run) if r["kind"] == "stage"]
    assert stages == ["first", "second", "second", "nested"]
    assert not any(r["stage"] == "first" for r in Timeline.all(run) if r["kind"] == "scalars")
