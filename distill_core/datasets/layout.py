"""Which class and which part (train, val, test) every file of a user's folder belongs to, by its path alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..errors import BadData
from .tree import Entry

PARTS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
WANTED = "Give a folder with one sub-folder of pictures per class, two classes or more."
MOST_CLASSES = 1000


@dataclass
class Found:
    """Files by part with the number of their class; files that are not used, with the reason."""

    title: str
    classes: list[str]
    parts: dict[str, list[tuple[Entry, int]]]
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

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
    """Sort files by their paths: `class/…/file`, or `train/class/…/file` below folders that hold all."""
    drop = _wrapping(entries)
    inner = [(entry, entry.parts[drop:]) for entry in entries]
    divided = any(len(parts) > 2 and PARTS.get(parts[0].lower()) == "train" for _, parts in inner)
    skipped: list[tuple[str, str]] = []
    placed: list[tuple[Entry, str, str]] = []
    for entry, parts in inner:
        part = PARTS.get(parts[0].lower()) if divided else "train"
        below = parts[1:] if divided else parts
        if part is None:
            skipped.append((entry.path, "it lies outside of train, val and test"))
        elif len(below) < 2:
            skipped.append((entry.path, "it lies outside of any class folder"))
        else:
            placed.append((entry, part, below[0]))
    classes = sorted({name for _, part, name in placed if part == "train"})
    _check_classes(classes, title, len(entries))
    return _found(title, classes, placed, skipped)


def _wrapping(entries: Sequence[Entry]) -> int:
    """How many folders at the top hold everything: `pets/cat/1.jpg` and `pets/dog/1.jpg` lie in one."""
    drop = 0
    while entries and all(len(e.parts) - drop > 2 for e in entries) and len({e.parts[drop] for e in entries}) == 1:
        if PARTS.get(entries[0].parts[drop].lower()) == "train":
            break
        drop += 1
    return drop


def _check_classes(classes: list[str], title: str, files: int) -> None:
    if not files:
        raise BadData(f"{title} holds no files. {WANTED}")
    if not classes:
        raise BadData(f"{title} has no class folders: its {files} files lie at the top. {WANTED}")
    if len(classes) == 1:
        raise BadData(f'{title} has one class only ("{classes[0]}"), so there is nothing to tell apart. {WANTED}')
    if len(classes) > MOST_CLASSES:
        raise BadData(
            f"{title} has {len(classes)} class folders, more than {MOST_CLASSES}. Choose the folder of one data set."
        )


def _found(
    title: str, classes: list[str], placed: list[tuple[Entry, str, str]], skipped: list[tuple[str, str]]
) -> Found:
    number = {name: label for label, name in enumerate(classes)}
    found = Found(title, classes, {"train": [], "val": [], "test": []}, skipped)
    for entry, part, name in placed:
        if name in number:
            found.parts[part].append((entry, number[name]))
        else:
            skipped.append((entry.path, f'its class "{name}" is not in the training part'))
    if found.parts["val"] and not found.parts["test"]:
        found.parts |= {"test": found.parts["val"], "val": []}
        found.notes.append("There is no test part, so the validation part is the test part.")
    absent = set(range(len(classes))) - {label for _, label in found.parts["test"]}
    if found.parts["test"] and absent:
        found.notes.append(f"The test part has no pictures of {', '.join(classes[label] for label in sorted(absent))}.")
    return found
