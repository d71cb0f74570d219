"""Which class and which part (train, val, test) every file of a user's folder belongs to, by its path alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..errors import BadData
from .divisions import FILLER, Division, below, check_classes, divided, part_of
from .tree import Entry

WANTED = "Give a folder with one sub-folder of pictures per class, two classes or more."
MOST_CLASSES = 1000
TABLES = (".csv", ".tsv", ".json", ".jsonl", ".xml", ".xlsx", ".parquet")


@dataclass
class Found:
    """Files by part with the number of their class; files that are not used, with the reason."""

    title: str
    classes: list[str]
    parts: dict[str, list[tuple[Entry, int]]]
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    mark: str = ""  # what tells this reading of the folders from that of earlier versions, in a fingerprint

    @property
    def count(self) -> int:
        return sum(len(pairs) for pairs in self.parts.values())

    def entries(self) -> Iterator[Entry]:
        for pairs in self.parts.values():
            yield from (entry for entry, _ in pairs)

    def skip(self, entry: Entry, reason: str) -> None:
        """Do not use a file; `check` takes it out."""
        self.skipped.append((entry.path, reason))

    def check(self, what: str) -> None:
        """Take out what was skipped. `BadData` where a class has too few files left: two, or one with a test part."""
        out = {path for path, _ in self.skipped}
        self.parts = {part: [pair for pair in pairs if pair[0].path not in out] for part, pairs in self.parts.items()}
        needed = 1 if self.parts["test"] else 2
        counts = Counter(label for _, label in self.parts["train"])
        few = [(name, counts[label]) for label, name in enumerate(self.classes) if counts[label] < needed]
        if not few:
            return
        listed = ", ".join(f'"{name}" has {n} {what}{"" if n == 1 else "s"}' for name, n in few[:3])
        more = f" and {len(few) - 3} classes more have too few" if len(few) > 3 else ""
        why = "; ".join(f"{path}: {reason}" for path, reason in self.skipped[:3])
        advice = "Add pictures or take the folder away." + (f" Not used: {why}." if why else "")
        raise BadData(f"In {self.title} the class {listed}{more}; {needed} or more are needed. {advice}")


def arrange(entries: Sequence[Entry], title: str) -> Found:
    """Sort files by their paths: `class/…/file`, `train/class/…/file` or `class/train/…/file`, below folders that hold all."""
    drop, notes = _wrapping(entries)
    inner = [(entry, entry.parts[drop:]) for entry in entries]
    division = divided(below(parts for _, parts in inner), title)
    skipped: list[tuple[str, str]] = []
    placed: list[Placed] = []
    for entry, parts in inner:
        part, rest = division.place(parts)
        if part is None:
            skipped.append((entry.path, "it lies outside of train, val and test"))
        elif len(rest) < 2:
            skipped.append((entry.path, _outside(entry)))
        else:
            placed.append(Placed(entry, part, rest))
    peeled = _peeled(placed, division) if division.folders else []
    training = below(one.path for one in placed if one.part == "train")
    if division.folders:
        check_classes(training, title, "…/")
    enough_classes(list(training), title, entries)
    found = placed_in(title, list(training), placed, skipped)
    notes += [f"Folders around the classes were passed over: {', '.join(peeled)}."] if peeled else []
    found.notes = [*notes, *division.notes(), *_deeper(placed), *_alike(found.classes), *found.notes]
    found.mark = "layout=2" if peeled or division.is_new() else ""
    return found


@dataclass
class Placed:
    """A file of a part; its path from the class on."""

    entry: Entry
    part: str
    path: list[str]


def _wrapping(entries: Sequence[Entry]) -> tuple[int, list[str]]:
    """How many folders at the top hold everything (`pets/cat/1.jpg` and `pets/dog/1.jpg` lie in one), and what to say of them."""
    drop, notes = 0, []
    while entries and all(len(e.parts) - drop > 2 for e in entries) and len({e.parts[drop] for e in entries}) == 1:
        name = entries[0].parts[drop]
        if (part := part_of(name)) == "train":
            break
        if part:
            notes.append(f'Everything lies in "{name}", so that this is the whole set and no part of one.')
        drop += 1
    return drop, notes


def _peeled(placed: list[Placed], division: Division) -> list[str]:
    """Take off what lies around the classes of a part: `training_set/training_set/cat`, `train/images/cat`; returns what it was."""
    peeled: list[str] = []
    known: set[str] = set()
    for part in ("train", "val", "test"):
        some = [one for one in placed if one.part == part]
        while some and _surrounds(some, known, division):
            peeled.append(some[0].path[0])
            for one in some:
                one.path = one.path[1:]
        known |= {one.path[0] for one in some}
    return peeled


def _surrounds(some: Sequence[Placed], known: set[str], division: Division) -> bool:
    """Whether the outermost folder is no class: it holds all, below it are folders, and it is called like a part or like nothing."""
    name = some[0].path[0]
    odd = name not in known and (bool(part_of(name)) or name.lower() in FILLER | division.folders.keys())
    return odd and all(len(one.path) > 2 and one.path[0] == name for one in some)


def _outside(entry: Entry) -> str:
    if entry.path.lower().endswith(TABLES):
        return "a table beside the pictures; folders say here which class a picture belongs to, so it was not read"
    return "it lies outside of any class folder"


def _deeper(placed: Sequence[Placed]) -> list[str]:
    """Pictures in folders below a class belong to it, which is said."""
    deep = sorted({"/".join(one.path[:2]) for one in placed if len(one.path) > 2})
    count = sum(len(one.path) > 2 for one in placed)
    some = ", ".join(deep[:5]) + (", …" if len(deep) > 5 else "")
    return [f"{count} files lie in folders below their class and were counted to it ({some})."] if deep else []


def _alike(classes: Sequence[str]) -> list[str]:
    """Classes whose names differ by their case only."""
    by_lower: dict[str, list[str]] = {}
    for name in classes:
        by_lower.setdefault(name.lower(), []).append(name)
    return [f"{' and '.join(same)} are different classes here." for same in by_lower.values() if len(same) > 1]


def enough_classes(classes: list[str], title: str, entries: Sequence[Entry]) -> None:
    """Refuse what is no data set: no class, one only, or very many."""
    if not entries:
        raise BadData(f"{title} holds no files. {WANTED}")
    if not classes:
        table = next((one.path for one in entries if one.path.lower().endswith(TABLES)), "")
        says = (
            f" {table} may say which picture belongs to which class, but only metadata.csv with rows in the columns file_name and label "
            "is read."
            if table
            else ""
        )
        raise BadData(f"{title} has no class folders: its {len(entries)} files lie at the top.{says} {WANTED}")
    if len(classes) == 1:
        raise BadData(f'{title} has one class only ("{classes[0]}"), so there is nothing to tell apart. {WANTED}')
    if len(classes) > MOST_CLASSES:
        raise BadData(
            f"{title} has {len(classes)} class folders, more than {MOST_CLASSES}. Choose the folder of one data set."
        )


def placed_in(title: str, classes: list[str], placed: Sequence[Placed], skipped: list[tuple[str, str]]) -> Found:
    """Files whose part and class are known; a validation part stands in for a test part."""
    number = {name: label for label, name in enumerate(classes)}
    found = Found(title, classes, {"train": [], "val": [], "test": []}, skipped)
    for one in placed:
        if (name := one.path[0]) in number:
            found.parts[one.part].append((one.entry, number[name]))
        else:
            skipped.append((one.entry.path, f'its class "{name}" is not in the training part'))
    if found.parts["val"] and not found.parts["test"]:
        found.parts |= {"test": found.parts["val"], "val": []}
        found.notes.append("There is no test part, so the validation part is the test part.")
    absent = set(range(len(classes))) - {label for _, label in found.parts["test"]}
    if found.parts["test"] and absent:
        found.notes.append(f"The test part has no pictures of {', '.join(classes[label] for label in sorted(absent))}.")
    return found
