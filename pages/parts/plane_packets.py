"""What a browser is sent of the planes that a worker has made for runs that are looked at together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from distill_core.errors import StudioError
from distill_core.home import read_json
from distill_core.record import view
from distill_core.record.folder import RunFolder
from distill_core.record.sheets import read_array

from .packing import Body


def made_planes(
    folders: Sequence[RunFolder], run: str, body: Body, known: dict[str, float]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """What belongs to `run` of the planes that a worker has made for these runs since `known` (name → time of its file), as
    it travels: its points as one blob of float32 pairs, those of each record `[number, start, count]`; with the first
    run come the real ones, before its own."""
    made: list[dict[str, Any]] = []
    seen, runs = dict(known), [folder.id for folder in folders]
    for path in sorted((folders[0].path / "planes").glob("*.json")):
        name = view.PLANE.fullmatch(path.stem)
        if name is None or name["mark"] != view.mark(runs):
            continue
        stamp = path.stat().st_mtime
        if seen.get(path.stem) == stamp:
            continue
        seen[path.stem] = stamp
        try:
            plane = read_json(path)
            made.append(
                {"name": path.stem, "stamp": stamp, **_its_part(folders[0], plane, run, body, first=run == runs[0])}
            )
        except (StudioError, OSError, ValueError, KeyError, TypeError):
            made.append(
                {
                    "name": path.stem,
                    "stamp": stamp,
                    "points": None,
                    "note": "This plane cannot be read; ask for it again.",
                }
            )
    return made, seen


def _its_part(lead: RunFolder, plane: dict[str, Any], run: str, body: Body, first: bool) -> dict[str, Any]:
    points = read_array(lead, {"file": plane["file"]}).astype("<f4")
    count = plane["real"] if first else 0
    steps, pieces, start = [], [points[:count]], count
    for n, at, size in plane["runs"][run]:
        steps.append([n, start, size])
        pieces.append(points[at : at + size])
        start += size
    about = {key: plane.get(key) for key in ("kept", "trust", "network")}
    real = {"real_ids": plane["real_ids"], "real_labels": plane["real_labels"]} if first else {}
    blob = body.add(np.concatenate(pieces).tobytes())
    return {**about, **real, "note": " ".join(plane["said"]), "records": steps, "real": count, "points": blob}
