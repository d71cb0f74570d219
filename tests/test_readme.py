"""The README's example of a method, extracted from it and asked what every method is asked, in the three ways that it names."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distill_core import catalog
from distill_core.cli import main
from distill_core.errors import BadRecord, BadSetting
from distill_core.home import ASSETS, read_json
from distill_core.method import Method
from distill_core.methods import method_class, registry
from distill_core.methods.own import from_file
from distill_core.queue.executor import executor_of
from distill_core.record import archive, guests
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.record.sheets import read_sheet
from distill_core.results import load_result
from distill_core.studies import askable, whole
from distill_core.work import answers, catalogue
from distill_core.work.sitting import drive_run
from tests.cli.conftest import call
from tests.guests import in_the_tree, installed, lines_printed, printed
from tests.test_contract import (
    test_a_killed_run_resumes_to_the_same_bytes,
    test_every_field_explains_itself,
    test_presets_can_be_copied_without_loss,
    test_replays_to_what_was_said,
    test_returns_the_asked_number_of_images,
    test_says_only_known_and_plain_things,
    test_stops_when_asked_and_goes_on,
    test_the_card_is_complete,
    test_the_same_seed_gives_the_same_images,
)

__all__ = [
    "call",
    "test_a_killed_run_resumes_to_the_same_bytes",
    "test_every_field_explains_itself",
    "test_presets_can_be_copied_without_loss",
    "test_replays_to_what_was_said",
    "test_returns_the_asked_number_of_images",
    "test_says_only_known_and_plain_things",
    "test_stops_when_asked_and_goes_on",
    "test_the_card_is_complete",
    "test_the_same_seed_gives_the_same_images",
]
FLAG, LINE = lines_printed()
TINY = ("--data", "digits:size=8", "--ipc", "2", "--students", "0", "--json")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The example in the file that the README names."""
    path = tmp_path / FLAG.partition(":")[0]
    path.write_text(printed(), encoding="utf-8")
    return path


@pytest.fixture(params=["in the tree", "as a package", "as a file"])
def kind(request: pytest.FixtureRequest, home: Path, tmp_path: Path, file: Path) -> Iterator[type[Method]]:
    if request.param == "in the tree":
        with in_the_tree(file, FLAG.partition(":")[2]) as one:
            yield one
    elif request.param == "as a package":
        with installed(tmp_path / "site", printed(), LINE):
            yield registry()["first"]
    else:
        yield catalogue.take(home, f"{file.parent}/{FLAG}")


def test_it_is_listed_at_once(kind: type[Method], home: Path, call: Any) -> None:
    assert method_class("first") is kind
    catalogue.write(home)
    entry = catalog.method(catalog.read(home), "first")
    assert entry["title"] == "First images" and entry["by_rule"] is True
    listed = json.loads(call("methods", "--json")[1])["methods"]
    assert [one["name"] for one in listed][-1] == "first" and len(listed) == len(registry()) + ("file" in entry)
    assert "First images" in call("methods", "first")[1]
    asked = {"method": "first", "settings": {}, "job": {"data": "digits"}}
    assert answers.why_not(home, asked, lambda **_: None)["reason"] is None
    run = RunFolder.create(home, "first", {}, {"data": "digits:size=8", "students": 0, "device": "cpu"})
    assert drive_run(run, whole, askable())["state"] == "finished"


# ── as a package ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_catalog_from_before_it_was_installed_is_not_shown(home: Path, tmp_path: Path, call: Any) -> None:
    catalogue.write(home)
    assert "first" not in [one["name"] for one in catalog.read(home)["methods"]]
    with installed(tmp_path / "site", printed(), LINE):
        with pytest.raises(BadRecord, match="A worker writes it"):
            catalog.read(home)
        assert "first" in [one["name"] for one in json.loads(call("methods", "--json")[1])["methods"]]
        assert "first" in [one["name"] for one in catalog.read(home)["methods"]], "written anew"
        (tmp_path / "site" / "first.py").write_text(printed() + "\n# changed\n", encoding="utf-8")
        with pytest.raises(BadRecord):
            catalog.read(home)
    assert catalog.read(home) == read_json(ASSETS / "catalog.json"), "taken away again: the shipped one fits"


