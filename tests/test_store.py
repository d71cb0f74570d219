"""The store: one making for all who ask, whole files or none, damage by name; and where loops get their names from."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distill_core import home as homes
from distill_core import store
from distill_core.errors import BadRecord
from distill_core.events import Note, Scalars
from distill_core.loop import driven_by, steps, undriven
from distill_core.method import stage
from distill_core.where import Where, within
from tests.methods.tiny import drain

ROOT = Path(__file__).parents[1]


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def writes(said: str, log: list[str] | None = None):
    def make(file: Path):
        if log is not None:
            log.append(said)
        yield Scalars(0, {"x": 1.0})
        file.write_text(said, encoding="utf-8")

    return make


def made(key: str, said: str, log: list[str], read: Any = text):
    return drain(store.made("thing", key, writes(said, log), read, ".txt"))


# ── found or made ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_the_content_in_whatever_order():
    assert store.key_of({"a": 1, "b": [2, 3]}) == store.key_of({"b": [2, 3], "a": 1})
    assert len({store.key_of(c) for c in ({"a": 1}, {"a": "1"}, {"a": [1]}, {"a": {}, "b": 1}, {})}) == 5


def test_made_once_and_found_afterwards(home):
    log: list[str] = []
    assert store.find("thing", "k", ".txt") is None
    events, first = made("k", "one", log)
    again, second = made("k", "two", log)
    assert (first, second, log) == ("one", "one", ["one"]) and [e.kind for e in events] == ["scalars"] and not again
    assert store.find("thing", "k", ".txt") == home / "cache" / "thing-k.txt"


def test_names_that_begin_alike_are_different_things(home):
    log: list[str] = []
    keys = ["a", "a-classes", "a-1", "a-11", "ab"]
    assert [made(key, key, log)[1] for key in keys] == keys == log
    assert [made(key, "x", log)[1] for key in keys] == keys
    assert drain(store.made("thing-a", "1", writes("other"), text, ".json"))[1] == "other"


def test_what_ships_comes_first(home, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "ASSETS", tmp_path)
    log: list[str] = []
    made("k", "mine", log)
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "k.txt").write_text("shipped", encoding="utf-8")
    assert made("k", "again", log)[1] == "shipped" and log == ["mine"]


def test_a_making_that_fails_leaves_nothing(home):
    def breaks(file: Path):
        file.write_text("half", encoding="utf-8")
        yield Scalars(0, {"x": 1.0})
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        drain(store.made("thing", "k", breaks, text, ".txt"))
    left = store.made("thing", "k", breaks, text, ".txt")
    next(left)
    left.close()
    assert [p.suffix for p in (home / "cache").iterdir()] == [".lock"]
    assert made("k", "whole", [])[1] == "whole"


def test_a_damaged_file_is_said_by_name_and_made_again(home, tmp_path, monkeypatch):
    def number(path: Path) -> int:
        return int(json.loads(text(path)))

    monkeypatch.setattr(store, "ASSETS", tmp_path)
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "k.txt").write_text("{", encoding="utf-8")
    store.path_of("thing", "k", ".txt").write_text("{{", encoding="utf-8")
    events, found = made("k", "7", [], number)
    notes = [(e.level, e.text) for e in events if e.kind == "note"]
    assert found == 7 and [level for level, _ in notes] == ["warning"] * 2
    assert "k.txt cannot be read" in notes[0][1] and "thing-k.txt cannot be read" in notes[1][1]
    assert made("k", "8", [], number) == ([], 7)


def test_what_must_not_be_used_is_an_error_that_stands(home):
    def refuse(path: Path) -> str:
        raise BadRecord(f"{path.name} belongs to other data.")

    made("k", "mine", [])
    with pytest.raises(BadRecord, match=r"thing-k\.txt belongs"):
        made("k", "again", [], refuse)
    assert text(store.path_of("thing", "k", ".txt")) == "mine"


def test_what_will_not_do_is_made_anew(home):
    made("k", "1", [])
    assert made("k", "22", [], lambda path: text(path) if len(text(path)) > 1 else None)[1] == "22"
    with pytest.raises(RuntimeError, match="will not do"):
        made("k", "3", [], lambda path: None)


def test_arrays_are_made_again_where_they_are_damaged(home, caplog):
    kept = store.remembered("arrays", "k", lambda: {"a": np.arange(3)})
    path = store.path_of("arrays", "k")
    path.write_bytes(b"nothing")
    with caplog.at_level(logging.WARNING):
        again = store.remembered("arrays", "k", lambda: {"a": np.arange(4)})
    assert kept["a"].tolist() == [0, 1, 2] and again["a"].tolist() == [0, 1, 2, 3]
    assert any("arrays-k.safetensors cannot be read" in one.getMessage() for one in caplog.records)
    assert store.remembered("arrays", "k", dict)["a"].tolist() == [0, 1, 2, 3]


def test_where_nothing_can_be_written_arrays_are_made_every_time(home, monkeypatch, caplog):
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(homes.os, "replace", full)
    with caplog.at_level(logging.WARNING):
        assert store.remembered("arrays", "k", lambda: {"a": np.arange(3)})["a"].tolist() == [0, 1, 2]
    assert any("could not be kept" in one.getMessage() for one in caplog.records)
    assert store.find("arrays", "k") is None


# ── at once ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_second_of_two_threads_waits_and_says_so(home):
    log: list[str] = []
    first = store.made("thing", "k", writes("one", log), text, ".txt")
    next(first)  # it is making
    told, waiting = [], threading.Event()

    def ask() -> None:
        stream = store.made("thing", "k", writes("two", log), text, ".txt")
        told.append(next(stream))
        waiting.set()
        with pytest.raises(StopIteration) as end:
            next(stream)
        told.append(end.value.value)

    thread = threading.Thread(target=ask)
    thread.start()
    assert waiting.wait(60)
    assert drain(first)[1] == "one"
    thread.join(60)
    assert told == [Note("Another run is making this thing; waiting for it."), "one"] and log == ["one"]


ASK = """
import os, sys
import numpy as np
from distill_core import store

