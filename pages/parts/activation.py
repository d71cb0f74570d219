"""Class activation overlays: where a classifier trained on real data finds its evidence in a run's images, and in real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from distill_core.figures import activation as figures
from distill_core.looks import activation
from distill_core.record import view
from distill_core.record.folder import RunFolder

from . import draw, studio

FIRST = 3  # classes that are shown until somebody chooses
MOST_PILLS = 20  # classes; more are chosen from a list
ACROSS = 3  # classes beside each other


def section(
    folder: RunFolder, records: Sequence[dict[str, Any]], n: int | None = None, pin: dict[str, Any] | None = None
) -> None:
    """The overlays of the images as they stood at record `n` (None: of the final set), with their controls.

    Args:
        records: of the run, in order.
        pin: the pinned image `{"label", …}`: its class is shown first.
    """
    log, shown = list(records), view.images(records)
    if not shown:
        st.caption(
            ":material/filter_center_focus: The class activation maps appear here with the first images of this run."
        )
        return
    record = moment(folder, shown, n)
    found = activation.kept(folder, log, record)
    if found is None:
        found = _asked(folder, log, record)
    if found is not None:
        st.session_state["_activation"] = (folder.id, record)
    elif (before := st.session_state.get("_activation")) and before[0] == folder.id:
        record, found = (
            before[1],
            activation.kept(folder, log, before[1]),
        )  # until the other is there, so that nothing jumps
    if found is not None:
        _show(found, _when(shown, record), pin)


def moment(folder: RunFolder, shown: Sequence[dict[str, Any]], n: int | None) -> int | None:
    """The number of the last record of synthetic images up to `n`, the first one before that; None where the final set is meant."""
    if n is None:
        return None if (folder.path / "set.safetensors").is_file() else int(shown[-1]["n"])
    return int(next((one["n"] for one in reversed(shown) if one["n"] <= n), shown[0]["n"]))


def _asked(folder: RunFolder, log: list[dict[str, Any]], record: int | None) -> activation.Kept | None:
    """Put the question, or say how far it is."""
    return studio.found_out(
        "activation",
        lambda: activation.kept(folder, log, record),
        waiting="A classifier is looking at these images; its maps appear here by themselves.",
        lost="The maps were made and cannot be read any more.",
        run=folder.id,
        record=record,
    )


def _when(shown: Sequence[dict[str, Any]], record: int | None) -> str:
    one = next((one for one in shown if one["n"] == record), None)
    if one is None:
        return "the final set"
    space = f" ({studio.escape(one['space'])})" if one.get("space", "pixels") != "pixels" else ""
    return f"{studio.escape(one['stage'])}, step {one['step']}{space}"


def _show(found: activation.Kept, when: str, pin: dict[str, Any] | None) -> None:
    about = found.about
    names = [str(one) for one in about["classes"]]
    first = list(range(min(FIRST, len(names))))
    if pin and isinstance(pin.get("label"), int) and 0 <= pin["label"] < len(names):
        first = [pin["label"]]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        said = {"options": range(len(names)), "default": first, "format_func": lambda label: names[label]}
        key = f"_activation_classes_{first}"  # another pinned image is another widget, so that its class comes first
        many = len(names) > MOST_PILLS
        picked = (
            st.multiselect("Classes", **said, key=key)
            if many
            else st.pills("Classes", **said, selection_mode="multi", key=key)
        )
    with right:
        opacity = st.slider(
            "Opacity", 0.0, 1.0, 0.7, 0.05, key="_activation_opacity", help="Of the map over the mean image."
        )
    if not picked:
        st.caption("Choose a class to see its maps.")
    chosen, columns = sorted(picked), min(ACROSS, max(2, len(picked)))
    for start in range(0, len(chosen), columns):
        for column, label in zip(st.columns(columns, gap="medium"), chosen[start : start + columns], strict=False):
            with column:
                _one(found, label, names[label], opacity)
    network = about["network"]
    right_share = f", {100 * network['accuracy']:.1f} % of real test images right" if network.get("accuracy") else ""
    h, w = about["shape"]
    st.caption(
        f"Of {when}. M_c(x) = Σ_k w_k^c F_k(x): the last feature map ({h}×{w}) of a classifier trained on real images "
        f"({studio.escape(network['spec'])}{right_share}), times its weights for the class, averaged over the images of the class and "
        "laid over their mean image. Evidence is the logit of the class without its bias. "
        "Each class has a scale of its own, the same for real and synthetic; the map is coarse, and between its places it is "
        "interpolated."
    )


def _one(found: activation.Kept, label: int, name: str, opacity: float) -> None:
    evidence, counts = found.about["evidence"], found.about["counts"]
    maps = found.maps[:, label]
    said = (evidence["real"][label], evidence["synthetic"][label]), (counts["real"][label], counts["synthetic"][label])
    st.markdown(figures.sentence(studio.escape(name), maps, *said))
    chart = figures.row(found.images[:, label], maps, opacity)
    draw.figure(chart, f"_activation_{label}", f"Class activation maps of class {name}: real, synthetic, difference")