# ── as a file ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_of_the_readme(home: Path, file: Path, call: Any) -> None:
    code, out, err = call("run", "--method", f"{file.parent}/{FLAG}", *TINY)
    assert code == 0 and "is code, and it is run now" in err, err
    run = RunFolder.find(home, json.loads(out)["run"])
    assert run.request()["file"] == f"{file.resolve()}:FirstImages" and run.request()["method"] == "first"
    code, out, _ = call("run", "first", *TINY)
    assert code == 0 and RunFolder.find(home, json.loads(out)["run"]).request()["file"], (
        "known by its name from then on"
    )
    assert call("methods", "first", "--forget")[0] == 0 and guests.known(home) == {}
    code, out, _ = call("run", "first", *TINY)
    assert code == 2 and "no method called 'first'" in json.loads(out)["error"]


def test_where_the_file_is_gone_it_is_said_and_the_run_replays(home: Path, file: Path, call: Any) -> None:
    call("run", "--method", f"{file.parent}/{FLAG}", *TINY)
    [path] = (home / "runs").glob("first-*")
    other = RunFolder.create(home, "first", {}, {"data": "digits:size=8", "students": 0})
    file.unlink()
    shown = [one for one in Timeline.all(RunFolder(path)) if one["kind"] == "images"]
    made = load_result(path / "set.safetensors").images
    assert np.array_equal(read_sheet(RunFolder(path), shown[-1])[..., 0], (made[:, 0] * 255).round().byte().numpy())
    assert "first" not in [one["name"] for one in catalog.read(home)["methods"]]
    code, out, _ = call("resume", other.id, "--json")
    said = json.loads(out)["error"]
    assert code == 2 and f"is in {file}, and that file is not there" in said and "Put it back" in said
    file.write_text(printed(), encoding="utf-8")
    assert call("resume", other.id)[0] == 0


def test_a_run_from_another_machine_brings_no_code(home: Path, file: Path, tmp_path: Path) -> None:
    catalogue.take(home, f"{file.parent}/{FLAG}")
    run = RunFolder.create(home, "first", {}, {"data": "digits:size=8"})
    came = archive.import_run(home, archive.export_run(run, tmp_path))
    assert came.request()["file"] == "first.py:FirstImages", "where it lay there is nothing that is looked up here"
    executor_of(home).start(came)
    state = drive_run(came, whole, askable())
    assert state["state"] == "failed" and "came from another machine" in state["message"]


@pytest.mark.parametrize(
    ("code", "place", "sentence"),
    [
        ("", "first.py", "names no method"),
        ("", "nowhere.py:First", "that file is not there"),
        ("x = 1", "first.py:First", "A method is a class"),
        ("1 / 0", "first.py:First", "ZeroDivisionError"),
        ("raise SystemExit(3)", "first.py:First", "could not be run: SystemExit"),
        ("from distill_core import Method\nclass One(Method): ...", "first.py:On", "has no method 'On'. It has One"),
        ("from distill_core import Method\nclass One(Method): ...", "first.py:One", "has no card"),
    ],
)
def test_a_file_that_is_no_method_is_a_sentence(tmp_path: Path, code: str, place: str, sentence: str) -> None:
    (tmp_path / "first.py").write_text(code, encoding="utf-8")
    with pytest.raises(BadSetting, match=sentence):
        from_file(f"{tmp_path}/{place}")


def test_a_name_that_is_taken_is_refused(home: Path, file: Path) -> None:
    file.write_text(printed().replace('name="first"', 'name="random"'), encoding="utf-8")
    with pytest.raises(BadSetting, match="'random', and that name is taken"):
        catalogue.take(home, f"{file.parent}/{FLAG}")


def test_another_seed_by_rule_is_seen_to_fail(kind: type[Method]) -> None:
    """A card that says the wrong thing about chance does not pass the contract, whichever way it is wrong."""
    import dataclasses

    class Wrong(kind):  # type: ignore[misc, valid-type]
        card = dataclasses.replace(kind.card, by_rule=False)

    class Chance(registry()["random"]):  # type: ignore[misc]
        card = dataclasses.replace(registry()["random"].card, by_rule=True)

    for wrong in (Wrong, Chance):
        with pytest.raises(AssertionError, match="another seed"):
            test_the_same_seed_gives_the_same_images(wrong)


def test_a_guest_may_import_steps(home: Path, tmp_path: Path) -> None:
    """A public name is what it is, whatever was imported before it."""
    code = (
        printed()
        .replace("StageStarted, ", "StageStarted, steps, ")
        .replace(
            "        yield show",
            "        for step in steps('select', 2):\n            assert step.index < 2\n        yield show",
        )
    )
    with installed(tmp_path / "site", code, LINE):
        run = RunFolder.create(home, "first", {}, {"data": "digits:size=8", "students": 0, "device": "cpu"})
        assert drive_run(run, whole, askable())["state"] == "finished", run.state()
    shutil.rmtree(tmp_path / "site")
    assert main and "first" not in registry()
