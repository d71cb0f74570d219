"""A fragment's timer that comes late is passed over; everything else runs."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from pages.parts import frame, steady

SHOWN = SimpleNamespace(current_page_script_hash="live")


@pytest.mark.parametrize(
    ("asked", "late"),
    [
        (RerunData(page_script_hash="new", fragment_id_queue=["timer"]), True),
        (RerunData(page_script_hash="live", fragment_id_queue=["timer"]), False),
        (RerunData(page_script_hash="new"), False),
    ],
)
def test_only_fragments_of_another_page_are_late(asked, late):
    assert steady.is_late(asked, SHOWN) is late


def test_before_any_page_was_shown_nothing_is_late():
    asked = RerunData(page_script_hash="new", fragment_id_queue=["timer"])
    assert not steady.is_late(asked, SimpleNamespace(current_page_script_hash=""))


def test_streamlit_has_every_name_that_is_needed():
    assert steady.missing() == [], (
        "find these in this version of Streamlit, or what replaces them: pages/parts/steady.py"
    )


@pytest.mark.parametrize(("owner", "name"), [(ScriptRunner, "_run_script"), (PagesManager, "current_page_script_hash")])
def test_a_name_that_is_missing_is_said_and_nothing_is_changed(monkeypatch, caplog, owner, name):
    monkeypatch.delattr(owner, name)
    before = getattr(ScriptRunner, "_run_script", None)
    steady.keep_page()
    assert f"{owner.__name__}.{name}" in caplog.text and "may stay blank" in caplog.text
    assert getattr(ScriptRunner, "_run_script", None) is before


def test_another_signature_is_a_missing_name(monkeypatch):
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda self, rerun_data, more: None)
    assert steady.missing() == ["ScriptRunner._run_script(self, rerun_data)"]


def test_the_frame_has_put_it_in_place_once():
    before = ScriptRunner._run_script
    assert frame.steady is steady and before._keeps_page
    steady.keep_page()
    assert ScriptRunner._run_script is before