def make(file):
    file.write_text(str(os.getpid()))
    yield from ()

def drain(stream):
    while True:
        try:
            next(stream)
        except StopIteration as end:
            return end.value

print("ready", flush=True)
for key in sys.stdin.readline().split():
    found = drain(store.made("thing", key, make, lambda path: path.read_text(), ".txt"))
    kept = store.remembered("arrays", key, lambda: {"by": np.array([os.getpid()])})
    print(found, kept["by"][0], flush=True)
"""


def test_processes_that_ask_at_once_share_one_making(home):
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        for _ in range(3)
    ]
    assert [one.stdout and one.stdout.readline() for one in asking] == ["ready\n"] * 3
    for one in asking:
        assert one.stdin is not None
        one.stdin.write("a b c d e f\n")
        one.stdin.flush()
    said = {one.communicate(timeout=60)[0] for one in asking}
    assert len(said) == 1 and len(said.pop().splitlines()) == 6, "all found what the same one had made"


# ── the names of loops ────────────────────────────────────────────────────────────────────────────────────────


class Names:
    """A drive that keeps the names."""

    def __init__(self) -> None:
        self.where = Where()

    def enter(self, key: str, live: bool) -> None: ...
    def restore(self, key: str) -> None: ...
    def done(self, key: str, total: int, save: Any) -> None: ...
    def leave(self, key: str) -> None: ...
    def saw(self, images: int) -> None: ...

    def at_step(self, key: str, stage: str, index: int, total: int, save: Any) -> tuple[dict[str, float], bool]:
        return {}, False


def names(stream: Any) -> list[str]:
    drive = Names()
    token = driven_by(drive)
    try:
        drain(stream)
    finally:
        undriven(token)
    assert not drive.where.spots
    return drive.where.opened


def loop(name: str, total: int = 2):
    for _ in steps(name, total):
        yield Scalars(0, {"x": 1.0})


def test_a_loop_is_named_by_where_it_stands(home):
    def making(key: str):
        def make(file: Path):
            yield from loop("train")
            file.write_text(key, encoding="utf-8")

        yield from store.made("thing", key, make, text, ".txt")

    def whole():
        yield from loop("before")
        for key in "aba":  # the third is found
            yield from stage("squeeze", making(key))
        for part in range(2):
            yield from stage("recover", loop("recover"), 2, part, 2)
        yield from stage("recover", loop("recover"), 2, 1, 2)
        for _ in steps("outer", 2):
            yield from stage("inner", loop("evaluate"))

    named = ["before", "squeeze/thing-a/train", "squeeze/thing-b/train", "recover", "recover#2", "recover#2~2"]
    named += ["outer", "outer@0/inner/evaluate", "outer@1/inner/evaluate"]
    assert names(whole()) == named
    assert names(whole()) == [one for one in named if "thing" not in one], "what is found shifts no name"


def test_streams_that_take_turns_do_not_see_each_other():
    def whole(name: str):
        with within(name):
            yield from loop("one")
            yield from stage("two", loop("two"))

    drives, streams = [Names(), Names()], [whole("a"), whole("b")]
    for _ in range(3):
        for drive, stream in zip(drives, streams, strict=True):
            token = driven_by(drive)
            next(stream)
            undriven(token)
    assert [drive.where.opened for drive in drives] == [[f"{n}/one"] for n in "ab"]
    for stream in streams:
        stream.close()
    assert not any(drive.where.spots for drive in drives)


def test_a_stream_dropped_half_way_takes_only_its_own_name_out():
    where = Where()
    old = where.enter("old")
    new = where.enter("new")
    where.leave(old)
    assert where.open("loop").path == "old/new/loop" and where.spots[0] is new
