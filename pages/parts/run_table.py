"""The library as a table: filters in the link, a thumbnail and the scores of every run, the chosen rows."""

from __future__ import annotations

import base64
import io
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import streamlit as st
from PIL import Image

from distill_core.figures.scores import say
from distill_core.queue.sweep import spoken

from . import draw, studio

WIDTH = 240  # pixels of a thumbnail


def filtered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that the visitor wants; every choice stays in the link."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search", key="q", type="search", placeholder="name, method, tag", bind="query-params", width=230
        )
        for name in ("method", "data", "state"):
            options = sorted({str(row[name]) for row in rows if row[name]})
            if len(options) > 1:
                wanted = st.pills(
                    name.capitalize(), options, selection_mode="multi", key=name, bind="query-params", width="content"
                )
                rows = [row for row in rows if not wanted or row[name] in wanted]
    words = (text or "").lower().split()
    return [row for row in rows if all(word in _words(row) for word in words)]


def _words(row: dict[str, Any]) -> str:
    parts = [row["id"], row["name"], row["method"], row["data"], row.get("preset") or "", *(row.get("tags") or [])]
    return " ".join(map(str, parts)).lower()


def choose(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table; returns the rows that are ticked."""
    listed = " ".join(row["id"] for row in rows).encode()
    event = st.dataframe(
        [_line(row) for row in rows],
        key=f"runs.table.{crc32(listed)}",  # ticks are row numbers: other rows, no ticks
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        row_height=44,
        column_config={
            "Images": st.column_config.ImageColumn(width="medium"),
            "Progress": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent", width="small"),
            "Created": st.column_config.DatetimeColumn(format="distance"),
            "Watch": st.column_config.LinkColumn(display_text="open"),
        },
        alt="All runs with their state, accuracy, random control, time and size",
    )
    picked = event["selection"]["rows"] if event else []
    return [rows[i] for i in picked if i < len(rows)]


def _control(row: dict[str, Any]) -> str:
    """What as many random real images teach, over how many draws."""
    if row.get("random") is None:
        return "–"
    return f"{100 * row['random']:.1f} % ({spoken(int(row.get('draws') or 1), 'draw')})"


def _line(row: dict[str, Any]) -> dict[str, Any]:
    progress = 1.0 if row["state"] == "finished" else _progress(row)
    return {
        "Images": thumbnail(studio.home() / "runs" / row["id"]),
        "Name": row["name"],
        "State": row["state"],
        "Accuracy": say(row.get("accuracy"), row.get("std"), int(row.get("n") or 0)),
        "Random": _control(row),
        "Method": row["method"],
        "Data": row["data"],
        "ipc": row["ipc"],
        "Seed": row["seed"],
        "Progress": progress,
        "Time": draw.duration(row.get("seconds")),
        "Size": draw.size(row.get("bytes")),
        "Created": datetime.fromtimestamp(row["created"]) if row.get("created") else None,
        "Watch": f"/live?run={row['id']}",
        "Note": row.get("message") or "",
    }


def thumbnail(run: Path) -> str | None:
    """The newest image sheet's first rows as a data URI, or None where the run has no picture yet."""
    sheets = sorted(path.name for path in (run / "sheets").glob("[!.]*.webp"))
    return _thumbnail(str(run / "sheets" / sheets[-1])) if sheets else None


@st.cache_data(show_spinner=False, max_entries=2000)
def _thumbnail(path: str) -> str | None:
    try:
        with Image.open(path) as opened:
            sheet = opened.convert("RGB")
    except OSError:
        return None  # a damaged picture costs a run its thumbnail, no more; the live page says what is wrong
    sheet = _folded(sheet.crop((0, 0, sheet.width, min(sheet.height, max(1, sheet.width // 5)))))
    zoom = max(1, WIDTH // sheet.width)
    file = io.BytesIO()
    sheet.resize((sheet.width * zoom, sheet.height * zoom), Image.Resampling.NEAREST).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _folded(row: Image.Image) -> Image.Image:
    """One long row of square pictures as two rows, so that a cell of the table shows them all."""
    if row.width < 8 * row.height or row.width // row.height % 2:
        return row
    half, both = row.width // 2, Image.new("RGB", (row.width // 2, 2 * row.height))
    both.paste(row.crop((0, 0, half, row.height)), (0, 0))
    both.paste(row.crop((half, 0, row.width, row.height)), (0, row.height))
    return both


def queue() -> None:
    """What works and what waits, at the top; looks again by itself only while there is something to wait for."""
    rows = [row for row in studio.runs() if row["state"] in studio.WORKING]
    if rows:
        shown = [f"{row['id']} {row['state']}" for row in rows]
        st.fragment(_queue, run_every=1.0)(shown)


def _queue(shown: list[str]) -> None:
    rows = [row for row in studio.runs() if row["state"] in studio.WORKING]
    if [f"{row['id']} {row['state']}" for row in rows] != shown:
        st.rerun()  # something began or ended: the table below has to know
    with st.container(border=True):
        for row in sorted(rows, key=lambda row: (row["state"] == "queued", row["created"])):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{studio.DOTS[row['state']]} **{studio.escape(row['name'])}**", width="content")
                st.progress(_progress(row), text=_place(row), width=320)
                st.button(
                    "Stop", key=f"stop.{row['id']}", icon=":material/stop:", on_click=studio.halt, args=(row["id"],)
                )


def _progress(row: dict[str, Any]) -> float:
    """How far the present stage is, in [0, 1]; a queued run has not begun."""
    return 0.0 if row["state"] == "queued" else min(1.0, max(0.0, row.get("progress") or 0.0))


def _place(row: dict[str, Any]) -> str:
    if row["state"] == "queued":
        before = studio.place(row["id"])
        return "next in the queue" if before == 0 else f"{before} before it in the queue"
    left = f" · {draw.duration(row['left_s'])} left" if row.get("left_s") else ""
    return f"{row.get('stage') or row['state']}{left}"
