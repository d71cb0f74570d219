"""Teachers on disk, read without torch: shipped with the studio, trained in this home, or imported.

Each is one safetensors file whose header says what it is: data set, classes in order, mean and s.d., network, recipe, accuracy.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, TypedDict, cast

from safetensors import SafetensorError, safe_open

from ..errors import BadRecord, nearest
from ..home import ASSETS


class Teacher(TypedDict):
    """One teacher, as its header and its file say."""

    key: str
    spec: str
    data: str
    classes: list[str]
    mean: list[float]
    std: list[float]
    recipe: dict[str, Any] | None  # None where an imported one does not say it
    accuracy: float  # a fraction of the real test part
    bytes: int
    where: str  # shipped, trained, imported
    made: float | None  # seconds since 1970; None for shipped ones
    runs: list[str]  # finished runs whose sets it labels
    path: str


SAYS = ("spec", "data", "classes", "mean", "std", "recipe", "accuracy")  # what a header has to say


def known(home: Path) -> list[Teacher]:
    """Every teacher that can be read, newest first, shipped ones last."""
    used = _uses(home)
    rows = [row for path in _files(home) if (row := _row(path, used))]
    return sorted(rows, key=lambda row: (row["made"] is None, -(row["made"] or 0), row["data"], row["key"]))


def _files(home: Path) -> list[Path]:
    cached = list((home / "cache").glob("teacher-*.safetensors"))
    shipped = list((ASSETS / "teachers").glob("*.safetensors"))
    names = {_key(path) for path in shipped}
    return [*shipped, *(path for path in cached if _key(path) not in names)]


def _key(path: Path) -> str:
    return path.stem.removeprefix("teacher-")


def _row(path: Path, used: dict[str, list[str]]) -> Teacher | None:
    """What the header says; None for a file that is no teacher, or is damaged (it is trained again when needed)."""
    try:
        about = header(path)
        row = {name: about[name] for name in SAYS}
    except (BadRecord, KeyError):
        return None
    shipped = path.parent == ASSETS / "teachers"
    where = "shipped" if shipped else "imported" if about.get("imported") else "trained"
    stat = path.stat()
    row |= {"key": _key(path), "bytes": stat.st_size, "where": where, "made": None if shipped else stat.st_mtime}
    return cast(Teacher, {**row, "runs": used.get(_key(path), []), "path": str(path)})


def header(path: Path) -> dict[str, Any]:
    """What a teacher's file says of itself; `BadRecord` with a sentence where it says nothing."""
    try:
        with safe_open(str(path), framework="np") as file:
            about = json.loads((file.metadata() or {}).get("teacher", "null"))
    except (SafetensorError, OSError, ValueError) as error:
        raise BadRecord(f"{path.name} is not a readable safetensors file ({error}).") from None
    if not isinstance(about, dict):
        raise BadRecord(f"{path.name} does not say which teacher it holds: its header has no entry `teacher`.")
    return about


def _uses(home: Path) -> dict[str, list[str]]:
    """Teacher key → runs whose synthetic set names it as the one that labels."""
    found: dict[str, list[str]] = {}
    for path in sorted((home / "runs").glob("[!.]*/set.safetensors")):
        try:
            with safe_open(str(path), framework="np") as file:
                said = json.loads((file.metadata() or {}).get("distill_studio", "{}"))
        except (SafetensorError, OSError, ValueError):
            continue  # the page of runs says what is wrong with it
        for key in str(said.get("teacher") or "").replace("+", " ").replace(",", " ").split():
            found.setdefault(key, []).append(path.parent.name)
    return found


def find(home: Path, key: str) -> Teacher:
    """The row of one teacher, by its key or the beginning of it."""
    rows = known(home)
    fits = [row for row in rows if key and row["key"].startswith(key)]
    if len(fits) != 1:
        names = [row["key"] for row in rows]
        what = f"{len(fits)} teachers begin with" if fits else "There is no teacher called"
        raise BadRecord(f"{what} {key!r}.{nearest(key, names)} `distill-studio teachers` lists them.")
    return fits[0]


def card(row: Teacher) -> dict[str, object]:
    """What stands beside an exported teacher: everything that has to agree before it may be used."""
    said = {name: value for name, value in row.items() if name in (*SAYS, "key", "bytes")}
    digest = hashlib.sha256(Path(row["path"]).read_bytes()).hexdigest()
    how = "safetensors.torch.load_file(path); networks see (pixels in [0, 1] - mean) / std; logits are in the order of classes"
    return {"distill_studio_teacher": 1, **said, "sha256": digest, "how_to_read": how}


def export(home: Path, key: str, to: Path) -> tuple[Path, Path]:
    """Write a teacher and its card beside it: `to` is a .safetensors file, or a folder. Returns both paths."""
    row = find(home, key)
    name = f"teacher-{row['data'].replace(':', '-').replace('/', '-')}-{row['key']}.safetensors"
    path = to if to.suffix == ".safetensors" else to / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(row["path"], path)
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps(card(row), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path, beside
