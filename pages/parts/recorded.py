"""Recorded runs that ship in `assets/recordings`, and what the start page says about one: only what it recorded."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

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
SUBJECTS = ("real", "distilled", "mean", "random")


@dataclass(frozen=True)
class Facts:
    """What the start page says about one recording."""

    headline: str
    push: str  # what moves the images, and how far it came
    bars: list[dict[str, Any]]  # see `views.race`
    chance: float
    sentences: list[str]
    request: dict[str, Any]  # what `studio.start` needs to do the same again
    caption: str
    small_print: str


def shelf() -> dict[str, str]:
    """Label → folder name of each recording: those that no teacher labels first, then by images of a class."""
    found: list[tuple[bool, str, int, str]] = []
    for path in sorted(SHELF.iterdir()) if SHELF.is_dir() else []:
        try:
            folder = RunFolder(path)
            job, ours = folder.request()["job"], pick(_scores(folder), "distilled")
        except StudioError:
            continue  # half a recording is no recording; a run folder that is broken says so on the runs page
        labelled = ledger.needs_teacher(ours)
        found.append((labelled, parse(str(job.get("data", ""))).name, int(job.get("ipc", 1)), path.name))
    return {
        f"{ipc} per class{f', {data}, labelled by a teacher' if by else ''}": name
        for by, data, ipc, name in sorted(found)
    }


class Following(NamedTuple):
    """The question that the next recording answers."""

    question: str
    label: str


def after(choices: dict[str, str], chosen: str) -> Following | None:
    """The next recording on the shelf, as a question; after the last one the first again."""
    labels = list(choices)
    if len(labels) < 2:
        return None
    label = labels[(labels.index(chosen) + 1) % len(labels)]
    if "teacher" in label:
        return Following("And if a teacher labels the images?", label)
    return Following(f"And with {label.split(' ')[0]} images per class?", label)


def _records(folder: RunFolder) -> list[dict[str, Any]]:
    timeline = Timeline(folder)
    timeline.read()
    return timeline.records


def _scores(folder: RunFolder) -> list[Score]:
    """Its own scores, and those of the sets that were judged beside it by the same students."""
    made = read_json(folder.path / "recording.json", {}) or {}
    return [*read_scores(_records(folder)), *read_scores(made.get("beside", []))]


@st.cache_data(show_spinner=False)
def packet(name: str) -> bytes:
    """The recording as the bytes that the player wants."""
    folder = RunFolder(SHELF / name)
    info = studio.data_info(parse(str(folder.request()["job"]["data"])).name)
    return packets.recording(folder.path, classes=[str(one) for one in info.get("classes", [])])


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
    asked, scores = folder.request(), _scores(folder)
    last, real = _last_images(folder), pick(scores, "real")
    count, classes = int(last["count"]), len(set(last["labels"]))
    whole = int((real.budget.get("images") if real else 0) or known)
    headline = f"{whole:,} {what}" if whole else f"All {what}"
    return Facts(
        headline=f"{headline}, boiled down to {count} images. Can a network still learn from them?",
        push=_push(folder, str(asked["method"])),
        bars=_bars(scores, count, whole),
        chance=1 / classes,
        sentences=_sentences(scores, count, whole),
        request={key: asked[key] for key in ("method", "settings", "job")},
        caption=f"The {count} images that the run ended with.",
        small_print=_small_print(folder, asked, scores),
    )


def _last_images(folder: RunFolder) -> dict[str, Any]:
    return [r for r in _records(folder) if r["kind"] == "images" and r.get("source") == "synthetic"][-1]


def _push(folder: RunFolder, method: str) -> str:
    """The method's idea, and how its loss went from the first report to the last."""
    card = studio.method_info(method)
    losses = [
        r["values"]["loss"] for r in _records(folder) if r["kind"] == "scalars" and r["values"].get("loss") is not None
    ]
    went = (
        f" The loss, the number that learning makes smaller, fell from {losses[0]:.3g} to {losses[-1]:.3g}."
        if losses and losses[0] > losses[-1]
        else ""
    )
    return f"**What moves the pixels:** {card['idea']}{went} *{card['title']}*" if card else ""


