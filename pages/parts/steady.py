"""A late timer of the page before must not wipe the page that is shown.

Between a click that leads to another page and that page's first message, the browser's fragment timers still ask for
the old page. Streamlit (seen in 1.67) then announces a fragment run of the old page, and the browser empties the tab;
what the new page's fragments send afterwards finds no place ("Bad delta path index"), and the tab stays blank. Here a
fragment run always belongs to the page that was shown last; a fragment that is gone is passed over by Streamlit itself.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from streamlit.runtime.scriptrunner import ScriptRunner


def keep_page() -> None:
    """Once per process; where Streamlit is built otherwise, nothing is changed."""
    run = getattr(ScriptRunner, "_run_script", None)
    if run is None or hasattr(run, "_keeps_page"):
        return

    @functools.wraps(run)
    def steady(self: Any, rerun_data: Any) -> None:
        return run(self, on_shown_page(rerun_data, getattr(self, "_pages_manager", None)))

    steady._keeps_page = True  # type: ignore[attr-defined]
    ScriptRunner._run_script = steady  # type: ignore[method-assign]


def on_shown_page(asked: Any, pages: Any) -> Any:
    """The request, on the shown page if it asks for fragments only; any other request as it is."""
    shown = getattr(pages, "current_page_script_hash", "")
    if shown and getattr(asked, "fragment_id_queue", None) and asked.page_script_hash != shown:
        return dataclasses.replace(asked, page_script_hash=shown)
    return asked
