"""One way to start a run: pages, command line, sweeps and studies go through the executor and know nothing else."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from distill_core.home import ASSETS, read_json, write_json
from distill_core.queue import ask, sweeping, sweeps
from distill_core.queue.executor import Executor, executor_of
from distill_core.queue.local import Here, LocalExecutor
from distill_core.record import index
from distill_core.record.folder import RunFolder
from distill_core.work.catalogue import method_entry
from tests.cli.conftest import call
from tests.queue.test_sweeping import grid
from tests.test_architecture import ENGINE, SCREEN, imports, starts
from tests.work.toy import Toy, new_run

__all__ = ["call"]


class Elsewhere:
    """An executor that works on nothing: it notes what is asked, and a run that is started is finished at once."""

    told: list[tuple[str, str]]
    alive: bool

    def __init__(self, home: Path, here: Here | None = None):
        self.home = home

    def _note(self, verb: str, run: RunFolder | None = None) -> None:
        type(self).told.append((verb, run.id if run else ""))

    def start(self, run: RunFolder) -> None:
        self._note("start", run)
        run.set_state(state="finished", message="", seconds=0.5)

    def stop(self, run: RunFolder) -> None:
        self._note("stop", run)

    def is_alive(self, run: RunFolder) -> bool:
        return type(self).alive

    def logs(self, run: RunFolder) -> str:
        return "a traceback from far away"

    def place(self, run: RunFolder) -> int:
        return 7

    def devices(self) -> list[str]:
        return ["cpu", "cuda:0", "cuda:1"]

    def get_ready(self) -> None:
        self._note("get_ready")


@pytest.fixture
def told(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the executor was told; it stands in the place of this machine's, and nothing else may be used."""
    Elsewhere.told, Elsewhere.alive = [], True
    monkeypatch.setattr("distill_core.queue.executor.LocalExecutor", Elsewhere)
    for name in ("distill_core.queue.workers.ensure_worker", "distill_core.queue.waiting.join"):
        monkeypatch.setattr(name, lambda *_, **__: pytest.fail("somebody went past the executor"))
    write_json(home / "catalog.json", {**read_json(ASSETS / "catalog.json"), "methods": [method_entry(Toy)]})
    return Elsewhere.told


def started(told: list[tuple[str, str]]) -> list[str]:
    return [run for verb, run in told if verb == "start"]


def test_a_page_and_a_study_start_through_it(home: Path, told: list[tuple[str, str]]) -> None:
    from pages.parts import frame, studio

    run = studio.start("toy", {}, {"data": "digits"})
    study = studio.start("transfer", {"runs": [run.id]}, {"data": "digits"})
    assert started(told) == [run.id, study.id]
    studio.halt(run.id)
    studio.resume(run.id)
    assert told[-2:] == [("stop", run.id), ("start", run.id)]
    assert studio.place(run.id) == 7 and studio.executor().logs(run) == "a traceback from far away"
    frame.ready(home)
    ask.ask(home, "why_not")
    assert told[-2:] == [("get_ready", "")] * 2


def test_the_command_line_starts_through_it(home: Path, told: list[tuple[str, str]], call: Any) -> None:
    code, out, err = call("run", "random", "--students", "0", "--json")
    made = json.loads(out)
    assert code == 0 and made["state"] == "finished", err
    other = RunFolder.create(home, "random", {}, {"data": "digits"})
    assert call("resume", other.id)[0] == 0
    other.set_state(state="running")
    assert call("stop", other.id)[0] == 0
    assert told == [("start", made["run"]), ("start", other.id), ("stop", other.id)]
    assert "a traceback from far away" in call("log", other.id)[1]
    call("transfer", made["run"], "--seeds", "1")
    call("teacher", "train", "--epochs", "1", "--json")
    call("prior", "train", "--json")
    assert [RunFolder.find(home, one).request()["method"] for one in started(told)[2:]] == ["transfer", "teacher", "prior"]  # fmt: skip


