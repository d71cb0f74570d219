"""A fragment's timer that comes late runs on the page that is shown; everything else runs where it was asked to."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from pages.parts import frame, steady

SHOWN = SimpleNamespace(current_page_script_hash="live")


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        (RerunData(page_script_hash="new", fragment_id_queue=["timer"]), "live"),
        (RerunData(page_script_hash="live", fragment_id_queue=["timer"]), "live"),
        (RerunData(page_script_hash="new"), "new"),
    ],
)
def test_only_fragments_are_moved_to_the_shown_page(asked, page):
    assert steady.on_shown_page(asked, SHOWN).page_script_hash == page


def test_before_any_page_was_shown_nothing_is_changed():
    asked = RerunData(page_script_hash="new", fragment_id_queue=["timer"])
    assert steady.on_shown_page(asked, SimpleNamespace(current_page_script_hash="")) is asked
    assert steady.on_shown_page(asked, None) is asked


def test_the_frame_has_put_it_in_place_once():
    before = ScriptRunner._run_script
    assert frame.steady is steady and before._keeps_page
    steady.keep_page()
    assert ScriptRunner._run_script is before
