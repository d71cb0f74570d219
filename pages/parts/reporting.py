"""A report that can be sent, of the runs in the table: made by the engine, then downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from distill_core.figures.report import MOST
from distill_core.figures.rows import Row

from . import errand, studio
from .form import fingerprint

HELP = "One HTML file: walls and their replay, scores with their control, commands, fingerprints. `reproduce` runs it again."


def offer(rows: Sequence[Row]) -> None:
    """The button, and the file once it is there."""
    runs = [run for row in rows for run in row.runs]
    name = f"report {fingerprint(runs)}"
    if len(runs) > MOST:
        st.button(
            "Report",
            icon=":material/mail:",
            disabled=True,
            help=f"A report has up to {MOST} runs; filter the table first.",
        )
        return
    if found := errand.outcome(name):
        _brought(found)
    elif st.button("Report", icon=":material/mail:", help=HELP, disabled=errand.is_on_its_way(name)):
        folder = studio.home() / "exports"
        folder.mkdir(parents=True, exist_ok=True)
        errand.send(name, "report", *runs, "--to", str(folder / "report.html"))
    errand.wait(name, "The engine looks for the nearest real images and writes the report …")


def _brought(found: dict[str, object]) -> None:
    if "error" in found:
        st.error(str(found["error"]), icon=":material/error:")
    else:
        path = Path(str(found["path"]))
        st.download_button("Report (HTML)", path.read_bytes, path.name, "text/html", icon=":material/download:")
