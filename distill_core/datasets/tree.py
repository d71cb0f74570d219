"""The files of a folder or of a zip, looked at the same way and never unpacked to disk.

Links in a folder are followed. What is no file of a set by its name, folders without a file and links to nowhere are counted.

A zip is refused whole when it could do harm or lies about itself: paths that leave it, links, encryption, too many or
too large members, a compression ratio that only bombs have.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BadData
from .pictures import Unreadable

MOST_FILES = 500_000
MOST_BYTES = 64 << 20  # of one file
MOST_TOTAL = 8 << 30  # of all members of a zip, unpacked
MOST_RATIO = 200  # unpacked to packed bytes, of a member above `SMALL`
SMALL = 1 << 20
# what systems and picture viewers leave behind, beside everything that begins with a dot
JUNK = {
    "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "thumbnails", "_thumbnails", "@eadir", "#recycle", "$recycle.bin",
    "lost+found", "system volume information", "__pycache__",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A file by its path below the root, with its size in bytes and when it changed (ns; a zip member: its CRC)."""

    path: str
    size: int
    stamp: int

    @property
    def parts(self) -> list[str]:
        return self.path.split("/")


@dataclass
class Aside:
    """What is in a folder or a zip and is no file of a set."""

    junk: Counter[str] = field(default_factory=Counter)  # names that were left out → how often
    empty: list[str] = field(default_factory=list)  # folders in which there is no file
    links: list[str] = field(default_factory=list)  # folders that are links, and were followed
    unread: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)

    def notes(self) -> list[str]:
        """The same in sentences."""
        said = []
        if self.junk:
            listed = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in sorted(self.junk.items()))
            said.append(f"Left out by their names, which systems and picture viewers use: {listed}.")
        if self.empty:
            said.append(f"Empty folders, so no classes: {_some(self.empty)}.")
        if self.links:
            said.append(f"Links to folders were followed: {_some(self.links)}.")
        return said


def _some(names: list[str]) -> str:
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


class Tree:
    """Entries in the order of their paths, and their bytes; `aside` says what is no entry."""

    def __init__(self, root: Path, archive: zipfile.ZipFile | None, *, deep: bool = True):
        self.root, self._archive, self.aside = root, archive, Aside()
        found = _members(archive, root, self.aside) if archive else _files(root, self.aside, deep)
        self.entries = sorted(found, key=lambda e: e.path)

    @classmethod
    def beside(cls, file: Path) -> Tree:
        """A file and those that lie in the same folder, not below it."""
        return cls(file.parent, None, deep=False)

    def read(self, entry: Entry, most: int = MOST_BYTES) -> bytes:
        """The whole file, of `most` bytes or fewer; `Unreadable` with the reason."""
        if entry.size > most:
            raise Unreadable(f"it has {entry.size >> 20} MB, more than {most >> 20}")
        try:
            if self._archive is None:
                with (self.root / entry.path).open("rb") as file:
                    return file.read(most)
            with self._archive.open(entry.path) as member:
                return member.read(most)
        except (
            OSError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            RuntimeError,
            NotImplementedError,
            ValueError,
            KeyError,
        ) as error:
            raise Unreadable(f"it cannot be taken out ({error})") from None


@contextmanager
def opened(path: Path) -> Iterator[Tree]:
    """A folder or a zip as a `Tree`; `BadData` where it is neither."""
    if path.is_dir():
        yield Tree(path, None)
        return
    if not path.exists():
        raise BadData(f"There is nothing at {path}. Give a folder with one sub-folder per class, or a zip of one.")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadData(f"{path.name} is neither a folder nor a readable zip ({error}). Pack the folder again.") from None
    with archive:
        yield Tree(path, archive)


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name.lower() in JUNK


def _files(root: Path, aside: Aside, deep: bool) -> Iterator[Entry]:
    walk = _walk(root, root, frozenset({os.path.realpath(root)}), aside, deep)
    for count, entry in enumerate(walk, 1):
        if count > MOST_FILES:
            raise BadData(f"{root} holds more than {MOST_FILES:,} files. Choose the folder of one data set.")
        yield entry


