"""Pictures whose classes stand in a table: `metadata.csv` with the columns file_name and label, as data hubs write it.

A table may lie at the top or in each part (`train/metadata.csv`); its paths are seen from the folder that it lies in and never leave the
set. Where a table holds rows, it alone says the classes; what it leaves out and what is not there is counted. A class may be called `train`
or `test`: a folder of that name which holds nothing else is the class.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..errors import BadData
from .divisions import part_of
from .layout import Found, Placed, enough_classes, placed_in
from .pictures import Unreadable
from .tree import Entry, Tree

NAME, COLUMNS = "metadata.csv", ("file_name", "label")
WANTED = "Write one row for each picture, with its path below the folder of the table and the name of its class."


class Row(BaseModel):
    """A row of a table; other columns are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)
    file_name: str = Field(min_length=1)
    label: str = Field(min_length=1)


_ROWS = TypeAdapter(list[Row])


@dataclass(frozen=True)
class Said:
    """What a table says of a picture; `path` is seen from the root of the set."""

    table: str
    path: str
    label: str


def listed(tree: Tree, title: str) -> Found | None:
    """The set as its tables say; None where there is no table with rows. Raises `BadData` where a table contradicts itself, the
    folders, or leaves the set."""
    tables = [one for one in tree.entries if one.parts[-1].lower() == NAME]
    said = [row for table in tables for row in _rows(tree, table)]
    if not said:
        return None
    entries = {one.path: one for one in tree.entries}
    label_of = _labels(said)
    there = {path: label for path, label in label_of.items() if path in entries}
    if not there:
        raise BadData(
            f"{said[0].table} names {len(label_of)} pictures, and none of them is there (the first is {said[0].path}). {WANTED}"
        )
    own = _own(there)
    _agree(there, own, said[0].table)
    placed = [Placed(entries[path], _part(path, own), [label, path]) for path, label in there.items()]
    others = [one for one in tree.entries if one.path not in there and one not in tables]
    training = _ordered({one.path[0] for one in placed if one.part == "train"})
    enough_classes(training, title, list(tree.entries))
    skipped = [(one.path, f"{NAME} does not name it") for one in others]
    found = placed_in(title, training, placed, skipped)
    found.notes = [*_notes(said, label_of, there, len(others)), *_named_alike(there, own), *found.notes]
    lines = "\n".join(f"{path}\t{label}" for path, label in sorted(there.items()))
    found.mark = f"table={sha256(lines.encode()).hexdigest()[:32]}" + (
        ",classes=" + "/".join(sorted(own)) if own else ""
    )
    return found


def _rows(tree: Tree, table: Entry) -> list[Said]:
    """What a table says; [] where it has no such columns, or no row."""
    try:
        text = tree.read(table).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        if not set(COLUMNS) <= set(reader.fieldnames or ()):
            return []
        rows = _ROWS.validate_python(list(reader))
    except (Unreadable, UnicodeDecodeError, csv.Error) as error:
        raise BadData(
            f"{table.path} cannot be read as a table ({error}). Save it as CSV in UTF-8, or take it away."
        ) from None
    except ValidationError as error:
        where = error.errors()[0]["loc"]
        raise BadData(f"{table.path}: row {int(where[0]) + 1} has no {where[1]}. {WANTED}") from None
    return [Said(table.path, _inside(table, row.file_name), row.label) for row in rows]


def _inside(table: Entry, name: str) -> str:
    """The path from the root of the set; refuses one that leaves the folder of the table."""
    below = PurePosixPath(name)
    if "\\" in name or below.is_absolute() or ".." in below.parts or ":" in below.parts[0]:
        raise BadData(f"{table.path} names {name[:80]!r}, which leaves the folder that it lies in. {WANTED}")
    return str(PurePosixPath(table.path).parent / below)


def _labels(said: Sequence[Said]) -> dict[str, str]:
    """The class of each path; a path of two classes is refused."""
    found: dict[str, str] = {}
    for one in said:
        if found.setdefault(one.path, one.label) != one.label:
            raise BadData(
                f'{one.table} says of {one.path} that it is "{found[one.path]}" and "{one.label}". Leave one of the rows.'
            )
    return found


def _own(there: Mapping[str, str]) -> set[str]:
    """Folders called like a part that are a class: the table has a class of this name, and nothing else lies in them.

    Raises `BadData` where a part lies beside such a folder, which then may be either.
    """
    inside: dict[str, set[str]] = {}
    for path, label in there.items():
        for folder in _around(path):
            inside.setdefault(folder, set()).add(label)
    divided = {folder for folder in inside if part_of(_name(folder))}
    own = {folder for folder in divided if inside[folder] == {_name(folder)}}
    for folder in sorted(own):
        parent = folder.rpartition("/")[0]
        beside = next((one for one in sorted(divided - own) if one.rpartition("/")[0] == parent), "")
        if beside:
            raise BadData(
                f'The folder "{folder}" may be a part or a class: {NAME} says that all in it is "{_name(folder)}", and "{beside}" beside it '
                "is a part. Rename the folder if it is the class; if it is the part, put pictures of other classes into it."
            )
    return own


def _around(path: str) -> list[str]:
    """The folders around a picture by their paths, the outermost first."""
    return [str(one) for one in reversed(PurePosixPath(path).parents) if one.parts]


def _name(folder: str) -> str:
    return folder.rpartition("/")[2]


def _agree(there: Mapping[str, str], own: Set[str], table: str) -> None:
    """A picture in a folder that is called like another class than the table says: both are named, and neither is believed."""
    classes = set(there.values())
    for path, label in there.items():
        says = [one for one in _around(path) if one != _dividing(path, own)]
        if other := [one for one in says if _name(one) in classes - {label}]:
            raise BadData(
                f'{table} says that {path} is "{label}", and it lies in the folder "{_name(other[-1])}". Take the table away, or move the '
                "pictures."
            )


def _dividing(path: str, own: Set[str]) -> str:
    """The first folder around a picture that is called like a part and is no class, or ""."""
    return next((one for one in _around(path) if one not in own and part_of(_name(one))), "")


def _part(path: str, own: Set[str]) -> str:
    """The part that the folders say; the training part where they say none."""
    return part_of(_name(_dividing(path, own))) or "train"


def _named_alike(there: Mapping[str, str], own: Set[str]) -> list[str]:
    """What folders were taken for whose names may mean a part or a class."""
    parts = {one for path in there if (one := _dividing(path, own)) and _name(one) in there.values()}
    classes = [f'The folder "{one}" is the class "{_name(one)}" and no part, as {NAME} says.' for one in sorted(own)]
    return [
        *classes,
        *(f'The folder "{one}" is a part; the class "{_name(one)}" is what {NAME} says.' for one in sorted(parts)),
    ]


def _ordered(classes: set[str]) -> list[str]:
    """By number where all are numbers, else by name."""
    return sorted(classes, key=int) if all(one.isascii() and one.isdigit() for one in classes) else sorted(classes)


def _notes(said: Sequence[Said], label_of: dict[str, str], there: dict[str, str], others: int) -> list[str]:
    tables = ", ".join(dict.fromkeys(one.table for one in said))
    notes = [f"The classes of {len(there)} pictures were read from {tables}, columns {' and '.join(COLUMNS)}."]
    missing = [path for path in label_of if path not in there]
    if missing:
        notes.append(f"{len(missing)} pictures that it names are not there, such as {missing[0]}.")
    if others:
        notes.append(f"{others} files that it does not name were left out.")
    return notes
