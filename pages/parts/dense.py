"""Dense labels of a run's set: hover or tap a sub-image and see its soft label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from distill_core.errors import StudioError
from distill_core.record import dense, view
from distill_core.record.folder import RunFolder
from distill_core.record.sheets import read_sheet

from . import packing, views

MOST = 200  # images
NUMBERS = 2_000_000  # of labels that travel to the browser


def section(folder: RunFolder, records: Sequence[dict[str, Any]]) -> None:
    """The view; nothing for a run whose set has no dense labels."""
    shown, found = view.images(list(records)), dense.read(folder, MOST)
    if found is None or not shown:
        return
    try:
        packet = packed(folder, shown[-1], found)
    except (StudioError, OSError, ValueError) as error:
        st.warning(f"The images of this set cannot be read. {error}")
        return
    st.markdown("**Labels of sub-images**")
    views.crops(packet, f"_crops_{folder.id}")
    st.caption(
        f"Every image has {found.across}×{found.across} sub-images of {100 * found.ratio:g} % of its side, each with a soft label that is "
        "stored. Orange is the class of the image; a small map has a place for each sub-image."
    )


def packed(folder: RunFolder, record: dict[str, Any], found: dense.DenseLabels) -> bytes:
    """Pixels and labels of the first images, and the grid, as one packet."""
    pixels = read_sheet(folder, record)
    each = found.labels[0].size
    count = max(1, min(len(pixels), len(found.labels), NUMBERS // each))
    body = packing.Body()
    body.add(np.ascontiguousarray(pixels[:count]).tobytes())
    body.add(found.labels[:count].astype("<f4").tobytes())
    about = {
        "of": folder.id,
        "size": pixels.shape[1],
        "channels": pixels.shape[3],
        "side": found.side,
        "corners": found.corners,
    }
    about |= {"across": found.across, "ratio": found.ratio, "classes": found.classes, "count": found.count}
    return packing.assemble([], body, dense={**about, "labels": [int(one) for one in record["labels"][:count]]})
