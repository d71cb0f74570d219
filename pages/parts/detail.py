"""One image looked at closely: how it came to be, the real images nearest to it, and what the network makes of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from distill_core.errors import StudioError
from distill_core.figures.factors import softmax
from distill_core.figures.plane import nearest
from distill_core.record.folder import RunFolder
from distill_core.record.sheets import inside, read_array, read_sheet

from . import packets

STRIP = 10  # pictures in the strip over time


@dataclass(frozen=True, eq=False)
class Neighbor:
    """A real image near a synthetic one: its id in the data set, its class, the distance between logits, its pixels."""

    id: int
    label: int
    distance: float
    pixels: np.ndarray | None  # (h, w, c) uint8


def strip(folder: RunFolder, records: list[dict[str, Any]], image: int) -> list[tuple[str, np.ndarray]]:
    """How image `image` changed: at most ten (caption, pixels (h, w, c) uint8), the first and the last among them."""
    frames = [r for r in records if r["kind"] == "images" and r["source"] == "synthetic" and image in r["ids"]]
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(STRIP, len(frames))).astype(int)) if frames else []
    found = []
    for i in chosen:
        record = frames[i]
        found.append((f"{record['stage']} {record['step']}", read_sheet(folder, record)[record["ids"].index(image)]))
    return found


def logits_of(
    folder: RunFolder, records: list[dict[str, Any]], image: int, source: str = "synthetic"
) -> np.ndarray | None:
    """The last logits (classes,) of an image, or None."""
    for record in reversed(records):
        if record["kind"] == "logits" and record["source"] == source:
            ids = read_array(folder, record["ids"])
            where = np.flatnonzero(ids == image)
            if len(where):
                return read_array(folder, record["logits"]).astype(np.float64)[where[0]]
    return None


def neighbors(folder: RunFolder, records: list[dict[str, Any]], logits: np.ndarray, k: int = 5) -> list[Neighbor]:
    """The `k` real images nearest in the network's outputs: in the original space, not in a plane."""
    real = next((r for r in records if r["kind"] == "logits" and r["source"] == "real"), None)
    if real is None:
        return []
    order, far = nearest(read_array(folder, real["logits"]), logits, k)
    ids, labels = read_array(folder, real["ids"]), read_array(folder, real["labels"])
    pictures = real_pixels(folder, records)
    return [
        Neighbor(int(ids[i]), int(labels[i]), float(d), pictures.get(int(ids[i])))
        for i, d in zip(order, far, strict=True)
        if np.isfinite(d)
    ]


def real_pixels(folder: RunFolder, records: list[dict[str, Any]]) -> dict[int, np.ndarray]:
    """Pixels of the real images that the run keeps, by their id in the data set."""
    found: dict[int, np.ndarray] = {}
    for record in records:
        if record["kind"] == "images" and record["source"] == "real":
            found.update(zip(record["ids"], read_sheet(folder, record), strict=True))
    return found


