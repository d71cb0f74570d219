"""The files of a folder or of a zip, looked at the same way and never unpacked to disk.

A zip is refused whole when it could do harm or lies about itself: paths that leave it, links, encryption, too many or
too large members, a compression ratio that only bombs have.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadData
from .pictures import Unreadable

MOST_FILES = 500_000
MOST_BYTES = 64 << 20  # of one file
MOST_TOTAL = 8 << 30  # of all members of a zip, unpacked
MOST_RATIO = 200  # unpacked to packed bytes, of a member above `SMALL`
SMALL = 1 << 20
JUNK = {"__macosx", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Entry:
    """A file by its path below the root, with its size in bytes and when it changed (ns; a zip member: its CRC)."""

    path: str
    size: int
    stamp: int

    @property
    def parts(self) -> list[str]:
        return self.path.split("/")


class Tree:
    """Entries in the order of their paths, and their bytes."""

    def __init__(self, root: Path, archive: zipfile.ZipFile | None, *, deep: bool = True):
        self.root, self._archive = root, archive
        found = _members(archive, root) if archive else _files(root, deep)
        self.entries = sorted((e for e in found if not _junk(e.parts)), key=lambda e: e.path)

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


def _junk(parts: list[str]) -> bool:
    return any(part.startswith(".") or part.lower() in JUNK for part in parts)


def _files(root: Path, deep: bool) -> Iterator[Entry]:
    count = 0
    for folder, below, files in os.walk(root):
        below[:] = [name for name in below if deep and not _junk([name])]
        for name in files:
            path = Path(folder, name)
            try:
                about = path.stat()
            except OSError:
                about = path.lstat()  # a link to nowhere; reading it will say so
            count += 1
            if count > MOST_FILES:
                raise BadData(f"{root} holds more than {MOST_FILES:,} files. Choose the folder of one data set.")
            yield Entry(path.relative_to(root).as_posix(), about.st_size, about.st_mtime_ns)


def _members(archive: zipfile.ZipFile, path: Path) -> Iterator[Entry]:
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
    yield from (Entry(m.filename, m.file_size, m.CRC) for m in members)


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
