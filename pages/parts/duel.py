"""Runs laid beside each other in plain words: what they are called, what they share, what moved, and what their images are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from distill_core.figures import spread as figures
from distill_core.figures.scores import say
from distill_core.quantities.stages import spoken
from distill_core.queue.sweep import spoken as counted
from distill_core.record.contest import LONE, apart, points
from distill_core.record.folder import RunFolder

from . import feed, packets, planes, standing, studio, terms
from .differing import Setting

RULES = ("student", "protocol", "labels")  # how a set is tested
MOST_NAMED = 2  # settings in a name


def names(folders: Sequence[RunFolder], asked: Sequence[Mapping[str, Any]], found: Sequence[Setting]) -> list[str]:
    """`A: weight adjustment none, seed 0`: the method where it differs, else what does, and the seed. A set that was brought in is
    called as its file was."""
    methods = [_method(one) for one in asked]
    telling = [one for one in found if one.shared and one.title not in ("Method", "Seed")][:MOST_NAMED]
    said = []
    for i, (folder, run) in enumerate(zip(folders, asked, strict=True)):
        if feed.state_of(folder).get("imported"):
            parts = [str(run.get("name") or folder.id)]
        else:
            own = [f"{one.title.lower() if len(one.title) > 1 else one.title} {one.values[i]}" for one in telling]
            parts = [*(own if own and len(set(methods)) == 1 else [methods[i]]), f"seed {run['job'].get('seed', 0)}"]
        said.append(f"{'ABCDEF'[i]}: {', '.join(parts)}")
    return said


def _method(asked: Mapping[str, Any]) -> str:
    return str(studio.method_info(asked["method"]).get("title") or asked["method"])


def shared(asked: Sequence[Mapping[str, Any]]) -> str:
    """What all of them are: `Directed weight adjustment (DWA) · Digits · 10 images per class · seed 0`; "" for nothing."""
    jobs = [one["job"] for one in asked]
    told = [
        [_method(one) for one in asked],
        [standing.data_said(str(job.get("data", ""))) for job in jobs],
        [f"{counted(job['ipc'], 'image')} per class" if "ipc" in job else "" for job in jobs],
        [f"seed {job['seed']}" if "seed" in job else "" for job in jobs],
    ]
    alike = " · ".join(studio.escape(one[0]) for one in told if one[0] and len(set(one)) == 1)
    return f"{'Both' if len(asked) == 2 else 'All'}: {alike}." if alike else ""


def moved(folders: Sequence[RunFolder], asked: Sequence[Mapping[str, Any]]) -> str:
    """What moved in the pictures and why, as their longest stage of images says it; run by run where they differ."""
    said = [_moved(folder, one) for folder, one in zip(folders, asked, strict=True)]
    if len(set(said)) == 1:
        return said[0]
    return " ".join(f"In {'ABCDEF'[i]}: {one}" for i, one in enumerate(said) if one)


def _moved(folder: RunFolder, asked: Mapping[str, Any]) -> str:
    shown = [one for one in packets.reader(str(folder.path)).refresh() if one["kind"] == "images"]
    stages = [str(one.get("stage")) for one in shown if one.get("source") == "synthetic"]
    if not stages:
        return ""
    matches = str(studio.method_info(asked["method"]).get("matches") or "")
    return spoken(max(dict.fromkeys(stages), key=stages.count), matches)["moves"]


def accuracies(folders: Sequence[RunFolder]) -> None:
    """What their images are worth, beside as many random real ones; followed while a run works."""
    active = not all(feed.is_over(feed.state_of(one)) for one in folders)
    st.fragment(run_every=3.0 if active else None)(_accuracies)(folders)


def _accuracies(folders: Sequence[RunFolder]) -> None:
    scores = [feed.state_of(folder).get("scores") or {} for folder in folders]
    terms.write(f"#### {result(scores)}")
    if said := controls(scores):
        terms.write(said)


def result(scores: Sequence[Mapping[str, Mapping[str, Any]]]) -> str:
    """What each reached; of two that were tested alike also how far the second is from the first, and that one seed
    is no result."""
    own = [one.get("distilled") for one in scores]
    each = [_reached("ABCDEF"[i], one) for i, one in enumerate(own)]
    told = f"Networks trained on these images alone get unseen images right: {', '.join(each)}."
    if not any(own):
        return "No network was trained on these images yet, so nobody knows what they are worth."
    if len(own) != 2 or own[0] is None or own[1] is None:
        return told
    a, b = own[0]["accuracy"], own[1]["accuracy"]
    told = f"Networks trained on A’s images alone get {100 * a:.1f} % of unseen images right, on B’s {100 * b:.1f} %."
    if any(own[0].get(rule) != own[1].get(rule) for rule in RULES):
        return f"{told} They were tested under different rules: the two numbers are no contest."
    return f"{told} B is {apart(points(b, a))} A; {LONE}."


def spread_of(folders: Sequence[RunFolder]) -> str:
    """How far images of a class lie from each other in each run, where all were measured; else ""."""
    told = []
    for letter, folder in zip("ABCDEF", folders, strict=False):
        found = planes.measured([folder])
        share = found and figures.mean(
            figures.against_real(found["runs"][folder.id]["values"]["distance"], found["real"]["distance"])
        )
        if share is None:
            return ""
        told.append(f"{letter} {share:.2f}")
    return f"How far images of a class lie from each other (real images: 1): {', '.join(told)}."


def _reached(letter: str, own: Mapping[str, Any] | None) -> str:
    return f"{letter} not tested yet" if own is None else f"{letter} {100 * own['accuracy']:.1f} %"


def controls(scores: Sequence[Mapping[str, Mapping[str, Any]]]) -> str:
    """As many random real images as the yardstick; said once where all runs have the same one."""
    found: dict[str, list[str]] = {}
    for letter, one in zip("ABCDEF", scores, strict=False):
        if one.get("distilled") and one.get("random"):
            far = apart(points(one["distilled"]["accuracy"], one["random"]["accuracy"]))
            found.setdefault(_control(one["random"]), []).append(f"{letter} is {far}")
    each = [f"{control}; {', '.join(far)}" for control, far in found.items()]
    return f"{_passed(scores)} as many random real images: {'; '.join(each)}." if each else ""


def _passed(scores: Sequence[Mapping[str, Mapping[str, Any]]]) -> str:
    """Who lies above random real images, as the words before them."""
    known = {
        letter: points(one["distilled"]["accuracy"], one["random"]["accuracy"]) > 0
        for letter, one in zip("ABCDEF", scores, strict=False)
        if one.get("distilled") and one.get("random")
    }
    above = [letter for letter, is_above in known.items() if is_above]
    if len(known) == 1:
        return f"**{next(iter(known))} {'lies' if above else 'does not lie'} above**"
    if not above:
        return f"**{'Neither' if len(known) == 2 else 'None'} lies above**"
    who = f"Only {' and '.join(above)}" if len(above) < len(known) else "Both" if len(known) == 2 else "All"
    return f"**{who} {'lies' if len(above) == 1 else 'lie'} above**"


def _control(score: Mapping[str, Any]) -> str:
    draws = int(score.get("draws") or 0)
    if draws < 2:
        return say(score["accuracy"], score["std"], int(score["n"]))
    return f"{100 * score['accuracy']:.1f} ± {100 * score['std']:.1f} % (mean ± standard deviation over {draws} draws)"
