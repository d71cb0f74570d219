"""The score table of all runs: read once per change of a run, filtered in the link, drawn with its controls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.errors import StudioError
from distill_core.figures import ledger
from distill_core.figures.scores import Row
from distill_core.quantities import said, sentence, titled
from distill_core.record import health, naming
from distill_core.record.contest import points
from distill_core.record.facts import facts_of
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.record.scores import completed

from . import draw, feed, studio

DRAWN = "As many random real images: mean ± s.d. over draws of them, and the s.d. of students that saw the same draw."
TOLD = (
    "A 95 % t interval of the difference: over seeds, each set paired with its own control; with one seed over students and draws, and then "
    "of this set alone. Better or worse is said only where it leaves out zero."
)
BONUS = (
    "A paper that picks its best test epoch would print this; in brackets what the picking adds. It is shown and used for nothing: our "
    "numbers are those of the last epoch."
)
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
    """Every readable run with its scored records; runs that cannot be read are left to the runs page. What studies scored is found
    on their own pages."""
    studies = {one["name"] for one in studio.catalog().get("studies") or []}
    found = []
    for one in studio.runs():
        if one["method"] in studies:
            continue
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
    """The page's one sentence: which set is ahead of its control, as far as that can be told."""
    judged = [(one, row) for row in rows if (one := row.contest) is not None]
    if not judged:
        best = max(rows, key=lambda row: row.distilled.mean)
        return f"{best.label} reaches {best.distilled.text}; no random control was scored beside it."
    won = [pair for pair in judged if pair[0].word == "better"]
    contest, best = max(won or judged, key=lambda pair: pair[0].points)
    control = best.random.text if best.random else "–"
    interval = "" if contest.low is None else f" (95 % interval {contest.interval})"
    numbers = f"{best.distilled.text} against {control}, {contest.points:+.1f} points{interval}"
    if won:
        return f"Furthest above as many random real images is **{best.label}**: {numbers}, {contest.text}."
    return (
        f"No set here can be called better than as many random real images. Nearest comes **{best.label}**: {numbers}; "
        f"{contest.text}."
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
            "Gain": st.column_config.NumberColumn(
                format="%+.1f", help="Points above as many random real images: the difference of the printed numbers."
            ),
            "Best epoch": st.column_config.TextColumn(help=BONUS),
            "Passport": st.column_config.TextColumn(
                help="How the number came about; all lines stand below.", width="large"
            ),
            "Against random": st.column_config.TextColumn(help=TOLD),
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


def _picked(row: Row) -> str:
    """What a paper that keeps the best test epoch would print."""
    if not row.distilled.best:
        return "not recorded"
    ahead = points(row.distilled.picked, row.distilled.mean)
    return f"{100 * row.distilled.picked:.1f} ({ahead:+.1f}, of {row.distilled.looks} epochs)"


def _line(row: Row, facts: list[str]) -> dict[str, Any]:
    contest = row.contest
    return {
        "Method": row.method,
        "Differs": row.differs,
        "Data": row.data,
        "ipc": row.ipc,
        "Accuracy": f"{'○ ' if row.single else ''}{row.distilled.text}",
        "Random": row.random.text if row.random else "–",
        "Gain": contest.points if contest else None,
        "Against random": contest.text if contest else "–",
        "Interval": contest.interval if contest else "–",
        "Best epoch": _picked(row),
        "All real": row.real.text if row.real else "–",
        "Seeds": "1 seed" if row.single else f"{len(row.seeds)} seeds",
        **{titled(name): said(name, row.facts[name]) if name in row.facts else "–" for name in facts},
        "Student": row.student,
        "Protocol": row.protocol,
        "Labels": row.labels,
        "Stored": draw.size(ledger.total(row.distilled.budget)),
        "Preset": row.preset,
        "Passport": row.distilled.passport.brief,
        "Watch": f"/live?run={row.runs[0]}",
    }
