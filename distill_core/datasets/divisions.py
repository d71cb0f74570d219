"""Which folders are parts of a set (train, val, test) and no classes, by their names and by what lies in them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import BadData

WORDS = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
FILLER = {
    "set",
    "data",
    "dataset",
    "image",
    "images",
    "img",
    "imgs",
    "picture",
    "pictures",
    "photos",
    "split",
    "part",
    "folder",
}
PLAIN = {"train", "training", "val", "valid", "validation", "test", "testing"}  # what earlier versions knew
JOINED = re.compile(r"(train|training|val|valid|validation|test|testing)(set|data|images?|imgs?)")
SHARED = 2  # folders of one name below two others, which makes these parts though their names say more
ADVICE = "Put the classes below train and test, or rename the folder if it is a class."


def part_of(name: str, loose: bool = False) -> str | None:
    """`training_set`, `ValidationImages`, `test1` → the part they name, or None. Loosely also `seg_train`, which says more."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]
    words = [found[1] if (found := JOINED.fullmatch(word)) else word for word in words]
    named = [WORDS[word] for word in words if word in WORDS]
    others = [word for word in words if word not in WORDS and word not in FILLER]
    return named[0] if len(named) == 1 and (loose or not others) else None


@dataclass
class Below:
    """What lies in a folder: names of folders, and whether there are files."""

    folders: set[str] = field(default_factory=set)
    files: bool = False


def below(paths: Iterable[Sequence[str]]) -> dict[str, Below]:
    """The folders at the top of these paths, by name, in order; one that holds a folder of its own name is looked through."""
    found: dict[str, Below] = defaultdict(Below)
    for parts in paths:
        if len(parts) > 2:
            twin = parts[1] == parts[0] and len(parts) > 3
            found[parts[0]].folders.add(parts[2] if twin else parts[1])
        elif len(parts) == 2:
            found[parts[0]].files = True
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Division:
    """How paths say their part: by the folder at the top, by the one in each class, or not at all."""

    folders: Mapping[str, str] = field(default_factory=dict)  # name → part
    inside: bool = False  # of the classes

    def place(self, parts: Sequence[str]) -> tuple[str | None, list[str]]:
        """The part, and the path from the class on."""
        if self.inside:
            return (part_of(parts[1]) if len(parts) > 2 else None), [parts[0], *parts[2:]]
        return (self.folders.get(parts[0]), list(parts[1:])) if self.folders else ("train", list(parts))

    def notes(self) -> list[str]:
        if self.inside:
            return [
                "The parts lie in the classes: pictures below train, val and test of a class are its training, … pictures."
            ]
        odd = [f"{name} is the {_SAID[part]}" for name, part in self.folders.items() if name.lower() not in PLAIN]
        return [f"Folders that are parts, and no classes: {', '.join(odd)}."] if odd else []

    def is_new(self) -> bool:
        """Whether earlier versions took these folders for something else."""
        return self.inside or any(name.lower() not in PLAIN for name in self.folders)


_SAID = {"train": "training part", "val": "validation part", "test": "test part"}


def divided(tops: Mapping[str, Below], title: str) -> Division:
    """How a set is divided; `BadData` with both folders named where parts and classes lie side by side."""
    strict = {name: part for name in tops if (part := part_of(name))}
    deep = {name: part for name, part in strict.items() if tops[name].folders}
    if "train" not in deep.values():
        loose = _sharing(tops)
        if loose or _inside(tops, title):
            return Division(loose, not loose)
        check_classes(tops, title)
        return Division()
    _check_twice(deep, title)
    return Division(strict)


def _sharing(tops: Mapping[str, Below]) -> dict[str, str]:
    """`seg_train` and `seg_test`, which hold folders of the same names."""
    loose = {name: part for name in tops if (part := part_of(name, loose=True)) and tops[name].folders}
    train = [name for name, part in loose.items() if part == "train"]
    if len(train) != 1:
        return {}
    known = tops[train[0]].folders
    others = {n: p for n, p in loose.items() if p != "train" and len(tops[n].folders & known) >= SHARED}
    return {train[0]: "train", **others} if others else {}


def _inside(tops: Mapping[str, Below], title: str) -> bool:
    """Whether each class has parts of its own."""
    parts = {name: {part_of(one) for one in found.folders} - {None} for name, found in tops.items()}
    those = [name for name, found in parts.items() if "train" in found and len(found) > 1]
    others = [name for name, found in parts.items() if "train" not in found]
    if those and others:
        raise BadData(
            f'In {title} the folder "{those[0]}" holds train and other parts, but "{others[0]}" beside it does not. '
            "Divide every class, or none."
        )
    return bool(those)


def _check_twice(deep: Mapping[str, str], title: str) -> None:
    names = list(deep)
    for i, name in enumerate(names):
        twin = next((other for other in names[i + 1 :] if deep[other] == deep[name]), None)
        if twin:
            raise BadData(
                f'In {title} both "{name}" and "{twin}" look like the {_SAID[deep[name]]}. Keep one, or put both into one folder.'
            )


def check_classes(tops: Mapping[str, Below], title: str, under: str = "") -> None:
    """Refuse a part, or a copy of the whole, among the classes; one class called `train` may be a vehicle."""
    named = {name: part for name in tops if (part := part_of(name))}
    other = next((name for name in tops if name not in named), "")
    for name, part in named.items():
        if part != "train" or tops[name].folders or len(named) > 1 or not other:
            beside = other or next((one for one in named if one != name), "")
            lies = f'"{under}{beside}" lies beside it' if beside else "nothing lies beside it"
            raise BadData(f'In {title} the folder "{under}{name}" looks like the {_SAID[part]}, but {lies}. {ADVICE}')
    for name, found in tops.items():
        twins = sorted(found.folders & tops.keys())
        if len(twins) >= SHARED:
            raise BadData(
                f'In {title} the folder "{under}{name}" holds "{twins[0]}" and "{twins[1]}" as if it were the set again, and '
                f'"{under}{twins[0]}" lies beside it too. Take one of the two away.'
            )
