"""How the images of the chosen runs spread and what they cover: one sentence, figures per class, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from distill_core.figures import spread as figures
from distill_core.quantities import quantity
from distill_core.record import view
from distill_core.record.folder import RunFolder

from . import detail, draw, feed, packets, planes, studio

EVERY = 3.0  # seconds between two looks at the figures while a run works
ALONE = "One image per class has no pairs, so there is no distance within a class: choose a run with 2 or more images per class."
MORE = ("coverage", "nearest", "cosine", "density")


def sentence(found: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """How far the images of a class lie from each other, beside real ones, in one sentence."""
    words, alone = [], []
    for run, one in found["runs"].items():
        share = figures.mean(figures.against_real(one["values"]["distance"], found["real"]["distance"]))
        name = studio.escape(titles[run]) if len(titles) > 1 else "This run"
        if share is None:
            alone.append(f"{name} has one image per class, so nothing to spread")
        else:
            words.append(f"{name} spreads its classes to **{share:.2f}** of what real images do (1 is as far apart)")
    return "; ".join([*words, *alone]) + "."


def figures_of(folders: Sequence[RunFolder], titles: Mapping[str, str], classes: list[str]) -> None:
    """Figures that follow the runs while one works, or while a worker still measures."""
    busy = planes.waiting(folders) or not all(feed.is_over(feed.state_of(one)) for one in folders)
    st.fragment(run_every=EVERY if busy else None)(_figures)(folders, titles, classes)


def _figures(folders: Sequence[RunFolder], titles: Mapping[str, str], classes: list[str]) -> None:
    found = planes.measured(folders)
    if found is None:
        _nothing_yet(folders)
        return
    st.markdown(sentence(found, titles))
    with st.expander("Class by class, and how it changed", icon=":material/straighten:"):
        _charts(folders, found, titles, classes)


def _charts(folders: Sequence[RunFolder], found: dict[str, Any], titles: Mapping[str, str], classes: list[str]) -> None:
    count = len(found["real"]["distance"])
    names = [detail.name_of(classes, i) for i in range(count)]
    fewest = {run: one["fewest"] for run, one in found["runs"].items()}
    pairs = [run for run, one in found["runs"].items() if any(v is not None for v in one["values"]["distance"])]
    if not pairs:
        st.info(ALONE, icon=":material/filter_1:")
    else:
        if lonely := [titles[run] for run in found["runs"] if run not in pairs]:
            st.caption(
                f"{', '.join(map(studio.escape, lonely))}: one image per class has no pairs, so no distance within a class."
            )
        left, right = st.columns(2, gap="medium")
        with left:
            _one("distance", found, names, titles)
        with right:
            if len(found["runs"]) > 1:
                _one("relative", found, names, titles)
            else:
                _trend(folders, found, titles)
        if len(found["runs"]) > 1:
            _trend(folders, found, titles)
    chosen = st.segmented_control(
        "Measure",
        MORE,
        format_func=lambda one: quantity(figures.SHOWN[one]).title,
        default=MORE[0],
        required=True,
        key="_measure",
    )
    if chosen == "cosine" and not pairs:
        st.info(ALONE, icon=":material/filter_1:")
    else:
        _one(chosen or MORE[0], found, names, titles)
    st.caption(_how(found, min(fewest.values())))


def _one(measure: str, found: dict[str, Any], names: list[str], titles: Mapping[str, str]) -> None:
    chart = figures.per_class(measure, found, names, titles)
    row = quantity(figures.SHOWN[measure])
    draw.figure(chart, f"_spread_{measure}", f"{row.title}, for each class and run", row.id)


def _trend(folders: Sequence[RunFolder], found: dict[str, Any], titles: Mapping[str, str]) -> None:
    where = {}
    for folder in folders:
        shown = [one["n"] for one in view.images(packets.reader(str(folder.path)).refresh())]
        where[folder.id] = {n: i / max(1, len(shown) - 1) for i, n in enumerate(shown)}
    draw.figure(
        figures.trend(found, titles, where),
        "_spread_trend",
        "Mean feature distance of each run over its course",
        figures.SHOWN["distance"],
    )


def _how(found: dict[str, Any], fewest: int) -> str:
    network, k = found["network"], found["k"]
    accuracy = f", {100 * network['accuracy']:.1f} % of real test images right" if network.get("accuracy") else ""
    left = f" {found['left']} more records are still being looked at." if found.get("left") else ""
    return (
        f"Measured by one teacher for all runs ({studio.escape(network['spec'])}{accuracy}), in eval mode, on its last features, "
        f"against {found['real_images']:,} real training images. d_c = 2 ÷ (n (n − 1)) Σ ‖z_i − z_j‖ over the pairs of a class. "
        f"Coverage and density after Naeem et al. 2020 with k = {k}, within each class; with {max(fewest, 1)} "
        f"image{'s' * (fewest != 1)} per class few real images can be reached. A large spread far from the real images is no "
        f"diversity: look at both. A chosen real image may be one of the sample, and is then its own nearest; coverage leaves such copies out.{left}"
    )


def _nothing_yet(folders: Sequence[RunFolder]) -> None:
    runs = [folder.id for folder in folders]
    if f"spread{view.mark(runs)}" in planes.troubles(folders):
        return  # said at the top of the page
    if planes.waiting(folders):
        st.caption(":material/hourglass_top: A worker is measuring these images; the figures appear here.")
    else:
        st.caption("The measures of diversity appear here with the first images of every chosen run.")


def nearest(folders: Sequence[RunFolder], pin: dict[str, Any] | None) -> list[detail.Neighbor]:
    """The five real images nearest to the pinned synthetic one by last features, as a worker found them; [] where none did."""
    runs = [folder.id for folder in folders]
    if not pin or pin.get("source") == "real" or pin.get("run") not in runs:
        return []
    path: Path = folders[0].path / "planes" / f"near{view.mark(runs)}.npy"
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return []
    row = rows[(rows[:, 0] == runs.index(str(pin["run"]))) & (rows[:, 1] == pin.get("id", -1))]
    if not len(row):
        return []
    ids, far = row[0, 2 : 2 + view.NEAR], row[0, 2 + view.NEAR :]
    pictures, labels = detail.real_images(folders)
    return [
        detail.Neighbor(int(i), labels.get(int(i), -1), float(d), pictures.get(int(i)))
        for i, d in zip(ids, far, strict=True)
        if np.isfinite(i)
    ]
