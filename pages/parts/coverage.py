"""How well synthetic images cover the real ones, by the network's outputs: numbers, not impressions of a plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from distill_core.errors import StudioError
from distill_core.figures.plane import distances
from distill_core.record.folder import RunFolder
from distill_core.record.sheets import read_array, read_sheet

from . import detail, packets, studio

SHOWN = 24  # images of a selection


def outputs(
    folder: RunFolder, records: list[dict[str, Any]], source: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(logits (n, classes), labels (n,), ids (n,)) as they stand at the end: the last word on each id."""
    found: dict[int, tuple[np.ndarray, int]] = {}
    for record in records:
        if record["kind"] == "logits" and record["source"] == source:
            logits, labels = read_array(folder, record["logits"]), read_array(folder, record["labels"])
            for i, one in enumerate(read_array(folder, record["ids"])):
                found[int(one)] = (logits[i].astype(np.float64), int(labels[i]))
    if not found:
        return None
    return np.stack([v[0] for v in found.values()]), np.array([v[1] for v in found.values()]), np.array(list(found))


def covered(folder: RunFolder, records: list[dict[str, Any]]) -> list[dict[str, float]]:
    """For each class: mean distance of its real images to their nearest synthetic image of the class, and the same
    among the real images themselves (each to its nearest other one), by the network's outputs."""
    real, made = outputs(folder, records, "real"), outputs(folder, records, "synthetic")
    if real is None or made is None:
        return []
    rows = []
    for label in np.unique(made[1]):
        ours, theirs = made[0][made[1] == label], real[0][real[1] == label]
        theirs, ours = theirs[np.isfinite(theirs).all(1)], ours[np.isfinite(ours).all(1)]
        if len(theirs) < 2 or not len(ours):
            continue
        among = distances(theirs, theirs)
        np.fill_diagonal(among, np.inf)
        to_ours = distances(theirs, ours).min(axis=1)
        rows.append({"label": int(label), "synthetic": float(to_ours.mean()), "real": float(among.min(axis=1).mean())})
    return rows


def _safely(folder: RunFolder, records: list[dict[str, Any]]) -> list[dict[str, float]]:
    try:
        return covered(folder, records)
    except (StudioError, OSError, ValueError) as error:
        st.warning(f"The run's network outputs cannot be read. {error}")
        return []


def sentence(folder: RunFolder, records: list[dict[str, Any]]) -> str:
    """The answer of the page in one sentence, with this run's numbers."""
    rows = _safely(folder, records)
    if not rows:
        return "This run has recorded no network outputs of real and synthetic images yet; the map fills when it does."
    ours, theirs = (float(np.mean([row[key] for row in rows])) for key in ("synthetic", "real"))
    return (
        f"A real image is {ours:.1f} away from the nearest synthetic image of its class and {theirs:.1f} from its "
        f"nearest real neighbor: **{ours / max(theirs, 1e-9):.1f} times** as far, by the network's outputs."
    )


def selection(
    folders: Sequence[RunFolder], lasso: dict[str, Any], classes: list[str], titles: Mapping[str, str]
) -> None:
    """What was drawn around: how many of each class and run, and the pictures."""
    points = [one for one in lasso.get("points", []) if one.get("run") in titles]
    if not points:
        return
    labels, counts = np.unique(np.array([one["label"] for one in points], int), return_counts=True)
    st.markdown(f"**{len(points)} {lasso['source']} images chosen**")
    st.caption(", ".join(f"{detail.name_of(classes, int(a))} × {n}" for a, n in zip(labels, counts, strict=True)))
    try:
        for folder in folders:
            wanted = [one["id"] for one in points if one["run"] == folder.id]
            if not wanted:
                continue
            if lasso["source"] == "real":
                pictures = detail.real_images(folders)[0]
            else:
                pictures = _latest(folder, packets.reader(str(folder.path)).refresh())
            if len(titles) > 1 and lasso["source"] != "real":
                st.caption(f"{studio.escape(titles[folder.id])}: {len(wanted)}")
            shown = [pictures[i] for i in wanted if i in pictures][:SHOWN]
            for start in range(0, len(shown), 8):
                st.image(detail.row(shown[start : start + 8], 40), alt="Images that were drawn around")
    except (StudioError, OSError, ValueError) as error:
        st.warning(f"The pictures cannot be read. {error}")
    st.caption("The wall below shows these images alone; “all” there brings the others back.")


def _latest(folder: RunFolder, records: list[dict[str, Any]]) -> dict[int, np.ndarray]:
    """Pixels of each synthetic image as it stands at the end, by id."""
    found: dict[int, np.ndarray] = {}
    for record in reversed(records):
        if record["kind"] == "images" and record["source"] == "synthetic" and not set(record["ids"]) <= found.keys():
            for one, pixels in zip(record["ids"], read_sheet(folder, record), strict=True):
                found.setdefault(one, pixels)
    return found
