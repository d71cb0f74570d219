"""Priors on disk, read without torch: shipped with the studio, trained in this home, or imported."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypedDict

from safetensors import SafetensorError, safe_open

from ..errors import BadRecord
from ..home import ASSETS, read_json
from ..quantities import renamed


class Shelved(TypedDict):
    """One prior, as its header, its card and its file say."""

    key: str
    data: str
    classes: list[str]
    recipe: dict[str, Any]
    quality: dict[str, float]  # named numbers, {} where it was not measured
    bytes: int
    where: str  # shipped, trained, imported
    made: float | None  # seconds since 1970; None for shipped ones
    sheet: str | None  # a PNG of samples
    use: str  # what to write as a method's prior
    path: str


def known(home: Path) -> list[Shelved]:
    """Every prior that can be read, newest first, shipped ones last."""
    shipped = {path.stem: path for path in (ASSETS / "priors").glob("*.safetensors")}
    cached = {path.stem.removeprefix("prior-"): path for path in (home / "cache").glob("prior-*.safetensors")}
    cards = (read_json(ASSETS / "priors" / "card.json") or {}).get("priors", {})
    rows = [row for key, path in {**cached, **shipped}.items() if (row := _row(key, path, key in shipped, cards, home))]
    return sorted(rows, key=lambda row: (row["where"] == "shipped", -Path(row["path"]).stat().st_mtime, row["key"]))


def _row(key: str, path: Path, shipped: bool, cards: dict[str, Any], home: Path) -> Shelved | None:
    """What the header and the card say; None for a file that is no prior, or is damaged."""
    try:
        with safe_open(str(path), framework="np") as file:
            about = json.loads((file.metadata() or {}).get("prior", "null"))
        data, classes, recipe = about["data"], about["classes"], about["recipe"]
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return None
    card = cards.get(key) or read_json(home / "cache" / f"prior-{key}.json") or {}
    quality = {renamed(name): value for name, value in card.get("quality", {}).items()}
    where = "shipped" if shipped else "imported" if about.get("imported") else "trained"
    stat, sheets = path.stat(), (path.with_suffix(".png"), home / "cache" / f"prior-{key}.png")
    return {
        "key": key,
        "data": data,
        "classes": classes,
        "recipe": recipe,
        "quality": quality,
        "bytes": stat.st_size,
        "where": where,
        "made": None if shipped else stat.st_mtime,
        "sheet": next((str(one) for one in sheets if one.is_file()), None),
        "use": f"{about.get('form', 'style')}@{key}",
        "path": str(path),
    }


def card(row: Shelved) -> dict[str, object]:
    """What stands beside an exported prior."""
    said = {n: v for n, v in row.items() if n in ("data", "classes", "recipe", "quality", "key", "bytes")}
    how = "distill-studio prior import FILE --data NAME"
    return {"distill_studio_prior": 1, **said, "how_to_read": how}


def delete(home: Path, key: str) -> None:
    """Take a prior of this home away, with its card and its sheet; `BadRecord` for one that ships or is not there.

    Runs that searched in it keep their sets; only a new run would train it again.
    """
    path = home / "cache" / f"prior-{key}.safetensors"
    if not re.fullmatch(r"[0-9a-f]{16}", key) or not path.is_file():
        raise BadRecord(f"There is no prior {key!r} of this home. `distill-studio priors` lists them.")
    for end in (".json", ".png", ".safetensors"):
        path.with_suffix(end).unlink(missing_ok=True)
