"""Names of a run's classes, as its own folder says them. No torch."""

from __future__ import annotations

import json

from safetensors import SafetensorError, safe_open

from ..errors import BadRecord
from .folder import RunFolder

HEADER = "distill_studio"  # the entry in the header of a set's file, see `results/file.py`


def names_in(folder: RunFolder) -> list[str]:
    """What the state says (of the user's own images, and of a set that was brought in), else the finished set; [] where neither does."""
    try:
        said = folder.state().get("classes")
    except BadRecord:
        said = None
    if not said:
        try:
            with safe_open(str(folder.path / "set.safetensors"), framework="np") as file:
                said = json.loads((file.metadata() or {}).get(HEADER, "{}")).get("classes")
        except (SafetensorError, OSError, ValueError, AttributeError):
            said = None  # there is no set yet, or its own page says what is wrong with it
    return [str(one) for one in said] if isinstance(said, (list, tuple)) else []
