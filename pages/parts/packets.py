"""What a browser is sent of a run: its records from some number on, smaller, as one part of a packet (`packing`).

A record is the run's own, with an image sheet and points replaced by a number into the packet's blobs. Points lie in
planes that were fitted once on the real images: columns are PCA x, PCA y, LDA x, LDA y. `from` and `to` are record
numbers, so that a browser that missed a packet notices and asks again. `quantities` says of every number that the records
report how it is called, what it means and how it is drawn (`quantities.told`): the browser has no list of its own.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from distill_core.errors import StudioError
from distill_core.figures.mechanism import FAMILIES
from distill_core.figures.plane import Plane, fit_lda, fit_pca, kept
from distill_core.quantities import told
from distill_core.quantities.stages import spoken
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.record.naming import reported
from distill_core.record.sheets import inside, read_array
from distill_core.spec import parse

from . import studio
from .packing import Body, assemble
from .plane_packets import made_planes

CHUNK = 400_000  # bytes that one tick sends when much is waiting
FRAMES = 600  # image sheets of one run that are sent when it is opened; the browser keeps no more
DROPPED = ("logits", "pixels")  # fields that are replaced
STATE = ("state", "message", "stage", "step", "steps", "health")


class Reader:
    """One run, read by all sessions together: its records, and the planes that its points are placed in."""

    def __init__(self, path: Path):
        self.folder, self.lock = RunFolder(path), threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self.timeline = Timeline(self.folder)
        self.planes: tuple[Plane, Plane] | None = None
        self.fitted_on = ""

    def refresh(self) -> list[dict[str, Any]]:
        """What holds now, in the order of its numbers. A log that became shorter is read again from its start."""
        with self.lock:
            log = self.folder.path / "events.jsonl"
            if log.exists() and log.stat().st_size < self.timeline.offset:
                self._begin()
            self.timeline.read()
            return self.timeline.records

    def fitted(self) -> tuple[Plane, Plane] | None:
        """The run's planes (PCA, LDA): fitted on its first real logits, else on the first there are."""
        found = [r for r in self.timeline.records if r["kind"] == "logits"]
        best = next((r for r in found if r["source"] == "real"), found[0] if found else None)
        with self.lock:
            if best is not None and (
                self.planes is None or (self.fitted_on == "synthetic" and best["source"] == "real")
            ):
                logits = read_array(self.folder, best["logits"]).astype(np.float64)
                self.planes = (fit_pca(logits), fit_lda(logits, read_array(self.folder, best["labels"])))
                self.fitted_on = best["source"]
            return self.planes

    def points(self, record: dict[str, Any], lead: tuple[Plane, Plane] | None = None) -> tuple[np.ndarray, list[float]]:
        """(n, 4) float32 of a `logits` record, and the share of neighbors that each plane keeps of the real ones.

        Another run's planes take the `lead` where the networks have as many outputs.
        """
        logits = read_array(self.folder, record["logits"]).astype(np.float64)
        planes = lead if lead is not None and len(lead[0].mean) == logits.shape[1] else self.fitted()
        if planes is None:
            raise ValueError("there are no network outputs to fit a plane on")
        flat = [plane.place(logits) for plane in planes]
        shares = [round(kept(logits, one), 4) for one in flat] if record["source"] == "real" else []
        return np.hstack(flat), shares


@st.cache_resource(max_entries=16, show_spinner=False)
def reader(path: str) -> Reader:
    """The one reader of a run in this server."""
    return Reader(Path(path))


def _compact(
    read: Reader, record: dict[str, Any], body: Body, with_sheet: bool, lead: tuple[Plane, Plane] | None = None
) -> dict[str, Any]:
    """The record as it travels; what cannot be read is said in the record instead of breaking the page."""
    small = {key: value for key, value in record.items() if key not in DROPPED}
    try:
        if record["kind"] == "images":
            small["sheet"] = body.add(inside(read.folder, record["sheet"]).read_bytes()) if with_sheet else None
        elif record["kind"] == "logits":
            points, shares = read.points(record, lead)
            small["points"] = body.add(points.astype("<f4").tobytes())
            small["labels"] = read_array(read.folder, record["labels"]).tolist()
            small["ids"] = read_array(read.folder, record["ids"]).tolist()
            small["kept"] = shares
        elif record["kind"] == "per_class":
            small["values"] = read_array(read.folder, record["values"]).tolist()
    except (StudioError, OSError, ValueError, KeyError, IndexError) as error:
        where = {key: record.get(key) for key in ("n", "t", "stage", "seen")}
        return {**where, "kind": "note", "level": "warning", "text": f"A record could not be read: {error}"}
    return small


