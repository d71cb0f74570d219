"""Attention of a network with random weights on a run's images and on real ones: over places, and over channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from distill_core.figures import attention as figures
from distill_core.looks import attention
from distill_core.record import view
from distill_core.record.folder import RunFolder

from . import activation, draw, studio

SAID = (
    "Attention at a place is the sum of all channels' values there, each to the power **p**; that of a channel is the same sum over its "
    "places. Either is scaled to length 1 and averaged over the images of the class. A larger p lets the strongest count alone."
)


def section(folder: RunFolder, records: Sequence[dict[str, Any]], n: int | None = None) -> None:
    """The maps and bars of one class and layer, with the power as a slider; of record `n` (None: of the final set)."""
    log, shown = list(records), view.images(records)
    if not shown:
        st.caption(":material/visibility: Attention appears here with the first images of this run.")
        return
    record = activation.moment(folder, shown, n)
    found = attention.kept(folder, log, record)
    if found is None:
        found = studio.found_out(
            "attention",
            lambda: attention.kept(folder, log, record),
            waiting="A network is looking at these images; its attention appears here by itself.",
            lost="The attention was computed and cannot be read any more.",
            run=folder.id,
            record=record,
        )
    if found is not None:
        _show(found)


def _show(found: attention.Kept) -> None:
    about = found.about
    st.caption(SAID)
    classes, layers = about["classes"], about["layers"]
    first, second, third = st.columns(3, vertical_alignment="bottom")
    label = first.selectbox(
        "Class", range(len(classes)), format_func=classes.__getitem__, key=f"_attention_class_{len(classes)}"
    )
    layer = second.selectbox(
        "Layer", range(len(layers)), format_func=layers.__getitem__, key=f"_attention_layer_{len(layers)}"
    )
    power = third.select_slider("Power p", about["powers"], 4.0, key="_attention_power", format_func=lambda p: f"{p:g}")
    at = about["powers"].index(power)
    places, channels, name = (
        found.places[layer][at, :, label],
        found.channels[layer][at, :, label],
        about["classes"][label],
    )
    st.markdown(figures.sentence(studio.escape(name), places))
    said = f"class {name}, {about['layers'][layer]}, p = {power:g}"
    draw.figure(
        figures.places(found.images[:, label], places, 0.7),
        "_attention_places",
        f"Attention over places of {said}: real, synthetic, difference",
    )
    draw.figure(
        figures.channels(channels), "_attention_channels", f"Attention over channels of {said}: real and synthetic"
    )
    st.caption(
        f"Network: {studio.escape(about['network'])} with random weights, none that the run was matched under. "
        f"{about['counts']['real'][label]:,} real images, {about['counts']['synthetic'][label]:,} synthetic."
    )
