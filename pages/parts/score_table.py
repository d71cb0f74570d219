"""The score table of all runs: read once per change of a run, filtered in the link, drawn with its controls."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.errors import StudioError
from distill_core.figures import ledger
from distill_core.figures.scores import Row
from distill_core.quantities import said, sentence, titled
from distill_core.record import health, naming
from distill_core.record.facts import facts_of
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.record.scores import completed

from . import draw, feed, studio

DRAWN = "As many random real images: mean ± s.d. over draws of them, and the s.d. of students that saw the same draw."
TABLE, ABLATIONS = "Table", "Ablations"


def view() -> str:
    """Which half of the page is shown, `Table` or `Ablations`; the choice stays in the link."""
    chosen = st.segmented_control(
        "Show",
        [TABLE, ABLATIONS],
        default=TABLE,
        key="show",
        required=True,
        bind="query-params",
        label_visibility="collapsed",
    )
    return str(chosen)


def scored_runs() -> list[dict[str, Any]]:
    """Every readable run with its scored records; runs that cannot be read are left to the runs page."""
    found = []
    for one in studio.runs():
        log = studio.home() / "runs" / one["id"] / "events.jsonl"
        if log.is_file():
            stat = log.stat()
            run = _scored(str(log.parent), stat.st_size, stat.st_mtime_ns)
            if run:  # signs of ruin stand in the state, which is written after the last line
                signs = feed.state_of(RunFolder(log.parent)).get("health") or []
                found.append({**run, "ruin": health.sentence(signs)})
    return found


@st.cache_data(show_spinner=False, max_entries=2000)
def _scored(path: str, size: int, changed: int) -> dict[str, Any] | None:
    """A run's request and its scored records; read again only when its log has grown."""
    folder = RunFolder(Path(path))
    try:
        asked = folder.request()
    except StudioError:
        return None  # listed as broken, with the reason, on the runs page
    timeline = Timeline(folder)
    timeline.read()
    records = completed(timeline.records)
    settings = shelf.settings_of_run(folder.home, asked)  # those of two versions are the same
    facts = facts_of(timeline.records)
    return {**asked, "id": folder.id, "settings": settings, "records": records, "facts": facts} if records else None


def filtered(rows: list[Row]) -> list[Row]:
    """The rows that the visitor wants; the choice stays in the link."""
    with st.container(horizontal=True):
        for name, label in (("data", "Data"), ("ipc", "Images per class"), ("method", "Method")):
            options = sorted({getattr(row, name) for row in rows})
            if len(options) > 1:
                wanted = st.pills(label, options, selection_mode="multi", key=name, bind="query-params")
                rows = [row for row in rows if not wanted or getattr(row, name) in wanted]
    return rows


def answer(rows: list[Row]) -> str:
    """The page's one sentence: the best set, and how far it is above its control."""
    best = max(rows, key=lambda row: row.gain if math.isfinite(row.gain) else -math.inf)
    if not math.isfinite(best.gain):
        return f"{best.label} reaches {best.distilled.text}; no random control was scored beside it."
    if best.gain <= 0:
        return (
            f"No set here is above as many random real images. Nearest comes **{best.label}**: "
            f"{best.distilled.text} against {best.random.text if best.random else '–'}."
        )
    return (
        f"The largest gain over random real images is {100 * best.gain:+.1f} points: **{best.label}** reaches "
        f"{best.distilled.text}, as many random images {best.random.text if best.random else '–'}."
    )


def show(rows: list[Row]) -> None:
    """The table itself, with a column for the control and one for all bytes that are stored."""
    facts = list(dict.fromkeys(name for row in rows for name in row.facts))
    ruined = any(row.ruin for row in rows)
    st.dataframe(
        [{**_line(row, facts), **({"Health": row.ruin or "–"} if ruined else {})} for row in rows],
        hide_index=True,
        column_config={
            "Accuracy": st.column_config.TextColumn(help=sentence(naming.SCORE)),
            "Random": st.column_config.TextColumn(help=DRAWN),
            "Gain": st.column_config.NumberColumn(format="%+.1f", help="Points above as many random real images."),
            "Stored": st.column_config.TextColumn(
                help="Images, labels, teachers and generators; the ledger below says which."
            ),
            "Watch": st.column_config.LinkColumn(display_text="open"),
        },
        alt="Accuracy of each set with its spread, its random control, and what it costs",
    )


def costs(rows: list[Row]) -> None:
    """The ledger: what is stored of each set and of its control, and who paid for it."""
    st.markdown(f"**{ledger.TITLE}**")
    meanings = {entry.title: st.column_config.TextColumn(help=entry.meaning) for entry in ledger.ENTRIES}
    alt = "Bytes of images, labels, teachers and generators, what a teacher saw, and seconds and memory of each set and its control"
    st.dataframe(ledger.lines(rows), hide_index=True, column_config=meanings, alt=alt)


def _line(row: Row, facts: list[str]) -> dict[str, Any]:
    return {
        "Method": row.method,
        "Differs": row.differs,
        "Data": row.data,
        "ipc": row.ipc,
        "Accuracy": f"{'○ ' if row.single else ''}{row.distilled.text}",
        "Random": row.random.text if row.random else "–",
        "Gain": 100 * row.gain if math.isfinite(row.gain) else None,
        "All real": row.real.text if row.real else "–",
        "Seeds": "1 seed" if row.single else f"{len(row.seeds)} seeds",
        **{titled(name): said(name, row.facts[name]) if name in row.facts else "–" for name in facts},
        "Student": row.student,
        "Protocol": row.protocol,
        "Labels": row.labels,
        "Stored": draw.size(ledger.total(row.distilled.budget)),
        "Preset": row.preset,
        "Watch": f"/live?run={row.runs[0]}",
    }