def _bars(scores: list[Score], count: int, whole: int) -> list[dict[str, Any]]:
    words = {
        "real": f"all {whole:,} real images" if whole else "all real images",
        "distilled": f"{count} learned images",
        "mean": f"{count} averages of real images",
        "random": f"{count} random real images",
    }
    found = [(subject, pick(scores, subject)) for subject in SUBJECTS]
    return [_bar(words[subject], subject, score) for subject, score in found if score]


def _bar(title: str, subject: str, score: Score) -> dict[str, Any]:
    spread = score.std if math.isfinite(score.std) else None
    many = f"{score.spread.draws} draws" if score.draws and score.spread.draws > 1 else f"{score.n} networks"
    many = "1 draw" if score.draws and score.spread.draws == 1 else many
    return {
        "title": title,
        "subject": subject,
        "stored": _kept(score),
        "accuracy": score.mean,
        "std": spread,
        "n": score.n,
        "text": f"{100 * score.mean:.1f}{'' if spread is None else f' ± {100 * spread:.1f}'} %",
        "many": many if spread is not None else "1 network",
    }


def _kept(score: Score) -> str:
    """What has to be kept for it: `stored: 7.8 kB of images`, or the sum and its parts."""
    if ledger.total(score.budget) is None:
        return ""
    whole, _, parts = ledger.sentence(score.budget).partition(": ")
    return f"stored: {whole}: {parts}" if ", " in parts else f"stored: {parts}"


def _sentences(scores: list[Score], count: int, whole: int) -> list[str]:
    """What was kept, what was lost, why anyone wants it; differences are of the numbers that are printed."""
    real, ours, means, control = (pick(scores, subject) for subject in SUBJECTS)
    said = []
    if ours and control:
        averages = f". As many averages of real images, no learning at all, give {_of(means)}" if means else ""
        said.append(
            f"**Kept:** a network that saw only these {count} images{_labelled(ours)} is right on {_of(ours)} of 100 new ones, "
            f"{_more(_of(ours) - _of(control))} one that saw {count} random real images ({_of(control)}, "
            f"{_draws(control.spread.draws)}){averages}."
        )
    if ours and real:
        share = f", with {100 * count / whole:.1f} % of the images" if whole else ""
        said.append(
            f"**Lost:** all the real data give {_of(real)} of 100; {_of(real) - _of(ours)} points are the price"
            f"{share}.{_stored(ours, real)}"
        )
    total = ledger.total(ours.budget) if ours else None
    small = (
        f"all that has to be sent is {ledger.size(total)}" if total else "they are small enough to send in a message"
    )
    said.append(
        f"**Why:** training on a handful of images takes seconds, and {small}. "
        "That nobody can tell from them what was in the real data is not guaranteed."
    )
    return said


def _of(score: Score) -> int:
    """Of a hundred images, as it is printed."""
    return round(100 * score.mean)


def _more(points: int) -> str:
    return f"{abs(points)} points {'more' if points > 0 else 'fewer'} than" if points else "as many as"


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
    parts = [f"A recording of run `{folder.id}`", f"data {job['data']}", f"seed {job.get('seed', 0)}"]
    if ours:
        parts.append(f"{ours.n} students ({ours.student}, protocol {ours.protocol}, {ours.labels} labels)")
    versions = made.get("versions") or state.get("versions") or {}
    parts += [f"{key} {value}" for key, value in versions.items()]
    parts += [str(value) for value in (made.get("machine") or state.get("machine"),) if value]
    made_by = f" Made by `{made['command']}`." if made.get("command") else " Made by `python -m assets.record`."
    return " · ".join(parts) + "." + made_by + " Measured by us on this data, not quoted from a paper."
