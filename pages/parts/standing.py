"""A run in words: what it was asked for, how far it is, how it stands."""

from __future__ import annotations

import re
import time
from typing import Any

from distill_core.quantities import said, titled
from distill_core.quantities.stages import spoken
from distill_core.record import health
from distill_core.record.facts import facts_of
from distill_core.record.folder import RunFolder
from distill_core.record.lines import Line
from distill_core.record.scores import scores_of, verdict

from . import studio
from .studio import escape


def summary(asked: dict[str, Any]) -> str:
    """The run in one line; its words are explained where `terms.write` writes it."""
    job = asked["job"]
    title = studio.method_info(str(asked["method"])).get("title") or asked["method"]
    words = [title, data_said(str(job.get("data", ""))), f"{job.get('ipc', 1)} per class", f"seed {job.get('seed', 0)}"]
    if asked.get("preset"):
        words.append(preset_said(str(asked["preset"])))
    return " · ".join(escape(word) for word in words)


def data_said(spec: str) -> str:
    """A data set as the form calls it, with its options: `Clothes`, `Tiny digits, size=16`; as it stands where nobody knows it."""
    name, _, options = spec.partition(":")
    title = str(studio.data_info(name).get("title", ""))
    return ", ".join(filter(None, (title, options))) if title else spec


def preset_said(title: str) -> str:
    """A preset's title in whole words: `CIFAR, ipc 1–50 (paper)` → `CIFAR, 1–50 images per class (paper)`."""
    return re.sub(
        r"\bipc ((?:≥ )?[\d–]+)", lambda one: f"{one[1]} image{'' if one[1] == '1' else 's'} per class", title
    )


def reached(records: list[dict[str, Any]]) -> tuple[str, int, int, float, float]:
    """Where the records end: (stage, step, steps of the stage, seconds of the run, seconds when the stage began)."""
    stage, steps, began, step, now = "", 0, 0.0, 0, 0.0
    for record in records:
        now = record["t"]
        if record["kind"] == "stage":
            stage, steps, began, step = record["stage"], record["steps"], record["t"], 0
        elif isinstance(record.get("step"), int) and not (
            record["kind"] in ("images", "logits") and record.get("source") == "real"
        ):
            step = max(step, record["step"])
    return stage, step, steps, now, began


def progress(records: list[dict[str, Any]], expected: float = 0.0) -> str:
    """`Learning the images · step 340 of 1,000 · 5.1 steps/s · 2:09 left in this stage, about 3:20 of the run`.

    Args:
        expected: seconds that the run was expected to take; 0 where nobody knew.
    """
    stage, step, steps, now, began = reached(records)
    if not stage:
        return "getting ready"
    begun, told = [r for r in records if r["kind"] == "stage"], spoken(stage)
    several = begun[-1].get("parts", 1) > 1
    part = f", {told['part']} {begun[-1]['part'] + 1} of {begun[-1]['parts']}" if several else ""
    words = [f"{told['title']}{part}"]
    if steps:
        words.append(f"step {min(step + 1, steps):,} of {steps:,}")
    speed = step / (now - began) if now > began and step else 0.0
    if speed:
        words.append(f"{speed:,.1f} steps/s" if speed >= 1 else f"{1 / speed:,.1f} s per step")
        left = max(0, steps - step - 1) / speed
        if steps:
            whole = f", about {_clock(expected - now)} of the run" if expected > now + left else ""
            words.append(f"{_clock(left)} left in this stage{whole}")
    return " · ".join(words)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def known_by(records: list[Line]) -> str:
    """What the run is known by so far, on average over its batches; "" where it reports no such number."""
    said_so_far = [f"{titled(name)} {said(name, value)}" for name, value in facts_of(records).items()]
    return f":material/straighten: {escape(' · '.join(said_so_far))}" if said_so_far else ""


def sentence(folder: RunFolder, state: dict[str, Any], records: list[dict[str, Any]], played: bool = True) -> str:
    """How the run stands, in one sentence. `played`: the page has a player."""
    kind, message = state.get("state"), escape(str(state.get("message") or ""))
    dot = studio.DOTS.get(str(kind), "")
    took = f"{records[-1]['t']:,.0f} s" if records else "no time"
    if kind == "queued":
        before = studio.place(folder.id)
        wait = "it is next" if not before else f"{before} run{'s' * (before > 1)} before it"
        return f"{dot} **Queued**, {wait}."
    expected = folder.request().get("expected")
    where, ruin = progress(records, expected if isinstance(expected, int | float) else 0.0), _ruin(kind, state)
    if kind in ("running", "paused"):
        quiet = time.time() - float(state.get("heartbeat") or time.time())
        silent = f" · silent for {quiet:.0f} s" if quiet > 20 else ""
        return f"{dot} **{str(kind).capitalize()}** · {where}{silent}{ruin}"
    if kind == "lost":
        return f"{dot} **Lost** at {where}. {message} *Resume* goes on from the last checkpoint.{ruin}"
    if kind == "failed":
        return f"{dot} **Failed** after {took}, {where}. {message}{ruin}"
    if kind == "stopped":
        return f"{dot} **Stopped** after {took}, {where}. {message}{ruin}"
    if kind == "finished":
        said = " ".join(filter(None, (ruin.strip(), verdict(scores_of(records)))))
        if state.get("imported"):
            return f"{dot} **Brought in.** {message}{' ' if message else ''}{said}".rstrip()
        again = "Press play to watch it again." if played else ""
        said = f"At its end: {said[0].lower()}{said[1:]}" if said.startswith("Its students") else said
        return " ".join(filter(None, (f"{dot} **Finished** in {took}.", said, again)))
    return f"{dot} {message or str(kind)}"


def brought_in(names: list[str]) -> str:
    """Which of the runs on a page are sets from elsewhere, in one sentence; "" where none is."""
    if not names:
        return ""
    listed = ", ".join(f"**{escape(name)}**" for name in names)
    they, have = ("They were", "they have") if len(names) > 1 else ("It was", "it has")
    return f":material/move_to_inbox: {listed}: {they} brought in from elsewhere and not distilled here, so {have} images and no timeline."


def _ruin(kind: object, state: dict[str, Any]) -> str:
    """What is wrong with the set, in a sentence after the others; "" where nothing is."""
    said = escape(health.sentence(state.get("health") or [], over=kind not in ("running", "paused")))
    return f" :red[:material/heart_broken: {said}]" if said else ""
