"""A late timer of the page before must not wipe the page that is shown.

Between `st.switch_page` and the next page's first message, the browser's fragment timers still ask for the old page.
Streamlit (seen in 1.67; links of the menu are not concerned) answers them when the next page is drawn: it announces a
run of the old page, for which the browser empties the tab, and takes back what the browser has not got yet of a
fragment that both pages have. What comes afterwards finds no place ("Bad delta path index"), and the tab stays blank.
Here a fragment that is asked for on another page than the shown one is passed over. No supported name reaches that
place: where a name inside Streamlit is missing, the log says so at every start, and a test fails.
tests/browser/test_late_timers.py fails when Streamlit no longer needs this.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import logging

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

LOG = logging.getLogger(__name__)


def missing() -> list[str]:
    """What is needed of the inside of Streamlit and is not there."""
    run, fields = getattr(ScriptRunner, "_run_script", None), {field.name for field in dataclasses.fields(RerunData)}
    found = {
        "ScriptRunner._run_script(self, rerun_data)": run is not None
        and list(inspect.signature(run).parameters) == ["self", "rerun_data"],
        "ScriptRunner._pages_manager": "_pages_manager" in ScriptRunner.__init__.__code__.co_names,
        "PagesManager.current_page_script_hash": hasattr(PagesManager, "current_page_script_hash"),
        "RerunData.fragment_id_queue": "fragment_id_queue" in fields,
        "RerunData.page_script_hash": "page_script_hash" in fields,
    }
    return [name for name, there in found.items() if not there]


def keep_page() -> None:
    """Once per process; where Streamlit is built otherwise, nothing is changed and the log says what may happen."""
    if lacking := missing():
        LOG.warning(
            "Streamlit %s has no %s: after a button that leads to another page, the page may stay blank until it is reloaded.",
            st.__version__,
            ", ".join(lacking),
        )
        return
    run = ScriptRunner._run_script
    if hasattr(run, "_keeps_page"):
        return

    @functools.wraps(run)
    def steady(self: ScriptRunner, rerun_data: RerunData) -> None:
        if not is_late(rerun_data, self._pages_manager):
            run(self, rerun_data)

    steady._keeps_page = True  # type: ignore[attr-defined]
    ScriptRunner._run_script = steady  # type: ignore[method-assign]


def is_late(asked: RerunData, pages: PagesManager) -> bool:
    """Whether this asks for fragments of another page than the one that was shown last."""
    shown = pages.current_page_script_hash
    return bool(shown and asked.fragment_id_queue and asked.page_script_hash != shown)
