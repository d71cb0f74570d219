"""Recorded runs that ship in `assets/recordings`, and what the start page says about one: only what it recorded."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

import streamlit as st
from PIL import Image

from distill_core.errors import StudioError
from distill_core.figures import ledger
from distill_core.figures.scores import Score, pick, read_scores
from distill_core.home import ASSETS, read_json
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.spec import parse

from . import packets, studio

SHELF = ASSETS / "recordings"
SUBJECTS = ("real", "distilled", "random")


@dataclass(frozen=True)
class Facts:
    """What the start page says about one recording."""

    headline: str
    bars: list[dict[str, Any]]  # see `views.race`
    sentences: list[str]
    request: dict[str, Any]  # what `studio.start` needs to do the same again
    caption: str
    small_print: str


def shelf() -> dict[str, str]:
    """Label → folder name of each recording, fewest images first; labels are images per class, and data if needed."""
    found: list[tuple[int, str, str]] = []
    for path in sorted(SHELF.iterdir()) if SHELF.is_dir() else []:
        try:
            job = RunFolder(path).request()["job"]
        except StudioError:
            continue  # half a recording is no recording; a run folder that is broken says so on the runs page
        found.append((int(job.get("ipc", 1)), parse(str(job.get("data", ""))).name, path.name))
    many = len({data for _, data, _ in found}) > 1
    return {(f"{ipc} · {data}" if many else str(ipc)): name for ipc, data, name in sorted(found)}


@st.cache_data(show_spinner=False)
def packet(name: str) -> bytes:
    """The recording as the bytes that the player wants."""
    return packets.recording(SHELF / name)


@st.cache_data(show_spinner=False)
def poster(name: str, zoom: int = 5) -> bytes:
    """The last image sheet as PNG bytes, every pixel `zoom` times as large so that no browser blurs it."""
    folder = RunFolder(SHELF / name)
    record = _last_images(folder)
    with Image.open(folder.path / record["sheet"]) as sheet:
        large = sheet.convert("RGB").resize((sheet.width * zoom, sheet.height * zoom), Image.Resampling.NEAREST)
    file = io.BytesIO()
    large.save(file, "PNG")
    return file.getvalue()


def facts(name: str) -> Facts:
    """Everything that is said about a recording, from its own records; only the data set's title is the catalog's."""
    spec = parse(str(RunFolder(SHELF / name).request()["job"]["data"])).name
    info = studio.data_info(spec)
    title = str(info.get("title") or spec)
    return _facts(name, title[:1].lower() + title[1:], int(info.get("train") or 0))


@st.cache_data(show_spinner=False)
def _facts(name: str, what: str, known: int) -> Facts:
    folder = RunFolder(SHELF / name)
    asked, timeline = folder.request(), Timeline(folder)
    timeline.read()
    scores = read_scores(timeline.records)
    count, real = int(_last_images(folder)["count"]), pick(scores, "real")
    whole = int((real.budget.get("images") if real else 0) or known)
    headline = f"{whole:,} {what}" if whole else f"All {what}"
    return Facts(
        headline=f"{headline}, boiled down to {count} images. Can a network still learn from them?",
        bars=_bars(scores, count, whole),
        sentences=_sentences(scores, count, whole),
        request={key: asked[key] for key in ("method", "settings", "job")},
        caption=f"The {count} images that the run ended with.",
        small_print=_small_print(folder, asked, scores),
    )


def _last_images(folder: RunFolder) -> dict[str, Any]:
    timeline = Timeline(folder)
    timeline.read()
    return [r for r in timeline.records if r["kind"] == "images" and r.get("source") == "synthetic"][-1]


def _bars(scores: list[Score], count: int, whole: int) -> list[dict[str, Any]]:
    words = {
        "real": f"all {whole:,} real images" if whole else "all real images",
        "distilled": f"{count} learned images",
        "random": f"{count} random real images",
    }
    bars = []
    for subject in SUBJECTS:
        score = pick(scores, subject)
        if score:
            spread = score.std if math.isfinite(score.std) else None
            seconds = score.budget.get("seconds")
            value = {"accuracy": score.mean, "std": spread, "n": score.n, "seconds": seconds}
            value |= {"text": score.text} if score.draws else {}
            bars.append({"title": words[subject], "subject": subject, **value})
    return bars


def _sentences(scores: list[Score], count: int, whole: int) -> list[str]:
    """What was kept, what was lost, why anyone wants it."""
    real, ours, control = (pick(scores, subject) for subject in SUBJECTS)
    said = []
    if ours and control:
        more = 100 * (ours.mean - control.mean)
        better = f"{abs(more):.0f} points {'more' if more > 0 else 'fewer'} than" if abs(more) >= 0.5 else "as many as"
        said.append(
            f"Kept: a network that saw only these {count} images{_labelled(ours)} reads {100 * ours.mean:.0f} of 100 new ones "
            f"correctly, {better} one that saw {count} random real images ({100 * control.mean:.0f}, "
            f"{_draws(control.spread.draws)})."
        )
    if ours and real:
        share = f", with {100 * count / whole:.1f} % of the images" if whole else ""
        said.append(
            f"Lost: all the real data give {100 * real.mean:.0f} of 100; "
            f"{100 * (real.mean - ours.mean):.0f} points are the price{share}.{_stored(ours, real)}"
        )
    whole = ledger.total(ours.budget) if ours else None
    small = (
        f"all that has to be sent is {ledger.size(whole)}" if whole else "they are small enough to send in a message"
    )
    said.append(
        f"Why: training on a handful of images takes seconds, and {small}. "
        "They do not guarantee that the people in the real data stay private."
    )
    return said


def _labelled(ours: Score) -> str:
    return ", labelled by a teacher that was trained on the real ones," if ledger.needs_teacher(ours) else ""


def _stored(ours: Score, real: Score) -> str:
    """The ledger's figures, beside the bytes of the real images."""
    if ledger.total(ours.budget) is None:
        return ""
    whole = ledger.total(real.budget)
    return (
        f" Stored are {ledger.sentence(ours.budget)}{f'; the real images take {ledger.size(whole)}' if whole else ''}."
    )


def _draws(count: int) -> str:
    return f"over {count} draws of them" if count > 1 else "one draw of them"


def _small_print(folder: RunFolder, asked: dict[str, Any], scores: list[Score]) -> str:
    state = read_json(folder.path / "state.json", {}) or {}
    made = read_json(folder.path / "recording.json", {}) or {}
    job, ours = asked["job"], pick(scores, "distilled")
    parts = [f"Recorded run `{folder.id}`", f"data {job['data']}", f"seed {job.get('seed', 0)}"]
    if ours:
        parts.append(f"{ours.n} students ({ours.student}, protocol {ours.protocol}, {ours.labels} labels)")
    versions = made.get("versions") or state.get("versions") or {}
    parts += [f"{key} {value}" for key, value in versions.items()]
    parts += [str(value) for value in (made.get("machine") or state.get("machine"),) if value]
    made_by = f" Made by `{made['command']}`." if made.get("command") else " Made by `python -m assets.record`."
    return " · ".join(parts) + "." + made_by + " Numbers are ours, not the paper's."
