"""Priors on disk, read without torch: shipped with the studio, trained in this home, or imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from .home import ASSETS, read_json


def known(home: Path) -> list[dict[str, Any]]:
    """Every prior that can be read, newest first, shipped ones last.

    A row: key, data, classes, recipe, quality (named numbers, {} where it was not measured), bytes, where (shipped, trained,
    imported), use (what to write as a method's prior), path.
    """
    shipped = {path.stem: path for path in (ASSETS / "priors").glob("*.safetensors")}
    cached = {path.stem.removeprefix("prior-"): path for path in (home / "cache").glob("prior-*.safetensors")}
    cards = (read_json(ASSETS / "priors" / "card.json") or {}).get("priors", {})
    rows = [row for key, path in {**cached, **shipped}.items() if (row := _row(key, path, key in shipped, cards, home))]
    return sorted(rows, key=lambda row: (row["where"] == "shipped", -Path(row["path"]).stat().st_mtime, row["key"]))


def _row(key: str, path: Path, shipped: bool, cards: dict[str, Any], home: Path) -> dict[str, Any] | None:
    """What the header and the card say; None for a file that is no prior, or is damaged."""
    try:
        with safe_open(str(path), framework="np") as file:
            about = json.loads((file.metadata() or {}).get("prior", "null"))
        said = {name: about[name] for name in ("data", "classes", "recipe")}
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return None
    card = cards.get(key) or read_json(home / "cache" / f"prior-{key}.json") or {}
    where = "shipped" if shipped else "imported" if about.get("imported") else "trained"
    more = {
        "bytes": path.stat().st_size,
        "where": where,
        "use": f"{about.get('form', 'style')}@{key}",
        "path": str(path),
    }
    return {"key": key, **said, "quality": card.get("quality", {}), **more}
