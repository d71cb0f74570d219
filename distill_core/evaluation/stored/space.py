"""Whether there is room for a store, asked before its first byte."""

from __future__ import annotations

import shutil
from pathlib import Path

from ...errors import BadSetting
from ...quantities.sizes import say_bytes
from .file import Said, epochs_of

LEFT = 2**28  # bytes of a disk that are left alone


def check_room(folder: Path, said: Said) -> None:
    """Refuse a store that would fill the disk that `folder` lies on, with what would fit there."""
    free = shutil.disk_usage(folder).free
    usable = max(0, free - LEFT)
    if said.bytes <= usable:
        return
    epochs = int(usable // max(1, said.bytes / epochs_of(said)))
    top = said.layout.fits(usable, said.records)
    fits = [f"{epochs} epochs"] if epochs else []
    fits += [f"the top {top} logits of each label"] if top else []
    fit = f" There is room for {' or '.join(fits)}." if fits else " There is no room for a single epoch."
    raise BadSetting(
        f"The stored labels take {say_bytes(said.bytes)} ({epochs_of(said):g} views of {said.images:,} images, "
        f"{said.layout.classes} classes), and {say_bytes(free)} are free in {folder}, of which {say_bytes(LEFT)} are left "
        f"alone.{fit} Store fewer epochs or fewer logits, or free some space."
    )
