"""A method's card on Methods: its images, its mechanism, what it costs and how it did here."""

from __future__ import annotations

import statistics
from typing import Any

import streamlit as st
from PIL import Image

from distill_core.figures.mechanism import drawing, said
from distill_core.figures.scores import LOOKS
from distill_core.home import ASSETS, read_json
from distill_core.record.contest import Contest, apart
from distill_core.record.folder import RunFolder
from distill_core.record.scores import contest_of

from . import draw, examples, standing, studio, terms

SHELF = ASSETS / "methods"
LARGE = 3  # screen pixels for one of the picture, so that the browser blurs nothing


def card(method: dict[str, Any], titles: dict[str, str]) -> None:
    """Picture first, then the words; `titles` of the methods that it may build on."""
    known, rows = shipped(method["name"]), _rows(method["name"])
    picture(method["name"], known.get("ipc", 1))
    st.subheader(method["title"])
    terms.write(method["idea"])
    scores = known.get("scores") or {}
    bars(scores)
    st.caption(" ".join(filter(None, (taught(scores), did(rows), costs(rows, known)))))
    with st.expander("Paper, what it builds on, where ours differs", icon=":material/article:"):
        for name, new in (method.get("descends") or {}).items():
            st.caption(f":material/call_split: Builds on {titles.get(name, name)}: {new}.")
        draw.about(method)


def picture(name: str, per_class: int) -> None:
    """Its images of digits, as they are shipped."""
    if not (SHELF / f"{name}.png").is_file():
        return
    with Image.open(SHELF / f"{name}.png") as opened:
        row = two_rows(opened.convert("L"))
    large = row.resize((row.width * LARGE, row.height * LARGE), Image.Resampling.NEAREST)
    caption = None if per_class == 1 else f"the first of {per_class} images of each class"
    st.image(large, caption=caption, alt=f"Digits as {name} leaves them")


GAP = 1  # pixels of the picture between two images


def two_rows(row: Image.Image) -> Image.Image:
    """Ten images beside each other → five above five with gaps between them, twice as large in a card."""
    side = row.height
    count = row.width // side
    across, step = -(-count // 2), side + GAP
    folded = Image.new("LA", (across * step - GAP, 2 * step - GAP))  # what is between them shows the page
    for i in range(count):
        one = row.crop((i * side, 0, (i + 1) * side, side))
        folded.paste(one.convert("LA"), (i % across * step, i // across * step))
    return folded


def shipped(name: str) -> dict[str, Any]:
    """What is known of the shipped picture."""
    file = SHELF / "card.json"
    return read_json(file)["methods"].get(name, {}) if file.is_file() else {}


def costs(rows: list[dict[str, Any]], known: dict[str, Any]) -> str:
    """Seconds of the runs that were made here, else of the shipped picture."""
    took = [float(row["seconds"]) for row in rows if row.get("seconds")]
    if took:
        return f"Runs here took {draw.duration(statistics.median(took))} with their students (median of {len(took)})."
    if seconds := known.get("seconds"):
        return f"Making them took {draw.duration(seconds)} on one processor core."
    return "What it costs is not known here yet; New run tries a few steps."


LABELS = {"hard": "hard labels", "teacher": "labels from a teacher"}  # how students were taught


def bars(scores: dict[str, Any]) -> None:
    """What students of the shipped picture's images reach, a bar above that of as many random real ones; nothing where none was trained."""
    if not {"distilled", "random"} <= scores.keys():
        return
    rows = []
    for subject, words in (("distilled", "these images"), ("random", "as many random ones")):
        share, color = 100 * scores[subject]["accuracy"], LOOKS[subject]["color"]
        rail = f"<div style='background:rgba(127,127,127,.18)'><div style='width:{share:.1f}%;height:12px;background:{color}'></div></div>"
        rows.append(f"<span>{words}</span>{rail}<strong>{share:.1f} %</strong>")
    grid = "display:grid;grid-template-columns:max-content 1fr max-content;gap:4px 10px;align-items:center;font-size:.85rem"
    st.html(f"<div style='{grid}'>{''.join(rows)}</div>")


def taught(scores: dict[str, Any]) -> str:
    """How far the bars lie from each other and what they count; "" where no student was trained."""
    contest = contest_of(scores)
    if contest is None:
        return ""
    labels = LABELS.get(scores["distilled"]["labels"], "stored soft labels")
    return f"**{apart(contest.points).capitalize()} random images** in teaching networks unseen digits ({labels}); {contest.text}."


def did(rows: list[dict[str, Any]]) -> str:
    """The newest finished run's accuracy beside its random control, and whether that is better; "" before there is one."""
    row = next((one for one in rows if one.get("accuracy") is not None), None)
    if row is None:
        return ""
    beside = f", random real images {100 * row['random']:.1f}" if row.get("random") is not None else ""
    where = f"{standing.data_said(row['data'])}, {row['ipc']} per class"
    newest = f"Your newest run: students reached {100 * row['accuracy']:.1f} % on {studio.escape(where)}{beside}."
    contest = contest_of(RunFolder.find(studio.home(), row["id"]).state().get("scores") or {})
    return f"{newest} {judged(contest)}" if contest else newest


def judged(contest: Contest) -> str:
    """How far a run's students are from those of random real images, and that one seed is no result, in one sentence."""
    return f"Its students are {apart(contest.points)} those; **{contest.text}**."


def _rows(name: str) -> list[dict[str, Any]]:
    """Finished runs of one's own; what came with the studio was not made here."""
    shipped_runs = examples.names()
    return [one for one in studio.runs(method=name, state="finished", limit=50) if one["id"] not in shipped_runs]


def mechanism(family: str) -> None:
    """How the methods of a family work, in one sentence and one drawing."""
    terms.write(said(family))
    if drawn := drawing(family):
        st.html(drawn)
