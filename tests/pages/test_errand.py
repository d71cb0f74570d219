"""Errands: our own command line, in a process of its own, asked from a page."""

from __future__ import annotations

import time

import pytest

from pages.parts import errand


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """A stand-in for the command line that says what it was asked."""
    package = tmp_path / "distill_core"
    package.mkdir()
    (package / "__init__.py").touch()

    def says(code: str) -> None:
        (package / "cli.py").write_text(code, encoding="utf-8")

    monkeypatch.setattr(errand, "ROOT", tmp_path)
    yield says
    if errand.is_on_its_way("try"):
        errand._errands()["try"].process.kill()
        errand._errands()["try"].process.wait()
    errand.forget("try")


def finish(name: str, seconds: float = 20) -> dict:
    until = time.monotonic() + seconds
    while errand.is_on_its_way(name):
        assert time.monotonic() < until, "the errand did not come back"
        errand._errands()[name].process.wait(timeout=seconds)
    return errand.outcome(name)


def test_an_errand_brings_its_document(home, cli):
    cli("import json, sys; print(json.dumps({'words': sys.argv[1:]}))")
    errand.send("try", "export", "a run")
    assert finish("try") == {"words": ["export", "a run", "--home", str(home), "--json"]}


def test_an_errand_that_fails_silently_gets_a_sentence(cli):
    cli("raise SystemExit(3)")
    errand.send("try")
    assert "ended with code 3" in finish("try")["error"]


def test_what_was_not_sent_has_no_outcome():
    assert errand.outcome("never") is None
    assert not errand.is_on_its_way("never")