def _walk(
    folder: Path, root: Path, chain: frozenset[str], aside: Aside, deep: bool = True
) -> Generator[Entry, None, bool]:
    """The files below a folder, or only those in it; returns whether there is one. `chain`: the real places of the folders around it,
    into which no link is followed."""
    here, empty = False, list[str]()
    try:
        items = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError as error:
        aside.unread.append((folder.relative_to(root).as_posix(), f"it cannot be opened ({error.strerror})"))
        return True
    for item in items:
        path = Path(item.path).relative_to(root).as_posix()
        if _is_junk(item.name):
            aside.junk[item.name] += 1
        elif item.is_dir() and not deep:
            continue
        elif item.is_dir():
            place = os.path.realpath(item.path)
            if place in chain:
                aside.unread.append((path, "it is a link to a folder that it lies in"))
                continue
            aside.links += [path] if item.is_symlink() else []
            filled = yield from _walk(Path(item.path), root, chain | {place}, aside)
            here, empty = here or filled, [*empty, *([] if filled else [path])]
        elif item.is_symlink() and not os.path.exists(item.path):
            aside.unread.append((path, "it is a link to nowhere"))
        else:
            about, here = item.stat(), True
            yield Entry(path, about.st_size, about.st_mtime_ns)
    if here or folder == root:  # of empty folders in each other the outermost is named
        aside.empty += empty
    return here


def _members(archive: zipfile.ZipFile, path: Path, aside: Aside) -> Iterator[Entry]:
    members = [m for m in archive.infolist() if not m.is_dir()]
    if len(members) > MOST_FILES:
        raise BadData(f"{path.name} holds {len(members):,} files, more than {MOST_FILES:,}. Pack one data set only.")
    for member in members:
        _check(member, path.name)
    packed, total = sum(m.compress_size for m in members), sum(m.file_size for m in members)
    if total > MOST_TOTAL:
        raise BadData(
            f"{path.name} would unpack to {total >> 30} GB, more than {MOST_TOTAL >> 30}. Give the folder itself."
        )
    if packed > path.stat().st_size:
        raise BadData(f"{path.name} names the same bytes more than once, as zip bombs do. Pack the folder again.")
    kept = [m for m in members if not _has_junk(m.filename)]
    _set_aside(archive, kept, aside)
    yield from (Entry(m.filename, m.file_size, m.CRC) for m in kept)


def _has_junk(path: str) -> bool:
    return any(_is_junk(part) for part in path.split("/"))


def _set_aside(archive: zipfile.ZipFile, kept: list[zipfile.ZipInfo], aside: Aside) -> None:
    """Names that were left out, each place once, and folders without a file of the set."""
    places: set[tuple[str, ...]] = set()
    for path in (m.filename.rstrip("/") for m in archive.infolist()):
        parts = path.split("/")
        first = next((i for i, part in enumerate(parts) if _is_junk(part)), None)
        places |= set() if first is None else {tuple(parts[: first + 1])}
    aside.junk.update(place[-1] for place in places)
    filled = {one.filename[:i] for one in kept for i, letter in enumerate(one.filename) if letter == "/"}
    folders = {
        m.filename.rstrip("/") for m in archive.infolist() if m.is_dir() and not _has_junk(m.filename.rstrip("/"))
    }
    bare = folders - filled
    aside.empty += sorted(one for one in bare if one.rpartition("/")[0] not in bare)


def _check(member: zipfile.ZipInfo, name: str) -> None:
    path, said = member.filename, f"{name} was not read: its member {member.filename[:80]!r}"
    again = "Pack the folder again."
    if path.startswith("/") or "\\" in path or ".." in path.split("/") or re.match(r"[A-Za-z]:", path):
        raise BadData(f"{said} points outside of the zip. {again}")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise BadData(f"{said} is a link. {again}")
    if member.flag_bits & 1:
        raise BadData(f"{said} is encrypted. Pack the folder without a password.")
    if member.file_size > SMALL and member.file_size > MOST_RATIO * max(member.compress_size, 1):
        ratio = member.file_size // max(member.compress_size, 1)
        raise BadData(f"{said} unpacks to {ratio} times its size, as zip bombs do. {again}")