def png(pixels: np.ndarray, side: int = 72) -> bytes:
    """(h, w, c) uint8 as PNG bytes, every pixel enlarged by the same whole number, so that no browser blurs it."""
    zoom = max(1, side // max(pixels.shape[:2]))
    picture = Image.fromarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels)
    file = io.BytesIO()
    picture.resize((picture.width * zoom, picture.height * zoom), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def row(pictures: list[np.ndarray], side: int = 72, gap: int = 4) -> bytes:
    """Pictures of one size beside each other as one PNG: one request, not ten."""
    zoom = max(1, side // max(pictures[0].shape[:2]))
    h, w = pictures[0].shape[0] * zoom, pictures[0].shape[1] * zoom
    sheet = np.zeros((h, len(pictures) * (w + gap) - gap, 4), np.uint8)
    for i, pixels in enumerate(pictures):
        large = pixels.repeat(zoom, 0).repeat(zoom, 1)
        sheet[:, i * (w + gap) : i * (w + gap) + w, :3] = large
        sheet[:, i * (w + gap) : i * (w + gap) + w, 3] = 255
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "PNG")
    return file.getvalue()


def sheet_png(folder: RunFolder, record: dict[str, Any]) -> bytes:
    """All images of a record as one PNG, pixel for pixel as they are stored."""
    file = io.BytesIO()
    with Image.open(inside(folder, record["sheet"])) as sheet:
        sheet.save(file, "PNG")
    return file.getvalue()


def name_of(classes: list[str], label: int) -> str:
    """A class by name where it has one."""
    return classes[label] if 0 <= label < len(classes) else str(label)


def real_images(folders: Sequence[RunFolder]) -> tuple[dict[int, np.ndarray], dict[int, int]]:
    """(pixels, class) of the real images that any of these runs keeps, by their id in the data set."""
    pictures, labels = {}, {}
    for folder in folders:
        records = packets.reader(str(folder.path)).refresh()
        pictures.update(real_pixels(folder, records))
        for record in records:
            if record["kind"] == "images" and record["source"] == "real":
                labels.update(zip(record["ids"], record["labels"], strict=True))
    return pictures, labels


def show(
    folder: RunFolder,
    records: list[dict[str, Any]],
    pin: dict[str, Any] | None,
    classes: list[str],
    near: Sequence[Neighbor] = (),
) -> None:
    """Everything about the pinned image; a sentence where nothing is pinned or the run does not know it. `near` are its
    nearest real images by last features, where somebody found them."""
    if not pin or pin.get("run") != folder.id:
        st.caption(
            "Click an image to see how it came to be, its nearest real images, and what the network makes of it."
        )
        return
    image, source = int(pin.get("id", -1)), str(pin.get("source", "synthetic"))
    kind = "Real image" if source == "real" else "Image"
    st.markdown(f"**{kind} {image}** · class {name_of(classes, int(pin.get('label', -1)))}")
    try:
        _over_time(folder, records, image, source)
        if near:
            _nearest(near, classes, "last features")
        _what_the_network_says(folder, records, image, source, classes)
    except (StudioError, OSError, ValueError) as error:
        st.warning(f"This image cannot be read. {error}")


def _over_time(folder: RunFolder, records: list[dict[str, Any]], image: int, source: str) -> None:
    if source == "real":
        pixels = real_pixels(folder, records).get(image)
        if pixels is not None:
            st.image(png(pixels, 96), alt="The real image that was chosen")
        return
    frames = strip(folder, records, image)
    if frames:
        st.image(row([pixels for _, pixels in frames], 56), alt="The image that was chosen, from first to last")
        st.caption(f"From {frames[0][0]} to {frames[-1][0]}, left to right.")


def _what_the_network_says(
    folder: RunFolder, records: list[dict[str, Any]], image: int, source: str, classes: list[str]
) -> None:
    logits = logits_of(folder, records, image, source)
    if logits is None or not np.isfinite(logits).all():
        st.caption("The run recorded no network outputs for this image.")
        return
    shares = softmax(logits)
    top = np.argsort(-shares)[:5]
    found = neighbors(folder, records, logits)
    if found:
        _nearest(found, classes, "the network's outputs")
    table = {"class": [name_of(classes, int(i)) for i in top], "probability": [float(shares[i]) for i in top],
             "logit": [round(float(logits[i]), 2) for i in top]}  # fmt: skip
    bar = st.column_config.ProgressColumn("probability", min_value=0.0, max_value=1.0, format="percent")
    st.dataframe(table, hide_index=True, column_config={"probability": bar}, height="content")


def _nearest(found: Sequence[Neighbor], classes: list[str], by: str) -> None:
    pictures = [one.pixels for one in found if one.pixels is not None]
    if pictures:
        st.image(row(pictures, 56), alt=f"Nearest real images by {by}")
    said = ", ".join(f"{name_of(classes, one.label)} ({one.distance:.1f})" for one in found)
    st.caption(f"Nearest real images by {by} (distance): {said}.")