def test_a_sweep_starts_through_it_and_asks_it_for_devices(home: Path, told: list[tuple[str, str]]) -> None:
    one = sweeping.start(home, grid(seeds=(0, 1), pause=0.0))
    assert sorted(started(told)) == sorted(one.runs.values()) and told[-1] == ("get_ready", "")
    devices = [RunFolder.find(home, run).request()["job"]["device"] for run in started(told)]
    assert devices == ["cuda:0", "cuda:1"]
    lost = RunFolder.find(home, one.runs[one.open[0]])
    write_json(lost.path / "state.json", {"state": "running", "heartbeat": 0})
    Elsewhere.alive = False
    sweeping.feed(home)
    assert ("start", lost.id) in told[-4:] and sweeps.read(home, one.id).again


def test_who_is_lost_is_asked_of_it(home: Path, told: list[tuple[str, str]]) -> None:
    run = RunFolder.create(home, "toy", {}, {"data": "digits"})
    write_json(run.path / "state.json", {"state": "running", "heartbeat": 0})
    assert run.state()["state"] == "running" and index.list_runs(home)[0]["state"] == "running"
    Elsewhere.alive = False
    assert run.state()["state"] == "lost" and index.list_runs(home)[0]["state"] == "lost"


def test_this_machine_starts_resumes_and_stops(home: Path) -> None:
    executor: Executor = executor_of(home)
    run = RunFolder.create(home, "toy", {}, {"data": "digits"})
    assert run.state()["state"] == "stopped" and "not started yet" in run.state()["message"]
    executor.start(run)
    assert run.state() | {"heartbeat": 0} == {"schema": 1, "state": "queued", "by": 0, "message": "", "heartbeat": 0}
    executor.stop(run)
    assert run.state()["state"] == "stopped" and run.control()["want"] == "stop"
    executor.start(run)
    assert run.control()["want"] == "run" and not executor.is_alive(run)
    with run.lock():
        assert executor.is_alive(run)
    assert executor.logs(run) == "" and "cpu" in executor.devices()


class Terminal:
    """Works on a run by looking at it."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def waits(self, run: RunFolder, place: int) -> None:
        self.said.append(place)
        if place == 1:
            run.steer(want="stop")

    def works(self, run: RunFolder) -> None:
        self.said.append(run.state()["state"])


def test_a_terminal_works_itself_when_it_is_its_turn(home: Path) -> None:
    here = Terminal()
    LocalExecutor(home, here).start(RunFolder.create(home, "toy", {}, {"data": "digits"}))
    assert here.said == ["queued"]
    for one in RunFolder(home / "runs").path.iterdir():
        RunFolder(one).set_state(state="finished")
    new_run(home)
    late = RunFolder.create(home, "toy", {}, {"data": "digits"})
    LocalExecutor(home, here).start(late)
    assert here.said == ["queued", 1] and late.state()["state"] == "stopped", "asked to stop while it waits"


# ── nobody goes past it ─────────────────────────────────────────────────────────────────────────────────────────────────

INNER = tuple(f"distill_core.queue.{name}" for name in ("local", "workers", "waiting", "devices"))
WORKER = "distill_core.work.worker"
OTHER_END = (
    WORKER,
    "distill_core.work.heart",
    "distill_core.work.lookout",
)  # of the local executor: they take what waits


def past(name: str, path: Path) -> list[str]:
    """What a module does past the executor: knows its insides, spawns workers, or queues a run itself."""
    found = [what for what in imports(name, path) if starts(what, INNER) and name not in OTHER_END]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        said = node.value if isinstance(node, ast.keyword) and node.arg == "state" else None
        if isinstance(node, ast.Dict):
            said = next((v for k, v in zip(node.keys, node.values, strict=True) if _says(k, "state")), None)
        found += ["queues a run"] * _says(said, "queued")
        found += ["spawns a worker"] * (_says(node, WORKER) or (isinstance(node, ast.Attribute) and node.attr == "ensure_worker"))  # fmt: skip
    return found


def _says(node: ast.AST | None, word: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == word


def test_nobody_goes_past_it(tmp_path: Path) -> None:
    for name, path in {**ENGINE, **SCREEN}.items():
        if not starts(name, ("distill_core.queue",)):
            assert past(name, path) == [], name
    bad = tmp_path / "bad.py"
    for line in ("from distill_core.queue import waiting", "run.set_state(state='queued')", "x = {'state': 'queued'}", "workers.ensure_worker(home)"):  # fmt: skip
        bad.write_text(line, encoding="utf-8")
        assert past("pages.parts.bad", bad), line
