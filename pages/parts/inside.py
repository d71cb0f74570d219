"""A search inside a generator: the film strip in sight, and everything else under a line that says what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from distill_core.record.folder import RunFolder

from . import activation, attention, beside, ranking, terms, views, walk_pad

CELLS = (
    "A row is a layer, a cell one step in it, its color the feature distance there: dark is nearer to real images; a click goes there. "
    "The loss is what every step lowers, the distance is what decides which step is kept: the two need not agree. A bar is the distance of "
    "one class at the clock, its outline where it began in this layer. w is the code that tells each layer how to paint; "
    "‖Δw‖ says how far it moved."
)
RANKED = (
    "Candidates of every layer were given to students: do those that a distance calls near also teach better? ρ is a rank "
    "correlation: −1 means that the nearer one always teaches better, 0 that the distance says nothing."
)


def section(folder: RunFolder, records: Sequence[dict[str, Any]], n: int | None, searched: bool) -> None:
    """The strip, then the folded parts; without a generator what a run recorded for each layer of its network.

    Args:
        n: the record at which the clock rests, None at the end.
    """
    pin = None
    if searched:
        pin = views.strip(folder.id, "strip")
        with st.expander(
            "Every step of every layer: which came nearest, and what did the layer cost?", icon=":material/grid_on:"
        ):
            terms.write(CELLS, caption=True)
            views.layers(folder.id, "layers")
        with st.expander("All images at this moment, beside real ones", icon=":material/grid_view:"):
            _walls(folder)
    else:
        views.layers(folder.id, "layers")
    _asked(
        "Where in an image does a classifier look?",
        "center_focus_strong",
        lambda: activation.section(folder, records, n, pin),
    )
    _asked(
        "Where does a network that was never trained look, and which of its channels answer?",
        "visibility",
        lambda: attention.section(folder, records, n),
    )
    if searched:
        _asked(
            "What does each layer decide? Walk through the generator by hand",
            "open_with",
            lambda: walk_pad.section(folder),
        )
    with st.expander(
        "Does nearer mean better for students? How well each distance ranks candidates", icon=":material/rule:"
    ):
        st.caption(RANKED)
        ranking.section(folder)
    if beside.is_known(folder):
        with st.expander(
            "Would it work without a generator? The same job done in other ways", icon=":material/compare:"
        ):
            beside.section(folder)


def _asked(title: str, icon: str, draw: Callable[[], None]) -> None:
    """A part that a worker has to compute: asked for only once it is unfolded."""
    part = st.expander(title, icon=f":material/{icon}:", key=f"_{icon}", on_change="rerun")
    if part.open:
        with part:
            draw()


def _walls(folder: RunFolder) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Learned images**, as the generator draws them")
        views.wall([folder.id], "wall")
    with right:
        st.markdown("**Real images** of the same classes")
        views.wall([folder.id], "reals", mode="real")