def thinned(records: list[dict[str, Any]], most: int) -> set[int]:
    """Numbers of the image records whose sheets are sent: all real ones, and `most` evenly spaced synthetic ones."""
    frames = [r["n"] for r in records if r["kind"] == "images" and r.get("source", "synthetic") == "synthetic"]
    if len(frames) > most:
        frames = [frames[i] for i in np.unique(np.linspace(0, len(frames) - 1, most).astype(int))]
    return {*frames, *(r["n"] for r in records if r["kind"] == "images" and r.get("source") == "real")}


def info(folder: RunFolder, classes: list[str] | None = None) -> dict[str, Any]:
    """What the browser needs to name things."""
    asked = folder.request()
    job = asked["job"]
    chosen = {key: job.get(key) for key in ("data", "ipc", "seed")}
    card = studio.method_info(asked["method"])
    plan = [*card.get("stages", []), *(["evaluate"] if job.get("students", 1) else [])]
    named = {"title": asked.get("name") or folder.id, "method": asked["method"], "classes": classes or []}
    wiring = FAMILIES.get(card.get("family", ""))
    told = (
        {"wiring": {"network": wiring.network, "question": wiring.loss, "image": wiring.image, "moves": wiring.moves}}
        if wiring
        else {}
    )
    return {**named, "plan": plan, "matches": card.get("matches", ""), **told, **chosen}


def class_names(catalog: dict[str, Any], data: str) -> list[str]:
    """Names of a data set's classes from the catalog, [] where it does not know them: numbers are shown then."""
    name = parse(data).name
    found = next((one for one in catalog.get("data", []) if one["name"] == name), {})
    classes = found.get("classes")
    return [str(one) for one in classes] if isinstance(classes, (list, tuple)) else []


def one_run(
    read: Reader,
    position: int,
    body: Body,
    *,
    budget: int = CHUNK,
    frames: int = FRAMES,
    classes: list[str] | None = None,
    lead: tuple[Plane, Plane] | None = None,
) -> tuple[dict[str, Any], int]:
    """The part of a packet that is about one run, from record number `position` on, and the next position."""
    records = read.refresh()
    sheets = thinned(records, frames) if position == 0 else None
    sent: list[dict[str, Any]] = []
    start, to = body.size, position
    waiting = [r for r in records if r["n"] >= position]
    if position > 0 and len(waiting) > frames:
        sheets = thinned(waiting, frames)
    words = 0
    for record in waiting:
        if sent and body.size - start + words > budget:
            break
        small = _compact(read, record, body, sheets is None or record["n"] in sheets, lead)
        words += 60 + 8 * len(small.get("labels", ())) * (record["kind"] == "logits")
        sent.append(small)
        to = record["n"] + 1
    part = {"run": read.folder.id, "from": position, "to": to, "more": len(sent) < len(waiting), "records": sent}
    part["quantities"] = {name: told(name) for name in sorted({name for one in sent for name in reported(one)})}
    stages = {one["stage"] for one in records if one["kind"] == "stage" or one.get("stage")}
    matches = studio.method_info(read.folder.request()["method"]).get("matches", "")
    part["spoken"] = {name: spoken(name, matches) for name in sorted(stages)}
    if position == 0:
        part["info"] = info(read.folder, classes)
    part["state"] = {key: value for key, value in read.folder.state().items() if key in STATE}
    return part, to


def recording(folder: Path, *, frames: int = 240, classes: list[str] | None = None) -> bytes:
    """A whole run as one packet, with at most `frames` image sheets: for replays that need no server."""
    read, body = Reader(Path(folder)), Body()
    part, _ = one_run(read, 0, body, budget=2**40, frames=frames, classes=classes)
    part["planes"], _ = made_planes([read.folder], read.folder.id, body, {})
    return assemble([part], body)
